"""Whether a container that ended is started again, and when: restart policies, restart rules, back-off. Pure."""

from dataclasses import dataclass

from kecs.embedded.node.container_views import Container, is_sidecar
from kecs.embedded.node.record import ContainerRecord, Run
from kecs.embedded.node.views import Pod


@dataclass(frozen=True, slots=True)
class BackOff:
    """Delays that double: `first` seconds up to `longest`; forgotten after twice the longest without a restart."""

    first: float = 10.0
    longest: float = 300.0

    def delay(self, step: int) -> float:
        """Return the seconds before attempt number `step` of a row (0 is the first repeat, which waits not at all)."""
        return 0.0 if step <= 0 else min(self.first * 2.0 ** min(step - 1, 30), self.longest)


def rule_says(container: Container, exit_code: int) -> bool:
    """Tell whether a restart rule of the container asks for a restart."""
    for rule in container.restartPolicyRules:
        codes = rule.exitCodes
        if rule.action == "Restart" and codes is not None:
            found = exit_code in codes.values
            if found if codes.operator == "In" else not found:
                return True
    return False


def restarts(pod: Pod, container: Container, run: Run, *, init: bool) -> bool:
    """Tell whether a run that has ended is followed by another.

    An init container that succeeded is done, whatever the policy says, unless it is a sidecar.
    """
    if rule_says(container, run.exit_code):
        return True
    if init and not is_sidecar(container) and run.exit_code == 0:
        return False
    policy = container.restartPolicy or pod.spec.restartPolicy
    return policy == "Always" or (policy == "OnFailure" and run.exit_code != 0)


def due(record: ContainerRecord, back_off: BackOff) -> float:
    """Return when a container that ended may be started again."""
    run = record.run
    return 0.0 if run is None else run.finished_at + back_off.delay(record.step)


def next_step(record: ContainerRecord, back_off: BackOff, now: float) -> int:
    """Return the back-off's step once the container is started again: a long quiet time forgets the ones before."""
    run = record.run
    ran_since = run.started_at if run is not None and run.started_at else now
    return 1 if now - ran_since > 2 * back_off.longest else record.step + 1
