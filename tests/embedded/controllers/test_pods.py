import asyncio

from kecs.embedded.controllers.events import Recorder
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.pods import PodControl
from kecs.embedded.engine import Engine
from kecs.kube.errors import ApiError
from kecs.kube.resources import PODS, REPLICA_SETS
from tests.embedded.controllers.cluster import NS, Cluster, pod_template
from tests.embedded.controllers.make import replica_set


async def test_a_pod_counts_as_gone_from_when_its_deletion_was_asked_for(engine: Engine) -> None:
    cluster = Cluster(engine)
    await cluster.create(PODS, {**pod_template(), "metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    informers = Informers(engine)
    task = asyncio.create_task(informers.run())
    await informers.synced()
    control = PodControl(engine, informers, Recorder(engine, "x", enabled=False), REPLICA_SETS, "x")
    control.start()
    pod = informers.pods.get(NS, "a")
    assert pod is not None
    assert (control.counts(pod), control.ending(pod)) == (True, False)
    parent = replica_set("web")
    await control.delete(parent, pod)
    assert (control.counts(pod), control.ending(pod)) == (False, True)  # although this is how the cache had it

    async def told() -> bool:
        seen = informers.pods.get(NS, "a")
        return seen is not None and seen.metadata.deletionTimestamp is not None

    await cluster.until(told)
    assert not control._doomed  # what the cache knows need not be remembered
    await cluster.patch(PODS, "a", {"metadata": {"finalizers": None}})
    await control.delete(parent, pod)  # gone already
    task.cancel()


async def test_a_pod_that_could_not_be_deleted_still_counts(engine: Engine) -> None:
    cluster = Cluster(engine)
    await cluster.create(PODS, {**pod_template(), "metadata": {"name": "a"}})
    informers = Informers(engine)
    pod = await engine.get(informers.pods.resource, NS, "a")
    control = PodControl(engine, informers, Recorder(engine, "x", enabled=False), REPLICA_SETS, "x")
    await engine.close()
    try:
        await control.delete(replica_set("web"), pod)
    except ApiError:
        assert control.counts(pod)
    else:
        raise AssertionError("a closed engine deletes nothing")


async def test_nothing_is_kept_of_parents_that_are_gone(engine: Engine) -> None:
    informers = Informers(engine)
    control = PodControl(engine, informers, Recorder(engine, "x", enabled=False), REPLICA_SETS, "x")
    for number in range(3000):
        parent = replica_set(f"web-{number}")
        assert control.body(parent)["spec"] == {"image": f"web-{number}"}
    assert len(control._templates) < 2000
