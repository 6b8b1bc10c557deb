"""What the converter has to know of the cluster that it writes for."""

from typing import Literal

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Chosen once, where a backend is chosen.

    `pod_resources`: the server knows resources of a whole pod (Kubernetes 1.34 and later); else a task's CPU and
    memory are spread over its containers. `storage`: "csi" for clusters with the EFS and EBS drivers, "local" keeps
    such volumes in directories below `shared_volumes` and in scratch space. `shared_volumes`: the directory on each
    node that holds volumes shared by tasks. `stop_timeout`: seconds between SIGTERM and SIGKILL where the definition
    names none. `pull_policy`: of every image; "" leaves it to Kubernetes (always for `latest`).
    """

    pod_resources: bool = True
    storage: Literal["csi", "local"] = "local"
    shared_volumes: str = "/var/lib/kecs/volumes"
    stop_timeout: int = 30
    pull_policy: str = "IfNotPresent"


DEFAULT = Options()
