"""The node's own object and lease: that it is there, what it has, and whether its engine answers.

The object is written when something about it changes, and when someone else has written what is not so: a cluster
takes a node for lost whose lease was not renewed for a while, though it was the API that could not be reached.
"""

import platform
import socket
import time

from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.engine import Machine
from kecs.kube.api import Api, Json
from kecs.kube.errors import AlreadyExists, NotFound
from kecs.kube.resources import LEASES, NAMESPACES, NODES
from kecs.kube.time import rfc3339, rfc3339_micro

_MANAGER = "kubelet"
_LEASES = "kube-node-lease"
_AMPLE_CPUS = 100_000
_AMPLE_MEMORY = "1Pi"
_AMPLE_STORAGE = "1Pi"
_DOWN = "container runtime is down"


def primary_address() -> str:
    """Return the address by which this machine would reach others; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


class Registration:
    """Keeps the node's object true."""

    def __init__(self, api: Api, settings: NodeSettings) -> None:
        self._api, self._settings = api, settings
        self._lease_since = time.time()

    async def register(self, machine: Machine, problem: str) -> None:
        """Make the node's object, or bring it up to date.

        `problem` says why the engine does not answer, and is empty when it does.
        """
        name, labels = self._settings.name, self._labels(machine)
        try:
            node = await self._api.get(NODES, None, name)
            if any(node["metadata"].get("labels", {}).get(key) != value for key, value in labels.items()):
                patch = {"metadata": {"labels": labels}}
                await self._api.patch(NODES, None, name, patch, type="merge", manager=_MANAGER)
        except NotFound:
            body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {}}
            await self._api.create(NODES, None, body, manager=_MANAGER)
        await self.report(machine, problem)

    def _labels(self, machine: Machine) -> dict[str, str]:
        return {
            "kubernetes.io/hostname": self._settings.name,
            "kubernetes.io/os": machine.operating_system,
            "kubernetes.io/arch": machine.architecture,
            "beta.kubernetes.io/os": machine.operating_system,
            "beta.kubernetes.io/arch": machine.architecture,
            **self._settings.labels,
        }

    async def report(self, machine: Machine, problem: str) -> None:
        """Write the node's status: capacity, addresses, conditions."""
        name = self._settings.name
        node = await self._api.get(NODES, None, name)
        old = {each["type"]: each for each in node.get("status", {}).get("conditions", [])}
        status = {
            "capacity": self._capacity(machine),
            "allocatable": self._capacity(machine),
            "addresses": [
                {"type": "InternalIP", "address": self._settings.address},
                {"type": "Hostname", "address": name},
            ],
            "conditions": _conditions(old, problem),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
            "nodeInfo": _info(machine),
        }
        await self._api.patch(
            NODES, None, name, {"status": status}, type="merge", manager=_MANAGER, subresource="status"
        )

    def _capacity(self, machine: Machine) -> Json:
        pods = str(self._settings.max_pods)
        if self._settings.machine_capacity:
            memory = f"{machine.memory // 1024}Ki"
            return {"cpu": str(machine.cpus), "memory": memory, "ephemeral-storage": _AMPLE_STORAGE, "pods": pods}
        return {
            "cpu": str(_AMPLE_CPUS),
            "memory": _AMPLE_MEMORY,
            "ephemeral-storage": _AMPLE_STORAGE,
            "pods": pods,
        }

    async def renew(self, machine: Machine, problem: str) -> None:
        """Renew the node's lease, made if need be, and see to it that the node's object is there and true."""
        uid = await self._confirm(machine, problem)
        name, now = self._settings.name, time.time()
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid}
        metadata = {"ownerReferences": [owner]}
        spec = {
            "holderIdentity": name,
            "leaseDurationSeconds": max(1, round(4 * self._settings.lease_seconds)),
            "renewTime": rfc3339_micro(now),
        }
        try:
            patch = {"metadata": metadata, "spec": spec}
            await self._api.patch(LEASES, _LEASES, name, patch, type="merge", manager=_MANAGER)
        except NotFound:
            whole = {"name": name, "namespace": _LEASES, **metadata}
            lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": whole, "spec": spec}
            await self._create_lease(lease)

    async def _confirm(self, machine: Machine, problem: str) -> str:
        """Return the uid of the node's object, made and put right if need be."""
        try:
            node = await self._api.get(NODES, None, self._settings.name)
        except NotFound:
            await self.register(machine, problem)
            node = await self._api.get(NODES, None, self._settings.name)
        conditions = {each["type"]: each["status"] for each in node.get("status", {}).get("conditions", [])}
        if any(conditions.get(type_) != status for type_, status, _, _ in _wanted(problem)):
            await self.report(machine, problem)
        return str(node["metadata"]["uid"])

    async def _create_lease(self, lease: Json) -> None:
        try:
            await self._api.create(LEASES, _LEASES, lease, manager=_MANAGER)
        except NotFound:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _LEASES}}
            await self._api.create(NAMESPACES, None, namespace, manager=_MANAGER)
            await self._api.create(LEASES, _LEASES, lease, manager=_MANAGER)
        except AlreadyExists:
            return


def _wanted(problem: str) -> list[tuple[str, str, str, str]]:
    """Return the node's conditions: type, status, reason, message."""
    return [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "False", "KubeletNotReady", f"{_DOWN}: {problem}")
        if problem
        else ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]


def _conditions(old: dict[str, Json], problem: str) -> list[Json]:
    wanted = _wanted(problem)
    now = rfc3339(time.time())
    own = {each[0] for each in wanted}
    result = [each for type_, each in old.items() if type_ not in own]
    for type_, status, reason, message in wanted:
        before = old.get(type_, {})
        since = before.get("lastTransitionTime", now) if before.get("status") == status else now
        result.append(
            {
                "type": type_,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": since,
            }
        )
    return result


def _info(machine: Machine) -> Json:
    return {
        "architecture": machine.architecture,
        "operatingSystem": machine.operating_system,
        "kernelVersion": machine.kernel,
        "osImage": platform.system(),
        "containerRuntimeVersion": machine.engine,
        "kubeletVersion": "v1.36.3",
        "kubeProxyVersion": "",
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
    }
