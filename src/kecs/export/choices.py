"""What the user of an export chooses."""

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from kecs.translate.options import Options

Traffic = Literal["ingress", "gateway", "istio"]
Secrets = Literal["empty", "external"]
Rollouts = Literal["plain", "argo"]

OLDEST, NEWEST, USUAL = 29, 36, 33  # minor versions of Kubernetes 1

TRAFFIC: tuple[str, ...] = get_args(Traffic)
SECRETS: tuple[str, ...] = get_args(Secrets)
ROLLOUTS: tuple[str, ...] = get_args(Rollouts)


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """`minor` is the version of Kubernetes 1 to write for; `secret_store` the ClusterSecretStore of ExternalSecrets.

    `gateway` is one that is there already, `NAME` or `NAMESPACE/NAME`; without it the tree has one of `gateway_class`.
    `ingress_class` is that of Ingresses; without it the cluster's default.
    """

    minor: int = USUAL
    traffic: Traffic = "ingress"
    secrets: Secrets = "empty"
    secret_store: str = "aws"  # noqa: S105
    gateway: str = ""
    gateway_class: str = "default"
    ingress_class: str = ""
    rollouts: Rollouts = "plain"
    dashboards: bool = False
    parameters: Mapping[str, str] = {}

    @property
    def options(self) -> Options:
        """What the converter has to know of the cluster that the tree is for."""
        return Options(
            pod_resources=self.minor >= 34, storage="csi", pull_policy="", shared_volumes="/var/lib/ecs-volumes"
        )

    @property
    def has_sleep(self) -> bool:
        """Whether containers can wait before they are stopped without a program of their own."""
        return self.minor >= 30
