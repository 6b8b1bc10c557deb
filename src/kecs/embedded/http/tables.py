"""Shapes an object is shown in: itself, its metadata alone, or a row of a table."""

from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.http.columns import custom, named
from kecs.embedded.http.columns.base import Printer
from kecs.embedded.http.negotiation import Form
from kecs.embedded.http.request import Request
from kecs.kube.api import Json
from kecs.kube.errors import BadRequest
from kecs.kube.time import now

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_printers: WeakKeyDictionary[Kind, Printer] = WeakKeyDictionary()


class _Whole(msgspec.Struct):
    metadata: msgspec.Raw


_metadata = msgspec.json.Decoder(_Whole).decode


def printer_of(kind: Kind, subresource: str = "") -> Printer:
    """Return what makes the rows of a kind: the built-in columns, the definition's own, or name and age."""
    if subresource in kind.subresources:
        speaks = kind.subresources[subresource]
        if (speaks.group, speaks.kind) != (kind.group, kind.kind):
            return named.PRINTERS.get((speaks.group, speaks.kind), named.PLAIN)
    printer = _printers.get(kind)
    if printer is None:
        printer = (
            custom.printer(kind.columns) if kind.custom else named.PRINTERS.get((kind.group, kind.kind), named.PLAIN)
        )
        _printers[kind] = printer
    return printer


class Shaper:
    """Renders the objects of one answer in the form that was asked for; made anew for each answer.

    The columns of a table are sent once: with the first event of a watch (`single` called repeatedly).
    """

    def __init__(self, kind: Kind, form: Form, request: Request, *, subresource: str = "") -> None:
        self._kind = kind
        self._form = form
        self._item_head = b""
        self._named = kind.prefix.index(b'"metadata"')
        self._list_head = b'{"kind":%b,"apiVersion":%b,' % (_encode(kind.list_kind), _encode(kind.api_version))
        if form.shape == "object":
            return
        version = f"meta.k8s.io/{form.version}"
        self._item_head = b'{"kind":"PartialObjectMetadata","apiVersion":%b,"metadata":' % _encode(version)
        if form.shape == "metadata":
            self._list_head = b'{"kind":"PartialObjectMetadataList","apiVersion":%b,' % _encode(version)
            return
        self._list_head = b'{"kind":"Table","apiVersion":%b,' % _encode(version)
        self._include = request.one("includeObject") or "Metadata"
        if self._include not in ("None", "Metadata", "Object"):
            raise BadRequest(
                f'Unable to convert to Table as requested: includeObject: Invalid value: "{self._include}": '
                "must be 'Metadata', 'Object', 'None', or empty"
            )
        self._printer = printer_of(kind, subresource)
        self._columns_due = True

    def item(self, raw: bytes) -> bytes:
        """Return an object as an element of a list. Built-in kinds do not repeat there what they are."""
        if self._form.shape == "object":
            return raw if self._kind.custom else b"{" + raw[self._named :]
        return self._partial(raw) if self._form.shape == "metadata" else self._row(raw)

    def single(self, raw: bytes) -> bytes:
        """Return an object on its own: in an answer or a watch event."""
        if self._form.shape == "object":
            return raw
        if self._form.shape == "metadata":
            return self._partial(raw)
        version = _decode(raw).get("metadata", {}).get("resourceVersion", "")
        return self.list([self._row(raw)], {"resourceVersion": version} if version else {})

    def bookmark(self, revision: int, *, initial_end: bool) -> bytes:
        """Return the object of a bookmark event."""
        metadata: Json = {"resourceVersion": str(revision)}
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        if self._form.shape == "table":
            return self.list([self._row(_encode({"metadata": metadata}))], {"resourceVersion": str(revision)})
        if self._form.shape == "metadata":
            return self._item_head + _encode(metadata) + b"}"
        return _encode({"kind": self._kind.kind, "apiVersion": self._kind.api_version, "metadata": metadata})

    def list(self, items: list[bytes], metadata: Json) -> bytes:
        """Return the items together, with the list's metadata."""
        if self._form.shape != "table":
            return b'%b"metadata":%b,"items":[%b]}\n' % (self._list_head, _encode(metadata), b",".join(items))
        columns = self._printer.definitions if self._columns_due else b"null"
        self._columns_due = False
        rows = b",".join(items)
        return b'%b"metadata":%b,"columnDefinitions":%b,"rows":[%b]}\n' % (
            self._list_head,
            _encode(metadata),
            columns,
            rows,
        )

    def _partial(self, raw: bytes) -> bytes:
        return b"%b%b}" % (self._item_head, bytes(_metadata(raw).metadata))

    def _row(self, raw: bytes) -> bytes:
        value = _decode(raw)
        cells = _encode(self._printer.cells(value, now()))
        conditions = b""
        if self._printer.conditions is not None and (found := self._printer.conditions(value)):
            conditions = b'"conditions":%b,' % _encode(found)
        shown = {"None": b"null", "Object": raw}.get(self._include) or self._partial(raw)
        return b'{"cells":%b,%b"object":%b}' % (cells, conditions, shown)
