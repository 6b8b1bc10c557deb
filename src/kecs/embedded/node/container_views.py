"""What the node reads of a container in a pod's spec (see `views`)."""

from typing import Any

import msgspec


class _View(msgspec.Struct, omit_defaults=True, gc=False):
    pass


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


def is_sidecar(container: Container) -> bool:
    """Tell whether an init container is one that goes on running beside the main part."""
    return container.restartPolicy == "Always"
