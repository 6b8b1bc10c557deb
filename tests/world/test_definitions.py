"""What is known of task definitions, whatever somebody makes of their objects."""

from typing import Any

from kecs.kube.informer import Informer
from kecs.model import marks, objects
from kecs.model.scope import Scope
from kecs.model.task_definition import ACTIVE, INACTIVE
from kecs.world import resources
from kecs.world.definitions import Definitions

SCOPE = Scope()


def revision(number: int, version: int, *, named: int = 0, family: str = "f", status: str = "") -> Any:
    """The object of a revision; with `named` it is called as another one of the family `f` is."""
    meta = objects.Meta(
        name=f"f.{named or number}.us-east-1",
        uid=f"u{named or number}",
        resourceVersion=str(version),
        labels=objects.scope_labels(SCOPE),
        annotations={marks.CREATED_AT: "1.000"},
    )
    spec = objects.TaskDefinitionSpec(family=family, revision=number)
    return objects.TaskDefinition(metadata=meta, spec=spec, status=objects.TaskDefinitionStatus(status=status))


def known() -> tuple[Informer[objects.TaskDefinition], Definitions]:
    api: Any = None  # nothing is read from it: the cache is told
    cache = Informer(api, resources.TASK_DEFINITIONS)
    return cache, Definitions(cache)


def test_one_that_somebody_makes_another_one_of_is_gone_and_that_one_stays() -> None:
    cache, definitions = known()
    cache.observe(revision(1, 1))
    cache.observe(revision(2, 2))
    cache.observe(revision(2, 3, named=1))
    assert definitions.revisions(SCOPE, "f", ACTIVE) == [2]
    assert (definitions.highest(SCOPE, "f"), definitions.next_revision(SCOPE, "f")) == (2, 3)
    cache.observe(revision(1, 4))
    assert definitions.revisions(SCOPE, "f", ACTIVE) == [1, 2]


def test_one_of_another_family_is_none_of_either() -> None:
    cache, definitions = known()
    cache.observe(revision(1, 1))
    cache.observe(revision(1, 2, family="g"))
    assert [list(definitions.families(SCOPE, active=active)) for active in (True, False)] == [[], []]
    assert definitions.highest(SCOPE, "f") == definitions.highest(SCOPE, "g") == 0


def test_a_status_moves_a_family_and_keeps_its_numbers() -> None:
    cache, definitions = known()
    cache.observe(revision(7, 1))
    assert list(definitions.families(SCOPE, active=True)) == ["f"]
    cache.observe(revision(7, 2, status=INACTIVE))
    assert (list(definitions.families(SCOPE, active=True)), list(definitions.families(SCOPE, active=False))) == (
        [],
        ["f"],
    )
    assert (definitions.latest(SCOPE, "f"), definitions.highest(SCOPE, "f")) == (None, 7)
