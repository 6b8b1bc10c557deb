"""Schemas as trees of nodes: what a value must be, how its lists merge, what is filled in.

One tree serves the built-in kinds (OpenAPI v3 of Kubernetes: `$ref`s, zero values as defaults) and custom resources
(the structural schema of their definition). Nodes are made when first looked at, so a kind that nobody uses costs
nothing, and schemas that contain themselves are no trouble.

`decode` does for built-in kinds what decoding JSON into a Go type does: it copies, checks types, drops what is
unknown or null, and fills in zero values and the defaults that Kubernetes has in code (`defaults.FILLERS`, by type
name). Custom resources are decoded by `structural`.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

from kecs.kube.quantity import BadQuantity, canonical
from kecs.kube.time import epoch

Json = dict[str, Any]
Filler = Callable[[Json], None]


class DecodeError(Exception):
    """A value that is not of its type, in the words of Go's JSON decoder. The path grows while the error rises."""

    def __init__(self, found: str, wanted: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.wanted = wanted
        self.struct = ""
        self.path: list[str] = []

    def __str__(self) -> str:
        if not self.wanted:
            return self.found
        where = f"Go struct field {self.struct}.{'.'.join(reversed(self.path))}" if self.path else "Go value"
        return f"json: cannot unmarshal {self.found} into {where} of type {self.wanted}"


class Decoding:
    """How to decode, and what was noticed: `bare` fills nothing in, `unknown` says that something was dropped."""

    __slots__ = ("bare", "unknown")

    def __init__(self, *, bare: bool = False) -> None:
        self.bare = bare
        self.unknown = False


_JSON_NAMES: dict[type, str] = {str: "string", int: "number", bool: "bool", dict: "object", list: "array"}


def json_name(value: object) -> str:
    """Return Go's name of a JSON value in decoding errors; a fraction is quoted."""
    return f"number {value}" if isinstance(value, float) else _JSON_NAMES.get(type(value), "null")


class Node:
    """One place in a schema.

    `list_type` is "atomic", "set" or "map" (with `keys`), `patch_key` and `patch_strategies` are those of strategic
    merge patches, `atomic` says that the value has a single owner in server-side apply. `enum` is empty when anything
    goes.
    """

    shape: ClassVar[str] = "any"

    def __init__(self, raw: Json, schemas: "Schemas") -> None:
        self.raw = raw
        self.schemas = schemas
        self.name = raw.get("x-name", "")
        self.list_type = raw.get("x-kubernetes-list-type", "atomic")
        self.keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys", ()))
        self.atomic = raw.get("x-kubernetes-map-type") == "atomic" or raw.get("x-name") == _RAW
        self.patch_key: str = raw.get("x-kubernetes-patch-merge-key", "")
        self.patch_strategies = frozenset(filter(None, raw.get("x-kubernetes-patch-strategy", "").split(",")))
        self.enum: tuple[Any, ...] = tuple(raw.get("enum", ()))
        self.preserve: bool = bool(raw.get("x-kubernetes-preserve-unknown-fields"))

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """Return a copy of `value` as stored. Raises `DecodeError`."""
        return value

    def child(self, key: str) -> "Node":
        """Return the node of an object's member or a map's value; anything goes where the schema says nothing."""
        return ANY

    @property
    def go_type(self) -> str:
        """Return the Go type, for error texts."""
        return "interface {}"


class Scalar(Node):
    """A string, a boolean or a number."""

    shape = "scalar"
    _TYPES: ClassVar[dict[str, tuple[type, ...]]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
    }
    _GO: ClassVar[dict[str, str]] = {"string": "string", "boolean": "bool", "integer": "int32", "number": "float64"}

    def __init__(self, raw: Json, schemas: "Schemas") -> None:
        super().__init__(raw, schemas)
        self.type: str = raw["type"]
        self.types = self._TYPES[self.type]

    @property
    def go_type(self) -> str:
        """See `Node.go_type`."""
        return "int64" if self.raw.get("format") == "int64" else self._GO[self.type]

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if value.__class__ in self.types:
            return value
        raise DecodeError(json_name(value), self.go_type)


class Time(Node):
    """A `metav1.Time` or `MicroTime`."""

    shape = "scalar"

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if not isinstance(value, str):
            raise DecodeError(json_name(value), "string")
        try:
            epoch(value)
        except ValueError:
            raise DecodeError(
                f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"'
            ) from None
        return value


class Bytes(Node):
    """Binary data, in base64."""

    shape = "scalar"

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if not isinstance(value, str):
            raise DecodeError(json_name(value), "[]uint8")
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise DecodeError("illegal base64 data at input byte 0") from None
        return value


class Quantity(Node):
    """A resource quantity; stored in its canonical form."""

    shape = "scalar"

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if value.__class__ not in (str, int, float):
            raise DecodeError(json_name(value), "resource.Quantity")
        try:
            return canonical(str(value))
        except BadQuantity as error:
            raise DecodeError(str(error)) from None


class IntOrString(Node):
    """A port or a percentage."""

    shape = "scalar"

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if value.__class__ not in (str, int):
            raise DecodeError(json_name(value), "intstr.IntOrString")
        return value


class Array(Node):
    """A list."""

    shape = "list"

    @cached_property
    def items(self) -> Node:
        """The node of each element."""
        return self.schemas.node(self.raw.get("items", {}))

    @property
    def go_type(self) -> str:
        """See `Node.go_type`."""
        return f"[]{self.items.go_type}"

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if value.__class__ is not list:
            raise DecodeError(json_name(value), self.go_type)
        decode = self.items.decode
        return [decode(item, noticed) for item in value]


class Map(Node):
    """An object with free keys."""

    shape = "map"

    @cached_property
    def values(self) -> Node:
        """The node of each value."""
        values = self.raw.get("additionalProperties")
        return self.schemas.node(values) if isinstance(values, dict) else ANY

    @property
    def go_type(self) -> str:
        """See `Node.go_type`."""
        return f"map[string]{self.values.go_type}"

    def child(self, key: str) -> Node:
        """See `Node.child`."""
        return self.values

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if value.__class__ is not dict:
            raise DecodeError(json_name(value), self.go_type)
        values = self.values
        if isinstance(values, Scalar):
            types = values.types
            found = {key: item for key, item in value.items() if item.__class__ in types}
            if len(found) == len(value):
                return found
        empty = "" if values.raw.get("type") == "string" else None  # what Go makes of null
        found = {key: empty if item is None else values.decode(item, noticed) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None}


class Object(Node):
    """An object with named members."""

    shape = "object"

    def __init__(self, raw: Json, schemas: "Schemas") -> None:
        super().__init__(raw, schemas)
        self.required: tuple[str, ...] = tuple(raw.get("required", ()))
        self.filler: Filler | None = schemas.fillers.get(self.name)

    @cached_property
    def properties(self) -> dict[str, Node]:
        """The node of each member."""
        return {name: self.schemas.node(raw) for name, raw in self.raw.get("properties", {}).items()}

    @cached_property
    def zeros(self) -> tuple[tuple[str, Any, Node], ...]:
        """The members that are always shown, with what they are when nobody sets them."""
        properties = self.raw.get("properties", {})
        return tuple(
            (name, raw["default"], self.properties[name]) for name, raw in properties.items() if "default" in raw
        )

    @cached_property
    def texts_required(self) -> tuple[str, ...]:
        """The required members that hold a text: Go's empty text says that there is none."""
        properties = self.properties
        return tuple(
            name
            for name in self.required
            if isinstance(properties.get(name), Scalar) and properties[name].raw["type"] == "string"
        )

    @cached_property
    def structs_required(self) -> tuple[str, ...]:
        """The required members that are no plain values and have no zero value, as Go's pointers."""
        always = {name for name, _, _ in self.zeros}
        properties = self.properties
        return tuple(
            name for name in self.required if name not in always and isinstance(properties.get(name), (Object, Map))
        )

    @cached_property
    def zero(self) -> Json:
        """Go's zero value of the type, as JSON shows it: its structs (no pointers), and what may not be left out."""
        if not self.name:  # a custom resource has no zero value
            return {}
        found: Json = {}
        for name, raw in self.raw.get("properties", {}).items():
            default = raw.get("default")
            if default == {}:
                node = self.properties[name]
                found[name] = node.zero if isinstance(node, Object) else {}
            elif default in ("", 0) or (name in self.required and raw.get("type") == "array"):
                found[name] = [] if default is None else default
        return found

    @property
    def go_type(self) -> str:
        """See `Node.go_type`."""
        return f"v1.{self.short_name}"

    @property
    def short_name(self) -> str:
        """The name of the Go type without its package."""
        return str(self.name).rpartition(".")[2]

    def child(self, key: str) -> Node:
        """See `Node.child`."""
        return self.properties.get(key, ANY)

    def decode(self, value: Any, noticed: Decoding) -> Any:
        """See `Node.decode`."""
        if value.__class__ is not dict:
            raise DecodeError(json_name(value), self.go_type)
        return self.complete(value, {}, noticed)

    def complete(self, value: Json, found: Json, noticed: Decoding) -> Json:
        """Decode the members of `value` into `found`, which may hold some already, and fill in what is missing."""
        properties = self.properties
        key = ""
        try:
            for key, item in value.items():
                if item is None:
                    continue
                node = properties.get(key)
                if node is None:
                    noticed.unknown = True
                elif item or noticed.bare or not (self._left_out(key, node) and item.__class__ in (dict, list)):
                    found[key] = node.decode(item, noticed)
        except DecodeError as error:
            error.struct = error.struct or self.short_name
            error.path.append(key)
            raise
        if noticed.bare:
            return found
        for name, zero, node in self.zeros:
            if name not in found:
                found[name] = node.decode(zero, noticed) if zero == {} else zero
        if self.filler:
            self.filler(found)
        return found

    def _left_out(self, key: str, node: Node) -> bool:
        """Tell whether Kubernetes does not keep a member that is an empty list or map."""
        return node.shape in ("map", "list") and key not in self.required and key != "managedFields"


class Schemas:
    """The component schemas by name, and the nodes made from them."""

    def __init__(self, raw: Mapping[str, Json], fillers: Mapping[str, Filler] | None = None) -> None:
        self.raw = raw
        self.fillers = fillers or {}
        self._named: dict[str, Node] = {}

    def named(self, name: str) -> Node:
        """Return the node of a component schema."""
        node = self._named.get(name)
        if node is None:
            node = self._named[name] = self._made({**self.raw[name], "x-name": name})
        return node

    def node(self, raw: Json) -> Node:
        """Return the node of a schema: of what it refers to, with its own marks laid over."""
        reference = raw.get("$ref") or next((one["$ref"] for one in raw.get("allOf", ()) if "$ref" in one), None)
        if reference is None:
            return self._made(raw)
        name = reference.rpartition("/")[2]
        marks = {key: value for key, value in raw.items() if key not in ("$ref", "allOf", "default")}
        return self._made({**self.raw[name], "x-name": name, **marks}) if marks else self.named(name)

    def _made(self, raw: Json) -> Node:
        special = _SPECIAL.get(raw.get("x-name", "")) or _FORMATS.get(raw.get("format", ""))
        if special:
            return special(raw, self)
        if raw.get("x-kubernetes-int-or-string"):
            return IntOrString(raw, self)
        match raw.get("type"):
            case "object" if raw.get("properties"):
                return Object(raw, self)
            case "object" if raw.get("additionalProperties"):
                return Map(raw, self)
            case "object":
                return Node(raw, self)
            case "array":
                return Array(raw, self)
            case None:
                return Node(raw, self)
            case "string" | "boolean" | "integer" | "number":
                return Scalar(raw, self)
            case _:  # a definition says what it does not know of
                return Node(raw, self)


_RAW = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_SPECIAL: dict[str, type[Node]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": Quantity,
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": IntOrString,
}
_FORMATS: dict[str, type[Node]] = {"date-time": Time, "byte": Bytes}

ANY = Node({}, Schemas({}))


def unknown_fields(node: Node, value: Any, path: str = "") -> list[str]:
    """Return the paths of the members that the schema does not know, as strict decoding names them."""
    found: list[str] = []
    if isinstance(node, Object) and isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else key
            if key in node.properties:
                found += unknown_fields(node.properties[key], item, below)
            elif not node.preserve:
                found.append(below)
    elif isinstance(node, Map) and isinstance(value, dict):
        for key, item in value.items():
            found += unknown_fields(node.values, item, f"{path}.{key}")
    elif isinstance(node, Array) and isinstance(value, list):
        for index, item in enumerate(value):
            found += unknown_fields(node.items, item, f"{path}[{index}]")
    return found
