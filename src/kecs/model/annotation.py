"""The annotations of the model's members, for whoever reads JSON by them."""

from typing import Any, get_args

Limits = tuple[int, int]  # the least and the greatest value that an integer's width allows


def bare(kind: Any) -> tuple[Any, Limits | None]:
    """Return an annotation without `| None` and the width of an integer, and the limits which that width sets."""
    if type(None) in get_args(kind):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if not hasattr(kind, "__metadata__"):
        return kind, None
    (width,) = kind.__metadata__
    return kind.__origin__, (width.ge, width.le)
