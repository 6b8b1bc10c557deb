"""Identifiers that ECS shows and Kubernetes has none for: made from the pod's UID, so that they never change."""

import hashlib
from sys import intern


def task_id(uid: str) -> str:
    """Return the task id of a pod's UID."""
    return intern(uid.replace("-", ""))  # indexes and projections hold one


def pod_uid(task_id: str) -> str:
    """Return the UID of a task's pod: the id with its dashes. Anything that is no task id comes back as it is."""
    if len(task_id) != 32:
        return task_id
    return f"{task_id[:8]}-{task_id[8:12]}-{task_id[12:16]}-{task_id[16:20]}-{task_id[20:]}"


def uuid(uid: str, what: str) -> str:
    """Return a UUID for a part of the task: a container, an attachment."""
    return pod_uid(_digest(uid, what))


def interface_id(uid: str) -> str:
    """Return the id of the task's network interface."""
    return f"eni-{_digest(uid, 'interface')[:17]}"


def mac_address(uid: str) -> str:
    """Return the hardware address of the task's network interface, a locally administered one."""
    digest = _digest(uid, "mac")
    return "0a:" + ":".join(digest[at : at + 2] for at in range(0, 10, 2))


def pick(uid: str, count: int) -> int:
    """Return one of `count` places for the task, always the same."""
    return int(_digest(uid, "place")[:8], 16) % count


def _digest(uid: str, what: str) -> str:
    return hashlib.md5(f"{uid}/{what}".encode(), usedforsecurity=False).hexdigest()
