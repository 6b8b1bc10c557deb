"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386)."""

from typing import Any

from kecs.kube.errors import BadRequest, Invalid

Json = dict[str, Any]


def merge_patch(target: Any, patch: Any) -> Any:
    """Return the target with a merge patch; parts that the patch does not touch are shared with the target."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = merge_patch(found.get(key), value)
        else:
            found[key] = value
    return found


def json_patch(target: Json, operations: Any) -> Any:
    """Return the target with a JSON patch. Raises `BadRequest` for what is no patch, `Invalid` for one that fails."""
    import jsonpatch  # costs start-up time, and JSON patches are rare
    from jsonpointer import JsonPointerException

    if not isinstance(operations, list):
        raise BadRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    try:
        for operation in operations:
            target = jsonpatch.apply_patch(target, [_lenient(operation, target)])
        return target
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, KeyError, ValueError):
        raise Invalid("the server rejected our request due to an error in our request", details={}) from None


def _lenient(operation: Any, target: Json) -> Any:
    """Return an operation as Kubernetes's library reads it: no value is null, and a missing member can be replaced."""
    from jsonpointer import JsonPointer

    if not isinstance(operation, dict) or operation.get("op") not in ("add", "replace"):
        return operation
    operation = {"value": None, **operation}
    if operation["op"] == "replace":
        parent, name = JsonPointer(operation.get("path", "")).to_last(target)
        if isinstance(parent, dict) and name not in parent:
            return {**operation, "op": "add"}
    return operation
