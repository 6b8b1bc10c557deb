"""What sources hold, each with the place where it stands: task definitions, services, clusters."""

from collections.abc import Mapping, Sequence

import msgspec

from kecs.export.compose_container import Remark
from kecs.export.surroundings import Surroundings
from kecs.export.text import Document
from kecs.model.coerce import Ignored, below
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec


class Where(msgspec.Struct, frozen=True):
    """Where something stands: a document, and the path in it as its user spells it.

    `places` are the paths of members that stand elsewhere than below it, under other names.
    """

    document: Document
    path: str = ""
    places: Mapping[str, str] = {}

    @property
    def file(self) -> str:
        """The file."""
        return self.document.file

    def line(self, member: str = "") -> int:
        """Return the line of a member of it, or of what that is in; members in any case."""
        step = member
        while self.places and step:
            if step in self.places:
                return self.document.line_of(self.places[step])
            step = step[: max(step.rfind("."), step.rfind("["), 0)]
        return self.document.line_of(below(self.path, member) if member else self.path)

    def __str__(self) -> str:
        return f"{self.file}:{self.line()}"


class Definition(msgspec.Struct, frozen=True):
    """A task definition and where it comes from. `spec.revision` is there where the source tells it.

    `unresolved` are the values, by their paths in the document, that a template leaves to AWS. `remarks` tell of what
    stands there and is no member of ECS.
    """

    spec: TaskDefinitionSpec
    where: Where
    ignored: Sequence[Ignored] = ()
    unresolved: Mapping[str, str] = {}
    remarks: Sequence[Remark] = ()


class ServiceSource(msgspec.Struct, frozen=True):
    """A service and where it comes from. `own` is a definition that stands in the same resource, if one does."""

    spec: ecs.CreateServiceRequest
    where: Where
    ignored: Sequence[Ignored] = ()
    unresolved: Mapping[str, str] = {}
    own: Definition | None = None


class ClusterSource(msgspec.Struct, frozen=True):
    """A cluster and where it comes from."""

    spec: ecs.CreateClusterRequest
    where: Where


class Sources(msgspec.Struct):
    """Everything that was found, in the order of the command line, and the texts of the files."""

    definitions: list[Definition] = []
    services: list[ServiceSource] = []
    clusters: list[ClusterSource] = []
    around: Surroundings = msgspec.field(default_factory=Surroundings)
    texts: dict[str, str] = {}
