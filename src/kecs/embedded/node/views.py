"""What the node reads of the API's objects: Structs with Kubernetes's member names, and nothing else decoded.

`PodGlance` is what the watch decodes of every pod; `Pod` is read when there is something to do for one, and not kept.
Its parts are in `container_views`, `volume_views` and `status_views`.
"""

import msgspec
from msgspec import field

from kecs.embedded.node.container_views import Container, NameRef, Requirements
from kecs.embedded.node.status_views import PodStatus
from kecs.embedded.node.volume_views import Volume
from kecs.kube.resources import CONFIG_MAPS, PODS, SECRETS


class _View(msgspec.Struct, omit_defaults=True, gc=False):
    pass


class GlanceMeta(_View, kw_only=True):
    """The metadata that tells whether there is something to do."""

    name: str
    namespace: str
    uid: str
    resourceVersion: str = ""
    generation: int = 0
    deletionTimestamp: str = ""
    deletionGracePeriodSeconds: int | None = None


class PodGlance(_View):
    """A pod at a glance."""

    metadata: GlanceMeta


class Meta(GlanceMeta, kw_only=True):
    """The metadata of a pod whose containers are about to be dealt with."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creationTimestamp: str = ""


class HostAlias(_View):
    """Names of an address in /etc/hosts."""

    ip: str
    hostnames: list[str] = []


class DnsOption(_View):
    """An option of resolv.conf."""

    name: str
    value: str | None = None


class DnsConfig(_View):
    """The contents of resolv.conf."""

    nameservers: list[str] = []
    searches: list[str] = []
    options: list[DnsOption] = []


class Sysctl(_View):
    """A kernel parameter of the pod."""

    name: str
    value: str


class PodSecurityContext(_View):
    """The pod's security context."""

    runAsUser: int | None = None
    runAsGroup: int | None = None
    runAsNonRoot: bool | None = None
    supplementalGroups: list[int] = []
    fsGroup: int | None = None
    sysctls: list[Sysctl] = []


class PodSpec(_View):
    """The spec of a pod."""

    containers: list[Container] = []
    initContainers: list[Container] = []
    volumes: list[Volume] = []
    restartPolicy: str = "Always"
    terminationGracePeriodSeconds: int | None = None
    activeDeadlineSeconds: int | None = None
    nodeName: str = ""
    serviceAccountName: str = ""
    hostNetwork: bool = False
    hostPID: bool = False
    hostIPC: bool = False
    shareProcessNamespace: bool = False
    securityContext: PodSecurityContext | None = None
    imagePullSecrets: list[NameRef] = []
    hostname: str = ""
    subdomain: str = ""
    setHostnameAsFQDN: bool = False
    hostAliases: list[HostAlias] = []
    dnsPolicy: str = "ClusterFirst"
    dnsConfig: DnsConfig | None = None
    resources: Requirements | None = None


class Pod(_View):
    """A pod."""

    metadata: Meta
    spec: PodSpec
    status: PodStatus = field(default_factory=PodStatus)


class ConfigMap(_View):
    """A config map's data."""

    data: dict[str, str] = {}
    binaryData: dict[str, str] = {}


class Secret(_View):
    """A secret's data, in base 64."""

    data: dict[str, str] = {}
    type: str = ""


GLANCES = PODS.viewed(PodGlance)
POD_VIEWS = PODS.viewed(Pod)
CONFIG_MAP_VIEWS = CONFIG_MAPS.viewed(ConfigMap)
SECRET_VIEWS = SECRETS.viewed(Secret)
