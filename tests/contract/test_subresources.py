"""What is below an object: scale, binding, eviction, logs, and a namespace's finalize."""

from tests.contract.client import MERGE_PATCH, STRATEGIC_PATCH, TABLE, Client
from tests.contract.make import Json, deployment, obj, pod


def _scale(replicas: object, **metadata: object) -> Json:
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "it", **metadata},
        "spec": {"replicas": replicas},
    }


def _seen(cluster: Client) -> None:
    """Wait until the controller has seen the Deployment as it is."""
    cluster.until(
        "deployments/it",
        lambda found: found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"],
        "the Deployment is seen",
    )


def test_scale(cluster: Client) -> None:
    cluster.quietly("POST", "deployments", deployment("it", paused=True))
    _seen(cluster)
    cluster.get("deployments/it/scale")
    cluster.get("deployments/it/scale", accept=TABLE)
    cluster.get("deployments/missing/scale")
    made = cluster.quietly("GET", "deployments/it/scale").json
    cluster.put("deployments/it/scale?dryRun=All", _scale(2))
    cluster.put("deployments/it/scale?dryRun=All", {**made, "spec": {"replicas": 3}})
    cluster.put("deployments/it/scale", _scale(2, resourceVersion="1"))
    cluster.put("deployments/it/scale", _scale(-1))
    cluster.put("deployments/it/scale", _scale("2"))
    cluster.put("deployments/it/scale", {**_scale(1), "metadata": {"name": "other"}})
    cluster.patch("deployments/it/scale?dryRun=All", {"spec": {"replicas": 4}}, MERGE_PATCH)
    cluster.patch("deployments/it/scale?dryRun=All", {"spec": {"replicas": 4}}, STRATEGIC_PATCH)
    cluster.patch("deployments/it/scale?dryRun=All", {"spec": {}}, MERGE_PATCH)
    cluster.delete("deployments/it/scale")
    cluster.post("deployments/it/scale", _scale(1))


def test_scaling_is_owned_by_who_scales(cluster: Client) -> None:
    body = deployment("it", paused=True)
    cluster.apply("deployments/it", body, "one")
    _seen(cluster)
    cluster.patch("deployments/it/scale?fieldManager=scaler", {"spec": {"replicas": 3}})
    _seen(cluster)
    cluster.get("deployments/it")
    cluster.apply("deployments/it", body, "one")


def _binding(node: str) -> Json:
    return {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "it"}, "target": {"kind": "Node", "name": node}}


def test_binding(cluster: Client) -> None:
    cluster.post("pods", pod("it", schedulerName="nobody"))
    cluster.post("pods/it/binding", _binding(""))
    cluster.post("pods/missing/binding", {**_binding("n"), "metadata": {"name": "missing"}})
    cluster.post("pods/it/binding?dryRun=All", _binding("n"))
    cluster.post("pods/it/binding", _binding("n"))
    cluster.post("pods/it/binding", _binding("other"))
    bound = cluster.quietly("GET", "pods/it").json
    cluster.note("bound", 200, {"spec": bound["spec"], "managedFields": bound["metadata"]["managedFields"]})
    cluster.quietly("DELETE", "pods/it?gracePeriodSeconds=0")


def _eviction(name: str = "it", **options: object) -> Json:
    body: Json = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    return {**body, "deleteOptions": options} if options else body


