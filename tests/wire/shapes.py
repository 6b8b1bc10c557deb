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
