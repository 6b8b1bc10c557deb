"""A deployment and its replica sets → the next step; and whole rollouts, step by step, under any order of events."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kecs.embedded.controllers import rollout
from kecs.embedded.controllers.deployment import decide, make_replica_set
from kecs.embedded.controllers.kinds import Deployment, ReplicaSet
from kecs.embedded.controllers.rollout import Step, scaled
from tests.embedded.controllers.make import deployment, replica_set, rolling


def sized(desired: int, surge: int = 1) -> dict[str, Any]:
    return {rollout.DESIRED: str(desired), rollout.MAXIMUM: str(desired + surge)}


def revision(number: int) -> dict[str, Any]:
    return {rollout.REVISION: str(number)}


def step(one: Deployment, *owned: ReplicaSet, old_pods: bool = False) -> Step:
    return decide(one, *rollout.split(one, owned), old_pods=old_pods)


@pytest.mark.parametrize(
    ("amount", "total", "up", "down"),
    [
        (2, 10, 2, 2),
        ("25%", 10, 3, 2),
        ("100%", 3, 3, 3),
        ("0%", 9, 0, 0),
        ("1%", 1, 1, 0),
        (None, 9, 0, 0),
        ("x%", 9, 0, 0),
    ],
)
def test_percentages_round_up_for_surge_and_down_for_the_unavailable(
    amount: int | str | None, total: int, up: int, down: int
) -> None:
    assert scaled(amount, total, up=True) == up
    assert scaled(amount, total, up=False) == down


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "bounds"),
    [
        (10, "25%", "25%", (3, 2)),
        (1, "25%", "25%", (1, 0)),
        (3, 0, "25%", (0, 1)),  # neither would let anything move
        (3, 0, 0, (0, 1)),
        (3, 1, "100%", (1, 3)),
        (2, 0, 5, (0, 2)),
        (0, 1, 1, (1, 0)),
    ],
)
def test_bounds(replicas: int, surge: int | str, unavailable: int | str, bounds: tuple[int, int]) -> None:
    one = deployment(replicas, strategy=rolling(surge, unavailable))
    assert (rollout.max_surge(one), rollout.max_unavailable(one)) == bounds


@pytest.mark.parametrize(
    ("surge", "unavailable", "owned", "create", "sizes"),
    [
        (1, 0, [], 3, {}),
        (1, 0, [("old", 3, 3)], 1, {}),
        (1, 0, [("old", 3, 3), ("new", 1, 0)], None, {}),
        (1, 0, [("old", 3, 3), ("new", 1, 1)], None, {"old": 2}),
        (1, 0, [("old", 2, 2), ("new", 1, 1)], None, {"new": 2}),
        (1, 0, [("old", 0, 0), ("new", 3, 3)], None, {}),
        (0, 1, [("old", 3, 3)], 0, {"old": 2}),
        (0, 1, [("old", 2, 2), ("new", 0, 0)], None, {"new": 1}),
        (3, 3, [("old", 3, 3)], 3, {"old": 0}),
        (1, 1, [("old", 3, 0)], 1, {"old": 2}),  # what is not available goes first, as far as the total allows
        (1, 0, [("old", 1, 1), ("older", 2, 2), ("new", 1, 1)], None, {"older": 1}),
        (1, 0, [("new", 5, 5)], None, {"new": 3}),
    ],
)
def test_a_step_of_a_rolling_update(
    surge: int, unavailable: int, owned: list[tuple[str, int, int]], create: int | None, sizes: dict[str, int]
) -> None:
    one = deployment(3, strategy=rolling(surge, unavailable))
    ages = {"older": "2026-01-01T00:00:00Z", "old": "2026-01-02T00:00:00Z", "new": "2026-01-03T00:00:00Z"}
    sets = [replica_set(name, size, available, created=ages[name]) for name, size, available in owned]
    found = step(one, *sets)
    assert (found.create, found.sizes) == (create, sizes)


def test_recreate_waits_for_the_last_old_pod() -> None:
    one = deployment(3, strategy={"type": "Recreate"})
    assert step(one, replica_set("old", 3)).sizes == {"old": 0}
    assert step(one, replica_set("old"), old_pods=True) == Step()
    assert step(one, replica_set("old")).create == 3
    assert step(one, replica_set("old"), replica_set("new", 1)).sizes == {"new": 3}


def test_paused_ones_scale_and_do_nothing_else() -> None:
    one = deployment(5, paused=True, strategy=rolling(1, 1))
    assert step(one) == Step()
    assert step(one, replica_set("old", 3, **sized(3))).sizes == {"old": 5}
    two = step(one, replica_set("old", 3, **sized(5)), replica_set("new", 3, **sized(5)))
    assert two.create is None
    assert sum(two.sizes.values()) == 6


@pytest.mark.parametrize(
    ("before", "after", "sizes", "wanted"),
    [
        (10, 20, {"old": 8, "new": 5}, {"old": 14, "new": 9}),
        (10, 5, {"old": 8, "new": 5}, {"old": 5, "new": 3}),
        (10, 0, {"old": 8, "new": 5}, {"old": 0, "new": 0}),
    ],
)
def test_scaling_during_a_rollout_is_shared_in_proportion(
    before: int, after: int, sizes: dict[str, int], wanted: dict[str, int]
) -> None:
    one = deployment(after, strategy=rolling(3, 2), status={"replicas": 13})
    sets = [replica_set(name, size, **sized(before, 3)) for name, size in sizes.items()]
    assert step(one, *sets).sizes == wanted


def test_a_saturated_new_one_ends_the_old_ones_after_scaling() -> None:
    one = deployment(3, strategy=rolling(1, 1))
    old, new = replica_set("old", 1, **sized(2)), replica_set("new", 3, **sized(3))
    assert step(one, old, new).sizes == {"old": 0}


def test_the_new_replica_set_is_the_one_with_the_template_whatever_its_hash() -> None:
    one = deployment(image="new")
    one.spec.template["metadata"] = {"labels": {"app": "web"}}
    body = make_replica_set(one, 1, 4)
    body["metadata"]["resourceVersion"] = "1"
    found = msgspec.convert(body, ReplicaSet)
    new, old = rollout.split(one, [replica_set("old"), found])
    assert new is found
    assert [each.metadata.name for each in old] == ["old"]
    assert found.spec.template["metadata"]["labels"].keys() == {"app", "pod-template-hash"}
    assert found.metadata.annotations == {rollout.REVISION: "4", **sized(3, 1)}
    assert one.spec.template["metadata"] == {"labels": {"app": "web"}}


def test_revisions_are_renumbered_when_an_old_template_comes_back() -> None:
    one = deployment()
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    one.metadata.annotations = {"note": "x", rollout.REVISION: "3", applied: "{}"}
    notes: dict[str, Any] = {rollout.REVISION: "1", rollout.HISTORY: "0", "mine": "y"}
    back = replica_set("new", **notes)
    wanted = {rollout.REVISION: "4", rollout.HISTORY: "0,1", "note": "x", "mine": "y"}
    assert rollout.annotations_for(one, back, 4) == wanted
    assert rollout.annotations_for(one, back, 1)[rollout.REVISION] == "1"


def test_history_keeps_the_newest_and_what_still_has_pods() -> None:
    one = deployment(revisionHistoryLimit=1)
    sets = [replica_set(f"r{number}", **revision(number)) for number in (3, 1, 2)]
    assert [each.metadata.name for each in rollout.history_to_drop(one, sets)] == ["r1", "r2"]
    busy = replica_set("r0", 1, **revision(0))
    assert [each.metadata.name for each in rollout.history_to_drop(one, [*sets, busy])] == ["r1", "r2"]
    assert rollout.history_to_drop(deployment(revisionHistoryLimit=None), sets) == []


class World:
    """Replica sets whose pods come, become available and go at random moments, with statuses that may lag."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.sets: dict[str, ReplicaSet] = {}
        self.available: dict[str, int] = {}
        self.pods: dict[str, int] = {}

    def apply(self, one: Deployment, found: Step) -> None:
        if found.create is not None:
            name = one.spec.template["spec"]["image"]
            annotations: Any = rollout.size_annotations(one)
            self.sets[name] = replica_set(
                name, found.create, 0, created=f"2026-01-01T00:00:{len(self.sets):02}Z", **annotations
            )
            self.sets[name].status.replicas = 0
        for name, size in found.sizes.items():
            self.sets[name].spec.replicas = size
            self.sets[name].metadata.annotations = rollout.size_annotations(one)

    def live(self, *, healthy: bool) -> None:
        """Let the replica set controller, the node and the caches each do something, or nothing."""
        for name, one in self.sets.items():
            pods, available = self.pods.get(name, 0), self.available.get(name, 0)
            if self.chance.random() < 0.7:
                pods = one.spec.replicas
                available = min(available, pods)  # those that are not available go first
            if self.chance.random() < 0.7 and (healthy or name != "new"):
                available = self.chance.randint(available, pods)
            self.pods[name], self.available[name] = pods, available
            if self.chance.random() < 0.7:
                one.status.replicas, one.status.availableReplicas = pods, available
            else:
                # A status that lags shows fewer than there are, or the size before the last scaling down.
                one.status.availableReplicas = min(one.status.availableReplicas, available)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 12), st.integers(0, 4), st.integers(0, 4), st.booleans(), st.integers(0, 10**6))
