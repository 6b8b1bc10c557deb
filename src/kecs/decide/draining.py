"""The deletion of a service: what comes next until nothing is left of it."""

from typing import Literal

Step = Literal["scale_to_zero", "wait", "remove_workload", "rest", "remove_object", "release"]


def next_step(
    *,
    tasks: int,
    workload: bool,
    replicas: int,
    kubectl: bool,
    inactive_since: float | None,
    retention: float,
    now: float,
) -> Step:
    """Return the next step of a service that is being deleted.

    Its tasks end first (`tasks` not recorded yet, `replicas` that the workload still asks for), then the workload
    goes, then the service is INACTIVE (`rest`) and describable for `retention` seconds. Where the object itself was
    deleted (`kubectl`) it is let go as soon as its tasks have ended.
    """
    if workload and replicas:
        return "scale_to_zero"
    if tasks:
        return "wait"
    if workload:
        return "remove_workload"
    if kubectl:
        return "release"
    if inactive_since is not None and now >= inactive_since + retention:
        return "remove_object"
    return "rest"
