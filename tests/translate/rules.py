"""Rules of Kubernetes for pods and Services that its schemas do not say, for the tests of what is made.

From https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and the validation that API servers do.
"""

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
QUALIFIED = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
ENV_NAME = re.compile(r"[ -<>-~]+")


def problems_of_metadata(metadata: Json) -> Iterator[str]:
    for key, value in metadata.get("labels", {}).items():
        if not QUALIFIED.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            yield f"label {key}={value}"
    for key in metadata.get("annotations", {}):
        if not QUALIFIED.fullmatch(key):
            yield f"annotation {key}"
    if sum(map(len, metadata.get("annotations", {}).values())) > 256 * 1024:
        yield "annotations are too long"
    for name in (metadata.get("name", "a"), metadata.get("generateName", "a").rstrip("-")):
        if not SUBDOMAIN.fullmatch(name) or len(name) > 253:
            yield f"name {name}"


def problems_of_pod(spec: Json) -> Iterator[str]:
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    yield from _duplicates("container", [one["name"] for one in containers])
    volumes = [one["name"] for one in spec.get("volumes", [])]
    yield from _duplicates("volume", volumes)
    for name in volumes:
        if not DNS_LABEL.fullmatch(name):
            yield f"volume {name}"
    if not spec["containers"]:
        yield "no containers"
    host_ports = []
    port_names = []
    for one in containers:
        yield from _problems_of_container(one, volumes, host_network=spec.get("hostNetwork", False))
        host_ports += [(port["hostPort"], port["protocol"]) for port in one.get("ports", []) if "hostPort" in port]
        port_names += [port["name"] for port in one.get("ports", []) if "name" in port]
    yield from _duplicates("port name", port_names)
    yield from _duplicates("host port", host_ports)
    for alias in spec.get("hostAliases", []):
        for name in alias["hostnames"]:
            if not SUBDOMAIN.fullmatch(name):
                yield f"host alias {name}"
    yield from _duplicates("host alias", [alias["ip"] for alias in spec.get("hostAliases", [])])
    if "hostname" in spec and not DNS_LABEL.fullmatch(spec["hostname"]):
        yield f"hostname {spec['hostname']}"
    if "serviceAccountName" in spec and not SUBDOMAIN.fullmatch(spec["serviceAccountName"]):
        yield "service account"
    yield from _problems_of_resources(spec, containers)
    spread = [(one["topologyKey"], one["whenUnsatisfiable"]) for one in spec.get("topologySpreadConstraints", [])]
    yield from _duplicates("spread", spread)


def _problems_of_container(one: Json, volumes: list[str], *, host_network: bool) -> Iterator[str]:
    if not DNS_LABEL.fullmatch(one["name"]):
        yield f"container {one['name']}"
    names = [variable["name"] for variable in one.get("env", [])]
    yield from _duplicates("variable", names)
    for name in names:
        if not ENV_NAME.fullmatch(name):
            yield f"variable {name!r}"
    yield from _duplicates("port", [(port["containerPort"], port["protocol"]) for port in one.get("ports", [])])
    for port in one.get("ports", []):
        if "name" in port and not PORT_NAME.fullmatch(port["name"]):
            yield f"port name {port['name']}"
        if host_network and port.get("hostPort") != port["containerPort"]:
            yield "host network without the host's port"
    yield from _duplicates("mount", [mount["mountPath"] for mount in one.get("volumeMounts", [])])
    for mount in one.get("volumeMounts", []):
        if mount["name"] not in volumes:
            yield f"no volume {mount['name']}"
    if one.get("restartPolicyRules") and "restartPolicy" not in one:
        yield "rules without a policy"
    context = one.get("securityContext", {})
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        yield "privileged, but may not escalate"


def problems_of_service(service: Json) -> Iterator[str]:
    yield from problems_of_metadata(service["metadata"])
    ports = service["spec"]["ports"]
    yield from _duplicates("port", [(port["port"], port["protocol"]) for port in ports])
    yield from _duplicates("port name", [port["name"] for port in ports])
    for port in ports:
        if not DNS_LABEL.fullmatch(port["name"]):
            yield f"port name {port['name']}"
        if "appProtocol" in port and not QUALIFIED.fullmatch(port["appProtocol"]):
            yield f"application protocol {port['appProtocol']}"


def amount(quantity: str) -> int:
    """Return `250m` as 250, `512Mi` as 512: enough to compare like with like."""
    return int(quantity.rstrip("mMi"))


def _problems_of_resources(spec: Json, containers: list[Json]) -> Iterator[str]:
    whole = spec.get("resources", {})
    for kind in ("cpu", "memory"):
        asked = sum(amount(one.get("resources", {}).get("requests", {}).get(kind, "0m")) for one in containers)
        if kind in whole.get("requests", {}) and amount(whole["requests"][kind]) < asked:
            yield f"containers ask for more {kind} than the pod"
        for one in containers:
            own = one.get("resources", {})
            limit = own.get("limits", {}).get(kind)
            if limit and amount(own.get("requests", {}).get(kind, "0m")) > amount(limit):
                yield f"{one['name']} asks for more {kind} than its limit"
            if limit and kind in whole.get("limits", {}) and amount(limit) > amount(whole["limits"][kind]):
                yield f"{one['name']} may use more {kind} than the pod"


def _duplicates(what: str, values: list[Any]) -> Iterator[str]:
    for value in {value for value in values if values.count(value) > 1}:
        yield f"two of {what} {value}"
