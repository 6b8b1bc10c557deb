"""How containers end, and what their pods say of it: exit codes and reasons, restarts and their back-off."""

import pytest

from tests.contract.pods.watching import STAY, Pods, container, state


def test_exit_codes(pods: Pods) -> None:
    codes = (0, 1, 3, 137, 143, 255)
    pods.make(*(container(f"exit {code}", f"code-{code}") for code in codes), restartPolicy="Never")
    pods.note(pods.over())


def test_success(pods: Pods) -> None:
    pods.make(container("exit 0", "one"), container("exit 0", "two"), restartPolicy="Never")
    pods.note(pods.over())


def test_one_has_ended_and_the_other_runs(pods: Pods) -> None:
    pods.make(container("exit 1", "first"), container(STAY, "second"), restartPolicy="Never")
    pods.note(pods.until(lambda pod: "terminated" in state(pod) and "running" in state(pod, 1), "one has ended"))


def test_out_of_memory(pods: Pods) -> None:
    limits = {"limits": {"memory": "24Mi"}}
    pods.make(container("x=a; while true; do x=$x$x; done", resources=limits), restartPolicy="Never")
    pods.note(pods.over())


@pytest.mark.parametrize("code", [0, 1])
def test_always_restarted(pods: Pods, code: int) -> None:
    pods.make(container(f"sleep 1; exit {code}"))
    pods.note(pods.restarted())
    pods.note(pods.waiting("CrashLoopBackOff"))


def test_restarted_on_failure_until_it_succeeds(pods: Pods) -> None:
    line = "if [ -e /state/was ]; then exit 0; fi; touch /state/was; exit 1"
    mount = {"name": "state", "mountPath": "/state"}
    pods.make(
        container(line, volumeMounts=[mount]),
        restartPolicy="OnFailure",
        volumes=[{"name": "state", "emptyDir": {}}],
    )
    pods.note(pods.over())


def test_a_command_that_is_not_there_again_and_again(pods: Pods) -> None:
    pods.make(container(["/no/such/program"]))
    pods.note(pods.waiting("CrashLoopBackOff"))


def test_a_deadline(pods: Pods) -> None:
    pods.make(container(), activeDeadlineSeconds=3)
    pods.note(pods.over())


def test_restart_rules(pods: Pods) -> None:
    rule = {"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}
    line = "if [ -e /state/was ]; then exit 1; fi; touch /state/was; exit 42"
    main = container(
        line, restartPolicy="Never", restartPolicyRules=[rule], volumeMounts=[{"name": "state", "mountPath": "/state"}]
    )
    pods.make(main, restartPolicy="Never", volumes=[{"name": "state", "emptyDir": {}}])
    pods.note(pods.over())
