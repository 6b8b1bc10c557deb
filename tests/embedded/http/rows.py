"""Objects and the rows that a real cluster shows for them, without the cell for the name; made an hour before `NOW`."""

from typing import Any

Json = dict[str, Any]

NOW = 1_800_003_600.0
MADE = "2027-01-15T08:00:00Z"
AGO = "2027-01-15T08:59:55Z"  # five seconds before NOW
AGE = "60m"

READY = {"type": "Ready", "status": "True"}


def _pod(status: Json, *, containers: int = 1, meta: Json | None = None, **spec: Any) -> Json:
    names = [{"name": f"c{i}", "image": "busybox"} for i in range(containers)]
    return {"metadata": meta or {}, "spec": {"containers": names, **spec}, "status": status}


def _state(name: str, *, ready: bool = False, restarts: int = 0, last: Json | None = None, **state: Json) -> Json:
    """Return a container status; `state` is `running={…}`, `waiting={…}` or `terminated={…}`."""
    found: Json = {"name": name, "image": "busybox", "imageID": "", "ready": ready, "restartCount": restarts}
    return {**found, "state": state, **({"lastState": {"terminated": last}} if last else {})}


def _ended(code: int, reason: str = "", **more: Any) -> Json:
    return {"exitCode": code, **({"reason": reason} if reason else {}), **more}


RUNNING: Json = {"running": {"startedAt": MADE}}
_WAITING_C0 = _state("c0", waiting={"reason": "PodInitializing"})
_INIT = [{"name": "i0", "image": "busybox"}, {"name": "i1", "image": "busybox"}]
_SIDECAR = [{"name": "s0", "image": "busybox", "restartPolicy": "Always"}]
_NO_WIDE = ["<none>"] * 4


def _init_status(*states: Json) -> Json:
    return {"phase": "Pending", "initContainerStatuses": list(states), "containerStatuses": [_WAITING_C0]}


