"""Strategic merge patches: merge patches that merge some lists by a key, and know directives.

Which lists merge, and by which key, is in the schema (`x-kubernetes-patch-strategy`, `-merge-key`). Directives:
`$patch` (replace, merge, delete), `$retainKeys`, `$deleteFromPrimitiveList/<list>`, `$setElementOrder/<list>`. Rules
and texts: apimachinery's `strategicpatch`.
"""

from typing import Any

from kecs.embedded.schema import Array, Node
from kecs.kube.errors import BadRequest, Unnamed

Json = dict[str, Any]

_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"
_PATCH = "$patch"


def strategic_patch(node: Node, target: Json, patch: Json) -> Json:
    """Return the target with the patch. Raises `BadRequest` or `Unnamed` for a patch that cannot be read."""
    return _merged_map(node, target, patch)


def _merged_map(node: Node, target: Json, patch: Json) -> Json:
    directive = patch.get(_PATCH)
    if directive is not None:
        if directive == "replace":
            return {key: _stripped(value) for key, value in patch.items() if value is not None and key[:1] != "$"}
        if directive == "delete":
            return {}
        if directive != "merge":
            raise Unnamed(f"unknown patch type: {directive} in map: {go_map(patch)}")
    found = dict(target)
    _retain(found, patch)
    orders = {key.removeprefix(_ORDER): value for key, value in patch.items() if key.startswith(_ORDER)}
    for key, value in patch.items():
        if key.startswith(_DELETE):
            _delete_values(found, key.removeprefix(_DELETE), value)
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        inner = node.child(key)
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            below = found.get(key)
            found[key] = _merged_map(inner, below if isinstance(below, dict) else {}, value)
        elif isinstance(value, list) and isinstance(inner, Array) and "merge" in inner.patch_strategies:
            found[key] = _merged_list(inner, found.get(key), value, orders.pop(key, None), key)
        else:
            found[key] = _stripped(value)
    for key, order in orders.items():
        inner = node.child(key)
        if isinstance(inner, Array) and isinstance(found.get(key), list) and isinstance(order, list):
            found[key] = _ordered(inner, found[key], order, found[key])
    return found


def _retain(found: Json, patch: Json) -> None:
    kept = patch.get(_RETAIN)
    if kept is None:
        return
    if not isinstance(kept, list):
        raise BadRequest("unable to convert patch retainKeys to a list")
    for key in [key for key in found if key not in kept]:
        del found[key]


def _delete_values(found: Json, key: str, gone: Any) -> None:
    if isinstance(found.get(key), list) and isinstance(gone, list):
        found[key] = [one for one in found[key] if one not in gone]


def _merged_list(node: Array, target: Any, patch: list[Any], order: Any, name: str) -> list[Any]:
    before = list(target) if isinstance(target, list) else []
    if not node.patch_key:
        return _placed(node, [*before, *(one for one in patch if one not in before)], patch, before, order)
    if any(isinstance(one, dict) and one.get(_PATCH) == "replace" for one in patch):
        return [_stripped(one) for one in patch if not (isinstance(one, dict) and one.get(_PATCH) == "replace")]
    key = node.patch_key
    found, fresh = list(before), []
    for one in patch:
        if not isinstance(one, dict):
            raise BadRequest(f"expected a map in the list {name}")
        if one.get(_PATCH) not in (None, "delete", "merge"):
            raise BadRequest(f"Unknown patch type: {one[_PATCH]}")
        if key not in one:
            raise Unnamed(f"map: {go_map(one)} does not contain declared merge key: {key}")
        at = next((index for index, has in enumerate(found) if has.get(key) == one[key]), None)
        if one.get(_PATCH) == "delete":
            if at is not None:
                del found[at]
        elif at is None:
            fresh.append(_merged_map(node.items, {}, {name: value for name, value in one.items() if name != _PATCH}))
        else:
            found[at] = _merged_map(
                node.items, found[at], {name: value for name, value in one.items() if name != _PATCH}
            )
    return _placed(node, found + fresh, patch, before, order)


def _placed(node: Array, items: list[Any], patch: list[Any], before: list[Any], order: Any) -> list[Any]:
    """Put the elements into the order that the patch gives.

    Where it gives none: those of the patch stand in its order, and those that it does not name where they stood before
    them. One that is new stands in front of all that the patch does not name and that follow.
    """
    if isinstance(order, list):
        return _ordered(node, items, order, before)
    stood = [_key(node, one) for one in before]
    named = [_key(node, one) for one in patch]
    left = [one for one in items if _key(node, one) not in named]
    right = sorted((one for one in items if _key(node, one) in named), key=lambda one: named.index(_key(node, one)))
    found: list[Any] = []
    while left and right:
        first, second = _key(node, left[0]), _key(node, right[0])
        ahead = first in stood and second in stood and stood.index(first) < stood.index(second)
        found.append((left if ahead else right).pop(0))
    return found + right + left


def _ordered(node: Array, items: list[Any], order: list[Any], before: list[Any]) -> list[Any]:
    """Put the elements into the wanted order; those that it does not name stay behind the one they stood behind."""
    wanted = [_key(node, one) for one in order]
    named = sorted((one for one in items if _key(node, one) in wanted), key=lambda one: wanted.index(_key(node, one)))
    stood = [_key(node, one) for one in before]
    found = list(named)
    for one in items:
        key = _key(node, one)
        if key in wanted:
            continue
        ahead = stood[: stood.index(key)] if key in stood else []
        at = max((index + 1 for index, has in enumerate(found) if _key(node, has) in ahead), default=0)
        found.insert(at if key in stood else len(found), one)
    return found


def _key(node: Array, item: Any) -> Any:
    return item.get(node.patch_key) if node.patch_key and isinstance(item, dict) else item


def _stripped(value: Any) -> Any:
    """Return a value without directives and without nulls in maps, as it is stored where nothing was before."""
    if isinstance(value, dict):
        return {key: _stripped(item) for key, item in value.items() if item is not None and not key.startswith("$")}
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    return value


def go_map(value: Any) -> str:
    """Return a value as Go prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_map(item)}" for key, item in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_map, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "<nil>", True: "true", False: "false"}[value]
    return str(value)
