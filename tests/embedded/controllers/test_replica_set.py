"""Active pods and a wanted number → how many to make and which to delete."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.controllers.replica_set import decide, observed
from kecs.embedded.controllers.views import Pod
from kecs.kube.time import epoch
from tests.embedded.controllers.make import pod, replica_set

NOW = epoch("2026-01-01T12:00:00Z")
COST = "controller.kubernetes.io/pod-deletion-cost"


def made(moment: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"creationTimestamp": f"2026-01-01T{moment}Z", **more}}


# Pairs of which the first has to go before the second.
ORDERS: dict[str, tuple[Pod, Pod]] = {
    "without a node": (pod("a"), pod("b", node="n")),
    "pending": (pod("a", node="n"), pod("b", node="n", phase="Running")),
    "not ready": (pod("a", node="n", phase="Running"), pod("b", node="n", ready=True)),
    "cheaper": (
        pod("b", node="n", ready=True, metadata={"annotations": {COST: "-5"}}),
        pod("a", node="n", ready=True, metadata={"annotations": {COST: "x"}}),
    ),
    "in company": (pod("b", node="crowd", ready=True), pod("a", node="n", ready=True)),
    "ready for less time": (
        pod("b", node="n", ready=True, since="2026-01-01T02:00:00Z"),
        pod("a", node="n", ready=True, since="2026-01-01T01:00:00Z"),
    ),
    "restarted more often": (
        pod("b", node="n", ready=True, status={"containerStatuses": [{"restartCount": 2}]}),
        pod("a", node="n", ready=True, status={"containerStatuses": [{"restartCount": 1}]}),
    ),
    "younger": (
        pod("b", node="n", ready=True, **made("02:00:00")), pod("a", node="n", ready=True, **made("01:00:00")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ORDERS)
def test_who_goes_first(case: str) -> None:
    first, second = ORDERS[case]
    assert decide(1, [second, first], {"crowd": 3, "n": 1}).delete == [first]
    assert decide(1, [first, second], {"crowd": 3, "n": 1}).delete == [first]


@given(st.integers(0, 900), st.integers(0, 40))
def test_never_too_many_and_never_too_few(wanted: int, there: int) -> None:
    plan = decide(wanted, [pod(f"p{number}") for number in range(there)], {})
    assert there + plan.create - len(plan.delete) == (wanted if wanted - there <= 500 else there + 500)
    assert not (plan.create and plan.delete)


def test_status_counts() -> None:
    one = replica_set("web", 4)
    one.spec.template = {"metadata": {"labels": {"app": "web"}}}
    one.spec.minReadySeconds = 60
    pods = [
        pod("ready", ready=True, since="2026-01-01T11:00:00Z", labels={"app": "web", "more": "x"}),
        pod("fresh", ready=True, since="2026-01-01T11:59:30Z", labels={"app": "other"}),
        pod("starting", labels={"app": "web"}),
        pod("leaving", ready=True, metadata={"deletionTimestamp": "2026-01-01T12:00:00Z"}),
        pod("over", phase="Failed"),
    ]
    result, again = observed(one, pods, NOW)
    counts = (result.replicas, result.fullyLabeledReplicas, result.readyReplicas, result.availableReplicas)
    assert counts == (3, 2, 2, 1)
    assert result.terminatingReplicas == 1
    assert again == 30
