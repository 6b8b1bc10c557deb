"""Hypothesis strategies for the parameters and answers of AWS operations, out of botocore's model."""

from datetime import UTC, datetime
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from hypothesis import strategies as st

MODEL = ServiceModel(Loader().load_service_model("ecs", "service-2"), "ecs")

TEXT = st.text(min_size=1, max_size=8)
MOMENTS = st.integers(0, 2**32).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "timestamp": MOMENTS,
}


def values(shape: Shape, depth: int = 4) -> st.SearchStrategy[Any]:
    """Return a strategy for the Python values that botocore takes for a shape; at `depth` 0 structures are empty."""
    if getattr(shape, "is_document_type", False):
        return st.dictionaries(TEXT, TEXT, max_size=2)
    if shape.type_name == "structure":
        union = getattr(shape, "is_tagged_union", False)  # has exactly one member
        if not shape.members or (depth <= 0 and not union):
            return st.just({})
        members = {name: values(member, depth - 1) for name, member in shape.members.items()}
        some = st.sets(st.sampled_from(sorted(members)), min_size=int(union), max_size=1 if union else 6)
        return some.flatmap(lambda names: st.fixed_dictionaries({name: members[name] for name in names}))
    if shape.type_name == "list":
        return st.lists(values(shape.member, depth - 1), min_size=1, max_size=2) if depth > 0 else st.just([])
    if shape.type_name == "map":
        return st.dictionaries(TEXT, values(shape.value, depth - 1), max_size=2) if depth > 0 else st.just({})
    return SCALARS[shape.type_name]


NAMES = (
    "default",
    "web",
    "web:1",
    "nginx",
    "sh",
    "cluster",
    "0.0.0.0",
    "CMD",
    "vol",
    "/data",
    "80",
    "256",
    "512",
    "8080-8090",
)
ARNS = tuple(
    f"arn:aws:ecs:fuzz:123456789012:{resource}"
    for resource in ("cluster/default", "service/default/web", "task-definition/web:1", "task/default/" + "0" * 32)
)


def plausible(shape: Shape, depth: int = 5) -> st.SearchStrategy[Any]:
    """Return a strategy for values that come past the first look: what is required is there, texts name things.

    For requests in the region `fuzz` of a kecs that has a cluster `default` with a service `web` of definition `web:1`.
    """
    if getattr(shape, "is_document_type", False):
        return st.just({})
    if shape.type_name == "structure":
        members = {name: plausible(member, depth - 1) for name, member in shape.members.items()} if depth > 0 else {}
        if getattr(shape, "is_tagged_union", False):
            return st.one_of(*(st.fixed_dictionaries({name: value}) for name, value in members.items()))
        required = {name: members[name] for name in shape.required_members if name in members}
        others = sorted(set(members) - set(required))
        some = st.sets(st.sampled_from(others), max_size=3) if others else st.just(set[str]())
        return some.flatmap(lambda names: st.fixed_dictionaries(required | {name: members[name] for name in names}))
    if shape.type_name == "list":
        return st.lists(plausible(shape.member, depth - 1), max_size=3)
    if shape.type_name == "map":
        return st.dictionaries(st.sampled_from(NAMES), plausible(shape.value, depth - 1), max_size=2)
    if shape.type_name == "string":
        named = st.sampled_from(shape.enum) if shape.enum else st.sampled_from(NAMES) | st.sampled_from(ARNS)
        return named | named | named | TEXT
    if shape.type_name == "integer":
        return st.integers(0, 300) | st.integers(0, 3) | SCALARS["integer"]
    return SCALARS[shape.type_name]
