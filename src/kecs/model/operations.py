"""What an AWS operation and an AWS service are to kecs: entries of generated tables."""

from typing import NamedTuple

import msgspec


class Operation(NamedTuple):
    """One operation of a published model. `errors` are the names of the exceptions that the model lists for it."""

    name: str
    request: type[msgspec.Struct]
    response: type[msgspec.Struct] | None
    errors: tuple[str, ...]


class ServiceModel(NamedTuple):
    """One AWS service. `target_prefix` is what stands before the dot in the `X-Amz-Target` header."""

    name: str
    target_prefix: str
    operations: dict[str, Operation]
