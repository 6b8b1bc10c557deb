"""What a pod's containers do and what its status says, over both engines."""

import asyncio

from tests.embedded.node.cluster import RUN, Cluster, container, state


async def test_a_bound_pod_runs_ends_and_goes(cluster: Cluster) -> None:
    await cluster.pod("web")
    pod = await cluster.phase("web", "Running")
    status = pod["status"]
    assert status["podIP"]
    assert status["containerStatuses"][0]["ready"]
    assert {each["type"]: each["status"] for each in status["conditions"]} == {
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
        "PodScheduled": "True",
    }
    assert len(await cluster.containers_of("web")) == 2
    await cluster.delete("web")
    await cluster.gone("web")


async def test_exit_codes_are_told(cluster: Cluster) -> None:
    await cluster.pod("good", container("echo done"), restartPolicy="Never")
    await cluster.pod("bad", container("exit 3"), restartPolicy="Never")
    good, bad = await cluster.phase("good", "Succeeded"), await cluster.phase("bad", "Failed")
    assert state(good["status"])["terminated"]["reason"] == "Completed"
    assert state(bad["status"])["terminated"]["exitCode"] == 3
    assert state(bad["status"])["terminated"]["reason"] == "Error"
    assert await cluster.logged("good", "done") == "done\n"


async def test_a_container_that_ends_is_started_again_with_growing_delays(cluster: Cluster) -> None:
    await cluster.pod("again", container("exit 2"))
    waiting = await cluster.waiting("again", "CrashLoopBackOff")
    assert "restarting failed container=main pod=again_default(" in waiting["message"]
    status = await cluster.status("again", lambda status: status["containerStatuses"][0]["restartCount"] >= 2)
    assert status["phase"] == "Running"
    assert status["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 2
    assert len(await cluster.containers_of("again")) <= 3  # the sandbox, a run, and the one before it
    await cluster.delete("again")
    await cluster.gone("again")


async def test_init_containers_run_one_after_the_other(cluster: Cluster) -> None:
    inits = [container("echo one", "one"), container("echo two", "two")]
    await cluster.pod("ready", container(RUN), initContainers=inits)
    pod = await cluster.phase("ready", "Running")
    ended = [each["state"]["terminated"] for each in pod["status"]["initContainerStatuses"]]
    assert [each["exitCode"] for each in ended] == [0, 0]
    assert ended[0]["finishedAt"] <= ended[1]["startedAt"]


async def test_a_failed_init_container_fails_a_pod_that_never_restarts(cluster: Cluster) -> None:
    await cluster.pod("stuck", container(RUN), initContainers=[container("exit 4", "prepare")], restartPolicy="Never")
    pod = await cluster.phase("stuck", "Failed")
    assert state(pod["status"])["waiting"]["reason"] == "PodInitializing"
    assert pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 4


async def test_a_container_policy_of_its_own(cluster: Cluster) -> None:
    """A container that must not restart stays ended beside one that runs on."""
    once = container("exit 0", "once", restartPolicy="Never")
    await cluster.pod("pair", container(RUN), once)
    status = await cluster.status("pair", lambda status: "terminated" in state(status, 1))
    assert status["phase"] == "Running"
    await asyncio.sleep(0.3)
    status = (await cluster.get("pair"))["status"]
    assert [each["restartCount"] for each in status["containerStatuses"]] == [0, 0]
    assert {each["type"]: each["status"] for each in status["conditions"]}["Ready"] == "False"


async def test_restart_rules_name_exit_codes(cluster: Cluster) -> None:
    rules = [{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [7]}}]
    await cluster.pod("rule", container("exit 7", restartPolicy="Never", restartPolicyRules=rules))
    await cluster.phase("rule", "Failed")
    await cluster.pod("other", container("exit 8", restartPolicy="Never", restartPolicyRules=rules))
    await cluster.status("other", lambda status: status["containerStatuses"][0]["restartCount"] >= 1)


async def test_a_pull_that_fails_backs_off(cluster: Cluster) -> None:
    await cluster.pod("nowhere", container(name="main") | {"image": "registry.invalid/none:1"})
    waiting = await cluster.waiting("nowhere", "ImagePullBackOff")
    assert waiting["message"].startswith('Back-off pulling image "registry.invalid/none:1": ErrImagePull: ')
    assert await cluster.event("nowhere", "Failed")
    assert (await cluster.get("nowhere"))["status"]["phase"] == "Pending"
    await cluster.delete("nowhere")
    await cluster.gone("nowhere")


async def test_an_image_that_must_be_there(cluster: Cluster) -> None:
    image = {"image": "registry.invalid/none:1", "imagePullPolicy": "Never"}
    await cluster.pod("never", container() | image)
    waiting = await cluster.waiting("never", "ErrImageNeverPull")
    assert waiting["message"] == 'Container image "registry.invalid/none:1" is not present with pull policy of Never'


async def test_the_grace_of_a_deletion_can_be_shortened(cluster: Cluster) -> None:
    stubborn = {"annotations": {"simulation.kecs.io/main": '{"ignoresTerm": true}'}}
    await cluster.pod("stubborn", container("trap '' TERM; while true; do sleep 1; done"), metadata=stubborn)
    await cluster.phase("stubborn", "Running")
    began = asyncio.get_running_loop().time()
    await cluster.delete("stubborn", grace_seconds=60)
    await cluster.event("stubborn", "Killing") if not cluster.containers.simulated else None
    await cluster.delete("stubborn", grace_seconds=1)
    await cluster.gone("stubborn")
    assert asyncio.get_running_loop().time() - began < 15


