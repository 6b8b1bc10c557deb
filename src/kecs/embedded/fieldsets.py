"""Sets of fields, as `fieldsV1` writes them, and what server-side apply does with them.

A set is the tree of its JSON text: keys are path elements (`f:name` a member, `k:{"name":"web"}` an element of a list
by its keys, `v:"x"` an element of a set), values the trees below. A path is in the set when its tree is empty or
holds `.`. Trees are shared and never changed.

Rules: sigs.k8s.io/structured-merge-diff (`fieldpath`, `typed`, `merge`).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from kecs.embedded.schema import Array, Node, Object

Fields = dict[str, Any]
Json = dict[str, Any]

_LEAF: Fields = {}
_encode = msgspec.json.encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode


@lru_cache(maxsize=2048)
def parse(text: bytes) -> Fields:
    """Return the set that a `fieldsV1` text is."""
    found = _decode(text)
    return found if isinstance(found, dict) else {}


def dump(fields: Fields) -> bytes:
    """Return the `fieldsV1` text of a set."""
    return _encode(fields)


def is_member(fields: Fields) -> bool:
    """Say whether the path that leads to this tree is itself in the set."""
    return not fields or "." in fields


def union(a: Fields, b: Fields) -> Fields:
    """Return the set of the paths of both."""
    if not a or not b:
        return a or b
    found = dict(a)
    for key, below in b.items():
        found[key] = _joined(found[key], below) if key in found else below
    return found


def _joined(a: Fields, b: Fields) -> Fields:
    if not a and not b:
        return _LEAF
    return {".": _LEAF, **union(a, b)} if not a or not b else union(a, b)


def difference(a: Fields, b: Fields) -> Fields:
    """Return the paths of `a` that are not in `b`."""
    found: Fields = {}
    for key, below in a.items():
        left = below if key not in b else _subtracted(below, b[key])
        if left is not None:
            found[key] = left
    return found


def _subtracted(a: Fields, b: Fields) -> Fields | None:
    left = difference({key: value for key, value in a.items() if key != "."}, b)
    if is_member(a) and not is_member(b):
        return {".": _LEAF, **left} if left else _LEAF
    return left or None


def intersection(a: Fields, b: Fields) -> Fields:
    """Return the paths that are in both."""
    found: Fields = {}
    for key, below in a.items():
        if key in b and key != "." and (both := _common(below, b[key])) is not None:
            found[key] = both
    return found


def _common(a: Fields, b: Fields) -> Fields | None:
    both = intersection(a, b)
    if is_member(a) and is_member(b):
        return {".": _LEAF, **both} if both else _LEAF
    return both or None


def with_named_parents(node: Node, fields: Fields) -> Fields:
    """Return the set with every member of an object in it that something below is in the set for."""
    found: Fields = {}
    for key, below in fields.items():
        if key == "." or not below:
            found[key] = below
            continue
        inner = with_named_parents(_below(node, key), below)
        named = key.startswith("f:") and isinstance(node, Object) and key[2:] in node.properties
        found[key] = {".": _LEAF, **inner} if named and "." not in inner else inner
    return found


def _below(node: Node, key: str) -> Node:
    if key.startswith("f:"):
        return node.child(key[2:])
    return node.items if isinstance(node, Array) else node


def paths(fields: Fields, path: str = "") -> Iterator[str]:
    """Yield the paths of a set as Kubernetes shows them: `.spec.containers[name="web"].image`."""
    for key, below in fields.items():
        if key == ".":
            continue
        here = path + _shown(key)
        if is_member(below):
            yield here
        yield from paths(below, here)


def _shown(key: str) -> str:
    if key.startswith("k:"):
        return "[" + ",".join(f"{name}={_encode(value).decode()}" for name, value in _decode(key[2:]).items()) + "]"
    return f"[={key[2:]}]" if key.startswith("v:") else f".{key[2:]}"


# Values to sets. A list of one owner, and a map of one, is a leaf.


def is_granular(node: Node, value: Any) -> bool:
    """Say whether the parts of a value have owners of their own."""
    if isinstance(value, dict):
        return node.shape in ("object", "map", "any") and not node.atomic
    return isinstance(value, list) and isinstance(node, Array) and node.list_type in ("map", "set")


def element_key(node: Array, element: Any) -> str:
    """Return the path element of a list's element. Raises `KeyError` for one that lacks a key."""
    if node.list_type == "set" or not isinstance(element, dict):
        return f"v:{_encode_sorted(element).decode()}"
    keys = {}
    for name in node.keys:
        if name in element:
            keys[name] = element[name]
        else:
            keys[name] = _key_default(node, name)
    return f"k:{_encode_sorted(keys).decode()}"


def _key_default(node: Array, name: str) -> Any:
    raw = node.items.raw.get("properties", {}).get(name, {})
    if "default" not in raw:
        raise KeyError(name)
    return raw["default"]


