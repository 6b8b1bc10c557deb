"""The rules for pods and pod templates."""

from collections.abc import Iterator
from typing import Any

from kecs.embedded.metadata import check_labels, label_problem, now_text, subdomain_problem
from kecs.embedded.problems import (
    Problem,
    Problems,
    duplicate,
    forbidden,
    invalid,
    not_found,
    required,
    unsupported,
)
from kecs.kube.quantity import parse

Json = dict[str, Any]

_CONTAINERS = ("containers", "initContainers")
_GATED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
_UNREADY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_IMMUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def prepare(pod: Json) -> None:
    """Give a new pod its first status."""
    pod["status"] = {"phase": "Pending", "qosClass": qos_class(pod["spec"])}
    if pod["spec"].get("schedulingGates"):
        pod["status"]["conditions"] = [{**_GATED, "lastProbeTime": None, "lastTransitionTime": now_text()}]
    tolerate(pod["spec"])


def tolerate(spec: Json) -> None:
    """Add the tolerations that every pod gets."""
    has = [one for one in spec.get("tolerations", ()) if one.get("effect", "NoExecute") == "NoExecute"]
    everything = any(not one.get("key") and one.get("operator") == "Exists" for one in has)
    for key in _UNREADY:
        if not everything and all(one.get("key") != key for one in has):
            one = {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            spec["tolerations"] = [*spec.get("tolerations", ()), one]


def qos_class(spec: Json) -> str:
    """Return the quality of service that a pod's requests and limits make."""
    any_set, guaranteed = False, True
    for _, container in _containers(spec, ""):
        resources = container.get("resources", {})
        requests, limits = resources.get("requests", {}), resources.get("limits", {})
        for name in ("cpu", "memory"):
            request, limit = parse(requests.get(name, "0")), parse(limits.get(name, "0"))
            any_set = any_set or bool(request or limit)
            guaranteed = guaranteed and bool(limit) and request == limit
    if not any_set:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def check(pod: Json) -> Problems:
    """Return what is wrong with a new pod."""
    return check_spec(pod["spec"], "spec")


def check_template(template: Json, path: str) -> Problems:
    """Return what is wrong with a template whose pods run for ever."""
    spec = template.get("spec", {})
    found = check_labels(template.get("metadata", {}), f"{path}.metadata") + check_spec(spec, f"{path}.spec")
    if spec.get("restartPolicy", "Always") not in ("Always", ""):
        found.append(unsupported(f"{path}.spec.restartPolicy", spec["restartPolicy"], ["Always"]))
    if "activeDeadlineSeconds" in spec:
        found.append(
            forbidden(f"{path}.spec.activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported")
        )
    return found


def check_spec(spec: Json, path: str) -> Problems:
    """Return what is wrong with the spec of a pod."""
    found: Problems = []
    if not spec.get("containers"):
        found.append(required(f"{path}.containers"))
    volumes = _check_volumes(spec, path, found)
    names: set[str] = set()
    for where, container in _containers(spec, path):
        name = container.get("name", "")
        if name in names:
            found.append(duplicate(f"{where}.name", name))
        elif name and (detail := label_problem(name)):
            found.append(invalid(f"{where}.name", name, detail))
        names.add(name)
        found += _check_container(container, where, volumes)
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        found.append(
            invalid(
                f"{path}.terminationGracePeriodSeconds",
                spec["terminationGracePeriodSeconds"],
                "must be greater than or equal to 0",
            )
        )
    found += [
        invalid(f"{path}.{key}", spec[key], detail)
        for key in ("nodeName", "serviceAccountName")
        if spec.get(key) and (detail := subdomain_problem(spec[key]))
    ]
    if spec.get("hostname") and (detail := label_problem(spec["hostname"])):
        found.append(invalid(f"{path}.hostname", spec["hostname"], detail))
    return found


def _containers(spec: Json, path: str) -> Iterator[tuple[str, Json]]:
    for key in _CONTAINERS:
        for index, container in enumerate(spec.get(key, ())):
            yield f"{path}.{key}[{index}]", container


def _check_volumes(spec: Json, path: str, found: Problems) -> set[str]:
    names: set[str] = set()
    for index, volume in enumerate(spec.get("volumes", ())):
        where, name = f"{path}.volumes[{index}]", volume.get("name", "")
        if name in names:
            found.append(duplicate(f"{where}.name", name))
        elif name and (detail := label_problem(name)):
            found.append(invalid(f"{where}.name", name, detail))
        names.add(name)
        sources = [key for key in volume if key != "name"]
        found += [forbidden(f"{where}.{key}", "may not specify more than 1 volume type") for key in sources[1:]]
    return names


def _check_container(container: Json, where: str, volumes: set[str]) -> Problems:
    found: Problems = []
    if not container.get("image"):
        found.append(required(f"{where}.image"))
    found += _check_ports(container.get("ports", ()), where)
    for index, mount in enumerate(container.get("volumeMounts", ())):
        if mount.get("name") and mount["name"] not in volumes:
            found.append(not_found(f"{where}.volumeMounts[{index}].name", mount["name"]))
    paths = [mount.get("mountPath") for mount in container.get("volumeMounts", ())]
    for index, mount_path in enumerate(paths):
        if mount_path in paths[:index]:
            found.append(invalid(f"{where}.volumeMounts[{index}].mountPath", mount_path, "must be unique"))
    found += _check_resources(container.get("resources", {}), f"{where}.resources")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if probe is not None and not any(key in probe for key in ("exec", "httpGet", "tcpSocket", "grpc")):
            found.append(required(f"{where}.{name}", "must specify a handler type"))
    return found


def _check_ports(ports: Any, where: str) -> Problems:
    found: Problems = []
    names: set[str] = set()
    for index, port in enumerate(ports):
        here, number = f"{where}.ports[{index}]", port.get("containerPort", 0)
        if number == 0:
            found.append(required(f"{here}.containerPort"))
        elif not 0 < number < 65536:
            found.append(invalid(f"{here}.containerPort", number, "must be between 1 and 65535, inclusive"))
        host = port.get("hostPort", 0)
        if not 0 <= host < 65536:
            found.append(invalid(f"{here}.hostPort", host, "must be between 1 and 65535, inclusive"))
        name = port.get("name", "")
        if name and name in names:
            found.append(duplicate(f"{here}.name", name))
        names.add(name)
    return found


def _check_resources(resources: Json, path: str) -> Problems:
    found: Problems = []
    limits = resources.get("limits", {})
    for kind in ("limits", "requests"):
        for name, amount in resources.get(kind, {}).items():
            if parse(amount) < 0:
                found.append(invalid(f"{path}.{kind}[{name}]", amount, "must be greater than or equal to 0"))
    for name, amount in resources.get("requests", {}).items():
        if name in limits and parse(amount) > parse(limits[name]):
            detail = f"must be less than or equal to {name} limit of {limits[name]}"
            found.append(invalid(f"{path}.requests", amount, detail))
    return found


def check_update(new: Json, old: Json) -> list[Problem]:
    """Return what may not change in a pod."""
    spec, before = new["spec"], old["spec"]
    if spec == before:
        return []
    found = _check_gates(spec, before)
    if found:
        return found
    plain = _comparable(spec, before)
    if plain != before:
        found.append(forbidden("spec", _IMMUTABLE))
    kept = spec.get("tolerations", [])
    if any(one not in kept for one in before.get("tolerations", ())):
        found.append(
            forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
        )
    return found or check_spec(spec, "spec")


def _check_gates(spec: Json, before: Json) -> Problems:
    """Let gates only be lifted: whoever schedules must be able to rely on it."""
    known = [one.get("name") for one in before.get("schedulingGates", ())]
    return [
        forbidden(
            f"spec.schedulingGates[{index}].name",
            f"only deletion is allowed, but found new scheduling gate '{one.get('name')}'",
        )
        for index, one in enumerate(spec.get("schedulingGates", ()))
        if one.get("name") not in known
    ]


def _narrowed(spec: Json, before: Json) -> bool:
    """Tell whether a pod that nobody may schedule yet has only more in its node selector."""
    chosen = spec.get("nodeSelector", {})
    return all(chosen.get(key) == value for key, value in before.get("nodeSelector", {}).items())


def _comparable(spec: Json, before: Json) -> Json:
    """Return the spec with what may change put back."""
    plain = dict(spec)
    free = ["activeDeadlineSeconds", "schedulingGates", "tolerations"]
    if before.get("schedulingGates") and _narrowed(spec, before):
        free.append("nodeSelector")
    for key in free:
        if key in before:
            plain[key] = before[key]
        else:
            plain.pop(key, None)
    if before.get("terminationGracePeriodSeconds", 0) < 0 and spec.get("terminationGracePeriodSeconds") == 1:
        plain["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"]
    for key in _CONTAINERS:
        was = before.get(key, [])
        if key in plain and len(plain[key]) == len(was):
            plain[key] = [{**one, "image": other.get("image")} for one, other in zip(plain[key], was, strict=True)]
    return plain