async def test_a_restarted_node_adopts_what_runs(cluster: Cluster) -> None:
    await cluster.pod("stays", container(RUN))
    await cluster.pod("ends", container("sleep 1.5; exit 5"), restartPolicy="Never")
    before = [(await cluster.phase(name, "Running"))["status"] for name in ("stays", "ends")]
    await cluster.stop_node()
    await cluster.start_node()
    ended = (await cluster.phase("ends", "Failed"))["status"]
    assert state(ended)["terminated"]["exitCode"] == 5
    after = (await cluster.get("stays"))["status"]
    assert after["containerStatuses"] == before[0]["containerStatuses"]
    assert after["podIP"] == before[0]["podIP"]
    assert len(await cluster.containers_of("stays")) == 2


async def test_what_no_pod_claims_is_removed_at_the_start(cluster: Cluster) -> None:
    await cluster.pod("left", container(RUN))
    await cluster.phase("left", "Running")
    await cluster.stop_node()
    await cluster.delete("left", grace_seconds=0)
    assert cluster.containers.simulated or await cluster.containers_of("left")
    await cluster.start_node()
    await cluster.gone("left")


async def test_a_pod_deleted_while_the_node_was_away_is_ended(cluster: Cluster) -> None:
    await cluster.pod("late", container(RUN))
    await cluster.phase("late", "Running")
    await cluster.stop_node()
    await cluster.delete("late")
    await cluster.start_node()
    await cluster.gone("late")


async def test_a_finalizer_holds_the_pod_with_its_last_status(cluster: Cluster) -> None:
    from kecs.kube.resources import PODS

    await cluster.pod("held", container(RUN), metadata={"finalizers": ["example.com/hold"]})
    await cluster.phase("held", "Running")
    await cluster.delete("held")
    pod = await cluster.phase("held", "Failed")
    assert state(pod["status"])["terminated"]["exitCode"] in (137, 143)
    patch = {"metadata": {"finalizers": None}}
    await cluster.api.patch(PODS, "default", "held", patch, type="merge", manager="test")
    await cluster.gone("held")


async def test_sidecars_start_first_and_end_last(cluster: Cluster) -> None:
    sidecar = container("trap 'echo bye; exit 0' TERM; sleep 1000 & wait", "proxy", restartPolicy="Always")
    await cluster.pod("job", container("sleep 0.3"), initContainers=[sidecar], restartPolicy="Never")
    pod = await cluster.phase("job", "Running")
    assert pod["status"]["initContainerStatuses"][0]["state"].get("running")
    pod = await cluster.phase("job", "Succeeded")
    proxy = pod["status"]["initContainerStatuses"][0]["state"]["terminated"]
    assert proxy["finishedAt"] >= state(pod["status"])["terminated"]["finishedAt"]


async def test_an_active_deadline_ends_the_pod(cluster: Cluster) -> None:
    await cluster.pod("slow", container(RUN), activeDeadlineSeconds=1)
    pod = await cluster.phase("slow", "Failed")
    assert pod["status"]["reason"] == "DeadlineExceeded"


async def test_a_missing_secret_is_waited_for(cluster: Cluster) -> None:
    from kecs.kube.resources import SECRETS

    env = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "later", "key": "key"}}}]
    await cluster.pod("needs", container(RUN, env=env))
    waiting = await cluster.waiting("needs", "CreateContainerConfigError")
    assert waiting["message"] == 'secret "later" not found'
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "later"}, "data": {"key": "dmFsdWU="}}
    await cluster.api.create(SECRETS, "default", secret, manager="test")
    await cluster.phase("needs", "Running")


async def test_termination_messages(cluster: Cluster) -> None:
    await cluster.pod("spoke", container("echo because > /dev/termination-log; exit 3"), restartPolicy="Never")
    ended = state((await cluster.phase("spoke", "Failed"))["status"])["terminated"]
    assert (ended["exitCode"], ended["message"]) == (3, "because\n")

    silent = container("echo to the log; exit 1", terminationMessagePolicy="FallbackToLogsOnError")
    await cluster.pod("fallback", silent, restartPolicy="Never")
    ended = state((await cluster.phase("fallback", "Failed"))["status"])["terminated"]
    assert ended["message"] == "to the log\n"

    well = container("echo to the log", terminationMessagePolicy="FallbackToLogsOnError")
    await cluster.pod("well", well, restartPolicy="Never")
    assert "message" not in state((await cluster.phase("well", "Succeeded"))["status"])["terminated"]


async def test_each_run_has_a_termination_message_of_its_own(cluster: Cluster) -> None:
    line = "echo once > /dev/termination-log; sleep 0.2; exit 1"
    await cluster.pod("again", container(line))
    status = await cluster.status("again", lambda status: status["containerStatuses"][0]["restartCount"] >= 2)
    last = status["containerStatuses"][0]["lastState"]["terminated"]
    assert last["message"] == "once\n"
