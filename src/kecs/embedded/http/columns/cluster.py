"""The columns of the cluster's furniture: namespaces, nodes, events, leases, quotas, configuration, volumes."""

from typing import Any

from kecs.embedded.http.columns.base import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Column,
    Printer,
    age,
    at,
    name,
    plain,
    since,
    wide,
)
from kecs.kube.api import Json

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE_LABEL = "kubernetes.io/role"


def _namespace(value: Json, now: float) -> list[Any]:
    return [name(value), at(value, "status", "phase") or "", age(value, now)]


NAMESPACE = Printer((NAME, Column("Status"), AGE), _namespace)


def _config_map(value: Json, now: float) -> list[Any]:
    return [name(value), len(value.get("data") or ()) + len(value.get("binaryData") or ()), age(value, now)]


CONFIG_MAP = Printer((NAME, Column("Data"), AGE), _config_map)


def _secret(value: Json, now: float) -> list[Any]:
    return [name(value), value.get("type") or "", len(value.get("data") or ()), age(value, now)]


SECRET = Printer((NAME, *plain("Type", "Data"), AGE), _secret)


def _named(value: Json, now: float) -> list[Any]:
    return [name(value), age(value, now)]


SERVICE_ACCOUNT = Printer((NAME, AGE), _named)


def _node(value: Json, now: float) -> list[Any]:
    info = at(value, "status", "nodeInfo") or {}
    addresses = {one.get("type"): one.get("address") for one in reversed(at(value, "status", "addresses") or ())}
    return [
        name(value),
        _node_status(value),
        _roles(at(value, "metadata", "labels") or {}),
        age(value, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        info.get("osImage") or UNKNOWN,
        _kernel(info),
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _kernel(info: Json) -> str:
    kernel, architecture = info.get("kernelVersion"), info.get("architecture")
    if not kernel:
        return UNKNOWN
    return f"{kernel} ({architecture})" if architecture else str(kernel)


def _node_status(value: Json) -> str:
    ready = next((one for one in at(value, "status", "conditions") or () if one.get("type") == "Ready"), None)
    status = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{status},SchedulingDisabled" if at(value, "spec", "unschedulable") else status


def _roles(labels: Json) -> str:
    roles = {label.removeprefix(_ROLE_PREFIX) for label in labels if label.startswith(_ROLE_PREFIX)}
    roles.add(labels.get(_ROLE_LABEL, ""))
    return ",".join(sorted(roles - {""})) or NONE


NODE = Printer(
    (
        NAME,
        *plain("Status", "Roles"),
        AGE,
        Column("Version"),
        *wide("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"),
    ),
    _node,
)


def _event(value: Json, now: float) -> list[Any]:
    first = value.get("firstTimestamp") or value.get("eventTime")
    last = value.get("lastTimestamp")
    count = value.get("count") or 1
    series = value.get("series")
    if series:
        last, count = series.get("lastObservedTime"), series.get("count") or count
    involved = value.get("involvedObject") or {}
    return [
        since(last or first, now),
        value.get("type") or "",
        value.get("reason") or "",
        _involved(involved),
        involved.get("fieldPath") or "",
        _source(value),
        (value.get("message") or "").strip(),
        since(first, now),
        count,
        name(value),
    ]


def _involved(involved: Json) -> str:
    kind, named = (involved.get("kind") or "").lower(), involved.get("name") or ""
    return f"{kind}/{named}" if named else kind


def _source(value: Json) -> str:
    component, host = at(value, "source", "component"), at(value, "source", "host")
    component = component or value.get("reportingComponent") or ""
    host = host or (value.get("reportingInstance") if not at(value, "source", "component") else "")
    return f"{component}, {host}" if host else component


EVENT = Printer(
    (
        *plain("Last Seen", "Type", "Reason", "Object"),
        *wide("Subobject", "Source"),
        Column("Message"),
        *wide("First Seen", "Count"),
        Column("Name", 1, "string", "name"),
    ),
    _event,
)


def _lease(value: Json, now: float) -> list[Any]:
    return [name(value), at(value, "spec", "holderIdentity") or "", age(value, now)]


LEASE = Printer((NAME, Column("Holder"), AGE), _lease)


def _quota(value: Json, now: float) -> list[Any]:
    hard, used = at(value, "status", "hard") or {}, at(value, "status", "used") or {}
    requests: list[str] = []
    limits: list[str] = []
    for resource in sorted(hard):
        shown = f"{resource}: {used.get(resource, '0')}/{hard[resource]}"
        (limits if resource.startswith("limits") else requests).append(shown)
    return [name(value), ", ".join(requests), ", ".join(limits), age(value, now)]


QUOTA = Printer((NAME, *plain("Request", "Limit"), AGE), _quota)

_ACCESS_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _access_modes(modes: Any) -> str:
    return ",".join(short for mode, short in _ACCESS_MODES.items() if mode in (modes or ()))


def _volume(value: Json, now: float) -> list[Any]:
    spec, status = value.get("spec") or {}, value.get("status") or {}
    claim = spec.get("claimRef")
    return [
        name(value),
        at(spec, "capacity", "storage") or "0",
        _access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy") or "",
        "Terminating" if at(value, "metadata", "deletionTimestamp") else status.get("phase") or "",
        f"{claim.get('namespace')}/{claim.get('name')}" if claim else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or UNSET,
        status.get("reason") or "",
        age(value, now),
        spec.get("volumeMode") or UNSET,
    ]


VOLUME = Printer(
    (
        NAME,
        *plain(
            "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass", "VolumeAttributesClass"
        ),
        Column("Reason"),
        AGE,
        *wide("VolumeMode"),
    ),
    _volume,
)


def _claim(value: Json, now: float) -> list[Any]:
    spec, status = value.get("spec") or {}, value.get("status") or {}
    volume = spec.get("volumeName") or ""
    return [
        name(value),
        "Terminating" if at(value, "metadata", "deletionTimestamp") else status.get("phase") or "",
        volume,
        (at(status, "capacity", "storage") or "0") if volume else "",
        _access_modes(status.get("accessModes")) if volume else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or UNSET,
        age(value, now),
        spec.get("volumeMode") or UNSET,
    ]


CLAIM = Printer(
    (
        NAME,
        *plain("Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass"),
        AGE,
        *wide("VolumeMode"),
    ),
    _claim,
)

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _storage_class(value: Json, now: float) -> list[Any]:
    default = (at(value, "metadata", "annotations") or {}).get(_DEFAULT_CLASS) == "true"
    return [
        f"{name(value)} (default)" if default else name(value),
        value.get("provisioner") or "",
        value.get("reclaimPolicy") or "Delete",
        value.get("volumeBindingMode") or UNSET,
        bool(value.get("allowVolumeExpansion")),
        age(value, now),
    ]


STORAGE_CLASS = Printer(
    (NAME, *plain("Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion"), AGE), _storage_class
)


def _priority_class(value: Json, now: float) -> list[Any]:
    policy = value.get("preemptionPolicy") or "PreemptLowerPriority"
    return [name(value), value.get("value") or 0, bool(value.get("globalDefault")), age(value, now), policy]


PRIORITY_CLASS = Printer(
    (
        NAME,
        Column("Value", type="integer"),
        Column("Global-Default", type="boolean"),
        AGE,
        Column("PreemptionPolicy"),
    ),
    _priority_class,
)
