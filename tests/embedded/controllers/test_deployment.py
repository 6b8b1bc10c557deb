"""Deployments through the engine: all controllers run, a node makes pods ready."""

from collections.abc import Callable

from kecs.kube.api import Json
from kecs.kube.resources import DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS
from tests.embedded.controllers.cluster import NS, Cluster, deployment, pod_template

REVISION = "deployment.kubernetes.io/revision"


def available(count: int) -> Callable[[Json], bool]:
    def done(one: Json) -> bool:
        status = one.get("status", {})
        counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
        return counts == {count} and status.get("observedGeneration") == one["metadata"]["generation"]

    return done


def conditions(one: Json) -> dict[str, tuple[str, str]]:
    return {each["type"]: (each["status"], each["reason"]) for each in one["status"].get("conditions", ())}


def image(name: str) -> Json:
    return {"spec": {"template": pod_template(image=name)}}


async def images(cluster: Cluster) -> set[str]:
    pods = await cluster.all(PODS)
    return {one["spec"]["containers"][0]["image"] for one in pods if "deletionTimestamp" not in one["metadata"]}


async def test_a_deployment_becomes_available_and_says_so(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=3))
    found = await cluster.settle(DEPLOYMENTS, "web", available(3))
    found = await cluster.settle(
        DEPLOYMENTS, "web", lambda one: conditions(one).get("Progressing") == ("True", "NewReplicaSetAvailable")
    )
    assert conditions(found)["Available"] == ("True", "MinimumReplicasAvailable")
    assert "unavailableReplicas" not in found["status"]
    assert found["metadata"]["annotations"][REVISION] == "1"
    assert found["metadata"]["generation"] == 1  # the revision is noted by the way of the status
    (owned,) = await cluster.all(REPLICA_SETS)
    assert owned["metadata"]["ownerReferences"][0]["uid"] == found["metadata"]["uid"]
    digest = owned["metadata"]["labels"]["pod-template-hash"]
    assert owned["metadata"]["name"] == f"web-{digest}"
    assert owned["spec"]["selector"] == {"matchLabels": {"app": "web", "pod-template-hash": digest}}
    for pod in await cluster.all(PODS):
        assert pod["metadata"]["labels"] == {"app": "web", "pod-template-hash": digest}
        assert pod["metadata"]["generateName"] == f"web-{digest}-"

    async def told() -> bool:
        seen = {(one["reason"], one["message"]) for one in await cluster.all(EVENTS)}
        return ("ScalingReplicaSet", f"Scaled up replica set web-{digest} from 0 to 3") in seen

    await cluster.until(told)


async def test_an_update_rolls_and_undo_renumbers(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=3, image="image:1"))
    await cluster.settle(DEPLOYMENTS, "web", available(3))
    await cluster.patch(DEPLOYMENTS, "web", image("image:2"))
    await cluster.settle(DEPLOYMENTS, "web", available(3))
    assert await images(cluster) == {"image:2"}
    sets = {one["metadata"]["annotations"][REVISION]: one for one in await cluster.all(REPLICA_SETS)}
    assert {number: one["spec"]["replicas"] for number, one in sets.items()} == {"1": 0, "2": 3}
    # kubectl rollout undo writes the old template back.
    await cluster.patch(DEPLOYMENTS, "web", image("image:1"))
    found = await cluster.settle(DEPLOYMENTS, "web", available(3))
    assert found["metadata"]["annotations"][REVISION] == "3"
    assert {one["metadata"]["annotations"][REVISION] for one in await cluster.all(REPLICA_SETS)} == {"2", "3"}
    assert await images(cluster) == {"image:1"}


async def test_what_does_not_start_never_replaces_what_runs(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=4, progressDeadlineSeconds=1))
    await cluster.settle(DEPLOYMENTS, "web", available(4))
    cluster.starting = False
    await cluster.patch(DEPLOYMENTS, "web", image("broken"))
    late = ("False", "ProgressDeadlineExceeded")
    found = await cluster.settle(DEPLOYMENTS, "web", lambda one: conditions(one).get("Progressing") == late)
    assert found["status"]["availableReplicas"] == 3
    assert found["status"]["replicas"] == 5


async def test_scaling_changes_no_revision(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=2))
    await cluster.settle(DEPLOYMENTS, "web", available(2))
    for count in (5, 0, 3):
        await cluster.patch(DEPLOYMENTS, "web", {"spec": {"replicas": count}})
        found = await cluster.settle(DEPLOYMENTS, "web", available(count))
        assert found["metadata"]["annotations"][REVISION] == "1"
    assert len(await cluster.all(REPLICA_SETS)) == 1


