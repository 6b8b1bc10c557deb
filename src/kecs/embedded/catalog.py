"""What is served: a `Kind` for each version of each resource, built-in or of a custom resource definition."""

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any

import msgspec

from kecs.embedded.defaults import FILLERS
from kecs.embedded.fitting import Fits, fitting
from kecs.embedded.schema import Json, Node, Schemas
from kecs.kube.errors import NotFound

Rules = Mapping[str, Callable[[Any], bool]]
"""Of rules of schemas, by their texts: whether a value that such a rule is about keeps to it."""

# The built-in resources that have somebody here to act on them, or that need nobody. A kind whose controller is missing
# (Jobs, StatefulSets) is not served: accepting it and doing nothing would be worse than saying so.
SERVED: dict[str, str] = {
    "v1": "configmaps endpoints events namespaces nodes persistentvolumeclaims persistentvolumes pods "
    "podtemplates "
    "resourcequotas secrets serviceaccounts services",
    "apps/v1": "controllerrevisions daemonsets deployments replicasets",
    "apiextensions.k8s.io/v1": "customresourcedefinitions",
    "coordination.k8s.io/v1": "leases",
    "discovery.k8s.io/v1": "endpointslices",
    "networking.k8s.io/v1": "ingressclasses ingresses networkpolicies",
    "policy/v1": "poddisruptionbudgets",
    "rbac.authorization.k8s.io/v1": "clusterrolebindings clusterroles rolebindings roles",
    "scheduling.k8s.io/v1": "priorityclasses",
    "storage.k8s.io/v1": "storageclasses",
}