def added(node: Node, value: Any) -> Fields:
    """Return the set of a value that was not there before: it, and everything in it."""
    if not is_granular(node, value) or not value:
        return _LEAF
    found: Fields = {".": _LEAF}
    if isinstance(value, dict):
        for key, item in value.items():
            found[f"f:{key}"] = added(node.child(key), item)
    elif isinstance(node, Array):
        items = node.items
        for element in value:
            found[_safe_key(node, element)] = added(items, element)
    return found


def _safe_key(node: Array, element: Any) -> str:
    try:
        return element_key(node, element)
    except KeyError:
        return f"v:{_encode_sorted(element).decode()}"


def compared(node: Node, old: Any, new: Any) -> tuple[Fields, Fields]:
    """Return what a change from `old` to `new` set (added or modified), and what it removed. Both are granular."""
    changed: Fields = {}
    removed: Fields = {}
    before, after = _parts(node, old), _parts(node, new)
    for key, (inner, value) in after.items():
        if key not in before:
            changed[key] = added(inner, value)
            continue
        was = before[key][1]
        if was is value or was == value:
            continue
        if is_granular(inner, value) and is_granular(inner, was) and type(was) is type(value):
            below, gone = compared(inner, was, value)
            if below:
                changed[key] = below
            if gone:
                removed[key] = gone
        else:
            changed[key] = _LEAF
    for key, (inner, value) in before.items():
        if key not in after:
            removed[key] = added(inner, value)
    return changed, removed


def _parts(node: Node, value: Any) -> dict[str, tuple[Node, Any]]:
    if isinstance(value, dict):
        return {f"f:{key}": (node.child(key), item) for key, item in value.items()}
    assert isinstance(node, Array)  # noqa: S101  # only granular values have parts
    return {_safe_key(node, element): (node.items, element) for element in value}


def applied(node: Node, value: Any) -> Fields:
    """Return the set that a manager owns who applies `value`. Raises `KeyError` for an element without its key."""
    found: Fields = {}
    if isinstance(value, dict):
        named = node.properties if isinstance(node, Object) else {}
        for key, item in value.items():
            inner = node.child(key)
            if not is_granular(inner, item):
                found[f"f:{key}"] = _LEAF
            elif not item:
                if isinstance(item, dict):
                    found[f"f:{key}"] = _LEAF
            else:
                below = applied(inner, item)
                if below or key not in named:
                    found[f"f:{key}"] = below if key in named else {".": _LEAF, **below}
    elif isinstance(node, Array):
        for element in value:
            granular = is_granular(node.items, element) and element
            found[element_key(node, element)] = {".": _LEAF, **applied(node.items, element)} if granular else _LEAF
    return found


# Merging and removing values by sets.


def merged(node: Node, live: Any, config: Any) -> Any:
    """Return `live` with what `config` says laid over. Raises `KeyError` for an element without its key."""
    if not (is_granular(node, config) and is_granular(node, live) and type(live) is type(config)):
        return config
    if isinstance(config, dict):
        found = dict(live)
        for key, item in config.items():
            found[key] = merged(node.child(key), live[key], item) if key in live else item
        return found
    assert isinstance(node, Array)  # noqa: S101  # is_granular said so
    return _merged_list(node, live, config)


def _merged_list(node: Array, live: list[Any], config: list[Any]) -> list[Any]:
    """Keep the order of `config` for its elements; those only in `live` stay where they stood among the shared ones."""
    before = {_safe_key(node, element): element for element in live}
    wanted = {element_key(node, element): element for element in config}
    waiting = list(before)
    found = []
    for key, element in wanted.items():
        while waiting and waiting[0] not in wanted:
            found.append(before[waiting.pop(0)])
        if key in before:
            waiting.remove(key)
            found.append(merged(node.items, before[key], element))
        else:
            found.append(element)
    return found + [before[one] for one in waiting]


def without(node: Node, value: Any, fields: Fields) -> Any:
    """Return `value` without the paths of a set; a path takes everything below it along."""
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            below = fields.get(f"f:{key}")
            if below is None:
                found[key] = item
            elif not is_member(below):
                found[key] = without(node.child(key), item, below)
        return found
    if not (isinstance(value, list) and isinstance(node, Array)):
        return value
    kept = []
    for element in value:
        below = fields.get(_safe_key(node, element))
        if below is None:
            kept.append(element)
        elif not is_member(below):
            kept.append(without(node.items, element, below))
    return kept


def duplicate_key(node: Node, value: Any, path: str = "") -> str:
    """Return where a value has two elements with one key, as Kubernetes says it, or an empty text."""
    if isinstance(value, dict):
        return next(
            filter(None, (duplicate_key(node.child(key), item, f"{path}.{key}") for key, item in value.items())), ""
        )
    if not (isinstance(value, list) and isinstance(node, Array)):
        return ""
    if node.list_type in ("map", "set"):
        keys: set[str] = set()
        for element in value:
            key = element_key(node, element)
            if key in keys:
                return f"{path}: duplicate entries for key {_shown(key)}"
            keys.add(key)
    inside = ((item, path + _shown(element_key(node, item)) if node.list_type == "map" else path) for item in value)
    return next(filter(None, (duplicate_key(node.items, *one) for one in inside)), "")
