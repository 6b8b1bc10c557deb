"""What a built-in kind's schema itself demands: members that must be there, and values that are one of a few.

Types were checked while decoding. Statuses are not looked at: their writers are controllers.
"""

from collections.abc import Iterator
from typing import Any

from kecs.embedded.catalog import Kind
from kecs.embedded.problems import Problem, Problems, required, unsupported
from kecs.embedded.schema import Array, Map, Node, Object

Json = dict[str, Any]

# Texts that must be there but may be empty.
_MAY_BE_EMPTY = frozenset({("HTTPHeader", "value"), ("Sysctl", "value"), ("Taint", "key"), ("Lease", "holderIdentity")})
# What the rules of a kind say themselves.
_SAID_ELSEWHERE = frozenset((f"{kind}Spec", "selector") for kind in ("DaemonSet", "Deployment", "ReplicaSet")) | {
    *(("RoleRef", name) for name in ("kind", "name")),
    *(("Subject", name) for name in ("kind", "name")),
    *(("CustomResourceDefinitionSpec", name) for name in ("group", "scope")),
    *(("CustomResourceDefinitionNames", name) for name in ("plural", "kind")),
    *(("CustomResourceColumnDefinition", name) for name in ("name", "type", "jsonPath")),
    *(("CustomResourceSubresourceScale", name) for name in ("specReplicasPath", "statusReplicasPath")),
}
_NO_TEXT_NEEDED = _MAY_BE_EMPTY | _SAID_ELSEWHERE
_UNCHECKED = frozenset({"apiVersion", "kind", "metadata", "status"})


def check(kind: Kind, obj: Json, old: Json | None = None) -> Problems:
    """Return what is wrong with the members that are new or have changed."""
    node = kind.node
    if kind.custom or not isinstance(node, Object):
        return []
    found = [one for one in _check_required(node, obj, "") if one.field not in _UNCHECKED]
    for key, value in obj.items():
        if key not in _UNCHECKED and (old is None or old.get(key) != value) and key in node.properties:
            found += _check(node.properties[key], value, key)
    return found


def _check_required(node: Object, value: Json, path: str) -> Iterator[Problem]:
    for name in node.texts_required:
        if not value.get(name) and (node.short_name, name) not in _NO_TEXT_NEEDED:
            yield required(f"{path}.{name}" if path else name)
    for name in node.structs_required:
        if name not in value and (node.short_name, name) not in _SAID_ELSEWHERE:
            yield required(f"{path}.{name}" if path else name)


def _check(node: Node, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(node, Object) and isinstance(value, dict):
        yield from _check_required(node, value, path)
        properties = node.properties
        for key, item in value.items():
            inner = properties.get(key)
            if inner is not None and (item.__class__ in (dict, list) or inner.enum):
                yield from _check(inner, item, f"{path}.{key}")
    elif isinstance(node, Array) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(node.items, item, f"{path}[{index}]")
    elif isinstance(node, Map) and isinstance(value, dict):
        if isinstance(node.values, (Object, Array)):
            for key, item in value.items():
                yield from _check(node.values, item, f"{path}[{key}]")
    elif node.enum and value not in ("", *node.enum):
        yield unsupported(path, value, node.enum)
