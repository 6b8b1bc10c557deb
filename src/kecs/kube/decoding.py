"""Answers of an API server to the type of a `Resource`, in one pass over the bytes.

What the type does not declare is skipped unread; `managedFields`, half of many an object, is dropped from dicts too.
"""

from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar, cast, get_args, get_origin

import msgspec

from kecs.kube.api import Event, EventType, Json, Page, Resource
from kecs.kube.errors import ApiError, InternalError, from_status

T = TypeVar("T")

_Change = Literal["ADDED", "MODIFIED", "DELETED"]
_MANAGED = b',"managedFields":[{"manager":'
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)


class _ListMeta(msgspec.Struct, gc=False):
    resourceVersion: str = ""
    continue_: str | None = msgspec.field(name="continue", default=None)
    remainingItemCount: int | None = None


class _List(msgspec.Struct, Generic[T], gc=False):
    metadata: _ListMeta
    items: list[T] | None = None


class _Told(msgspec.Struct, Generic[T], gc=False):
    """A watch event that carries an object."""

    type: _Change
    object: T


class _Any(msgspec.Struct, gc=False):
    """Any watch event."""

    type: str
    object: msgspec.Raw


class _Mark(msgspec.Struct, gc=False):
    """What is read of a BOOKMARK's object."""

    metadata: _ListMeta


_any = msgspec.json.Decoder(_Any).decode
_mark = msgspec.json.Decoder(_Mark).decode
_json = msgspec.json.Decoder().decode


@lru_cache(maxsize=256)
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def code_of(status: Json) -> int:
    """Return the code in a Status that did not come as the answer to a request."""
    code = status.get("code")
    return code if isinstance(code, int) and code else 500


def decode_status(code: int, body: bytes) -> ApiError:
    """Return the error that an answer with this code and body means."""
    try:
        status = _json(body)
    except _UNREADABLE:
        text = body[:200].decode(errors="replace").strip()
        status = {"message": f"the server answered {code}: {text}" if text else ""}
    return from_status(code, status if isinstance(status, dict) else {})


class _Shortener:
    """Copies lines of watch events without the managed fields of their objects: those are sooner found than skipped.

    They are taken to end at the first bracket. Where that is in a string, what is left is no JSON.
    """

    def __init__(self) -> None:
        self._short = bytearray()

    def shortened(self, lines: bytes | bytearray, stop: int) -> memoryview:
        """Return the lines up to `stop`, shortened; good until the next are asked for."""
        if len(self._short) < stop:
            self._short = bytearray(stop)
        short, whole = memoryview(self._short), memoryview(lines)
        length, at, begin = 0, 0, lines.find(_MANAGED, 0, stop)
        while begin >= 0:
            end = lines.find(b"\n", begin, stop)
            bracket = lines.find(b"]", begin, end)
            if bracket >= 0:
                short[length : length + begin - at] = whole[at:begin]
                length += begin - at
                at = bracket + 1
            begin = lines.find(_MANAGED, end, stop)
        short[length : length + stop - at] = whole[at:stop]
        return short[: length + stop - at]


class Objects(Generic[T]):
    """Decodes what concerns one resource. `InternalError` means bytes that are not of its type."""

    def __init__(self, resource: Resource[T]) -> None:
        self._resource = resource
        self._plain = (get_origin(resource.type) or resource.type) is dict
        self._one = _decoder(cast("Any", resource.type)).decode
        self._shortened = _Shortener().shortened
        self._told = _decoder(_Told[resource.type]).decode_lines  # type: ignore[name-defined]  # a type made at run time

    def one(self, body: bytes) -> T:
        """Return an object."""
        try:
            item = self._one(body)
        except _UNREADABLE as error:
            raise self._unreadable(error) from None
        return self._trimmed(item) if self._plain else cast("T", item)

    def page(self, body: bytes) -> Page[T]:
        """Return a page of a list."""
        try:
            found = _decoder(_List[self._resource.type]).decode(body)  # type: ignore[name-defined]  # as above
        except _UNREADABLE as error:
            raise self._unreadable(error) from None
        items = found.items or []
        if self._plain:
            # The items of a list do not say what they are; single objects do.
            kind = {"apiVersion": self._resource.api_version, "kind": self._resource.kind}
            items = [self._trimmed({**kind, **item}) for item in items]
        meta = found.metadata
        return Page(items, meta.resourceVersion, meta.continue_ or "", meta.remainingItemCount)

    def events(self, lines: bytes | bytearray, stop: int) -> tuple[list[Event[T]], ApiError | None]:
        """Return the watch events in the lines up to `stop`, and the error that ended them.

        That is an ERROR event, or one unreadable.
        """
        try:
            # All at once: nearly always every line carries an object, and that can be read shortened.
            if self._plain:
                return [self._event(told.type, told.object) for told in self._told(memoryview(lines)[:stop])], None
            told = self._told(self._shortened(lines, stop))
            return [Event(one.type, one.object, one.object.metadata.resourceVersion) for one in told], None
        except _UNREADABLE:
            pass
        events: list[Event[T]] = []
        for line in bytes(lines[:stop]).splitlines():
            if line.strip():
                try:
                    events.append(self._any_event(line))
                except _UNREADABLE as error:
                    return events, self._unreadable(error)
                except ApiError as error:
                    return events, error
        return events, None

    def _any_event(self, line: bytes) -> Event[T]:
        found = _any(line)
        if found.type == "BOOKMARK":
            return Event("BOOKMARK", None, _mark(found.object).metadata.resourceVersion)
        if found.type in get_args(_Change):
            return self._event(cast("_Change", found.type), self._one(found.object))
        status = _json(found.object)
        if found.type == "ERROR" and isinstance(status, dict):
            raise from_status(code_of(status), status)
        raise InternalError(f"the watch of {self._resource.plural} sent an event of an unknown type")

    def _event(self, type_: EventType, item: Any) -> Event[T]:
        if self._plain:
            return Event(type_, self._trimmed(item), item["metadata"]["resourceVersion"])
        return Event(type_, item, item.metadata.resourceVersion)

    def _trimmed(self, item: Any) -> T:
        meta: Json | None = item.get("metadata")
        if meta:
            meta.pop("managedFields", None)
        return cast("T", item)

    def _unreadable(self, error: Exception) -> InternalError:
        return InternalError(f"{self._resource.plural}: what the server sent cannot be read: {error}")
