"""What ECS says of a task and Kubernetes has no field for: JSON in the annotation `kecs.io/task` of the task's pod.

With it a task is projected from its pod alone, whatever becomes of its service and its definition. Tasks of one
deployment, or of one RunTask, carry the same text: what differs from task to task (its creation time) stands in an
annotation of its own.
"""

from functools import lru_cache

import msgspec

from kecs.model import arns, marks
from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.translate.views import Pod


class ContainerFacts(msgspec.Struct, omit_defaults=True, frozen=True, gc=False):
    """A container of the task, under its ECS name.

    `pod` is its name in the pod where that is another one. `kind` is how it starts: "" with the others, "init" runs
    to its end before them, "sidecar" starts before them and stays. `cpu` is in units (1024 = one CPU), memory in MiB.
    `health` is zero without a health check, else the seconds after its start in which it has to turn healthy.
    `restart` is zero for a container that stays stopped, else the seconds that it has to run for to be started again,
    unless its exit code is among `ignoredExitCodes`. `bindings` are its ports where the task has the host's network
    or a bridge.
    """

    name: str
    image: str
    pod: str = ""
    kind: str = ""
    essential: bool = True
    cpu: int = 0
    memory: int | None = None
    memoryReservation: int | None = None
    health: int = 0
    restart: int = 0
    ignoredExitCodes: list[int] = []
    bindings: list[ecs.NetworkBinding] = []

    @property
    def pod_name(self) -> str:
        """The container's name in the pod."""
        return self.pod or self.name


class TaskFacts(msgspec.Struct, omit_defaults=True, frozen=True, gc=False):
    """A task, apart from what its pod says by itself.

    `cluster` is the cluster's ARN, `definition` is `family:revision` in the same account and region. `startedBy` of a
    service's task is its deployment. `cpu` (units) and `memory` (MiB) are the task's, as ECS reports them.
    """

    cluster: str
    definition: str
    group: str
    launchType: str
    cpu: str
    memory: str
    containers: list[ContainerFacts]
    startedBy: str = ""
    capacityProviderName: str = ""
    platformVersion: str = ""
    platformFamily: str = ""
    architecture: str = "x86_64"
    ephemeralStorage: int = 0
    overrides: ecs.TaskOverride | None = None
    tags: list[ecs.Tag] = []
    enableExecuteCommand: bool = False
    networkMode: str = ""
    subnets: list[str] = []
    securityGroups: list[str] = []
    assignPublicIp: str = ""

    @property
    def scope(self) -> Scope:
        """Whose task it is."""
        return _scope_of(self.cluster)

    @property
    def cluster_name(self) -> str:
        """The ECS name of the cluster."""
        return self.cluster.rpartition("/")[2]

    @property
    def family(self) -> str:
        """The family of the task definition."""
        return self.definition.rpartition(":")[0]

    @property
    def revision(self) -> int:
        """The revision of the task definition."""
        return int(self.definition.rpartition(":")[2] or 0)

    @property
    def definition_arn(self) -> str:
        """The ARN of the task definition."""
        return arns.task_definition(self.scope, self.family, self.revision)

    @property
    def service(self) -> str:
        """The ECS name of the service that the task belongs to; empty for any other task."""
        kind, _, name = self.group.partition(":")
        return name if kind == "service" else ""


@lru_cache(maxsize=128)  # clusters are few, and every look at a task asks
def _scope_of(cluster: str) -> Scope:
    arn = arns.parse(cluster)
    return arn.scope if arn else Scope()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(TaskFacts)


def encode(facts: TaskFacts) -> str:
    """Return the annotation's text."""
    return _ENCODER.encode(facts).decode()


@lru_cache(maxsize=512)
def decode(text: str) -> TaskFacts | None:
    """Read the annotation's text; None when it is no `TaskFacts` (somebody edited it)."""
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, ValueError):
        return None


def of(pod: Pod) -> TaskFacts | None:
    """Return the facts of a task's pod; None for a pod that is no task."""
    text = pod.metadata.annotations.get(marks.TASK)
    return decode(text) if text else None
