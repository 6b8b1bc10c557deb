"""Pages of lists."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from kecs.model.errors import InvalidParameterException
from kecs.services.context import Context
from kecs.world.listing import page

MOST = 100


class ListRequest(Protocol):
    """What every request for a list has."""

    @property
    def nextToken(self) -> str | None: ...  # noqa: D102, N802 # a published member

    @property
    def maxResults(self) -> int | None: ...  # noqa: D102, N802 # a published member


def limit_of(request: ListRequest, default: int = MOST, most: int = MOST) -> int:
    """Return how many items a page has. Raises InvalidParameterException for a number out of range."""
    if request.maxResults is None:
        return default
    if not 1 <= request.maxResults <= most:
        raise InvalidParameterException(f"maxResults must be between 1 and {most}.")
    return request.maxResults


def position_of(ctx: Context, request: ListRequest) -> str:
    """Return the position behind which a page begins, empty for the first one."""
    if not request.nextToken:
        return ""
    return ctx.tokens.open(request.nextToken, ctx.scope, request)  # type: ignore[arg-type]  # it is a request shape


def answer_page(
    ctx: Context,
    request: ListRequest,
    member: str,
    keys: Sequence[str],
    *,
    prefix: str = "",
    default: int = MOST,
) -> bytes:
    """Return a page of sorted keys as JSON: `{member: [prefix + key, …], "nextToken": …}`."""
    limit = limit_of(request, default)
    found, position = page(keys, position_of(ctx, request), limit)
    answer: dict[str, object] = {member: [prefix + key for key in found] if prefix else found}
    if position:
        answer["nextToken"] = ctx.tokens.seal(position, ctx.scope, request)  # type: ignore[arg-type]
    return msgspec.json.encode(answer)
