"""What the endpoint slices of a service should hold: pure functions of the service, its pods and its slices."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from kecs.embedded.controllers.claims import reference
from kecs.embedded.controllers.kinds import EndpointSlice, Service, ServicePort
from kecs.embedded.controllers.views import Json, Pod
from kecs.kube.resources import SERVICES

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
CONTROLLER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"
MOST = 100  # endpoints in a slice


@dataclass(slots=True)
class Plan:
    """Slices to make, to change (with their new endpoints) and to delete."""

    create: list[Json] = field(default_factory=list)
    update: list[tuple[EndpointSlice, list[Json]]] = field(default_factory=list)
    delete: list[EndpointSlice] = field(default_factory=list)


def address_type(service: Service) -> str:
    """Return the kind of addresses that a service's slices hold."""
    families = service.spec.ipFamilies
    six = families[0] == "IPv6" if families else ":" in service.spec.clusterIP
    return "IPv6" if six else "IPv4"


def belongs(pod: Pod, kind: str) -> bool:
    """Say whether a pod is an endpoint: it has an address of the kind, and is not over."""
    return bool(pod.status.podIP) and not pod.over and (":" in pod.status.podIP) is (kind == "IPv6")


def endpoint(service: Service, pod: Pod, zone: str | None) -> Json:
    """Return a pod as an endpoint."""
    terminating = pod.metadata.deletionTimestamp is not None
    serving = pod.ready
    found: Json = {
        "addresses": [pod.status.podIP],
        "conditions": {
            "ready": service.spec.publishNotReadyAddresses or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
    }
    if pod.spec.hostname and pod.spec.subdomain == service.metadata.name:
        found["hostname"] = pod.spec.hostname
    found["targetRef"] = {
        "kind": "Pod",
        "namespace": pod.metadata.namespace,
        "name": pod.metadata.name,
        "uid": pod.metadata.uid,
    }
    if pod.spec.nodeName:
        found["nodeName"] = pod.spec.nodeName
    if zone is not None:
        found["zone"] = zone
    return found


def ports(service: Service, pod: Pod) -> list[Json]:
    """Return a service's ports as this pod has them; a name that the pod does not have is left out."""
    found: list[Json] = []
    for one in service.spec.ports:
        number = _target(one, pod)
        if number is not None:
            port: Json = {"name": one.name, "protocol": one.protocol, "port": number}
            if one.appProtocol is not None:
                port["appProtocol"] = one.appProtocol
            found.append(port)
    return found


def _target(one: ServicePort, pod: Pod) -> int | None:
    target = one.targetPort
    if target is None or target in (0, ""):
        return one.port
    if isinstance(target, int):
        return target
    if target.isdecimal():
        return int(target)
    sidecars = (each for each in pod.spec.initContainers if each.restartPolicy == "Always")
    for container in (*pod.spec.containers, *sidecars):
        for port in container.ports:
            if port.name == target and port.protocol == one.protocol:
                return port.containerPort
    return None


def labels(service: Service) -> dict[str, str]:
    """Return the labels of a service's slices."""
    found = {**(service.metadata.labels or {}), SERVICE_NAME: service.metadata.name, MANAGED_BY: CONTROLLER}
    if service.spec.clusterIP in ("", "None"):
        found[HEADLESS] = ""
    return found


def plan(
    service: Service, pods: Iterable[Pod], slices: Sequence[EndpointSlice], zone_of: Callable[[str], str | None]
) -> Plan:
    """Return what makes the slices hold exactly the service's endpoints, with as few writes as can be."""
    kind = address_type(service)
    wanted: dict[str, tuple[list[Json], dict[str, Json]]] = {}
    of_template: dict[int, dict[str, Json]] = {}  # pods of one template share their containers
    for pod in pods:
        if belongs(pod, kind):
            group = of_template.get(id(pod.spec.containers))
            if group is None or pod.spec.initContainers:
                numbers = ports(service, pod)
                group = wanted.setdefault(_text(numbers), (numbers, {}))[1]
                of_template[id(pod.spec.containers)] = group
            group[pod.metadata.uid] = endpoint(service, pod, zone_of(pod.spec.nodeName))
    if not wanted:
        wanted[_text([])] = ([], {})  # an empty slice says that there is nothing
    result = Plan()
    present: dict[str, list[EndpointSlice]] = {}
    for one in sorted(slices, key=lambda one: one.metadata.name):
        if one.addressType == kind and _text(one.ports) in wanted:
            present.setdefault(_text(one.ports), []).append(one)
        else:
            result.delete.append(one)
    for text, (numbers, endpoints) in wanted.items():
        _fill(result, service, numbers, endpoints, present.get(text, []))
    return result


def _fill(
    result: Plan,
    service: Service,
    numbers: list[Json],
    endpoints: dict[str, Json],
    present: list[EndpointSlice],
) -> None:
    """Keep endpoints in the slices where they are, put new ones where there is room, then into new slices."""
    left = dict(endpoints)
    kept: list[list[Json]] = []
    for one in present:
        uids = [(each.get("targetRef") or {}).get("uid", "") for each in one.endpoints]
        kept.append([left.pop(uid) for uid in uids if uid in left])
    new = list(left.values())
    for some in kept:
        room = MOST - len(some)
        some.extend(new[:room])
        del new[:room]
    wanted_labels = labels(service)
    for at, (one, some) in enumerate(zip(present, kept, strict=True)):
        if not some and (endpoints or at):
            result.delete.append(one)
        elif list(one.endpoints) != some or (one.metadata.labels or {}) != wanted_labels:
            result.update.append((one, some))
    starts = range(0, len(new), MOST) if new or present else (0,)
    result.create += [_slice(service, numbers, new[at : at + MOST]) for at in starts]


def _slice(service: Service, numbers: list[Json], endpoints: list[Json]) -> Json:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{service.metadata.name[:56]}-",
            "namespace": service.metadata.namespace,
            "labels": labels(service),
            "ownerReferences": [reference(SERVICES, service)],
        },
        "addressType": address_type(service),
        "endpoints": endpoints,
        "ports": numbers,
    }


def _text(numbers: Iterable[Json]) -> str:
    by_name = sorted(numbers, key=lambda one: (one.get("name", ""), one.get("port", 0)))
    return msgspec.json.encode(by_name, order="sorted").decode()
