"""Init containers and sidecars: their order, their ends, and what the pod is called meanwhile."""

from tests.contract.pods.watching import STAY, Pods, container, state

SLOW = "sleep 2"


def test_in_their_order(pods: Pods) -> None:
    mount = {"name": "state", "mountPath": "/state"}
    line = "echo {} >> /state/order"
    pods.make(
        container("cat /state/order", volumeMounts=[mount]),
        initContainers=[
            container(line.format("one"), "one", volumeMounts=[mount]),
            container(line.format("two"), "two", volumeMounts=[mount]),
        ],
        volumes=[{"name": "state", "emptyDir": {}}],
        restartPolicy="Never",
    )
    pods.note(pods.over())
    assert pods.log() == "one\ntwo\n"


def test_while_the_first_runs(pods: Pods) -> None:
    pods.make(container(), initContainers=[container("sleep 600", "one"), container("exit 0", "two")])
    pods.note(pods.until(lambda pod: "running" in state(pod, init=True), "the first"))


def test_one_that_fails_for_good(pods: Pods) -> None:
    pods.make(
        container(), initContainers=[container("exit 4", "one"), container("exit 0", "two")], restartPolicy="Never"
    )
    pods.note(pods.over())


def test_one_that_fails_again_and_again(pods: Pods) -> None:
    pods.make(container(), initContainers=[container("exit 4", "one")])
    pods.note(pods.waiting("CrashLoopBackOff", init=True))


def test_after_they_have_ended(pods: Pods) -> None:
    pods.make(container(), initContainers=[container("exit 0", "one")])
    pods.note(pods.ready())


def test_a_sidecar_and_a_job(pods: Pods) -> None:
    sidecar = container(name="side", restartPolicy="Always")
    pods.make(container("sleep 2"), initContainers=[sidecar], restartPolicy="Never")
    pods.note(pods.until(lambda pod: "running" in state(pod), "the job"))
    pods.note(pods.over())


def test_a_sidecar_opens_before_the_others_start(pods: Pods) -> None:
    probe = {"exec": {"command": ["test", "-e", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 60}
    sidecar = container(f"sleep 3; touch /tmp/up; {STAY}", "side", restartPolicy="Always", startupProbe=probe)
    pods.make(container(), initContainers=[sidecar, container("exit 0", "next")])
    pods.note(pods.until(lambda pod: "running" in state(pod, init=True), "the sidecar"))
    pods.note(pods.ready())


def test_a_sidecar_that_ends_is_started_again(pods: Pods) -> None:
    sidecar = container("sleep 2; exit 3", "side", restartPolicy="Always")
    pods.make(container(), initContainers=[sidecar])
    pods.note(
        pods.until(
            lambda pod: (
                (pod.get("status", {}).get("initContainerStatuses") or [{}])[0].get("restartCount") == 1
                and "running" in state(pod, init=True)
            ),
            "its second run",
        )
    )
