"""Discovery: which groups, versions, resources and verbs there are.

It has an old form, a document per group version, and an aggregated one, everything in two documents.
"""

import hashlib
from collections.abc import Iterable

from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.definitions import priority
from kecs.embedded.http.answers import JSON, Answer, json_answer
from kecs.embedded.http.negotiation import Shape, accepted
from kecs.embedded.http.paths import not_found
from kecs.embedded.http.request import Request
from kecs.embedded.http.reviews import REVIEWS
from kecs.kube.api import Json

_SHAPES: frozenset[Shape] = frozenset({"object", "discovery"})


class Discovery:
    """Answers `/api`, `/apis`, `/apis/<group>`, `/api/v1` and `/apis/<group>/<version>`."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def has_group(self, group: str) -> bool:
        """Tell whether a named group is served."""
        return bool(group) and group in self._versions()

    def has_version(self, group: str, version: str) -> bool:
        """Tell whether a version of a group of custom resources is served; others answer for themselves."""
        builtin = any(kind.group == group and not kind.custom for kind in self._catalog.kinds())
        return builtin or version in self._versions()[group]

    def paths(self) -> list[str]:
        """Return the paths of the named groups and their versions."""
        found: list[str] = []
        for group, versions in self._versions().items():
            if group:
                found += [f"/apis/{group}", *(f"/apis/{group}/{version}" for version in versions)]
        return found

    async def core(self, request: Request) -> Answer:
        """Answer `/api`."""
        form = accepted(request.headers.get("accept", ""), _SHAPES)
        if form.shape == "discovery":
            return _aggregated([self._discovered("")], form.version, request)
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": request.headers.get("host", "")}]
        return json_answer({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses})

    async def groups(self, request: Request) -> Answer:
        """Answer `/apis`."""
        form = accepted(request.headers.get("accept", ""), _SHAPES)
        groups = [group for group in self._versions() if group]
        if form.shape == "discovery":
            return _aggregated([self._discovered(group) for group in groups], form.version, request)
        return json_answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": [self._group(one) for one in groups]})

    async def group(self, request: Request, group: str) -> Answer:
        """Answer `/apis/<group>`."""
        return json_answer({"kind": "APIGroup", "apiVersion": "v1", **self._group(group)})

    async def resources(self, request: Request, group: str, version: str) -> Answer:
        """Answer `/api/v1` or `/apis/<group>/<version>`."""
        if version not in self._versions().get(group, ()):
            raise not_found()
        api_version = f"{group}/{version}" if group else version
        listed = [entry for kind in self._kinds(group, version) for entry in _entries(kind)]
        listed += [_review_entry(plural) for plural in _review_plurals(group, version)]
        listed.sort(key=lambda entry: str(entry["name"]))
        return json_answer(
            {
                "kind": "APIResourceList",
                **({"apiVersion": "v1"} if group else {}),
                "groupVersion": api_version,
                "resources": listed,
            }
        )

    def _versions(self) -> dict[str, list[str]]:
        """Return the versions of each group, the preferred one first."""
        groups: dict[str, dict[str, bool]] = {}
        for kind in self._catalog.kinds():
            versions = groups.setdefault(kind.group, {})
            versions[kind.version] = versions.get(kind.version, False) or kind.preferred
        for review in REVIEWS.values():
            groups.setdefault(review.group, {})[review.version] = True
        return {
            group: sorted(found, key=lambda one: (not found[one], priority(one)))
            for group, found in sorted(groups.items())
        }

    def _kinds(self, group: str, version: str) -> Iterable[Kind]:
        return (kind for kind in self._catalog.kinds() if (kind.group, kind.version) == (group, version))

    def _group(self, group: str) -> Json:
        versions = [{"groupVersion": f"{group}/{one}", "version": one} for one in self._versions()[group]]
        return {"name": group, "versions": versions, "preferredVersion": versions[0]}

    def _discovered(self, group: str) -> Json:
        versions: list[Json] = []
        for version in self._versions()[group]:
            resources = [_discovered(kind) for kind in self._kinds(group, version)]
            resources += [_discovered_review(plural, group) for plural in _review_plurals(group, version)]
            resources.sort(key=lambda one: str(one["resource"]))
            versions.append({"version": version, "resources": resources, "freshness": "Current"})
        return {"metadata": {"name": group} if group else {}, "versions": versions}


def _entries(kind: Kind) -> list[Json]:
    """Return the entries of a kind and its subresources in an APIResourceList."""
    entry: Json = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
        **_names(kind),
    }
    if kind.storage_version_hash:
        entry["storageVersionHash"] = kind.storage_version_hash
    entries = [entry]
    for name, one in kind.subresources.items():
        sub: Json = {"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced}
        if (one.group, one.version) != (kind.group, kind.version):
            sub.update(group=one.group, version=one.version)
        entries.append({**sub, "kind": one.kind, "verbs": list(one.verbs)})
    return entries


def _names(kind: Kind) -> Json:
    names: Json = {}
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    if kind.categories:
        names["categories"] = list(kind.categories)
    return names


def _discovered(kind: Kind) -> Json:
    """Return the entry of a kind in an aggregated document. An empty group and version mean those around it."""
    entry: Json = {
        "resource": kind.plural,
        "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
        **_names(kind),
    }
    subresources: list[Json] = []
    for name, one in sorted(kind.subresources.items()):
        own = (one.group, one.version) == (kind.group, kind.version)
        speaks = {"group": "" if own else one.group, "version": "" if own else one.version, "kind": one.kind}
        subresources.append({"subresource": name, "responseKind": speaks, "verbs": list(one.verbs)})
    if subresources:
        entry["subresources"] = subresources
    return entry


def _review_plurals(group: str, version: str) -> list[str]:
    return [one.plural for one in REVIEWS.values() if (one.group, one.version) == (group, version)]


def _review_entry(plural: str) -> Json:
    review = next(one for one in REVIEWS.values() if one.plural == plural)
    entry: Json = {"name": plural, "singularName": review.kind.lower(), "namespaced": False}
    return {**entry, "kind": review.kind, "verbs": ["create"]}


def _discovered_review(plural: str, group: str) -> Json:
    review = REVIEWS[(group, plural)]
    return {
        "resource": plural,
        "responseKind": {"group": "", "version": "", "kind": review.kind},
        "scope": "Cluster",
        "singularResource": review.kind.lower(),
        "verbs": ["create"],
    }


def _aggregated(items: list[Json], version: str, request: Request) -> Answer:
    content_type = f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    document: Json = {"kind": "APIGroupDiscoveryList", "apiVersion": f"apidiscovery.k8s.io/{version}", "metadata": {}}
    return cached(json_answer({**document, "items": items}, content_type=content_type), request)


def cached(answer: Answer, request: Request) -> Answer:
    """Return a document with its ETag, or 304 when the client has that one already."""
    tag = f'"{hashlib.sha256(answer.body).hexdigest().upper()}"'
    answer.headers += [(b"etag", tag.encode()), (b"vary", b"Accept")]
    if request.headers.get("if-none-match") == tag:
        answer.status, answer.body = 304, b""
    return answer
