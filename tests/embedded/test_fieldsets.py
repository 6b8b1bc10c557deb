"""Sets of fields against plain sets of paths, and what apply promises for any object."""

from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded import fieldsets
from kecs.embedded.catalog import Catalog
from kecs.embedded.fieldsets import Fields

POD = Catalog().find("", "v1", "pods").node

NAMES = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])


def _normal(fields: Fields) -> Fields:
    """Drop the marks that say nothing: a path with nothing below it is in the set anyway."""
    return {key: {} if set(below) <= {"."} else _normal_below(below) for key, below in fields.items() if key != "."}


def _normal_below(below: Fields) -> Fields:
    found = _normal(below)
    return {".": {}, **found} if "." in below else found


SETS = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(NAMES | st.just("."), inner, max_size=4),
    max_leaves=8,
).map(_normal)


def paths(fields: Fields) -> set[str]:
    return set(fieldsets.paths(fields))


@given(a=SETS, b=SETS)
def test_sets_are_sets_of_paths(a: Fields, b: Fields) -> None:
    assert paths(fieldsets.union(a, b)) == paths(a) | paths(b)
    assert paths(fieldsets.difference(a, b)) == paths(a) - paths(b)
    assert paths(fieldsets.intersection(a, b)) == paths(a) & paths(b)


@given(a=SETS)
def test_text_of_a_set_is_read_back(a: Fields) -> None:
    assert fieldsets.parse(fieldsets.dump(a)) == a


VALUES = st.text("ab", max_size=2)
Objects: TypeAlias = st.SearchStrategy[Any]
ENV: Objects = st.fixed_dictionaries({"name": st.sampled_from("xyz")}, optional={"value": VALUES})
PORT: Objects = st.fixed_dictionaries({"containerPort": st.integers(1, 3)})
CONTAINER: Objects = st.fixed_dictionaries(
    {"name": st.sampled_from("abc")},
    optional={
        "image": VALUES,
        "command": st.lists(VALUES, max_size=2),
        "env": st.lists(
            ENV,
            max_size=3,
            unique_by=lambda one: str(one["name"]),
        ),
        "ports": st.lists(
            PORT,
            max_size=2,
            unique_by=lambda one: int(one["containerPort"]),
        ),
    },
)
CONFIG: Objects = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "labels": st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
                "finalizers": st.lists(st.sampled_from(["a/a", "b/b", "c/c"]), unique=True),
            },
        ),
        "spec": st.fixed_dictionaries(
            {},
            optional={
                "containers": st.lists(CONTAINER, max_size=3, unique_by=lambda one: str(one["name"])),
                "nodeSelector": st.dictionaries(st.sampled_from("ab"), VALUES, min_size=1, max_size=2),
                "hostNetwork": st.booleans(),
            },
        ),
    },
)


def _pruned(value: Any) -> Any:
    """Drop what is empty: an empty map or list is owned by nobody in particular."""
    if isinstance(value, dict):
        return {key: found for key, item in value.items() if (found := _pruned(item)) not in ({}, [])}
    return [_pruned(one) for one in value] if isinstance(value, list) else value


@given(live=CONFIG, config=CONFIG)
def test_merged_object_holds_all_that_was_applied(live: Any, config: Any) -> None:
    merged = fieldsets.merged(POD, live, config)
    assert fieldsets.merged(POD, merged, config) == merged
    _, removed = fieldsets.compared(POD, live, merged)
    assert not removed
    assert paths(fieldsets.applied(POD, _pruned(config))) <= paths(fieldsets.applied(POD, merged))


@given(config=CONFIG)
def test_what_is_owned_is_what_goes(config: Any) -> None:
    owned = fieldsets.with_named_parents(POD, fieldsets.applied(POD, config))
    assert _pruned(fieldsets.without(POD, config, owned)) == {}


@given(old=CONFIG, new=CONFIG)
def test_comparing_finds_every_change_and_nothing_else(old: Any, new: Any) -> None:
    changed, removed = fieldsets.compared(POD, old, new)
    assert (not changed and not removed) == (old == new) or _reordered(old, new)
    assert not paths(changed) & paths(removed)


def _reordered(old: Any, new: Any) -> bool:
    """Say whether two objects differ in the order of merged lists only: elements have owners, their order has none."""
    return fieldsets.added(POD, old) == fieldsets.added(POD, new)
