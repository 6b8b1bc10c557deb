"""Daemon sets through the engine."""

from kecs.kube.api import Json
from kecs.kube.resources import CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS
from tests.embedded.controllers.cluster import Cluster, pod_template


def daemon_set(image: str = "image:1") -> Json:
    template = pod_template(app="agent", image=image)
    return {
        "metadata": {"name": "agent"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template, "revisionHistoryLimit": 1},
    }


async def on(cluster: Cluster, image: str, *nodes: str) -> None:
    """Wait until exactly these nodes run the image."""

    async def there() -> bool:
        pods = await cluster.all(PODS)
        found = sorted((one["spec"].get("nodeName", ""), one["spec"]["containers"][0]["image"]) for one in pods)
        return found == [(name, image) for name in sorted(nodes)] and all(
            one["status"]["phase"] == "Running" for one in pods
        )

    await cluster.until(there)


async def test_one_pod_a_node_whatever_comes_and_goes(cluster: Cluster) -> None:
    await cluster.create(DAEMON_SETS, daemon_set())
    await on(cluster, "image:1", "node")
    await cluster.node("second")
    await on(cluster, "image:1", "node", "second")
    found = await cluster.settle(DAEMON_SETS, "agent", lambda one: one["status"].get("numberAvailable") == 2)
    assert found["status"]["desiredNumberScheduled"] == found["status"]["updatedNumberScheduled"] == 2
    assert found["status"]["numberMisscheduled"] == 0
    assert "numberUnavailable" not in found["status"]
    await cluster.engine.delete(NODES, None, "second")
    await on(cluster, "image:1", "node")


async def test_updates_roll_and_old_templates_come_back_as_new_revisions(cluster: Cluster) -> None:
    await cluster.node("second")
    await cluster.create(DAEMON_SETS, daemon_set())
    await on(cluster, "image:1", "node", "second")
    for image in ("image:2", "image:1"):
        await cluster.patch(DAEMON_SETS, "agent", {"spec": {"template": pod_template(app="agent", image=image)}})
        await on(cluster, image, "node", "second")

    async def two() -> bool:
        revisions = await cluster.all(CONTROLLER_REVISIONS)
        return {
            one["revision"]: one["data"]["spec"]["template"]["spec"]["containers"][0]["image"] for one in revisions
        } == {2: "image:2", 3: "image:1"}

    await cluster.until(two)
    (data,) = {one["data"]["spec"]["template"]["$patch"] for one in await cluster.all(CONTROLLER_REVISIONS)}
    assert data == "replace"  # what kubectl rollout undo sends back