def test_eviction(cluster: Client) -> None:
    cluster.quietly("POST", "pods", pod("it", {"app": "it"}, schedulerName="nobody"))
    cluster.post("pods/missing/eviction", _eviction("missing"))
    cluster.post("pods/it/eviction", _eviction("other"))
    cluster.post("pods/it/eviction", {**_eviction(), "kind": "Odd"})
    cluster.post("pods/it/eviction", _eviction(dryRun=["All"]))
    cluster.post("pods/it/eviction?dryRun=All", _eviction())
    cluster.post("pods/it/eviction", _eviction(preconditions={"uid": "other"}))
    budget = obj(
        "policy/v1", "PodDisruptionBudget", "it", spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "it"}}}
    )
    cluster.quietly("POST", "poddisruptionbudgets", budget)
    cluster.until(
        "poddisruptionbudgets/it", lambda found: "observedGeneration" in found.get("status", {}), "it is seen"
    )
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    cluster.quiet_patch("pods/it/status", {"status": ready})
    cluster.until("poddisruptionbudgets/it", lambda found: found["status"]["currentHealthy"] == 1, "the pod is healthy")
    cluster.post("pods/it/eviction", _eviction())
    cluster.quiet_patch("poddisruptionbudgets/it", {"spec": {"minAvailable": 0}})
    cluster.until("poddisruptionbudgets/it", lambda found: found["status"]["disruptionsAllowed"] == 1, "one may go")
    cluster.post("pods/it/eviction", _eviction(gracePeriodSeconds=0))
    cluster.get("pods/it")


LOG_QUERIES = [
    "", "?container=odd", "?tailLines=-1", "?limitBytes=0", "?sinceSeconds=0", "?sinceTime=odd", "?follow=odd",
    "?sinceSeconds=1&sinceTime=2026-01-02T03:04:05Z", "?tailLines=odd", "?previous=true",
]  # fmt: skip


def test_logs_of_what_does_not_run(cluster: Client) -> None:
    cluster.quietly("POST", "pods", pod("it", schedulerName="nobody"))
    for query in LOG_QUERIES:
        cluster.get(f"pods/it/log{query}")
    cluster.get("pods/missing/log")
    cluster.post("pods/it/log", {})


def test_namespace(cluster: Client) -> None:
    path = f"/api/v1/namespaces/{cluster.namespace}"
    cluster.until(
        f"{path}/serviceaccounts/default", lambda found: found["kind"] == "ServiceAccount", "it has an account"
    )
    cluster.get(path)
    cluster.patch(path, {"metadata": {"labels": {"a": "b", "kubernetes.io/metadata.name": "odd"}}})
    cluster.patch(f"{path}/status", {"status": {"phase": "Odd"}})
    cluster.put(f"{path}/finalize", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "odd"}})
    cluster.post("/api/v1/namespaces", {"metadata": {"name": cluster.namespace}})
    cluster.post("/api/v1/namespaces", {"metadata": {"name": "a.b"}})
    cluster.post("/api/v1/namespaces", {"metadata": {"name": "a" * 64}})
    cluster.delete("/api/v1/namespaces/default")
    cluster.delete("/api/v1/namespaces")
    cluster.get(path, accept=TABLE)


def test_a_namespace_goes_with_all_that_is_in_it(cluster: Client) -> None:
    path = f"/api/v1/namespaces/{cluster.namespace}"
    cluster.until("serviceaccounts/default", lambda found: found["kind"] == "ServiceAccount", "it has an account")
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["contract.test/held"]}}
    cluster.quietly("POST", "configmaps", held)
    cluster.quietly("POST", "pods", pod("it", schedulerName="nobody"))
    cluster.quietly("POST", "deployments", deployment("it"))
    marked = cluster.delete(path).json
    assert marked["status"]["phase"] == "Terminating"
    cluster.until("pods/it", lambda found: found.get("code") == 404, "the pod is gone")
    cluster.until(path, lambda found: len(found["status"].get("conditions", ())) == 5, "it says what holds it")
    conditions = cluster.look(path)["status"]["conditions"]
    cluster.note("conditions", 200, sorted(conditions, key=lambda one: one["type"]))
    cluster.post("configmaps", {"metadata": {"name": "late"}})
    cluster.get("configmaps/held")
    cluster.delete(path)
    cluster.patch("configmaps/held", {"metadata": {"finalizers": None}})
    cluster.until(path, lambda found: found.get("code") == 404, "the namespace is gone")
    cluster.get(path)
    cluster.get("configmaps")
