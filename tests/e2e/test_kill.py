"""kill -9 at random moments under load: what was acknowledged is there, and nothing runs twice or for nobody."""

import random
from collections.abc import Callable

import pytest

from tests.e2e.load import CLUSTER, Ledger, disturb, prepare, settle, verify
from tests.process import KecsProcess


@pytest.mark.parametrize("seed", range(4))
def test_simulated(start_kecs: Callable[..., KecsProcess], seed: int) -> None:
    server = start_kecs()
    _kill(server, kills=20, seed=seed, image="example/steady", tasks=40, longest=0.5)


def _kill(server: KecsProcess, *, kills: int, seed: int, image: str, tasks: int, longest: float) -> Ledger:
    ledger, moments = Ledger(), random.Random(seed)
    prepare(server.client(), ledger, image)
    for number in range(kills):
        disturb(
            server, ledger, image=image, tasks=tasks, seconds=moments.uniform(0.01, longest), seed=seed * 1000 + number
        )
        server.start()
        verify(server.client(), ledger)
    tasks_now = settle(server.client(), ledger, seconds=30)
    assert len({task["taskArn"] for task in tasks_now}) == len(tasks_now)
    assert CLUSTER in tasks_now[0]["clusterArn"] if tasks_now else True
    return ledger
