"""The settings of a kecs process: read by `kecs.cli`, used by `kecs.compose`, and known to nobody else."""

from typing import Literal

import msgspec

import kecs
from kecs.model.scope import DEFAULT_ACCOUNT, DEFAULT_REGION

Engine = Literal["auto", "docker", "simulated"]
Capacity = Literal["ample", "machine"]
Storage = Literal["local", "csi"]
Sync = Literal["normal", "full"]
LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
Overlay = Literal["dev", "staging", "production"]


class Settings(msgspec.Struct, frozen=True):
    """Everything that can be set. Times are seconds; addresses are `HOST:PORT`, where port 0 takes a free one.

    The meaning of each is the help text of its flag in `kecs.cli.flags`.
    """

    listen: str = "127.0.0.1:4566"
    kubernetes_listen: str = "127.0.0.1:4567"
    metrics_listen: str = ""
    data: str = ".kecs"
    kubeconfig: str = ""
    context: str = ""
    in_cluster: bool = False
    namespace: str = ""
    lease_duration: float = 15.0
    engine: Engine = "auto"
    capacity: Capacity = "ample"
    storage: Storage = "local"
    sync: Sync = "normal"
    log_format: LogFormat = "text"
    log_level: LogLevel = "info"
    allow_host: tuple[str, ...] = ()
    region: str = DEFAULT_REGION
    account: str = DEFAULT_ACCOUNT
    stopped_task_retention: float = 3600.0
    steady_after: float = 1.0
    warm_sandboxes: int = 2
    overlay: Overlay = "dev"
    image: str = "kecs"
    version: str = kecs.__version__
    yes: bool = False
    release_pods: bool = False
