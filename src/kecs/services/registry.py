"""The table of operations that kecs answers, filled by the `@operation` decorator.

    @operation("ecs", "ListClusters")
    async def list_clusters(ctx: Context, request: ecs.ListClustersRequest) -> ecs.ListClustersResponse: ...

The server, the documentation's table and the tests all read this table, so an operation is added in one place. Models
are looked up by service name in `MODELS`; a further AWS service is one more entry there and one more in `PACKAGES`.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import msgspec

from kecs.model.generated.ecs_operations import ECS
from kecs.model.operations import ServiceModel

# A handler answers with the response shape, or with its JSON when it has that already.
Answer: TypeAlias = msgspec.Struct | bytes | None
Handler: TypeAlias = Callable[[Any, Any], Awaitable[Answer]]
H = TypeVar("H", bound=Handler)

MODELS: dict[str, ServiceModel] = {ECS.name: ECS}
PACKAGES = ("kecs.services.ecs",)

_handlers: dict[str, dict[str, Handler]] = {name: {} for name in MODELS}


def operation(service: str, name: str) -> Callable[[H], H]:
    """Register the decorated function as an operation of a service.

    Raises ValueError when the published model has no such operation, or when it is registered already.
    """
    if name not in MODELS[service].operations:
        raise ValueError(f"the model of {service} has no operation {name}")
    if name in _handlers[service]:
        raise ValueError(f"{service} {name} is registered twice")

    def register(handler: H) -> H:
        _handlers[service][name] = handler
        return handler

    return register


def handlers(service: str) -> dict[str, Handler]:
    """Return the handlers of a service by operation name."""
    return _handlers[service]


def load() -> None:
    """Import every module of operations, so that the table is full."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__, f"{name}."):
            importlib.import_module(module.name)
