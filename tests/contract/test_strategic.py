"""Strategic merge patches: lists by their keys, and the directives."""

from tests.contract.client import STRATEGIC_PATCH, Client
from tests.contract.make import Json, deployment, obj


def _spec(**spec: object) -> Json:
    return {"spec": {"template": {"spec": spec}}}


def _containers(*containers: Json) -> Json:
    return _spec(containers=list(containers))


_MAIN = {
    "name": "main",
    "image": "main",
    "command": ["a"],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    "ports": [{"containerPort": 80}],
}
_MOVING = ("managedFields", "resourceVersion")  # with what the controller writes

CASES = {
    "add": _containers({"name": "side", "image": "side"}),
    "change": _containers({"name": "main", "image": "other"}),
    "delete": _containers({"name": "main", "$patch": "delete"}),
    "delete-missing": _containers({"name": "missing", "$patch": "delete"}),
    "replace-list": _spec(containers=[{"name": "only", "image": "only"}, {"$patch": "replace"}]),
    "replace-map": _spec(nodeSelector={"b": "2", "$patch": "replace"}),
    "no-key": _containers({"image": "nameless"}),
    "env": _containers({"name": "main", "env": [{"name": "B", "value": "9"}, {"name": "C", "value": "3"}]}),
    "env-delete": _containers({"name": "main", "env": [{"name": "A", "$patch": "delete"}]}),
    "env-order": _containers(
        {"name": "main", "$setElementOrder/env": [{"name": "B"}, {"name": "A"}], "env": [{"name": "A", "value": "7"}]}
    ),
    "ports": _containers({"name": "main", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}]}),
    "volumes": _spec(volumes=[{"name": "data", "emptyDir": None, "configMap": {"name": "it"}}]),
    "retain-keys": {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
    "no-retain-keys": {"spec": {"strategy": {"type": "Recreate"}}},
    "primitive-delete": {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a.test/one"]}},
    "primitive-merge": {"metadata": {"finalizers": ["a.test/two"]}},
    "atomic": _containers({"name": "main", "command": ["b"]}),
    "null": _spec(nodeSelector=None),
    "null-key": _spec(nodeSelector={"a": None}),
    "tolerations": _spec(tolerations=[{"key": "b", "operator": "Exists"}]),
    "odd-directive": _spec(nodeSelector={"$patch": "odd"}),
    "set-order": _spec(
        **{
            "$setElementOrder/containers": [{"name": "side"}, {"name": "main"}],
            "containers": [{"name": "side", "image": "side"}],
        }
    ),
}


def test_deployment(cluster: Client) -> None:
    body = deployment("it", paused=True)
    body["spec"]["template"]["spec"] |= {
        "containers": [_MAIN],
        "volumes": [{"name": "data", "emptyDir": {}}],
        "nodeSelector": {"a": "1"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
    }
    body["metadata"]["finalizers"] = ["a.test/one"]
    made = cluster.quietly("POST", "deployments", body)
    assert made.status == 201, made.json
    for case, patch in CASES.items():
        reply = cluster.quietly("PATCH", "deployments/it?dryRun=All", patch, **{"content-type": STRATEGIC_PATCH})
        shown = reply.json
        shown.pop("status", None)  # the controller may be faster than the patch
        shown["metadata"] = {key: value for key, value in shown["metadata"].items() if key not in _MOVING}
        cluster.note(case, reply.status, shown)
    cluster.quiet_patch("deployments/it", {"metadata": {"finalizers": None}})


def test_service_ports(cluster: Client) -> None:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    cluster.post("services", obj("v1", "Service", "it", spec={"clusterIP": "None", "ports": ports}))
    cluster.patch("services/it", {"spec": {"ports": [{"port": 80, "name": "c"}]}}, STRATEGIC_PATCH)
    cluster.patch("services/it", {"spec": {"ports": [{"port": 81, "$patch": "delete"}]}}, STRATEGIC_PATCH)
