"""Custom resource definitions: the rules for them, and the kinds that they bring."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kecs.embedded import structure, validations
from kecs.embedded.catalog import Catalog, Kind, Rules, Subresource
from kecs.embedded.metadata import dns_1035_problem, now_text, subdomain_problem
from kecs.embedded.problems import Problem, Problems, invalid, required, unsupported

Json = dict[str, Any]

TABLE = "customresourcedefinitions.apiextensions.k8s.io"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_SCOPES = ("Cluster", "Namespaced")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_APPROVAL = "api-approved.kubernetes.io"
_NOT_APPROVED = (
    f'protected groups must have approval annotation "{_APPROVAL}", see '
    "https://github.com/kubernetes/enhancements/pull/1111"
)
_OBJECT_META = {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}


def _deprecation(group: str, versions: list[Json], version: Json, kind: str) -> str:
    if not version.get("deprecated"):
        return ""
    lasting = [one["name"] for one in versions if one.get("served") and not one.get("deprecated")]
    instead = min(lasting, key=priority, default=version["name"])
    better = f"; use {group}/{instead} {kind}" if priority(instead) < priority(version["name"]) else ""
    return str(version.get("deprecationWarning") or f"{group}/{version['name']} {kind} is deprecated{better}")


def prepare(definition: Json) -> None:
    """Accept a new definition: its names are taken at once, so it is established when it is created."""
    spec = definition["spec"]
    definition["metadata"].setdefault("finalizers", []).append(CLEANUP)
    storage = [one["name"] for one in spec.get("versions", ()) if one.get("storage")][:1]
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
    spec, metadata = definition["spec"], definition["metadata"]
    names, group, versions = spec["names"], spec.get("group", ""), spec.get("versions") or []
    found: Problems = []
    if metadata.get("name") != f"{names.get('plural', '')}.{group}":
        found.append(invalid("metadata.name", metadata.get("name", ""), 'must be spec.names.plural+"."+spec.group'))
    if not group:
        found.append(required("spec.group"))
    elif detail := subdomain_problem(group):
        found.append(invalid("spec.group", group, detail))
    elif "." not in group:
        found.append(invalid("spec.group", group, "should be a domain with at least one dot"))
    elif _is_protected(group) and not metadata.get("annotations", {}).get(_APPROVAL):
        found.append(required(f"metadata.annotations[{_APPROVAL}]", _NOT_APPROVED))
    scope = spec.get("scope", "")
    if not scope:
        found.append(required("spec.scope"))
    elif scope not in _SCOPES:
        found.append(unsupported("spec.scope", scope, _SCOPES))
    if spec.get("preserveUnknownFields"):
        why = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        found.append(invalid("spec.preserveUnknownFields", True, why))
    found += _check_versions(spec.get("versions"))
    found += _check_names(names) + _check_conversion(spec.get("conversion") or {})
    for member, checked in _HOISTED.items():
        found += _check_member(versions, member, *checked)
    return found + _check_stored(versions, (definition.get("status") or {}).get("storedVersions") or [])


def check_update(new: Json, old: Json) -> Problems:
    """Return what is wrong with a changed definition; what objects may be stored as stays."""
    found: Problems = []
    for path in ("group", "scope", "names.kind", "names.plural"):
        before, after = _at(old["spec"], path), _at(new["spec"], path)
        if before != after:
            found.append(invalid(f"spec.{path}", after, "field is immutable"))
    return check(new) + found


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _is_protected(group: str) -> bool:
    return any(group == one or group.endswith(f".{one}") for one in ("k8s.io", "kubernetes.io"))


def _check_versions(versions: list[Json] | None) -> Problems:
    found: Problems = []
    names = [one.get("name", "") for one in versions or ()]
    storage = [one["name"] for one in versions or () if one.get("storage")]
    for index, name in enumerate(names):
        if detail := dns_1035_problem(name):
            found.append(invalid(f"spec.versions[{index}].name", name, detail))
    if len(set(names)) < len(names):
        found.append(invalid("spec.versions", versions, "must contain unique version names"))
    if len(storage) != 1:
        found.append(invalid("spec.versions", versions, "must have exactly one version marked as storage version"))
    return found


def _check_stored(versions: list[Json], stored: list[str]) -> Problems:
    """Keep every version that an object may be stored as: who has rewritten all objects says so in the status."""
    if not stored:
        return [invalid("status.storedVersions", None, "must have at least one stored version")]
    names = [one.get("name", "") for one in versions]
    return [
        invalid(f"status.storedVersions[{index}]", name, "must appear in spec.versions")
        for index, name in enumerate(stored)
        if name not in names
    ]


def _check_names(names: Json) -> Problems:
    found: Problems = []
    for key in ("plural", "singular", "kind", "listKind"):
        name = names.get(key, "")
        mixed = key in ("kind", "listKind")
        if not name:
            found.append(required(f"spec.names.{key}"))
        elif detail := dns_1035_problem(name.lower() if mixed else name):
            before = "may have mixed case, but should otherwise match: " if mixed else ""
            found.append(invalid(f"spec.names.{key}", name, before + detail))
    for key in ("shortNames", "categories"):
        for index, name in enumerate(names.get(key) or ()):
            if detail := dns_1035_problem(name):
                found.append(invalid(f"spec.names.{key}[{index}]", name, detail))
    return found


def _check_conversion(conversion: Json) -> Problems:
    strategy, webhook = conversion.get("strategy", "None"), conversion.get("webhook") or {}
    if strategy not in ("None", "Webhook"):
        return [unsupported("spec.conversion.strategy", strategy, ("None", "Webhook"))]
    found: Problems = []
    if strategy == "Webhook":
        if not webhook.get("clientConfig"):
            why = "required when strategy is set to Webhook"
            found.append(required("spec.conversion.webhookClientConfig", why))
        if not webhook.get("conversionReviewVersions"):
            found.append(required("spec.conversion.conversionReviewVersions"))
    return found


def _check_member(
    versions: list[Json], member: str, alike: str, checked: Callable[[Any, str], Iterable[Problem]]
) -> Problems:
    """Check a member of all versions; what all of them have alike is checked once, at a place of its own."""
    values = [one.get(member) for one in versions]
    if values and values[0] and all(one == values[0] for one in values):
        return list(checked(values[0], alike))
    found: Problems = []
    for index, value in enumerate(values):
        found += checked(value, f"spec.versions[{index}].{member}")
    return found


def _check_schema(schema: Json | None, path: str) -> Iterable[Problem]:
    whole = (schema or {}).get("openAPIV3Schema")
    where = f"{path}.openAPIV3Schema"
    return structure.check(whole, where) if whole else [required(where)]


def _check_columns(columns: list[Json] | None, path: str) -> Iterator[Problem]:
    for index, column in enumerate(columns or ()):
        where, kind, json_path = f"{path}[{index}]", column.get("type", ""), column.get("jsonPath", "")
        if not column.get("name"):
            yield required(f"{where}.name")
        if not kind:
            yield required(f"{where}.type")
        elif kind not in _COLUMN_TYPES:
            yield invalid(f"{where}.type", kind, f"must be one of {','.join(_COLUMN_TYPES)}")
        if not json_path:
            yield required(f"{where}.JSONPath")
        elif not json_path.startswith("."):
            yield invalid(f"{where}.JSONPath", json_path, "must be a simple json path starting with .")


def _check_subresources(subresources: Json | None, path: str) -> Iterator[Problem]:
    scale = (subresources or {}).get("scale")
    if scale is None:
        return
    for key, under in (("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")):
        value = scale.get(key, "")
        if not value:
            yield required(f"{path}.scale.{key}")
        elif not value.startswith(f"{under}."):
            yield invalid(f"{path}.scale.{key}", value, f"should be a json path under {under}")


# Each member of a version: where it stands when all versions have it alike, and its rules.
_HOISTED: dict[str, tuple[str, Callable[[Any, str], Iterable[Problem]]]] = {
    "schema": ("spec.validation", _check_schema),
    "subresources": ("spec.subresources", _check_subresources),
    "additionalPrinterColumns": ("spec.additionalPrinterColumns", _check_columns),
}


def warnings(definition: Json, rules: Rules) -> list[str]:
    """Return what whoever writes a definition should know of how it is taken here."""
    for index, version in enumerate(definition["spec"].get("versions") or ()):
        if validations.has_unknown((version.get("schema") or {}).get("openAPIV3Schema") or {}, rules):
            where = f"spec.versions[{index}].schema.openAPIV3Schema"
            return [f"{where}: x-kubernetes-validations are kept and not evaluated: this cluster has no CEL"]
    return []


def kinds_of(definition: Json, catalog: Catalog) -> list[Kind]:
    """Return the served kinds of a definition, the storage version preferred."""
    spec = definition["spec"]
    names = spec["names"]
    served = [one for one in spec["versions"] if one.get("served")]
    preferred = min((priority(one["name"]) for one in served), default=None)
    return [
        _kind(spec, names, version, catalog, preferred=priority(version["name"]) == preferred) for version in served
    ]


def priority(version: str) -> tuple[Any, ...]:
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
        deprecation=_deprecation(group, spec["versions"], version, names["kind"]),
        rules=catalog.rules,
    )
