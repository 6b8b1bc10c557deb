"""From the `X-Amz-Target` header to an operation, its handler and its decoder."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from kecs.model.errors import ClientException, UnknownOperationException, UnsupportedFeatureException
from kecs.model.operations import Operation
from kecs.services.context import Context
from kecs.services.registry import MODELS, Answer, Handler
from kecs.wire.json11 import Decoder

Handlers: TypeAlias = Callable[[str], Mapping[str, Handler]]  # of a service, by operation


class Route(NamedTuple):
    """Where a request goes."""

    operation: Operation
    handler: Handler
    decoder: Decoder[Any]


class Routes:
    """Finds routes, and keeps those that were asked for once: most operations never are."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers
        self._by_target: dict[bytes, Route] = {}
        self._models = {model.target_prefix: model for model in MODELS.values()}

    def find(self, target: bytes) -> Route:
        """Return the route of a target. Raises UnknownOperationException."""
        return self._by_target.get(target) or self._find(target)

    def _find(self, target: bytes) -> Route:
        prefix, _, name = target.decode("latin-1").rpartition(".")
        model = self._models.get(prefix)
        operation = model.operations.get(name) if model else None
        if model is None or operation is None:
            raise UnknownOperationException("")
        handler = self._handlers(model.name).get(name) or _refusal(operation)
        route = self._by_target[target] = Route(operation, handler, Decoder(operation.request))
        return route


def _refusal(operation: Operation) -> Handler:
    """Return the handler of an operation that AWS has and kecs has not."""
    error = UnsupportedFeatureException if "UnsupportedFeatureException" in operation.errors else ClientException

    async def refuse(ctx: Context, request: object) -> Answer:
        raise error(f"kecs does not support {operation.name}.")

    return refuse
