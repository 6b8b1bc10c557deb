"""Every setting once: its flag, its environment variable, its help.

The parser, the environment, `--help` and the documentation's table are all made from `FLAGS`.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, get_args

from kecs import settings
from kecs.server import address


class Flag(NamedTuple):
    """One setting. `read` makes its value of a text, and raises ValueError with a reason.

    One without a `metavar` is a switch: it may stand alone, for true.
    """

    name: str
    metavar: str
    help: str
    read: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()
    commands: tuple[str, ...] = ("serve",)

    @property
    def option(self) -> str:
        """The flag on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "KECS_" + self.name.upper()

    def value(self, text: str) -> Any:
        """Return the value that `text` stands for. Raises ValueError with a reason."""
        if self.choices and text not in self.choices:
            raise ValueError(f"{text!r} is none of {', '.join(self.choices)}")
        return self.read(text)


def _address(text: str) -> str:
    try:
        address.split(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is {error}") from None
    return text


def _address_or_none(text: str) -> str:
    return text and _address(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in re.split(r"[,\s]+", text) if name)


def _account(text: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", text):
        raise ValueError(f"{text!r} is no account (twelve digits)")
    return text


def _region(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", text):
        raise ValueError(f"{text!r} is no region (letters, digits, dashes)")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{text!r} is no number of seconds")
    return value


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise ValueError(f"{text!r} is no count")
    return int(text)


def _lease(text: str) -> float:
    value = _seconds(text)
    if not 1 <= value <= 3600:
        raise ValueError(f"{text!r} is not between 1 and 3600 seconds")
    return value


def _namespace(text: str) -> str:
    if text and not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise ValueError(f"{text!r} is no name of a namespace")
    return text


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _image(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][\w.:/@-]*", text, re.ASCII):
        raise ValueError(f"{text!r} is no image")
    return text


def _tag(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", text, re.ASCII):
        raise ValueError(f"{text!r} is no version that a tag and a label can be")
    return text


_RUNNING = ("serve", "controller")
_BOTH = ("serve", "reset")
_MANIFESTS = ("manifests",)

FLAGS = (
    Flag("listen", "HOST:PORT", "where the AWS APIs are served; port 0 takes a free one", _address),
    Flag("kubernetes_listen", "HOST:PORT", "where the Kubernetes API is served, for kubectl", _address),
    Flag(
        "metrics_listen",
        "HOST:PORT",
        "where /metrics, /healthz and /readyz are served alone, for those who shall not use kecs; they are at --listen "
        "as well",
        _address_or_none,
        commands=_RUNNING,
    ),
    Flag("data", "DIR", "where everything is kept, the kubeconfig included", commands=_BOTH),
    Flag(
        "kubeconfig",
        "FILE",
        "work on the Kubernetes cluster of this file, instead of the embedded one",
        commands=(*_RUNNING, "uninstall"),
    ),
    Flag(
        "context",
        "NAME",
        "the context of the kubeconfig (of KUBECONFIG or ~/.kube/config where none is named)",
        commands=(*_RUNNING, "uninstall"),
    ),
    Flag(
        "in_cluster",
        "",
        "work on the Kubernetes cluster that this process is a pod of; it does so by itself when the pod has a service "
        "account and no --data is given",
        _switch,
        commands=_RUNNING,
    ),
    Flag(
        "namespace",
        "NAME",
        "where kecs keeps its lease and its keys in a Kubernetes cluster; its pod's own, or kecs-system",
        _namespace,
        commands=(*_RUNNING, *_MANIFESTS, "uninstall"),
    ),
    Flag(
        "lease_duration",
        "SECONDS",
        "after how long without a sign of life another replica on the same Kubernetes cluster takes over",
        _lease,
        commands=_RUNNING,
    ),
    Flag(
        "engine",
        "ENGINE",
        "what runs containers: docker (Docker or Podman, through DOCKER_HOST or their usual sockets), simulated "
        "(nothing runs, everything behaves as if), or auto: docker where there is one, else simulated; on a Kubernetes "
        "cluster auto is none, and the others make kecs a node of it",
        choices=get_args(settings.Engine),
        commands=_BOTH,
    ),
    Flag(
        "capacity",
        "CAPACITY",
        "what the node offers: ample, so that definitions sized for production fit, or what this machine has",
        choices=get_args(settings.Capacity),
    ),
    Flag(
        "storage",
        "STORAGE",
        "where EFS and EBS volumes are on a Kubernetes cluster: local (directories and scratch space of the nodes), or "
        "csi (the drivers efs.csi.aws.com and ebs.csi.aws.com, which the cluster has to have)",
        choices=get_args(settings.Storage),
        commands=_RUNNING,
    ),
    Flag(
        "sync",
        "SYNC",
        "how safely writes are kept: normal survives a killed process, full a lost power supply as well",
        choices=get_args(settings.Sync),
    ),
    Flag(
        "log_format",
        "FORMAT",
        "how log lines look",
        choices=get_args(settings.LogFormat),
        commands=(*_BOTH, "controller"),
    ),
    Flag("log_level", "LEVEL", "what is logged", choices=get_args(settings.LogLevel), commands=(*_BOTH, "controller")),
    Flag(
        "allow_host",
        "NAME[,NAME]",
        "answer requests that name this host as well; loopback names and the address that was reached always are",
        _names,
        commands=(*_RUNNING, *_MANIFESTS),
    ),
    Flag("region", "REGION", "the region of requests without a signature", _region),
    Flag("account", "ACCOUNT", "the account of access keys that are no account of twelve digits", _account),
    Flag("stopped_task_retention", "SECONDS", "how long a stopped task is described", _seconds),
    Flag(
        "steady_after",
        "SECONDS",
        "how long a task without a health check runs before a deployment counts it as good (AWS: 40)",
        _seconds,
        commands=_RUNNING,
    ),
    Flag("warm_sandboxes", "COUNT", "how many pod networks are kept ready on a real engine, for quick starts", _count),
    Flag(
        "overlay",
        "OVERLAY",
        "how kecs is installed: dev (one replica), staging (two), or production (three and more, with an Ingress)",
        choices=get_args(settings.Overlay),
        commands=_MANIFESTS,
    ),
    Flag(
        "image", "IMAGE", "the image to install; the version is its tag unless it has one", _image, commands=_MANIFESTS
    ),
    Flag("version", "VERSION", "the version to install", _tag, commands=_MANIFESTS),
    Flag("yes", "", "remove it; without this, only say what would go", _switch, commands=("uninstall",)),
    Flag(
        "release_pods",
        "",
        "remove nothing; only let go of pods that are held for their record when kecs is gone for good",
        _switch,
        commands=("uninstall",),
    ),
)