async def test_recreate_never_mixes(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=2, strategy={"type": "Recreate"}))
    await cluster.settle(DEPLOYMENTS, "web", available(2))
    await cluster.patch(DEPLOYMENTS, "web", image("image:2"))
    mixed = []

    async def done() -> bool:
        pods = await cluster.all(PODS)
        mixed.append(len({one["spec"]["containers"][0]["image"] for one in pods}) > 1)
        return available(2)(await cluster.get(DEPLOYMENTS, "web"))

    await cluster.until(done)
    assert not any(mixed)
    assert await images(cluster) == {"image:2"}


async def test_paused_ones_wait_but_scale(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=2))
    await cluster.settle(DEPLOYMENTS, "web", available(2))
    await cluster.patch(DEPLOYMENTS, "web", {"spec": {**image("image:2")["spec"], "paused": True, "replicas": 3}})
    await cluster.settle(DEPLOYMENTS, "web", lambda one: one["status"].get("availableReplicas") == 3)
    found = await cluster.settle(
        DEPLOYMENTS, "web", lambda one: conditions(one).get("Progressing") == ("Unknown", "DeploymentPaused")
    )
    assert await images(cluster) == {"image:1"}
    assert found["metadata"]["annotations"][REVISION] == "1"
    await cluster.patch(DEPLOYMENTS, "web", {"spec": {"paused": False}})
    await cluster.settle(DEPLOYMENTS, "web", available(3))
    assert await images(cluster) == {"image:2"}


async def test_history_is_cut_to_its_limit(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=1, revisionHistoryLimit=1))
    for number in range(1, 5):
        await cluster.patch(DEPLOYMENTS, "web", image(f"image:{number}"))
        await cluster.settle(DEPLOYMENTS, "web", available(1))

    async def cut() -> bool:
        return {one["metadata"]["annotations"][REVISION] for one in await cluster.all(REPLICA_SETS)} == {"3", "4"}

    await cluster.until(cut)


async def test_a_failed_pod_is_replaced_at_once_and_a_deleted_one_too(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=2))
    await cluster.settle(DEPLOYMENTS, "web", available(2))
    first, second = await cluster.all(PODS)
    await cluster.patch(PODS, first["metadata"]["name"], {"status": {"phase": "Failed"}}, subresource="status")
    await cluster.engine.delete(PODS, NS, second["metadata"]["name"])

    async def replaced() -> bool:
        pods = await cluster.all(PODS)
        names = {one["metadata"]["name"] for one in pods if one["status"]["phase"] == "Running"}
        return len(names) == 2 and second["metadata"]["name"] not in names

    await cluster.until(replaced)
    await cluster.settle(DEPLOYMENTS, "web", available(2))


async def test_a_hash_that_is_taken_is_counted_around(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=1))
    await cluster.settle(DEPLOYMENTS, "web", available(1))
    (mine,) = await cluster.all(REPLICA_SETS)
    name = mine["metadata"]["name"]
    await cluster.engine.delete(DEPLOYMENTS, NS, "web")

    async def gone() -> bool:
        return not await cluster.all(REPLICA_SETS)

    await cluster.until(gone)
    stranger: Json = {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": "x"}}, "replicas": 0}}
    stranger["spec"]["template"] = pod_template(app="x")
    await cluster.create(REPLICA_SETS, stranger)
    await cluster.create(DEPLOYMENTS, deployment(replicas=1))
    found = await cluster.settle(DEPLOYMENTS, "web", available(1))
    assert found["status"]["collisionCount"] == 1


async def test_orphans_that_match_are_adopted_and_strangers_released(cluster: Cluster) -> None:
    loose = {
        "metadata": {"name": "loose", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "a", "image": "b"}]},
    }
    await cluster.create(PODS, loose)
    template = pod_template()
    whole = {"metadata": {"name": "set"}, "spec": {"replicas": 2, "template": template}}
    whole["spec"]["selector"] = {"matchLabels": {"app": "web"}}  # type: ignore[index]
    made = await cluster.create(REPLICA_SETS, whole)

    async def two() -> bool:
        pods = await cluster.all(PODS, "app=web")
        return len(pods) == 2 and all(
            one["metadata"].get("ownerReferences", [{}])[0].get("uid") == made["metadata"]["uid"] for one in pods
        )

    await cluster.until(two)
    await cluster.patch(PODS, "loose", {"metadata": {"labels": {"app": "debug"}}})
    await cluster.until(two)
    await cluster.settle(PODS, "loose", lambda one: "ownerReferences" not in one["metadata"])
