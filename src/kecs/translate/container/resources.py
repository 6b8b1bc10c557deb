"""CPU, memory and devices of a container, and of the whole task."""

from collections.abc import Sequence

from kecs.translate.body import Json
from kecs.translate.container.part import Part

_DEVICES = {"GPU": "nvidia.com/gpu", "NeuronDevice": "aws.amazon.com/neurondevice"}


def millicores(units: int) -> int:
    """Return CPU units (1024 to a CPU) in thousandths of a CPU, rounded up."""
    return -(-units * 1000 // 1024)


def resources(part: Part) -> Json:
    """Return `resources`. CPU units are shares, not a quota, so they are a request without a limit."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    if part.cpu:
        requests["cpu"] = f"{millicores(part.cpu)}m"
    reserved = part.reservation or part.memory
    if reserved:
        requests["memory"] = f"{reserved}Mi"
    if part.memory:
        limits["memory"] = f"{part.memory}Mi"
    for requirement in part.override.resourceRequirements or part.definition.resourceRequirements or ():
        device = _DEVICES.get(requirement.type or "")
        if device and (requirement.value or "").isdecimal():
            requests[device] = limits[device] = requirement.value or ""
    return _named(requests, limits)


def pod_resources(parts: Sequence[Part], cpu: int, memory: int) -> Json:
    """Return the pod's `resources` for a task's CPU (units) and memory (MiB); 0 where the task names none.

    Kubernetes refuses a pod that asks for less than its containers do; rounding each up must not come to that.
    """
    made: dict[str, str] = {}
    if cpu:
        made["cpu"] = f"{max(millicores(cpu), sum(millicores(part.cpu) for part in parts))}m"
    if memory:
        limit = max(memory, *(part.memory or 0 for part in parts))
        made["memory"] = f"{max(limit, sum(part.reservation or part.memory or 0 for part in parts))}Mi"
    return _named(made, dict(made))


def spread(containers: list[Json], parts: Sequence[Part], cpu: int, memory: int) -> None:
    """Give what the task's CPU and memory leave over to the containers that name none, in equal shares.

    For servers that know no resources of a whole pod.
    """
    without_cpu = [container for container, part in zip(containers, parts, strict=True) if not part.cpu]
    spare_cpu = (cpu - sum(part.cpu for part in parts)) // max(1, len(without_cpu))
    if spare_cpu > 0:
        for container in without_cpu:
            _section(container, "requests")["cpu"] = f"{millicores(spare_cpu)}m"
    without_memory = [
        container for container, part in zip(containers, parts, strict=True) if not (part.memory or part.reservation)
    ]
    left = memory - sum(part.reservation or part.memory or 0 for part in parts)
    if left > 0:
        for container in without_memory:
            _section(container, "requests")["memory"] = f"{left // len(without_memory)}Mi"
            _section(container, "limits")["memory"] = f"{left}Mi"


def _section(container: Json, name: str) -> Json:
    made = container.setdefault("resources", {})
    section: Json = made.setdefault(name, {})
    return section


def _named(requests: dict[str, str], limits: dict[str, str]) -> Json:
    made = {name: values for name, values in (("requests", requests), ("limits", limits)) if values}
    return {"resources": made} if made else {}
