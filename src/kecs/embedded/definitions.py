"""Custom resource definitions: the rules for them, and the kinds that they bring."""

import re
from typing import Any

from kecs.embedded.catalog import Catalog, Kind, Subresource
from kecs.embedded.metadata import now_text
from kecs.embedded.problems import Problems, invalid, required

Json = dict[str, Any]

TABLE = "customresourcedefinitions.apiextensions.k8s.io"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_OBJECT_META = {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}


def _deprecation(group: str, version: Json, kind: str) -> str:
    if not version.get("deprecated"):
        return ""
    return str(version.get("deprecationWarning") or f"{group}/{version['name']} {kind} is deprecated")


def prepare(definition: Json) -> None:
    """Accept a new definition: its names are taken at once, so it is established when it is created."""
    spec = definition["spec"]
    definition["metadata"].setdefault("finalizers", []).append(CLEANUP)
    storage = [one["name"] for one in spec.get("versions", ()) if one.get("storage")]
    definition["status"] = {
        "acceptedNames": spec["names"],
        "conditions": [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            _condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": storage,
    }


def _condition(type_: str, reason: str, message: str) -> Json:
    return {
        "type": type_,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": now_text(),
    }


def prepare_update(definition: Json, old: Json) -> None:
    """Keep the accepted names and the stored versions in step with the spec."""
    status = dict(definition.get("status") or old.get("status") or {})
    status["acceptedNames"] = definition["spec"]["names"]
    stored = list(status.get("storedVersions", ()))
    stored += [
        one["name"]
        for one in definition["spec"].get("versions", ())
        if one.get("storage") and one["name"] not in stored
    ]
    status["storedVersions"] = stored
    definition["status"] = status


def check(definition: Json) -> Problems:
    """Return what is wrong with a definition."""
    spec, found = definition["spec"], []
    name = f"{spec['names'].get('plural', '')}.{spec.get('group', '')}"
    if definition["metadata"].get("name") != name:
        shown = definition["metadata"].get("name", "")
        found.append(invalid("metadata.name", shown, 'must be spec.names.plural+"."+spec.group'))
    found += [required(f"spec.names.{key}") for key in ("plural", "kind") if not spec["names"].get(key)]
    if not spec.get("group"):
        found.append(required("spec.group"))
    versions = spec.get("versions", [])
    if sum(bool(one.get("storage")) for one in versions) != 1:
        found.append(invalid("spec.versions", versions, "must have exactly one version marked as storage version"))
    for index, version in enumerate(versions):
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        where = f"spec.versions[{index}].schema.openAPIV3Schema"
        if not schema:
            found.append(required(where, "schemas are required"))
        elif schema.get("type") != "object":
            found.append(invalid(f"{where}.type", schema.get("type", ""), "must be object at the root"))
    return found


def kinds_of(definition: Json, catalog: Catalog) -> list[Kind]:
    """Return the served kinds of a definition, the storage version preferred."""
    spec = definition["spec"]
    names = spec["names"]
    served = [one for one in spec["versions"] if one.get("served")]
    preferred = min((_priority(one["name"]) for one in served), default=None)
    return [
        _kind(spec, names, version, catalog, preferred=_priority(version["name"]) == preferred) for version in served
    ]


def _priority(version: str) -> tuple[Any, ...]:
    """Order versions as Kubernetes prefers them: v2, v1, v2beta1, v1alpha1, then the rest by name."""
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if match is None:
        return (1, version)
    stability = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (0, stability, -int(match[1]), -int(match[3] or 0))


def _kind(spec: Json, names: Json, version: Json, catalog: Catalog, *, preferred: bool) -> Kind:
    schema = version["schema"]["openAPIV3Schema"]
    text_ = {"type": "string"}
    properties = {"apiVersion": text_, "kind": text_, **schema.get("properties", {}), "metadata": _OBJECT_META}
    group, plural = spec["group"], names["plural"]
    verbs = ("get", "patch", "update")
    subresources: dict[str, Subresource] = {}
    wanted = version.get("subresources") or {}
    if "status" in wanted:
        subresources["status"] = Subresource(group, version["name"], names["kind"], verbs)
    if "scale" in wanted:
        subresources["scale"] = Subresource("autoscaling", "v1", "Scale", verbs)
    return Kind(
        group=group,
        version=version["name"],
        kind=names["kind"],
        plural=plural,
        singular=names.get("singular", names["kind"].lower()),
        namespaced=spec["scope"] == "Namespaced",
        schemas=catalog.builtin,
        schema={**schema, "properties": properties},
        list_kind=names.get("listKind", f"{names['kind']}List"),
        short_names=tuple(names.get("shortNames", ())),
        categories=tuple(names.get("categories", ())),
        verbs=("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"),
        subresources=subresources,
        columns=tuple(version.get("additionalPrinterColumns", ())),
        preferred=preferred,
        custom=True,
        scale=wanted.get("scale"),
        selectable=tuple(one["jsonPath"] for one in version.get("selectableFields", ())),
        deprecation=_deprecation(group, version, names["kind"]),
    )
