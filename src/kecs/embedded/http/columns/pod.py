"""The columns of pods. STATUS tells the most telling of phase, conditions and container states."""

from typing import Any

from kecs.embedded.http.columns.base import AGE, NAME, NONE, Column, Printer, age, at, name, plain, since, wide
from kecs.kube.api import Json
from kecs.kube.time import epoch

_ENDED: dict[str, Json] = {
    "Succeeded": {
        "type": "Completed",
        "status": "True",
        "reason": "Succeeded",
        "message": "The pod has completed successfully.",
    },
    "Failed": {"type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."},
}


class _Restarts:
    """How often containers were started again, and when the last of them had ended."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""

    def add(self, container: Json) -> None:
        self.count += container.get("restartCount") or 0
        ended = at(container, "lastState", "terminated", "finishedAt")
        if ended and (not self.last or epoch(ended) > epoch(self.last)):
            self.last = ended

    def text(self, now: float) -> str:
        return f"{self.count} ({since(self.last, now)} ago)" if self.count and self.last else str(self.count)


def _cells(pod: Json, now: float) -> list[Any]:
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    sidecars = {one.get("name") for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"}
    total = len(spec.get("containers") or ()) + len(sidecars)
    reason = _first_reason(status)
    ready = 0
    restarts, sidecar_restarts = _Restarts(), _Restarts()
    initializing = False
    for position, container in enumerate(status.get("initContainerStatuses") or ()):
        sidecar = container.get("name") in sidecars
        restarts.add(container)
        if sidecar:
            sidecar_restarts.add(container)
        if at(container, "state", "terminated") and not container["state"]["terminated"].get("exitCode"):
            continue
        if sidecar and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        reason = _init_reason(container, position, len(spec.get("initContainers") or ()))
        initializing = True
        break
    if not initializing or _is_true(status, "Initialized"):
        restarts = sidecar_restarts
        running, reason = _container_reason(status, reason, restarts)
        ready += running
        if reason == "Completed" and running:
            reason = "Running" if _is_true(status, "Ready") else "NotReady"
    reason = _ending(pod, status, reason)
    return [name(pod), f"{ready}/{total}", reason, restarts.text(now), age(pod, now), *_wide(spec, status)]


def _first_reason(status: Json) -> str:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            return "SchedulingGated"
    return status.get("reason") or status.get("phase") or ""


def _init_reason(container: Json, position: int, total: int) -> str:
    """Return the STATUS of a pod whose init container number `position` has not come to its good end."""
    ended, waiting = at(container, "state", "terminated"), at(container, "state", "waiting", "reason")
    if ended is not None:
        return f"Init:{_end_reason(ended)}"
    if waiting and waiting != "PodInitializing":
        return f"Init:{waiting}"
    return f"Init:{position}/{total}"


def _end_reason(ended: Json) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _container_reason(status: Json, reason: str, restarts: _Restarts) -> tuple[int, str]:
    """Return how many containers are ready and the reason of the first one that has a telling one."""
    ready = 0
    for container in reversed(status.get("containerStatuses") or ()):
        restarts.add(container)
        waiting, ended = at(container, "state", "waiting", "reason"), at(container, "state", "terminated")
        if waiting:
            reason = waiting
        elif ended is not None:
            reason = _end_reason(ended)
        elif container.get("ready") and at(container, "state", "running") is not None:
            ready += 1
    return ready, reason


def _ending(pod: Json, status: Json, reason: str) -> str:
    if not at(pod, "metadata", "deletionTimestamp"):
        return reason
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in _ENDED else "Terminating"


def _is_true(status: Json, condition_type: str) -> bool:
    return any(
        one.get("type") == condition_type and one.get("status") == "True" for one in status.get("conditions") or ()
    )


def _wide(spec: Json, status: Json) -> list[str]:
    gates = spec.get("readinessGates") or ()
    passed = sum(_is_true(status, gate.get("conditionType", "")) for gate in gates)
    addresses = status.get("podIPs") or ()
    return [
        (addresses[0].get("ip") if addresses else "") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        f"{passed}/{len(gates)}" if gates else NONE,
    ]


def _conditions(pod: Json) -> list[Json]:
    ended = _ENDED.get(at(pod, "status", "phase") or "")
    return [ended] if ended else []


POD = Printer(
    (
        NAME,
        Column("Ready", description="How many containers are ready, of how many."),
        Column("Status", description="What the pod and its containers are doing."),
        Column("Restarts", description="How often containers were started again, and when last."),
        AGE,
        *wide("IP", "Node", "Nominated Node", "Readiness Gates"),
    ),
    _cells,
    _conditions,
)


def _template_cells(template: Json, now: float) -> list[Any]:
    from kecs.embedded.http.columns.base import containers, pairs

    names, images = containers(template.get("template"))
    return [name(template), names, images, pairs(at(template, "template", "metadata", "labels"))]


POD_TEMPLATE = Printer((NAME, *plain("Containers", "Images", "Pod Labels")), _template_cells)
