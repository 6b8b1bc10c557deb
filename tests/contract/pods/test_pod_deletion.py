"""The end that somebody asks for: grace, hooks, signals, and what is left for those who hold the pod."""

from typing import Any

import pytest

from tests.contract.pods.watching import STAY, Pods, container

Json = dict[str, Any]

HELD = {"finalizers": ["kecs.test/hold"]}
STUBBORN = "trap '' TERM; echo up; while true; do sleep 0.2; done"


def _ended(pods: Pods, *, without: str = "") -> None:
    """Wait for the end of a pod that is held, note it, and let the pod go."""
    pods.note(pods.over(), without=without)
    pods.client.quietly(
        "PATCH", "pods/it", {"metadata": {"finalizers": None}}, **{"content-type": "application/merge-patch+json"}
    )
    pods.gone()


def test_it_ends_when_told(pods: Pods) -> None:
    pods.make(container("trap 'exit 7' TERM; echo up; sleep 1000 & wait"), metadata=HELD)
    pods.logged("up")
    pods.delete()
    _ended(pods)


def test_it_ends_well_when_told(pods: Pods) -> None:
    pods.make(container("trap 'exit 0' TERM; echo up; sleep 1000 & wait"), metadata=HELD)
    pods.logged("up")
    pods.delete()
    _ended(pods)


def test_it_is_killed_when_its_grace_is_over(pods: Pods) -> None:
    pods.make(container(STUBBORN), metadata=HELD)
    pods.logged("up")
    pods.delete()
    _ended(pods)


def test_without_grace_it_is_gone_at_once(pods: Pods) -> None:
    pods.make(container(STUBBORN))
    pods.ready()
    pods.delete(gracePeriodSeconds=0)
    pods.gone()


def test_before_it_has_a_node(pods: Pods) -> None:
    pods.make(container(), nodeSelector={"kecs.test/none": "here"})
    pods.delete()
    pods.gone()


def test_while_its_image_is_missing(pods: Pods) -> None:
    pods.make({**container(), "image": "kecs.invalid/none:1"}, metadata=HELD)
    pods.waiting("ImagePullBackOff")
    pods.delete()
    _ended(pods)


def test_while_it_waits_to_be_started_again(pods: Pods) -> None:
    pods.make(container("exit 3"), metadata=HELD)
    pods.waiting("CrashLoopBackOff")
    pods.delete()
    _ended(pods, without="restartCount")


def test_while_its_init_part_runs(pods: Pods) -> None:
    first = container("trap 'exit 143' TERM; echo up; sleep 1000 & wait", "first")
    pods.make(container(), initContainers=[first], metadata=HELD)
    pods.logged("up", container="first")
    pods.delete()
    _ended(pods)


def test_sidecars_end_after_the_others(pods: Pods) -> None:
    mount = {"name": "state", "mountPath": "/state"}
    line = "trap 'echo {0} >> /state/order; exit 0' TERM; echo up; sleep 1000 & wait"
    last = "trap 'echo {0} >> /state/order; cat /state/order; exit 0' TERM; echo up; sleep 1000 & wait"
    pods.make(
        container(line.format("main"), volumeMounts=[mount]),
        initContainers=[
            container(last.format("one"), "one", volumeMounts=[mount], restartPolicy="Always"),
            container(line.format("two"), "two", volumeMounts=[mount], restartPolicy="Always"),
        ],
        volumes=[{"name": "state", "emptyDir": {}}],
        terminationGracePeriodSeconds=30,
        metadata=HELD,
    )
    for each in ("one", "two", "main"):
        pods.logged("up", container=each)
    pods.delete()
    assert pods.logged("one", container="one") == "up\nmain\ntwo\none\n"
    _ended(pods)


def test_its_stop_hook_goes_first(pods: Pods) -> None:
    hook = {"preStop": {"exec": {"command": ["sh", "-c", "echo stopping > /proc/1/fd/1; sleep 1"]}}}
    line = "trap 'echo bye; exit 0' TERM; echo up; sleep 1000 & wait"
    pods.make(container(line, lifecycle=hook), metadata=HELD, terminationGracePeriodSeconds=20)
    pods.logged("up")
    pods.delete()
    assert pods.logged("bye") == "up\nstopping\nbye\n"
    _ended(pods)


def test_its_stop_hook_takes_all_the_grace(pods: Pods) -> None:
    hook = {"preStop": {"exec": {"command": ["sleep", "60"]}}}
    line = "trap 'echo bye; exit 0' TERM; echo up; sleep 1000 & wait"
    pods.make(container(line, lifecycle=hook), metadata=HELD)
    pods.logged("up")
    pods.delete()
    assert pods.logged("bye") == "up\nbye\n"
    _ended(pods)


def test_its_start_hook_fails(pods: Pods) -> None:
    hook = {"postStart": {"exec": {"command": ["false"]}}}
    pods.make(container(STAY, lifecycle=hook), restartPolicy="Never")
    pods.note(pods.over())


@pytest.mark.parametrize("grace", [None, 0])
def test_it_is_evicted(pods: Pods, grace: int | None) -> None:
    pods.make(container("trap 'exit 7' TERM; echo up; sleep 1000 & wait"), metadata=HELD)
    pods.logged("up")
    options = {} if grace is None else {"deleteOptions": {"gracePeriodSeconds": grace}}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "it"}, **options}
    assert pods.client.quietly("POST", "pods/it/eviction", eviction).status == 201
    if grace is None:
        _ended(pods)
