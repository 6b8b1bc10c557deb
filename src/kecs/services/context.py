"""What every operation is given beside its request."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from kecs.kube.api import Api
from kecs.model.scope import Scope
from kecs.translate.options import DEFAULT, Options

if TYPE_CHECKING:
    from kecs.world.world import World


class Tokens(Protocol):
    """Seals positions in lists into opaque `nextToken`s, and opens them again.

    A token is good for the same operation with the same request only; `nextToken` and `maxResults` may differ.
    """

    def seal(self, position: str, scope: Scope, request: msgspec.Struct) -> str:
        """Return a token for the page that begins after `position`."""
        ...

    def open(self, token: str, scope: Scope, request: msgspec.Struct) -> str:
        """Return the position. Raises InvalidParameterException when the token is not one of ours for this request."""
        ...


def now() -> float:
    """Return the time as AWS writes it: epoch seconds with milliseconds."""
    return round(time.time(), 3)


class Context(msgspec.Struct, frozen=True, gc=False):
    """One request's surroundings: whose it is, what there is, and how to change it.

    `world` is for reading (and for writing so that readers see it at once), `api` for what the world does not hold;
    `options` say how pods are made, `home` is the namespace of what kecs keeps for itself.
    """

    scope: Scope
    world: "World"
    api: Api
    tokens: Tokens
    request_id: str
    options: Options = DEFAULT
    now: Callable[[], float] = now
    home: str = "kube-system"