PODS: dict[str, tuple[Json, list[Any]]] = {
    "nothing yet": (_pod({"phase": "Pending"}), ["0/1", "Pending", "0", AGE, *_NO_WIDE]),
    "creating": (
        _pod({"phase": "Pending", "containerStatuses": [_state("c0", waiting={"reason": "ContainerCreating"})]}),
        ["0/1", "ContainerCreating", "0", AGE, *_NO_WIDE],
    ),
    "running": (
        _pod(
            {
                "phase": "Running",
                "conditions": [READY],
                "podIPs": [{"ip": "10.0.0.7"}],
                "podIP": "10.0.0.7",
                "containerStatuses": [_state("c0", ready=True, **RUNNING), _state("c1", **RUNNING)],
            },
            containers=2,
            nodeName="n1",
        ),
        ["1/2", "Running", "0", AGE, "10.0.0.7", "n1", "<none>", "<none>"],
    ),
    "first init container": (
        _pod(_init_status(_state("i0", **RUNNING), _state("i1")), initContainers=_INIT),
        ["0/1", "Init:0/2", "0", AGE, *_NO_WIDE],
    ),
    "second init container": (
        _pod(
            _init_status(
                _state("i0", ready=True, terminated=_ended(0, "Completed")),
                _state("i1", waiting={"reason": "PodInitializing"}),
            ),
            initContainers=_INIT,
        ),
        ["0/1", "Init:1/2", "0", AGE, *_NO_WIDE],
    ),
    "init container backs off": (
        _pod(
            _init_status(
                _state(
                    "i0",
                    restarts=3,
                    waiting={"reason": "CrashLoopBackOff"},
                    last=_ended(1, "Error", startedAt=MADE, finishedAt=AGO),
                ),
                _state("i1"),
            ),
            initContainers=_INIT,
        ),
        ["0/1", "Init:CrashLoopBackOff", "3 (5s ago)", AGE, *_NO_WIDE],
    ),
    "init container failed": (
        _pod(_init_status(_state("i0", terminated=_ended(1, "Error")), _state("i1")), initContainers=_INIT),
        ["0/1", "Init:Error", "0", AGE, *_NO_WIDE],
    ),
    "init container left a code": (
        _pod(_init_status(_state("i0", terminated=_ended(7)), _state("i1")), initContainers=_INIT),
        ["0/1", "Init:ExitCode:7", "0", AGE, *_NO_WIDE],
    ),
    "init container was killed": (
        _pod(_init_status(_state("i0", terminated=_ended(137, signal=9)), _state("i1")), initContainers=_INIT),
        ["0/1", "Init:Signal:9", "0", AGE, *_NO_WIDE],
    ),
    "sidecar runs": (
        _pod(
            {
                "phase": "Running",
                "conditions": [READY, {"type": "Initialized", "status": "True"}],
                "initContainerStatuses": [{**_state("s0", ready=True, restarts=2, **RUNNING), "started": True}],
                "containerStatuses": [_state("c0", ready=True, restarts=1, **RUNNING)],
            },
            initContainers=_SIDECAR,
        ),
        ["2/2", "Running", "3", AGE, *_NO_WIDE],
    ),
    "sidecar starts": (
        _pod(
            {
                "phase": "Pending",
                "initContainerStatuses": [{**_state("s0", **RUNNING), "started": False}],
                "containerStatuses": [_WAITING_C0],
            },
            initContainers=_SIDECAR,
        ),
        ["0/2", "Init:0/1", "0", AGE, *_NO_WIDE],
    ),
    "backs off": (
        _pod(
            {
                "phase": "Running",
                "containerStatuses": [
                    _state(
                        "c0",
                        restarts=4,
                        waiting={"reason": "CrashLoopBackOff"},
                        last=_ended(1, "Error", startedAt=MADE, finishedAt=AGO),
                    )
                ],
            }
        ),
        ["0/1", "CrashLoopBackOff", "4 (5s ago)", AGE, *_NO_WIDE],
    ),
    "image cannot be pulled": (
        _pod({"phase": "Pending", "containerStatuses": [_state("c0", waiting={"reason": "ImagePullBackOff"})]}),
        ["0/1", "ImagePullBackOff", "0", AGE, *_NO_WIDE],
    ),
    "completed": (
        _pod({"phase": "Succeeded", "containerStatuses": [_state("c0", terminated=_ended(0, "Completed"))]}),
        ["0/1", "Completed", "0", AGE, *_NO_WIDE],
    ),
    "failed": (
        _pod({"phase": "Failed", "containerStatuses": [_state("c0", terminated=_ended(1, "Error"))]}),
        ["0/1", "Error", "0", AGE, *_NO_WIDE],
    ),
    "out of memory": (
        _pod({"phase": "Failed", "containerStatuses": [_state("c0", terminated=_ended(137, "OOMKilled"))]}),
        ["0/1", "OOMKilled", "0", AGE, *_NO_WIDE],
    ),
    "left a code": (
        _pod({"phase": "Failed", "containerStatuses": [_state("c0", terminated=_ended(3))]}),
        ["0/1", "ExitCode:3", "0", AGE, *_NO_WIDE],
    ),
    "was killed": (
        _pod({"phase": "Failed", "containerStatuses": [_state("c0", terminated=_ended(143, signal=15))]}),
        ["0/1", "Signal:15", "0", AGE, *_NO_WIDE],
    ),
    "one of two completed": (
        _pod(
            {
                "phase": "Running",
                "containerStatuses": [
                    _state("c0", terminated=_ended(0, "Completed")),
                    _state("c1", ready=True, **RUNNING),
                ],
            },
            containers=2,
        ),
        ["1/2", "NotReady", "0", AGE, *_NO_WIDE],
    ),
    "one of two completed, ready": (
        _pod(
            {
                "phase": "Running",
                "conditions": [READY],
                "containerStatuses": [
                    _state("c0", terminated=_ended(0, "Completed")),
                    _state("c1", ready=True, **RUNNING),
                ],
            },
            containers=2,
        ),
        ["1/2", "Running", "0", AGE, *_NO_WIDE],
    ),
    "evicted": (
        _pod({"phase": "Failed", "reason": "Evicted", "message": "gone"}),
        ["0/1", "Evicted", "0", AGE, *_NO_WIDE],
    ),
    "gated": (
        _pod(
            {
                "phase": "Pending",
                "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
            },
            schedulingGates=[{"name": "example.com/a"}],
        ),
        ["0/1", "SchedulingGated", "0", AGE, *_NO_WIDE],
    ),
    "readiness gates": (
        _pod(
            {
                "phase": "Running",
                "nominatedNodeName": "n2",
                "conditions": [{"type": "example.com/a", "status": "True"}],
                "containerStatuses": [_state("c0", ready=True, **RUNNING)],
            },
            readinessGates=[{"conditionType": "example.com/a"}, {"conditionType": "example.com/b"}],
        ),
        ["1/1", "Running", "0", AGE, "<none>", "<none>", "n2", "1/2"],
    ),
    "ending": (
        _pod(
            {"phase": "Running", "containerStatuses": [_state("c0", ready=True, **RUNNING)]},
            meta={"deletionTimestamp": AGO},
        ),
        ["1/1", "Terminating", "0", AGE, *_NO_WIDE],
    ),
    "ended, held by a finalizer": (
        _pod(
            {"phase": "Failed", "containerStatuses": [_state("c0", terminated=_ended(137, "Error"))]},
            meta={"deletionTimestamp": AGO},
        ),
        ["0/1", "Error", "0", AGE, *_NO_WIDE],
    ),
    "lost with its node": (
        _pod({"phase": "Running", "reason": "NodeLost"}, meta={"deletionTimestamp": AGO}),
        ["0/1", "Unknown", "0", AGE, *_NO_WIDE],
    ),
}

