"""One contract for both backends: what real Kubernetes 1.36 answers is the expectation, byte for byte where it can be.

Each test is written once and runs on every backend that is there (`backends`): on kecs's embedded cluster always, on a
real one where there can be one (`tests.rig`).

What is asked of `cluster` (`client`) is noted with what came back, freed from what differs from run to run (`normal`):
names, uids, versions, times. Such a transcript is compared, whole, with the one that the real Kubernetes gave, which is
checked in (`answers/`, one exchange a line). So the embedded cluster is held to real answers where there is no real
cluster, and a run on a real one shows that the answers are still so. After a change of a test:

    KECS_TEST_RECORD=1 .venv/bin/pytest tests/contract -k kubernetes      # writes answers/ anew from a real cluster
    .venv/bin/pytest tests/contract

Where the embedded cluster may differ is said in one table, with the reason: `differences`.
"""