def test_a_rollout_never_leaves_its_bounds(
    replicas: int, surge: int, unavailable: int, healthy: bool, seed: int
) -> None:
    world = World(random.Random(seed))
    one = deployment(replicas, image="old", strategy=rolling(surge, unavailable))
    world.apply(one, step(one))
    world.pods["old"] = world.available["old"] = replicas
    world.sets["old"].status.replicas = world.sets["old"].status.availableReplicas = replicas
    one.spec.template["spec"]["image"] = "new"
    least = replicas - rollout.max_unavailable(one)
    most = replicas + rollout.max_surge(one)
    for _ in range(200):
        world.apply(one, step(one, *world.sets.values()))
        assert sum(each.spec.replicas for each in world.sets.values()) <= most
        kept = sum(min(world.available.get(name, 0), each.spec.replicas) for name, each in world.sets.items())
        assert kept >= least
        world.live(healthy=healthy)
    if healthy:
        assert {name: each.spec.replicas for name, each in world.sets.items()} == {"old": 0, "new": replicas}
    else:
        assert world.sets["old"].spec.replicas >= least


@given(st.lists(st.integers(1, 12), min_size=2, max_size=4), st.integers(0, 20), st.integers(1, 4))
@example([1, 1, 1, 1], 1, 1)  # each loses nothing by rounding, and the largest alone cannot give enough
def test_proportional_scaling_loses_nothing_to_rounding(sizes: list[int], wanted: int, surge: int) -> None:
    one = deployment(wanted, strategy=rolling(surge, 1), status={"replicas": sum(sizes)})
    sets = [replica_set(f"r{number}", size, **sized(sum(sizes), 0)) for number, size in enumerate(sizes)]
    found = rollout.resize(one, *rollout.split(one, sets))
    assert all(size >= 0 for size in found.sizes.values())
    assert sum(found.sizes.values()) == (wanted + surge if wanted else 0)
