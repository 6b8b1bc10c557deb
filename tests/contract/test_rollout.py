"""Deployments roll out step by step, within their bounds, and DaemonSets one node after the other.

Pods run on a simulated node on the one side, on a real one on the other.
"""

from collections.abc import Iterator
from math import ceil, floor

import pytest

from tests.contract.backends import Backend
from tests.contract.client import Client
from tests.contract.make import Json, deployment, obj, template
from tests.rig import Cluster

_SLEEP = {"name": "main", "image": "kecs.local/busybox:1", "command": ["sleep", "3600"]}
_PATH = "deployments/it"
_SETS = "replicasets?labelSelector=app%3Dit"
_SECONDS = 90.0


@pytest.fixture(scope="module")
def kubernetes_backend(kubernetes_node: Cluster) -> Backend:
    """A real cluster with a real node."""
    return Backend("kubernetes", kubernetes_node.kubeconfig)


def _deployment(replicas: int, **spec: object) -> Json:
    body = deployment("it", replicas)
    body["spec"] |= {"template": _template("one"), **spec}
    return body


def _template(value: str) -> Json:
    return template("it", containers=[{**_SLEEP, "env": [{"name": "A", "value": value}]}])


def _change(cluster: Client, value: str) -> None:
    changed = cluster.quiet_patch(_PATH, {"spec": {"template": {"spec": _template(value)["spec"]}}})
    assert changed.status == 200, changed.json


def _complete(found: Json) -> bool:
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    counts = [status.get(f"{kind}eplicas", 0) for kind in ("r", "updatedR", "availableR")]
    return counts == [wanted] * 3 and _seen(found)


