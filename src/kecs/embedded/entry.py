"""What is kept of an object: immutable bytes, its resource version, and who owns which of its fields.

The stored JSON is cut so that nothing has to be encoded twice: an object's text is `prefix + revision + '"' + tail`,
where the prefix (`{"apiVersion":…,"kind":…,"metadata":{"resourceVersion":"`) comes from the kind and version that it
is read as, and `tail` goes on with a comma. So an object shown with another resource version (a deletion) or in
another version of its API shares its bytes, and managed fields, which few read, are put in only when asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

import msgspec

from kecs.embedded.sharing import decoder as sharing_decoder

Json = dict[str, Any]
Table = str  # where objects of one resource live, whatever the version: `pods`, `deployments.apps`


class Owner(NamedTuple):
    """One entry of `metadata.managedFields`. `fields` is the text of `fieldsV1`, shared between objects."""

    manager: str
    operation: str
    api_version: str
    time: str
    subresource: str
    fields: bytes


Owners = tuple[Owner, ...]


class Entry:
    """One version of one object. `number` is its key in the database, the same for all its versions."""

    __slots__ = ("name", "namespace", "number", "owners", "revision", "tail")

    def __init__(self, number: int, namespace: str, name: str, revision: int, tail: bytes, owners: Owners) -> None:
        self.number = number
        self.namespace = namespace
        self.name = name
        self.revision = revision
        self.tail = tail
        self.owners = owners

    def at(self, revision: int) -> "Entry":
        """Return the same content with another resource version."""
        return Entry(self.number, self.namespace, self.name, revision, self.tail, self.owners)


@dataclass(slots=True)
class Change:
    """One committed write: `old` is None for a creation, `new` for a deletion. `revision` is the write's."""

    table: Table
    namespace: str
    name: str
    revision: int
    old: Entry | None
    new: Entry | None
    _last: Entry | None = None

    @property
    def last(self) -> Entry:
        """The old content with the change's version; the same entry each time, so that it is decoded once."""
        if self._last is None:
            assert self.old is not None  # noqa: S101  # only asked for of objects that were there
            self._last = self.old.at(self.revision)
        return self._last


@lru_cache(maxsize=4096)
def shared(fields: bytes) -> bytes:
    """Return an equal text that other objects hold too: thousands of pods have the same owned fields."""
    return fields


class _ManagedFields(msgspec.Struct, omit_defaults=True):
    manager: str = ""
    operation: str = ""
    apiVersion: str = ""
    time: str = ""
    fieldsType: str = ""
    fieldsV1: msgspec.Raw = msgspec.Raw(b"{}")
    subresource: str = ""


_decode_managed = msgspec.json.Decoder(list[_ManagedFields]).decode


def dump_owners(owners: Owners) -> bytes:
    """Return the JSON array that is `metadata.managedFields`."""
    return msgspec.json.encode(
        [
            _ManagedFields(
                o.manager, o.operation, o.api_version, o.time, "FieldsV1", msgspec.Raw(o.fields), o.subresource
            )
            for o in owners
        ]
    )


@lru_cache(maxsize=2048)  # objects that were made alike, in the same second, share it
def load_owners(managed: bytes) -> Owners:
    """Return the owners of a `metadata.managedFields` array. Raises `ValueError`."""
    return tuple(
        Owner(
            intern(one.manager),
            intern(one.operation),
            intern(one.apiVersion),
            one.time,
            intern(one.subresource),
            shared(bytes(one.fieldsV1)),
        )
        for one in _decode_managed(managed)
    )


def tail(body: Json) -> bytes:
    """Return the bytes of an object without `apiVersion`, `kind`, resource version and managed fields."""
    metadata = {
        key: value for key, value in body["metadata"].items() if key not in ("resourceVersion", "managedFields")
    }
    rest = {key: value for key, value in body.items() if key not in ("apiVersion", "kind", "metadata")}
    return b"," + msgspec.json.encode({"metadata": metadata, **rest})[len(b'{"metadata":{') :]


def text(prefix: bytes, entry: Entry, *, managed: bool = False) -> bytes:
    """Return the whole object as JSON; `prefix` is its kind's."""
    if managed and entry.owners and entry.revision:
        return b'%b%d","managedFields":%b%b' % (prefix, entry.revision, dump_owners(entry.owners), entry.tail)
    if not entry.revision:  # what a dry run would make has no version
        return b"%b{%b" % (prefix.removesuffix(b'{"resourceVersion":"'), entry.tail[1:])
    return b'%b%d"%b' % (prefix, entry.revision, entry.tail)


@lru_cache(maxsize=256)
def _decoder(type_: Any, alike: bool) -> Callable[[bytes], Any]:
    return sharing_decoder(type_) if alike else msgspec.json.Decoder(type_).decode


def decoded(prefix: bytes, entry: Entry, type_: Any) -> Any:
    """Return an object decoded to a type; a dict has its managed fields. Raises `msgspec.ValidationError`."""
    return _decoder(type_, prefix.startswith(_PODS))(text(prefix, entry, managed=type_ in _WHOLE))


_WHOLE = (dict[str, Any], dict)
_PODS = b'{"apiVersion":"v1","kind":"Pod",'  # there are many, and much alike; what others hold is their own


@lru_cache(maxsize=512)
def shared_decoded(prefix: bytes, entry: Entry, type_: Any) -> Any:
    """Return the same decoded object to all who ask while it is new. Whoever gets it must not change it."""
    return decoded(prefix, entry, type_)