_LABELS = {"app": "web", "tier": "front"}
_SELECTOR = {
    "matchLabels": {"tier": "front", "app": "web"},
    "matchExpressions": [
        {"key": "zone", "operator": "In", "values": ["b", "a"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"},
        {"key": "size", "operator": "NotIn", "values": ["s"]},
    ],
}
_SELECTED = "app=web,new,!old,size notin (s),tier=front,zone in (a,b)"
_TEMPLATE: Json = {
    "metadata": {"labels": {**_LABELS, "zone": "a", "new": ""}},
    "spec": {"containers": [{"name": "a", "image": "one:1"}, {"name": "b", "image": "two"}]},
}
_BINDING = {
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
    "subjects": [
        {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "ann"},
        {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "bob"},
        {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "crew"},
        {"kind": "ServiceAccount", "namespace": "x", "name": "robot"},
    ],
}

# (group, kind): (object, its cells after the name)
OTHERS: dict[str, tuple[tuple[str, str], Json, list[Any]]] = {
    "deployment": (
        ("apps", "Deployment"),
        {
            "spec": {"replicas": 3, "selector": _SELECTOR, "template": _TEMPLATE},
            "status": {"replicas": 3, "readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2},
        },
        ["2/3", 1, 2, AGE, "a,b", "one:1,two", _SELECTED],
    ),
    "replica set": (
        ("apps", "ReplicaSet"),
        {
            "spec": {"replicas": 3, "selector": _SELECTOR, "template": _TEMPLATE},
            "status": {"replicas": 2, "readyReplicas": 1},
        },
        [3, 2, 1, AGE, "a,b", "one:1,two", _SELECTED],
    ),
    "scale": (("autoscaling", "Scale"), {"spec": {"replicas": 3}, "status": {"replicas": 2}}, [3, 2, AGE]),
    "daemon set": (
        ("apps", "DaemonSet"),
        {
            "spec": {
                "selector": {"matchLabels": _LABELS},
                "template": {**_TEMPLATE, "spec": {**_TEMPLATE["spec"], "nodeSelector": {"b": "2", "a": "1"}}},
            },
            "status": {
                "desiredNumberScheduled": 5,
                "currentNumberScheduled": 4,
                "numberMisscheduled": 0,
                "numberReady": 3,
                "updatedNumberScheduled": 2,
                "numberAvailable": 1,
            },
        },
        [5, 4, 3, 2, 1, "a=1,b=2", AGE, "a,b", "one:1,two", "app=web,tier=front"],
    ),
    "daemon set for all nodes": (
        ("apps", "DaemonSet"),
        {"spec": {"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE}},
        [0, 0, 0, 0, 0, "<none>", AGE, "a,b", "one:1,two", "app=web,tier=front"],
    ),
    "controller revision": (
        ("apps", "ControllerRevision"),
        {
            "metadata": {
                "ownerReferences": [
                    {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "u", "controller": True}
                ]
            },
            "revision": 4,
            "data": {},
        },
        ["daemonset.apps/d", 4, AGE],
    ),
    "controller revision of nobody": (("apps", "ControllerRevision"), {"revision": 1, "data": {}}, ["<none>", 1, AGE]),
    "budget by minimum": (
        ("policy", "PodDisruptionBudget"),
        {
            "spec": {"minAvailable": "50%", "selector": {"matchLabels": _LABELS}},
            "status": {"disruptionsAllowed": 2, "currentHealthy": 4, "desiredHealthy": 2, "expectedPods": 4},
        },
        ["50%", "N/A", 2, AGE],
    ),
    "budget by maximum": (
        ("policy", "PodDisruptionBudget"),
        {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": _LABELS}}},
        ["N/A", "1", 0, AGE],
    ),
    "autoscaler": (
        ("autoscaling", "HorizontalPodAutoscaler"),
        {
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "minReplicas": 1,
                "maxReplicas": 5,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
                    },
                    {
                        "type": "Resource",
                        "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}},
                    },
                ],
            },
            "status": {
                "desiredReplicas": 2,
                "currentReplicas": 2,
                "currentMetrics": [
                    {
                        "type": "Resource",
                        "resource": {"name": "cpu", "current": {"averageUtilization": 42, "averageValue": "420m"}},
                    }
                ],
            },
        },
        ["Deployment/web", "cpu: 42%/80%, memory: <unknown>/1Gi", "1", 5, 2, AGE],
    ),
    "service": (
        ("", "Service"),
        {
            "spec": {
                "type": "NodePort",
                "clusterIP": "10.96.7.7",
                "clusterIPs": ["10.96.7.7"],
                "externalIPs": ["9.9.9.9", "9.9.9.8"],
                "selector": _LABELS,
                "ports": [
                    {"name": "a", "port": 80, "nodePort": 30080, "protocol": "TCP"},
                    {"name": "b", "port": 53, "nodePort": 30053, "protocol": "UDP"},
                ],
            }
        },
        ["NodePort", "10.96.7.7", "9.9.9.9,9.9.9.8", "80:30080/TCP,53:30053/UDP", AGE, "app=web,tier=front"],
    ),
    "headless service": (
        ("", "Service"),
        {"spec": {"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}},
        ["ClusterIP", "None", "<none>", "<none>", AGE, "<none>"],
    ),
    "external name": (
        ("", "Service"),
        {"spec": {"type": "ExternalName", "externalName": "example.com"}},
        ["ExternalName", "<none>", "example.com", "<none>", AGE, "<none>"],
    ),
    "load balancer": (
        ("", "Service"),
        {
            "spec": {
                "type": "LoadBalancer",
                "clusterIP": "10.96.7.8",
                "clusterIPs": ["10.96.7.8"],
                "ports": [{"port": 80, "nodePort": 30081, "protocol": "TCP"}],
            },
            "status": {"loadBalancer": {"ingress": [{"ip": "8.8.8.8"}, {"hostname": "lb.example.com"}]}},
        },
        ["LoadBalancer", "10.96.7.8", "8.8.8.8,lb.example.com", "80:30081/TCP", AGE, "<none>"],
    ),
    "load balancer to come": (
        ("", "Service"),
        {
            "spec": {
                "type": "LoadBalancer",
                "clusterIP": "10.96.7.9",
                "clusterIPs": ["10.96.7.9"],
                "ports": [{"port": 80, "nodePort": 30082, "protocol": "TCP"}],
            }
        },
        ["LoadBalancer", "10.96.7.9", "<pending>", "80:30082/TCP", AGE, "<none>"],
    ),
    "endpoint slice": (
        ("discovery.k8s.io", "EndpointSlice"),
        {
            "addressType": "IPv4",
            "ports": [{"name": "a", "port": 80, "protocol": "TCP"}, {"name": "b", "port": 81, "protocol": "TCP"}],
            "endpoints": [{"addresses": [f"10.0.0.{i}"]} for i in range(1, 6)],
        },
        ["IPv4", "80,81", "10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...", AGE],
    ),
    "empty endpoint slice": (
        ("discovery.k8s.io", "EndpointSlice"),
        {"addressType": "IPv4", "ports": [], "endpoints": []},
        ["IPv4", "<unset>", "<unset>", AGE],
    ),
    "endpoints": (
        ("", "Endpoints"),
        {
            "subsets": [
                {
                    "addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
                    "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}],
                }
            ]
        },
        ["10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...", AGE],
    ),
    "no endpoints": (("", "Endpoints"), {}, ["<none>", AGE]),
    "ingress": (
        ("networking.k8s.io", "Ingress"),
        {
            "spec": {
                "ingressClassName": "envoy",
                "tls": [{"hosts": ["a.example.com"]}],
                "rules": [{"host": f"{host}.example.com"} for host in "abcd"],
            },
            "status": {"loadBalancer": {"ingress": [{"ip": "8.8.8.8"}]}},
        },
        ["envoy", "a.example.com,b.example.com,c.example.com + 1 more...", "8.8.8.8", "80, 443", AGE],
    ),
    "plain ingress": (
        ("networking.k8s.io", "Ingress"),
        {"spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}},
        ["<none>", "*", "", "80", AGE],
    ),
    "ingress class": (
        ("networking.k8s.io", "IngressClass"),
        {
            "spec": {
                "controller": "example.com/c",
                "parameters": {"apiGroup": "example.com", "kind": "Thing", "name": "t", "scope": "Cluster"},
            }
        },
        ["example.com/c", "Thing.example.com/t", AGE],
    ),
    "network policy": (
        ("networking.k8s.io", "NetworkPolicy"),
        {"spec": {"podSelector": _SELECTOR, "policyTypes": ["Ingress"]}},
        [_SELECTED, AGE],
    ),
    "network policy for all": (
        ("networking.k8s.io", "NetworkPolicy"),
        {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
        ["<none>", AGE],
    ),
    "namespace": (("", "Namespace"), {"status": {"phase": "Active"}}, ["Active", AGE]),
    "config map": (("", "ConfigMap"), {"data": {"a": "1", "b": "2"}, "binaryData": {"c": "MQ=="}}, [3, AGE]),
    "secret": (("", "Secret"), {"type": "Opaque", "data": {"a": "MQ=="}}, ["Opaque", 1, AGE]),
    "service account": (("", "ServiceAccount"), {}, [AGE]),
    "node": (
        ("", "Node"),
        {
            "metadata": {
                "labels": {
                    "node-role.kubernetes.io/worker": "",
                    "node-role.kubernetes.io/a": "",
                    "kubernetes.io/role": "x",
                }
            },
            "spec": {"unschedulable": True},
            "status": {
                "conditions": [READY],
                "addresses": [
                    {"type": "InternalIP", "address": "10.1.1.1"},
                    {"type": "InternalIP", "address": "10.1.1.2"},
                    {"type": "ExternalIP", "address": "7.7.7.7"},
                ],
                "nodeInfo": {
                    "machineID": "",
                    "systemUUID": "",
                    "bootID": "",
                    "kernelVersion": "6.1",
                    "osImage": "Debian",
                    "containerRuntimeVersion": "podman://4.3",
                    "kubeletVersion": "v1.36.3",
                    "kubeProxyVersion": "",
                    "operatingSystem": "linux",
                    "architecture": "amd64",
                },
            },
        },
        [
            "Ready,SchedulingDisabled",
            "a,worker,x",
            AGE,
            "v1.36.3",
            "10.1.1.1",
            "7.7.7.7",
            "Debian",
            "6.1 (amd64)",
            "podman://4.3",
        ],
    ),
    "new node": (
        ("", "Node"),
        {},
        ["Unknown", "<none>", AGE, "", "<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"],
    ),
    "node that fails": (
        ("", "Node"),
        {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}},
        ["NotReady", "<none>", AGE, "", "<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"],
    ),
    "lease": (("coordination.k8s.io", "Lease"), {"spec": {"holderIdentity": "me"}}, ["me", AGE]),
    "lease of nobody": (("coordination.k8s.io", "Lease"), {"spec": {}}, ["", AGE]),
    "quota": (
        ("", "ResourceQuota"),
        {
            "spec": {"hard": {"pods": "3", "limits.cpu": "4", "requests.cpu": "2"}},
            "status": {
                "hard": {"pods": "3", "limits.cpu": "4", "requests.cpu": "2"},
                "used": {"pods": "1", "limits.cpu": "500m", "requests.cpu": "0"},
            },
        },
        ["pods: 1/3, requests.cpu: 0/2", "limits.cpu: 500m/4", AGE],
    ),
    "role": (("rbac.authorization.k8s.io", "Role"), {"rules": []}, [MADE]),
    "cluster role": (("rbac.authorization.k8s.io", "ClusterRole"), {"rules": []}, [MADE]),
    "role binding": (
        ("rbac.authorization.k8s.io", "RoleBinding"),
        _BINDING,
        ["ClusterRole/r", AGE, "ann, bob", "crew", "x/robot"],
    ),
    "cluster role binding": (
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        _BINDING,
        ["ClusterRole/r", AGE, "ann, bob", "crew", "x/robot"],
    ),
    "volume": (
        ("", "PersistentVolume"),
        {
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "slow",
                "volumeMode": "Filesystem",
                "claimRef": {"namespace": "x", "name": "claim"},
                "hostPath": {"path": "/tmp/x", "type": ""},
            },
            "status": {"phase": "Bound"},
        },
        ["1Gi", "RWO,RWX", "Retain", "Bound", "x/claim", "slow", "<unset>", "", AGE, "Filesystem"],
    ),
    "claim": (
        ("", "PersistentVolumeClaim"),
        {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "slow",
                "volumeMode": "Filesystem",
                "volumeName": "v",
                "resources": {"requests": {"storage": "1Gi"}},
            },
            "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]},
        },
        ["Bound", "v", "1Gi", "RWO", "slow", "<unset>", AGE, "Filesystem"],
    ),
    "claim to be bound": (
        ("", "PersistentVolumeClaim"),
        {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "volumeMode": "Filesystem",
                "resources": {"requests": {"storage": "1Gi"}},
            },
            "status": {"phase": "Pending"},
        },
        ["Pending", "", "", "", "", "<unset>", AGE, "Filesystem"],
    ),
    "storage class": (
        ("storage.k8s.io", "StorageClass"),
        {
            "provisioner": "example.com/p",
            "reclaimPolicy": "Retain",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": True,
        },
        ["example.com/p", "Retain", "WaitForFirstConsumer", True, AGE],
    ),
    "storage class of few words": (
        ("storage.k8s.io", "StorageClass"),
        {"provisioner": "example.com/p", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
        ["example.com/p", "Delete", "Immediate", False, AGE],
    ),
    "kernel without architecture": (
        ("", "Node"),
        {
            "status": {
                "nodeInfo": {
                    "kernelVersion": "6.1",
                    "architecture": "",
                    "machineID": "",
                    "systemUUID": "",
                    "bootID": "",
                    "osImage": "",
                    "containerRuntimeVersion": "",
                    "kubeletVersion": "",
                    "kubeProxyVersion": "",
                    "operatingSystem": "",
                }
            }
        },
        ["Unknown", "<none>", AGE, "", "<none>", "<none>", "<unknown>", "6.1", "<unknown>"],
    ),
    "event": (
        ("", "Event"),
        {
            "involvedObject": {"kind": "Pod", "namespace": "gold", "name": "p", "fieldPath": "spec.containers{c}"},
            "type": "Warning",
            "reason": "BackOff",
            "message": " Back-off restarting\n",
            "source": {"component": "kubelet", "host": "n1"},
            "firstTimestamp": MADE,
            "lastTimestamp": AGO,
            "count": 7,
        },
        ["5s", "Warning", "BackOff", "pod/p", "spec.containers{c}", "kubelet, n1", "Back-off restarting", AGE, 7],
    ),
    "event in a series": (
        ("", "Event"),
        {
            "involvedObject": {"kind": "Pod", "namespace": "gold", "name": "p"},
            "type": "Normal",
            "reason": "Scheduled",
            "action": "Binding",
            "message": "done",
            "reportingComponent": "default-scheduler",
            "reportingInstance": "default-scheduler-n1",
            "eventTime": "2027-01-15T08:00:00.000000Z",
            "series": {"count": 3, "lastObservedTime": "2027-01-15T08:59:55.000000Z"},
        },
        ["5s", "Normal", "Scheduled", "pod/p", "", "default-scheduler, default-scheduler-n1", "done", AGE, 3],
    ),
    "event of little": (
        ("", "Event"),
        {"involvedObject": {"namespace": "gold"}},
        ["<unknown>", "", "", "", "", "", "", "<unknown>", 1],
    ),
    "priority class": (
        ("scheduling.k8s.io", "PriorityClass"),
        {"value": 1000, "preemptionPolicy": "Never"},
        [1000, False, AGE, "Never"],
    ),
    "pod template": (
        ("", "PodTemplate"),
        {"template": {**_TEMPLATE, "metadata": {"labels": _LABELS}}},
        ["a,b", "one:1,two", "app=web,tier=front"],
    ),
}