def _seen(found: Json) -> bool:
    return bool(found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"])


def _rolled_out(cluster: Client) -> None:
    cluster.until(_PATH, _complete, "the Deployment is rolled out", _SECONDS)


def _reason(found: Json) -> str:
    conditions = found.get("status", {}).get("conditions", ())
    return next((str(one["reason"]) for one in conditions if one["type"] == "Progressing"), "")


def _sets(cluster: Client) -> dict[str, int]:
    """Return how many pods each ReplicaSet is to have, by revision."""
    found = cluster.look(_SETS)["items"]
    key = "deployment.kubernetes.io/revision"
    return {one["metadata"]["annotations"][key]: one["spec"]["replicas"] for one in found}


def _steps(cluster: Client, version: str) -> Iterator[Json]:
    """Yield the statuses of the Deployment after a version, up to the one that is complete."""
    with cluster.watch(f"deployments?fieldSelector=metadata.name%3Dit&resourceVersion={version}") as watch:
        while True:
            (event,) = watch.take()
            if _seen(event["object"]):
                yield event["object"]["status"]
            if _complete(event["object"]):
                return


def _asked_for(cluster: Client, version: str, wanted: dict[str, int]) -> Iterator[int]:
    """Yield for how many pods all ReplicaSets asked together, from how it was at a version until now."""
    now = {one["metadata"]["name"]: _version(one) for one in cluster.look(_SETS)["items"]}
    seen = dict.fromkeys(now, 0)
    with cluster.watch(f"{_SETS}&resourceVersion={version}") as watch:
        while any(seen[name] < last for name, last in now.items()):
            (event,) = watch.take()
            found = event["object"]
            seen[found["metadata"]["name"]] = _version(found)
            wanted[found["metadata"]["name"]] = found["spec"]["replicas"]
            yield sum(wanted.values())


def _version(found: Json) -> int:
    return int(found["metadata"]["resourceVersion"])


def _count(value: int | str, replicas: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    exact = replicas * int(value.rstrip("%")) / 100
    return ceil(exact) if up else floor(exact)


@pytest.mark.parametrize(("surge", "unavailable"), [(1, 0), (0, 2), ("25%", "25%")])
def test_bounds(cluster: Client, surge: int | str, unavailable: int | str) -> None:
    """Never is it asked for more pods than wanted and surging, nor are fewer available than wanted less those allowed.

    A count of pods that are there may be higher for a moment: of those that are asked to go, some still are.
    """
    replicas = 4
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    cluster.quietly("POST", "deployments", _deployment(replicas, strategy=rolling))
    _rolled_out(cluster)
    version = cluster.look(_PATH)["metadata"]["resourceVersion"]
    wanted = {one["metadata"]["name"]: one["spec"]["replicas"] for one in cluster.look(_SETS)["items"]}
    _change(cluster, "two")
    steps = list(_steps(cluster, version))
    most, least = replicas + _count(surge, replicas, up=True), replicas - _count(unavailable, replicas, up=False)
    assert max(_asked_for(cluster, version, wanted)) == most
    assert min(step.get("availableReplicas", 0) for step in steps) >= least
    assert all(step.get("unavailableReplicas", 0) <= most - least for step in steps)
    updated = [step.get("updatedReplicas", 0) for step in steps]
    assert updated[-1] == replicas
    assert sorted(updated) == updated
    assert _sets(cluster) == {"1": 0, "2": replicas}
    cluster.notes.clear()  # which steps there are depends on who is faster


def test_recreate(cluster: Client) -> None:
    """The new pods come when the old ones are gone."""
    cluster.quietly("POST", "deployments", _deployment(2, strategy={"type": "Recreate"}))
    _rolled_out(cluster)
    found = cluster.look("pods?labelSelector=app%3Dit")
    old = {one["metadata"]["name"] for one in found["items"]}
    with cluster.watch(f"pods?labelSelector=app&resourceVersion={found['metadata']['resourceVersion']}") as watch:
        _change(cluster, "two")
        left = set(old)
        while (event := watch.take()[0])["type"] != "ADDED":
            if event["type"] == "DELETED":
                left.remove(event["object"]["metadata"]["name"])
    assert not left
    _rolled_out(cluster)
    cluster.notes.clear()


def test_what_is_left(cluster: Client) -> None:
    """The Deployment and its ReplicaSets, after a rollout and after an undo."""
    cluster.quietly("POST", "deployments", _deployment(1))
    _rolled_out(cluster)
    cluster.until(_PATH, lambda found: _reason(found) == "NewReplicaSetAvailable", "it says so")
    cluster.get("replicasets?labelSelector=app%3Dit")
    cluster.get(_PATH)
    _change(cluster, "two")
    _rolled_out(cluster)
    assert _sets(cluster) == {"1": 0, "2": 1}
    _change(cluster, "one")
    _rolled_out(cluster)
    assert _sets(cluster) == {"2": 0, "3": 1}
    status = cluster.look(_PATH)["status"]
    cluster.note("status", 200, {key: value for key, value in status.items() if key != "conditions"})


def test_pause(cluster: Client) -> None:
    """A paused Deployment scales and does not roll out; changes made meanwhile come at once with the end of it."""
    cluster.quietly("POST", "deployments", _deployment(1))
    _rolled_out(cluster)
    cluster.quiet_patch(_PATH, {"spec": {"paused": True}})
    _change(cluster, "two")
    _change(cluster, "three")
    cluster.quiet_patch(_PATH, {"spec": {"replicas": 2}})
    cluster.until(_PATH, lambda found: found["status"].get("availableReplicas") == 2, "it has scaled", _SECONDS)
    assert _sets(cluster) == {"1": 2}
    assert _reason(cluster.look(_PATH)) == "DeploymentPaused"
    cluster.quiet_patch(_PATH, {"spec": {"paused": False}})
    _rolled_out(cluster)
    assert _sets(cluster) == {"1": 0, "2": 2}


def test_progress_deadline(cluster: Client) -> None:
    cluster.quietly("POST", "deployments", _deployment(1, progressDeadlineSeconds=2))
    _rolled_out(cluster)
    cluster.quiet_patch(_PATH, {"spec": {"template": {"spec": {"nodeSelector": {"no": "node"}}}}})
    cluster.until(_PATH, lambda found: _reason(found) == "ProgressDeadlineExceeded", "it is too late", _SECONDS)
    status = cluster.look(_PATH)["status"]
    assert status["availableReplicas"] == 1
    cluster.note("status", 200, {key: value for key, value in status.items() if key != "conditions"})
    cluster.quiet_patch(_PATH, {"spec": {"template": {"spec": {"nodeSelector": None}}}})
    _rolled_out(cluster)


def test_history_limit(cluster: Client) -> None:
    cluster.quietly("POST", "deployments", _deployment(0, revisionHistoryLimit=1))
    for value in ("two", "three", "four"):
        _rolled_out(cluster)
        _change(cluster, value)
    _rolled_out(cluster)
    cluster.until("replicasets", lambda found: len(found["items"]) == 2, "the older ones are gone")
    assert _sets(cluster) == {"3": 0, "4": 0}


def test_daemon_set(cluster: Client) -> None:
    spec = {"selector": {"matchLabels": {"app": "it"}}, "template": _template("one")}
    cluster.quietly("POST", "daemonsets", obj("apps/v1", "DaemonSet", "it", {"app": "it"}, spec=spec))
    _on_all_nodes(cluster)
    cluster.quiet_patch("daemonsets/it", {"spec": {"template": {"spec": _template("two")["spec"]}}})
    _on_all_nodes(cluster)
    found = cluster.look("daemonsets/it")
    cluster.note("status", 200, found["status"])
    revisions = cluster.look("controllerrevisions?labelSelector=app%3Dit")["items"]
    assert sorted(one["revision"] for one in revisions) == [1, 2]


def _on_all_nodes(cluster: Client) -> None:
    def complete(found: Json) -> bool:
        status = found.get("status", {})
        wanted, seen = status.get("desiredNumberScheduled", 0), status.get("observedGeneration", 0)
        counts = {status.get("updatedNumberScheduled"), status.get("numberAvailable"), wanted}
        return bool(wanted and len(counts) == 1 and seen == found["metadata"]["generation"])

    cluster.until("daemonsets/it", complete, "the pods run on all nodes", _SECONDS)