# Kinds whose metadata.generation counts changes of what is wanted; custom resources do so too.
_GENERATIONS = frozenset(
    [
        "customresourcedefinitions",
        "daemonsets",
        "deployments",
        "endpointslices",
        "ingresses",
        "ingressclasses",
        "networkpolicies",
        "poddisruptionbudgets",
        "pods",
        "podtemplates",
        "priorityclasses",
        "replicasets",
    ]
)
_DEPRECATIONS = {"endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}
_COMMON = frozenset({"apiVersion", "kind", "metadata"})
_UNSERVED_SUBRESOURCES = frozenset({"proxy", "portforward", "attach", "token", "ephemeralcontainers", "resize"})


@dataclass(frozen=True)
class Subresource:
    """A subresource and the kind that it speaks."""

    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(eq=False)
class Kind:
    """A resource in one of its versions.

    `table` is where its objects are, shared by all its versions. `schema` is its OpenAPI v3 schema. `columns` are the
    additional printer columns of a custom resource; `deprecation` is what those who use the version are told;
    `terminating` says that its definition is being deleted; `rules` are what is known of the rules of its schema.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    schemas: Schemas
    schema: Json
    list_kind: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
    subresources: dict[str, Subresource] = field(default_factory=dict)
    columns: tuple[Json, ...] = ()
    storage_version_hash: str = ""
    preferred: bool = True
    custom: bool = False
    scale: Json | None = None
    selectable: tuple[str, ...] = ()
    deprecation: str = ""
    terminating: bool = False
    rules: Rules = field(default_factory=dict)

    @cached_property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def table(self) -> str:
        """The resource as Kubernetes writes it in messages: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @cached_property
    def prefix(self) -> bytes:
        """The beginning of every object's text (see `entry`)."""
        return b'{"apiVersion":%b,"kind":%b,"metadata":{"resourceVersion":"' % (
            msgspec.json.encode(self.api_version),
            msgspec.json.encode(self.kind),
        )

    @cached_property
    def node(self) -> Node:
        """The schema as a tree."""
        return self.schemas.node(self.schema)

    @cached_property
    def has_status(self) -> bool:
        """Whether the status is written through its own subresource."""
        return "status" in self.subresources

    @cached_property
    def has_generation(self) -> bool:
        """Whether `metadata.generation` is kept."""
        return self.custom or self.plural in _GENERATIONS

    @cached_property
    def custom_schema(self) -> Json:
        """The schema of what stands beside the metadata, for custom resources."""
        beside = {key: raw for key, raw in self.schema.get("properties", {}).items() if key not in _COMMON}
        needed = [key for key in self.schema.get("required", ()) if key not in _COMMON]
        return {**self.schema, "properties": beside, "required": needed}

    @cached_property
    def fits(self) -> Fits:
        """Whether what stands beside the metadata can be taken as it is, for custom resources."""
        return fitting(self.custom_schema)

    @property
    def details(self) -> Json:
        """The part of a `Status`'s details that names the resource."""
        return {"group": self.group, "kind": self.plural} if self.group else {"kind": self.plural}

    def missing(self, name: str) -> NotFound:
        """Return the error for an object that is not there."""
        return NotFound(f'{self.table} "{name}" not found', details={"name": name, **self.details})


class Catalog:
    """All kinds that are served now. Custom ones come and go. `rules` are those that custom ones may have."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules: Rules = rules or {}
        data = msgspec.json.decode(
            gzip.decompress((files("kecs.embedded") / "schemas" / "kubernetes-1.36.json.gz").read_bytes())
        )
        self.builtin = Schemas(data["schemas"], FILLERS)
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        self._custom: dict[str, list[Kind]] = {}
        by_gvk = {
            (one["group"], one["version"], one["kind"]): name
            for name, schema in self.builtin.raw.items()
            for one in schema.get("x-kubernetes-group-version-kind", ())
        }
        for api_version, plurals in SERVED.items():
            self._serve(api_version, plurals.split(), data["resources"][api_version], by_gvk)

    def _serve(
        self,
        api_version: str,
        plurals: Iterable[str],
        resources: list[Json],
        by_gvk: Mapping[tuple[str, str, str], str],
    ) -> None:
        group, _, version = api_version.rpartition("/")
        by_name = {one["name"]: one for one in resources}
        for plural in plurals:
            found = by_name[plural]
            schema = by_gvk[(group, version, found["kind"])]
            kind = Kind(
                group=group,
                version=version,
                kind=found["kind"],
                plural=plural,
                singular=found["singularName"],
                namespaced=found["namespaced"],
                schemas=self.builtin,
                schema={"$ref": f"#/components/schemas/{schema}"},
                list_kind=f"{found['kind']}List",
                short_names=tuple(found.get("shortNames", ())),
                categories=tuple(found.get("categories", ())),
                verbs=tuple(found["verbs"]),
                subresources=_subresources(plural, group, version, resources),
                storage_version_hash=found.get("storageVersionHash", ""),
                deprecation=_DEPRECATIONS.get(plural, ""),
            )
            self._kinds[(group, version, plural)] = kind

    def find(self, group: str, version: str, plural: str) -> Kind:
        """Return a served kind. Raises `NotFound`."""
        kind = self._kinds.get((group, version, plural))
        if kind is None:
            raise NotFound("the server could not find the requested resource", details={})
        return kind

    def kinds(self) -> Iterable[Kind]:
        """Return every kind in every version."""
        return self._kinds.values()

    def schemas_json(self) -> Mapping[str, Any]:
        """Return the component schemas of the built-in kinds, as Kubernetes publishes them."""
        return self.builtin.raw

    def set_custom(self, definition: str, kinds: list[Kind]) -> None:
        """Serve exactly `kinds` for the definition of that name; an empty list ends it."""
        for old in self._custom.pop(definition, ()):
            self._kinds.pop((old.group, old.version, old.plural), None)
        if kinds:
            self._custom[definition] = kinds
        for kind in kinds:
            self._kinds[(kind.group, kind.version, kind.plural)] = kind


def _subresources(plural: str, group: str, version: str, resources: list[Json]) -> dict[str, Subresource]:
    found: dict[str, Subresource] = {}
    for one in resources:
        owner, slash, name = one["name"].partition("/")
        if owner == plural and slash and name not in _UNSERVED_SUBRESOURCES:
            found[name] = Subresource(
                one.get("group", group), one.get("version", version), one["kind"], tuple(one["verbs"])
            )
    return found
