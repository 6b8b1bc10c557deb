"""What is kept of an object: immutable bytes, its resource version, and who owns which of its fields.

The stored JSON is cut so that nothing has to be encoded twice: an object's text is `prefix + revision + '"' + tail`,
where the prefix (`{"apiVersion":…,"kind":…,"metadata":{"resourceVersion":"`) comes from the kind and version that it
is read as, and `tail` goes on with a comma. So an object shown with another resource version (a deletion) or in
another version of its API shares its bytes, and managed fields, which few read, are put in only when asked for.

The tail of a pod is cut once more (`pieces`): what the pods of a template have in common, most of it, is held once.
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
Tail = tuple[bytes, ...]  # pieces of one text, for themselves no JSON


class Entry:
    """One version of one object. `number` is its key in the database, the same for all its versions."""

    __slots__ = ("name", "namespace", "number", "owners", "revision", "tail")

    def __init__(self, number: int, namespace: str, name: str, revision: int, tail: Tail, owners: Owners) -> None:
        self.number = number
        self.namespace = namespace
        self.name = name
        self.revision = revision
        self.tail = tail
        self.owners = owners

    def at(self, revision: int) -> "Entry":
        """Return the same content with another resource version."""
        return Entry(self.number, self.namespace, self.name, revision, self.tail, self.owners)

    @property
    def size(self) -> int:
        """The bytes of the tail."""
        return sum(map(len, self.tail))


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


@lru_cache(maxsize=2048)
def shared_owners(owners: Owners) -> Owners:
    """Return equal owners that other objects have too: those that were written alike in the same second."""
    return tuple(_shared_owner(one) for one in owners)


@lru_cache(maxsize=2048)
def _shared_owner(owner: Owner) -> Owner:
    return owner


class _ManagedFields(msgspec.Struct, omit_defaults=True):
    manager: str = ""
    operation: str = ""
    apiVersion: str = ""
    time: str = ""
    fieldsType: str = ""
    fieldsV1: msgspec.Raw = msgspec.Raw(b"{}")
    subresource: str = ""


_encode = msgspec.json.Encoder().encode
_decode_outline: Callable[[bytes], Json] = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_ANY_KIND = b'{"metadata":{"resourceVersion":"'

# Members that many pods have alike: what comes of their template, and what became of them in the same second.
_ALIKE_IN_METADATA = frozenset({"annotations", "finalizers", "generateName", "labels", "namespace", "ownerReferences"})
_ALIKE_IN_STATUS = frozenset(
    {"conditions", "hostIP", "hostIPs", "observedGeneration", "phase", "qosClass", "startTime"}
)

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


def tail(body: Json) -> Tail:
    """Return the text of an object without `apiVersion`, `kind`, resource version and managed fields."""
    metadata = {
        key: value for key, value in body["metadata"].items() if key not in ("resourceVersion", "managedFields")
    }
    rest = {key: value for key, value in body.items() if key not in ("apiVersion", "kind", "metadata")}
    if body.get("kind") == "Pod":
        return pieces(metadata, rest)
    return (b"," + _encode({"metadata": metadata, **rest})[len(b'{"metadata":{') :],)


def pieces(metadata: Json, rest: Json) -> Tail:
    """Return the tail of a pod, in pieces of which the longer ones are held once for all pods that have them alike."""
    alike, own = _parted(metadata, _ALIKE_IN_METADATA)
    found = [_held(b"," + alike)] if alike else []
    found.append(b"," + own + b"}" if own else b"}")
    for key, value in rest.items():
        if key == "spec":
            found.append(_held(b',"spec":' + _encode(value)))
        elif key == "status" and isinstance(value, dict):
            alike, own = _parted(value, _ALIKE_IN_STATUS)
            found.append(_held(b',"status":{' + alike))
            found.append((b"," if alike and own else b"") + own + b"}")
        else:
            found.append(b"," + _encode({key: value})[1:-1])
    found[-1] += b"}"
    return tuple(found)


def _parted(members: Json, names: frozenset[str]) -> tuple[bytes, bytes]:
    """Return the text of the members of those names, and of the others, without braces."""
    alike = {key: value for key, value in members.items() if key in names}
    own = {key: value for key, value in members.items() if key not in names}
    return _encode(alike)[1:-1], _encode(own)[1:-1]


@lru_cache(maxsize=512)
def _held(piece: bytes) -> bytes:
    return piece


def stored_tail(table: Table, whole: bytes) -> Tail:
    """Return the tail that was stored as one text. Raises `ValueError`."""
    read = _decode_outline(_ANY_KIND + b'0"' + whole)
    if table != "pods":
        return (whole,)
    metadata = msgspec.json.decode(read.pop("metadata"), type=dict[str, msgspec.Raw])
    del metadata["resourceVersion"]
    status: Any = read.get("status")
    if status is not None and bytes(status).startswith(b"{"):
        read["status"] = msgspec.json.decode(status, type=dict[str, msgspec.Raw])
    return pieces(metadata, read)


def text(prefix: bytes, entry: Entry, *, managed: bool = False) -> bytes:
    """Return the whole object as JSON; `prefix` is its kind's."""
    if managed and entry.owners and entry.revision:
        owners = b'%d","managedFields":%b' % (entry.revision, dump_owners(entry.owners))
        return b"".join((prefix, owners, *entry.tail))
    if not entry.revision:  # what a dry run would make has no version
        owners = b'"managedFields":%b,' % dump_owners(entry.owners) if managed and entry.owners else b""
        return b"%b{%b%b" % (prefix.removesuffix(b'{"resourceVersion":"'), owners, b"".join(entry.tail)[1:])
    return b"".join((prefix, b'%d"' % entry.revision, *entry.tail))


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
