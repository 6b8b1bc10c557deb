"""Resource paths: which group, resource, namespace, object and subresource a URL path names."""

from dataclasses import dataclass

from kecs.kube.errors import NotFound

_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a resource path names. `name` is empty for a collection, `subresource` for the object itself."""

    group: str
    version: str
    plural: str
    namespace: str | None
    name: str
    subresource: str


def not_found() -> NotFound:
    """Return the error for a path that nothing is served at."""
    return NotFound("the server could not find the requested resource", details={})


def parse(path: str) -> Target:
    """Parse `/api/v1/…` or `/apis/<group>/<version>/…`. Raises `NotFound` for a path that has not this form."""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        group, skip = "", 2
    else:
        group, skip = parts[1] if len(parts) > 1 else "", 3
    if len(parts) <= skip or "" in parts[skip:]:
        raise not_found()
    version, rest = parts[skip - 1], parts[skip:]
    namespace: str | None = None
    if rest[0] == "namespaces" and len(rest) > 2 and not (len(rest) == 3 and rest[2] in _NAMESPACE_SUBRESOURCES):
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        raise not_found()
    plural, name, subresource = [*rest, "", ""][:3]
    return Target(group, version, plural, namespace, name, subresource)
