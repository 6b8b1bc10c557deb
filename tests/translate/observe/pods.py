"""A task's pod whose life is told step by step, as a scheduler and a node would write it."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from kecs.model import marks
from kecs.model.generated import ecs
from kecs.model.objects import Meta, StopNote
from kecs.translate import launch, views
from kecs.translate.pod import make_pod, make_pod_template
from tests.translate.making import CLUSTER, DEPLOYMENT, SCOPE, definition

Json = dict[str, Any]

UID = "0a1b2c3d-0000-4000-8000-00000000000a"
TASK_ID = UID.replace("-", "")
START = 1_700_000_000


def at(second: float) -> str:
    """Return the time this many seconds after the pod's creation."""
    return datetime.fromtimestamp(START + second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class LivePod:
    """A pod from its creation on. Each step takes a second of `now`."""

    def __init__(self, body: Json | None = None, *, run: Json | None = None, service: Json | None = None) -> None:
        spec = definition(body or {})
        if service is None:
            request = msgspec.convert({"taskDefinition": "web", **(run or {})}, ecs.RunTaskRequest)
            how = launch.for_run(request, spec, scope=SCOPE, cluster=CLUSTER)
            self.body: Json = make_pod(spec, how, created_at=START + 0.25)
        else:
            wanted = msgspec.convert({"serviceName": "web", **service}, ecs.CreateServiceRequest)
            how = launch.for_service(wanted, spec, scope=SCOPE, cluster=CLUSTER, deployment_id=DEPLOYMENT)
            self.body = make_pod_template(spec, how)
        self.body["metadata"].update(name="web-1", uid=UID, creationTimestamp=at(0))
        self.now = 0
        self.status: Json = {"phase": "Pending", "conditions": [], "containerStatuses": [], "initContainerStatuses": []}
        self.body["status"] = self.status
        self.init = {one["name"] for one in self.body["spec"].get("initContainers", [])}
        self.names = [
            one["name"] for one in [*self.body["spec"].get("initContainers", []), *self.body["spec"]["containers"]]
        ]

    @property
    def view(self) -> views.Pod:
        return msgspec.json.decode(msgspec.json.encode(self.body), type=views.Pod)

    def tick(self, seconds: int = 1) -> "LivePod":
        self.now += seconds
        self.body["metadata"]["resourceVersion"] = str(500 + self.now)
        return self

    def condition(self, type_: str, value: bool, reason: str = "") -> "LivePod":
        status = "True" if value else "False"
        for one in self.status["conditions"]:
            if one["type"] == type_:
                if one["status"] != status:
                    one.update(status=status, lastTransitionTime=at(self.now), reason=reason)
                return self
        self.status["conditions"].append(
            {"type": type_, "status": status, "lastTransitionTime": at(self.now), "reason": reason}
        )
        return self

    def policy(self, name: str) -> str:
        """Return a container's restart policy; rules count as one of their own."""
        spec = self.body["spec"]
        (found,) = [one for one in [*spec.get("initContainers", []), *spec["containers"]] if one["name"] == name]
        return "Rules" if found.get("restartPolicyRules") else str(found["restartPolicy"])

    def bind(self) -> "LivePod":
        self.tick()
        self.body["spec"]["nodeName"] = "node-1"
        return self.condition("PodScheduled", True)

    def prepare(self) -> "LivePod":
        """The node has seen the pod, and its sandbox has an address."""
        self.tick()
        self.status.update(startTime=at(self.now), podIP="10.1.0.7", podIPs=[{"ip": "10.1.0.7"}])
        self.condition("ContainersReady", False).condition("Ready", False)
        for name in self.names:
            self.container(name).update(state={"waiting": {"reason": "ContainerCreating"}})
        return self

    def container(self, name: str) -> Json:
        statuses = self.status["initContainerStatuses" if name in self.init else "containerStatuses"]
        for one in statuses:
            if one["name"] == name:
                return one  # type: ignore[no-any-return]
        statuses.append({"name": name, "ready": False, "started": False, "restartCount": 0, "state": {}})
        return statuses[-1]  # type: ignore[no-any-return]

    def wait(self, name: str, reason: str, message: str = "") -> "LivePod":
        self.tick()
        self.container(name)["state"] = {"waiting": {"reason": reason, "message": message}}
        return self

    def start(self, name: str = "app", *, ready: bool = True) -> "LivePod":
        """A container starts, or starts again."""
        self.tick()
        one = self.container(name)
        if one["state"].get("terminated"):
            one["lastState"] = one["state"]
        if one.get("lastState"):
            one["restartCount"] += 1
        one.update(
            state={"running": {"startedAt": at(self.now)}},
            started=True,
            ready=ready,
            containerID=f"docker://{name}-{one['restartCount']}",
            imageID="docker-pullable://nginx@sha256:" + "ab" * 32,
        )
        self.status["phase"] = "Running"
        return self._readiness()

    def ready(self, name: str, value: bool) -> "LivePod":
        self.tick()
        self.container(name)["ready"] = value
        return self._readiness()

    def end(self, name: str = "app", code: int = 0, reason: str = "", message: str = "") -> "LivePod":
        self.tick()
        one = self.container(name)
        began = (one["state"].get("running") or {}).get("startedAt")
        one["state"] = {
            "terminated": {
                "exitCode": code,
                "reason": reason or ("Error" if code else "Completed"),
                "message": message,
                "startedAt": began,
                "finishedAt": at(self.now),
            }
        }
        one.update(ready=name in self.init and code == 0, started=False)
        return self._readiness()

    def lose(self, name: str) -> "LivePod":
        """The pod is over, and its node knows nothing of the container: it never ran, or is lost."""
        one = self.container(name)
        one.update(state={"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}, ready=False)
        return self

    def back_off(self, name: str) -> "LivePod":
        """A container that has ended waits for its next start."""
        self.tick()
        one = self.container(name)
        one.update(lastState=one["state"], state={"waiting": {"reason": "CrashLoopBackOff"}})
        return self

    def note(self, code: str = "UserInitiated", reason: str = "enough") -> "LivePod":
        self.tick()
        note = StopNote(code, reason, START + self.now + 0.5)
        self.body["metadata"]["annotations"][marks.STOP] = msgspec.json.encode(note).decode()
        return self

    def delete(self, grace: int = 30) -> "LivePod":
        self.tick()
        self.body["metadata"].update(deletionTimestamp=at(self.now + grace), deletionGracePeriodSeconds=grace)
        return self

    def finish(self, phase: str = "Failed") -> "LivePod":
        self.tick()
        self.status["phase"] = phase
        return self

    def _readiness(self) -> "LivePod":
        ready = all(self.container(name)["ready"] for name in self.names)
        return self.condition("ContainersReady", ready).condition("Ready", ready)


def node(zone: str = "") -> views.Node:
    """Return the node that pods are bound to."""
    labels = {"topology.kubernetes.io/zone": zone} if zone else {}
    meta = Meta(name="node-1", uid="11111111-2222-4333-8444-555555555555", labels=labels)
    return views.Node(meta, status=views.NodeStatus(nodeInfo=views.NodeInfo(architecture="arm64")))
