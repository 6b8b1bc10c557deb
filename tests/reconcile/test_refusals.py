"""Why a DaemonSet has fewer pods than it wants, as the events about it tell."""

from typing import Any

import msgspec
import pytest

from kecs.embedded.engine import Engine
from kecs.kube import resources
from kecs.kube.errors import Forbidden
from kecs.kube.time import rfc3339
from kecs.reconcile.refusals import Refusals, Trouble, without_pod
from kecs.translate import views

NOW = 1_800_000_000.0
QUOTA = "exceeded quota: kecs, requested: pods=1, used: pods=1, limited: pods=1"


def daemons(current: int) -> views.DaemonSet:
    body = {
        "metadata": {"name": "web", "namespace": "default", "uid": "u1"},
        "status": {"desiredNumberScheduled": 2, "currentNumberScheduled": current},
    }
    return msgspec.convert(body, views.DaemonSet)


def pod(made: float) -> views.Pod:
    return msgspec.convert({"metadata": {"name": "p", "creationTimestamp": rfc3339(made)}}, views.Pod)


async def tell(engine: Engine, name: str, at: float, message: str, uid: str = "u1", **more: str) -> None:
    about = {"kind": "DaemonSet", "name": "web", "namespace": "default", "uid": uid}
    body = {"metadata": {"name": name}, "involvedObject": about, "reason": "FailedCreate", "message": message}
    times = {"firstTimestamp": rfc3339(at), "lastTimestamp": rfc3339(at)}
    await engine.create(resources.EVENTS, "default", {**body, **times, **more}, manager="test")


@pytest.fixture
async def engine() -> Any:
    found = Engine.open()
    yield found
    await found.close()


async def test_the_events_are_read_while_pods_are_lacking_and_less_and_less_often(engine: Engine) -> None:
    asked, read = 0, engine.list

    async def counted(*args: Any, **options: Any) -> Any:
        nonlocal asked
        asked += 1
        return await read(*args, **options)

    engine.list = counted  # type: ignore[method-assign]
    await tell(engine, "a", NOW - 9, 'Error creating: pods "web-abcde" is forbidden: something else')
    await tell(engine, "b", NOW - 1, f'Error creating: pods "web-fghij" is forbidden: {QUOTA}')
    await tell(engine, "c", NOW, "Error creating: of another one", uid="u2")
    await tell(engine, "d", NOW, "Created pod: web-fghij", reason="SuccessfulCreate")
    refusals = Refusals()
    assert await refusals.read(engine, daemons(2), [], NOW) == Trouble()
    assert await refusals.read(engine, daemons(1), [], NOW) == Trouble("", 1.0)
    assert asked == 0, "one that has just begun lacks some as well"
    assert await refusals.read(engine, daemons(1), [pod(NOW - 60)], NOW + 1) == Trouble(QUOTA, 2.0)
    assert await refusals.read(engine, daemons(1), [], NOW + 2) == Trouble(QUOTA, 1.0)
    assert await refusals.read(engine, daemons(1), [], NOW + 3) == Trouble(QUOTA, 4.0)
    assert asked == 2
    assert await refusals.read(engine, daemons(1), [pod(NOW + 6)], NOW + 7) == Trouble("", 8.0), "that is over"
    assert await refusals.read(engine, daemons(2), [], NOW + 8) == Trouble()


async def test_who_may_not_read_events_says_so(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forbidden(*_: Any, **__: Any) -> Any:
        raise Forbidden('events is forbidden: User "kecs" cannot list resource "events"')

    monkeypatch.setattr(engine, "list", forbidden)
    refusals = Refusals()
    await refusals.read(engine, daemons(1), [], NOW)
    found = await refusals.read(engine, daemons(1), [], NOW + 1)
    assert found.message == 'events is forbidden: User "kecs" cannot list resource "events"'


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (f'pods "web-7d9f-abcde" is forbidden: {QUOTA}', QUOTA),
        (f'Error creating: pods "web-abcde" is forbidden: {QUOTA}', QUOTA),
        ('Error creating: Pod "web-abcde" is invalid: spec.x: Invalid value: "y"', 'spec.x: Invalid value: "y"'),
        (
            'Error creating: admission webhook "w.example.com" denied the request: this is forbidden: no',
            'admission webhook "w.example.com" denied the request: this is forbidden: no',
        ),
        (
            "pods \"web-\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: never",
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: never",
        ),
    ],
)
def test_a_reason_names_no_pod(message: str, reason: str) -> None:
    assert without_pod(message) == reason
