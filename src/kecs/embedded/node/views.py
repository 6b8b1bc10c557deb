"""What the node reads of the API's objects: Structs with Kubernetes's member names, and nothing else decoded.

`PodGlance` is what the watch decodes of every pod; `Pod` is read when there is something to do for one, and not kept.
"""

from typing import Any

import msgspec
from msgspec import field

from kecs.kube.resources import CONFIG_MAPS, NODES, PODS, SECRETS


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


class KeySelector(_View):
    """A key of a config map or secret."""

    key: str
    name: str = ""
    optional: bool = False


class FieldSelector(_View):
    """A field of the pod, as `metadata.name` or `status.podIP`."""

    fieldPath: str


class ResourceSelector(_View):
    """A request or limit of a container."""

    resource: str
    containerName: str = ""
    divisor: str | int = "1"


class EnvSource(_View):
    """Where a variable's value comes from."""

    configMapKeyRef: KeySelector | None = None
    secretKeyRef: KeySelector | None = None
    fieldRef: FieldSelector | None = None
    resourceFieldRef: ResourceSelector | None = None


class EnvVar(_View):
    """One variable."""

    name: str
    value: str = ""
    valueFrom: EnvSource | None = None


class NameRef(_View):
    """A config map or secret by name."""

    name: str = ""
    optional: bool = False


class EnvFrom(_View):
    """All keys of a config map or secret as variables."""

    prefix: str = ""
    configMapRef: NameRef | None = None
    secretRef: NameRef | None = None


class Port(_View):
    """A container port."""

    containerPort: int
    name: str = ""
    protocol: str = "TCP"
    hostPort: int = 0
    hostIP: str = ""


class Requirements(_View):
    """Requests and limits, as quantities."""

    limits: dict[str, str | int | float] = {}
    requests: dict[str, str | int | float] = {}


class VolumeMount(_View):
    """Where a volume appears in a container."""

    name: str
    mountPath: str
    readOnly: bool = False
    subPath: str = ""
    subPathExpr: str = ""
    mountPropagation: str = ""


class ExecAction(_View):
    """A command run in the container."""

    command: list[str] = []


class HttpHeader(_View):
    """A header of a probe's request."""

    name: str
    value: str = ""


class HttpAction(_View):
    """A GET to the container."""

    port: int | str
    path: str = "/"
    host: str = ""
    scheme: str = "HTTP"
    httpHeaders: list[HttpHeader] = []


class TcpAction(_View):
    """A connection to the container."""

    port: int | str
    host: str = ""


class SleepAction(_View):
    """A pause."""

    seconds: int


class Handler(_View):
    """A lifecycle hook; exactly one member is set."""

    exec: ExecAction | None = None
    httpGet: HttpAction | None = None
    tcpSocket: TcpAction | None = None
    sleep: SleepAction | None = None


class Probe(Handler):
    """A probe. All times are seconds."""

    grpc: Any = None
    initialDelaySeconds: int = 0
    timeoutSeconds: int = 1
    periodSeconds: int = 10
    successThreshold: int = 1
    failureThreshold: int = 3
    terminationGracePeriodSeconds: int | None = None


class Lifecycle(_View):
    """The hooks of a container."""

    postStart: Handler | None = None
    preStop: Handler | None = None
    stopSignal: str = ""


class Capabilities(_View):
    """Capabilities added and dropped, without the prefix CAP_."""

    add: list[str] = []
    drop: list[str] = []


class SecurityContext(_View):
    """The container's security context."""

    capabilities: Capabilities | None = None
    privileged: bool | None = None
    runAsUser: int | None = None
    runAsGroup: int | None = None
    runAsNonRoot: bool | None = None
    readOnlyRootFilesystem: bool | None = None
    allowPrivilegeEscalation: bool | None = None


class ExitCodes(_View):
    """Exit codes that a restart rule names."""

    operator: str = "In"
    values: list[int] = []


class RestartRule(_View):
    """A rule of `restartPolicyRules`."""

    action: str
    exitCodes: ExitCodes | None = None


