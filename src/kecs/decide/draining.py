"""The deletion of a service: what comes next until nothing is left of it."""

from typing import Literal

Step = Literal["scale_to_zero", "wait", "remove_workload", "record"]


def next_step(*, tasks: int, workload: bool, replicas: int) -> Step:
    """Return the next step of a service that is being deleted, whoever deletes it.

    Its tasks end first (`tasks` not recorded yet, `replicas` that the workload still asks for), then the workload
    goes, and then a record takes the place of the service, so that its name is free.
    """
    if workload and replicas:
        return "scale_to_zero"
    if tasks:
        return "wait"
    return "remove_workload" if workload else "record"
