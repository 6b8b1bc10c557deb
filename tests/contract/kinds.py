"""One object of every kind that kecs uses, and a change to it."""

import json
from typing import Any, NamedTuple

from tests.contract.make import config_map, deployment, obj, pod, pod_spec, template

Json = dict[str, Any]
_LABELS = {"app": "it"}


def sample(plural: str, namespace: str) -> "Sample":
    """Return the sample of a kind, for a namespace."""
    found = SAMPLES[plural]
    return found._replace(body=json.loads(json.dumps(found.body).replace("NAMESPACE", namespace)))


def settled(body: Json) -> bool:
    """Tell whether controllers have done what they do about a sample."""
    status = body.get("status", {})
    if body["kind"] == "ResourceQuota":
        return "used" in status and bool(status.get("hard") == body["spec"]["hard"])
    if body["kind"] in ("ReplicaSet", "DaemonSet", "PodDisruptionBudget"):
        return bool(status.get("observedGeneration") == body["metadata"]["generation"])
    if body["kind"] == "Deployment":
        return status.get("observedGeneration") == body["metadata"]["generation"] and "conditions" in status
    return True


class Sample(NamedTuple):
    """An object to create, a merge patch that is a valid change of it, and what may be written as its status."""

    body: Json
    change: Json
    status: Json | None = None


SAMPLES = {
    "configmaps": Sample(config_map("it", _LABELS, a="b"), {"data": {"a": "c"}}),
    "secrets": Sample(
        obj("v1", "Secret", "it", _LABELS, stringData={"a": "b"}, data={"c": "ZA=="}), {"data": {"a": "Yw=="}}
    ),
    "serviceaccounts": Sample(obj("v1", "ServiceAccount", "it", _LABELS), {"automountServiceAccountToken": False}),
    "services": Sample(
        obj("v1", "Service", "it", _LABELS, spec={"selector": _LABELS, "ports": [{"port": 80}], "clusterIP": "None"}),
        {"spec": {"ports": [{"port": 80, "targetPort": "http", "name": "http"}], "publishNotReadyAddresses": True}},
        {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    ),
    "pods": Sample(
        pod("it", _LABELS, schedulerName="nobody"),
        {"spec": {"containers": [{"name": "main", "image": "other"}]}},
        {"phase": "Running", "podIP": "192.0.2.1", "conditions": [{"type": "Ready", "status": "True"}]},
    ),
    "persistentvolumeclaims": Sample(
        obj(
            "v1",
            "PersistentVolumeClaim",
            "it",
            _LABELS,
            spec={
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
                "storageClassName": "nobody",
            },
        ),
        {"metadata": {"annotations": {"a": "b"}}},
        {"phase": "Lost"},
    ),
    "events": Sample(
        obj(
            "v1",
            "Event",
            "it",
            _LABELS,
            involvedObject={"kind": "Pod", "namespace": "NAMESPACE", "name": "it", "apiVersion": "v1"},
            reason="Tested",
            message="a message",
            type="Normal",
            firstTimestamp="2026-01-02T03:04:05Z",
            lastTimestamp="2026-01-02T03:04:06Z",
            count=2,
            source={"component": "contract"},
        ),
        {"count": 3, "message": "another"},
    ),
    "endpoints": Sample(
        obj("v1", "Endpoints", "it", _LABELS, subsets=[{"addresses": [{"ip": "192.0.2.1"}], "ports": [{"port": 80}]}]),
        {"subsets": [{"addresses": [{"ip": "192.0.2.2"}], "ports": [{"port": 80}]}]},
    ),
    "podtemplates": Sample(
        obj("v1", "PodTemplate", "it", _LABELS, template=template("it")), {"metadata": {"annotations": {"a": "b"}}}
    ),
    "resourcequotas": Sample(
        obj("v1", "ResourceQuota", "it", _LABELS, spec={"hard": {"services": "10", "cpu": "1500m"}}),
        {"spec": {"hard": {"services": "11"}}},
    ),
    "deployments": Sample(
        deployment("it", paused=True), {"spec": {"revisionHistoryLimit": 3}}, {"replicas": 2, "observedGeneration": 1}
    ),
    "replicasets": Sample(
        obj(
            "apps/v1",
            "ReplicaSet",
            "it",
            _LABELS,
            spec={"replicas": 0, "selector": {"matchLabels": _LABELS}, "template": template("it")},
        ),
        {"spec": {"minReadySeconds": 3}},
        {"replicas": 0, "observedGeneration": 1},
    ),
    "daemonsets": Sample(
        obj(
            "apps/v1",
            "DaemonSet",
            "it",
            _LABELS,
            spec={
                "selector": {"matchLabels": _LABELS},
                "template": {
                    "metadata": {"labels": _LABELS},
                    "spec": pod_spec(nodeSelector={"no": "node"}),
                },
            },
        ),
        {"spec": {"minReadySeconds": 3}},
        {"currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0},
    ),
    "controllerrevisions": Sample(
        obj("apps/v1", "ControllerRevision", "it", _LABELS, revision=1, data={"a": "b"}), {"revision": 2}
    ),
    "leases": Sample(
        obj(
            "coordination.k8s.io/v1",
            "Lease",
            "it",
            _LABELS,
            spec={
                "holderIdentity": "one",
                "leaseDurationSeconds": 15,
                "acquireTime": "2026-01-02T03:04:05.000006Z",
                "renewTime": "2026-01-02T03:04:05.000006Z",
                "leaseTransitions": 1,
            },
        ),
        {"spec": {"holderIdentity": "two", "leaseTransitions": 2}},
    ),
    "endpointslices": Sample(
        obj(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            "it",
            _LABELS,
            addressType="IPv4",
            endpoints=[{"addresses": ["192.0.2.1"], "conditions": {"ready": True}}],
            ports=[{"name": "http", "port": 80}],
        ),
        {"ports": [{"name": "http", "port": 81}]},
    ),
    "ingresses": Sample(
        obj(
            "networking.k8s.io/v1",
            "Ingress",
            "it",
            _LABELS,
            spec={
                "rules": [
                    {
                        "host": "a.example.com",
                        "http": {
                            "paths": [
                                {
                                    "path": "/",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "it", "port": {"number": 80}}},
                                }
                            ]
                        },
                    }
                ]
            },
        ),
        {"metadata": {"annotations": {"a": "b"}}},
        {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}},
    ),
    "networkpolicies": Sample(
        obj(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "it",
            _LABELS,
            spec={"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]},
        ),
        {"spec": {"policyTypes": ["Ingress", "Egress"]}},
    ),
    "poddisruptionbudgets": Sample(
        obj(
            "policy/v1",
            "PodDisruptionBudget",
            "it",
            _LABELS,
            spec={"minAvailable": "50%", "selector": {"matchLabels": {"no": "pod"}}},
        ),
        {"spec": {"minAvailable": 1}},
        {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
    ),
    "roles": Sample(
        obj(
            "rbac.authorization.k8s.io/v1",
            "Role",
            "it",
            _LABELS,
            rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        ),
        {"rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]}]},
    ),
    "rolebindings": Sample(
        obj(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "it",
            _LABELS,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "it"},
            subjects=[{"kind": "ServiceAccount", "name": "default"}],
        ),
        {"subjects": [{"kind": "User", "name": "somebody"}]},
    ),
}