class Container(_View):
    """A container, of the init part or the main part."""

    name: str
    image: str = ""
    imagePullPolicy: str = ""
    command: list[str] = []
    args: list[str] = []
    workingDir: str = ""
    ports: list[Port] = []
    env: list[EnvVar] = []
    envFrom: list[EnvFrom] = []
    resources: Requirements | None = None
    volumeMounts: list[VolumeMount] = []
    livenessProbe: Probe | None = None
    readinessProbe: Probe | None = None
    startupProbe: Probe | None = None
    lifecycle: Lifecycle | None = None
    securityContext: SecurityContext | None = None
    restartPolicy: str = ""
    restartPolicyRules: list[RestartRule] = []
    tty: bool = False
    stdin: bool = False
    terminationMessagePath: str = ""
    terminationMessagePolicy: str = ""


class KeyToPath(_View):
    """A key that becomes a file."""

    key: str
    path: str
    mode: int | None = None


class EmptyDir(_View):
    """Scratch space that lives as long as the pod."""

    medium: str = ""
    sizeLimit: str | int | None = None


class HostPath(_View):
    """A path of the machine."""

    path: str
    type: str = ""


class ConfigMapSource(_View):
    """A config map as files."""

    name: str = ""
    items: list[KeyToPath] = []
    defaultMode: int | None = None
    optional: bool = False


class SecretSource(_View):
    """A secret as files (`secretName` in a volume, `name` in a projection)."""

    secretName: str = ""
    name: str = ""
    items: list[KeyToPath] = []
    defaultMode: int | None = None
    optional: bool = False


class DownwardItem(_View):
    """A field of the pod as a file."""

    path: str
    fieldRef: FieldSelector | None = None
    resourceFieldRef: ResourceSelector | None = None
    mode: int | None = None


class DownwardSource(_View):
    """Fields of the pod as files."""

    items: list[DownwardItem] = []
    defaultMode: int | None = None


class TokenSource(_View):
    """A token of the pod's service account as a file."""

    path: str
    audience: str = ""
    expirationSeconds: int = 3600


class Projection(_View):
    """One source of a projected volume."""

    configMap: ConfigMapSource | None = None
    secret: SecretSource | None = None
    downwardAPI: DownwardSource | None = None
    serviceAccountToken: TokenSource | None = None


class ProjectedSource(_View):
    """Several sources in one directory."""

    sources: list[Projection] = []
    defaultMode: int | None = None


class Volume(_View):
    """A volume; a source that is none of these is one that this node cannot mount."""

    name: str
    emptyDir: EmptyDir | None = None
    hostPath: HostPath | None = None
    configMap: ConfigMapSource | None = None
    secret: SecretSource | None = None
    downwardAPI: DownwardSource | None = None
    projected: ProjectedSource | None = None


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


class Condition(_View):
    """A condition of the pod's status."""

    type: str
    status: str = ""
    lastTransitionTime: str | None = None
    reason: str = ""
    message: str = ""
    observedGeneration: int = 0


class Running(_View):
    """A container that runs."""

    startedAt: str | None = None


class Terminated(msgspec.Struct, gc=False):
    """A container that has ended."""

    exitCode: int
    reason: str | msgspec.UnsetType = msgspec.UNSET
    message: str | msgspec.UnsetType = msgspec.UNSET
    startedAt: str | None = None
    finishedAt: str | None = None
    containerID: str | msgspec.UnsetType = msgspec.UNSET


class Waiting(_View):
    """A container that does not run yet."""

    reason: str = ""
    message: str = ""


class ContainerState(_View):
    """A container's state; one member is set."""

    running: Running | None = None
    terminated: Terminated | None = None
    waiting: Waiting | None = None


class ContainerStatus(msgspec.Struct, gc=False):
    """What a pod's status says of a container: written by the node, and read back after its restart."""

    name: str
    state: ContainerState = field(default_factory=ContainerState)
    lastState: ContainerState = field(default_factory=ContainerState)
    ready: bool = False
    restartCount: int = 0
    image: str = ""
    imageID: str = ""
    containerID: str | msgspec.UnsetType = msgspec.UNSET
    started: bool = False


class Address(_View):
    """An element of `podIPs` and `hostIPs`."""

    ip: str = ""


class PodStatus(_View):
    """The status that was last written."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    hostIP: str = ""
    hostIPs: list[Address] = []
    podIP: str = ""
    podIPs: list[Address] = []
    startTime: str | None = None
    observedGeneration: int = 0
    conditions: list[Condition] = []
    initContainerStatuses: list[ContainerStatus] = []
    containerStatuses: list[ContainerStatus] = []


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
NODE_DICTS = NODES


def is_sidecar(container: Container) -> bool:
    """Tell whether an init container is one that goes on running beside the main part."""
    return container.restartPolicy == "Always"
