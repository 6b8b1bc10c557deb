"""Services with their definitions, as they are exported: what the sources say, joined by their references."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from kecs.export.naming import renames, shortened
from kecs.export.problems import ExportError, SourceError
from kecs.export.sources import Definition, ServiceSource, Sources, Where
from kecs.export.surroundings import Fact
from kecs.model import names
from kecs.model.generated import ecs
from kecs.model.objects import Cluster, Meta, Service, TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.model.service import effective
from kecs.translate import launch

_REFERENCE = re.compile(r"(?:arn:[^/]*/)?(?P<family>[A-Za-z0-9_-]+)(?::(?P<revision>\d+))?")


class Scaling(msgspec.Struct, frozen=True):
    """A service's scalable target and its policies."""

    target: Fact
    policies: Sequence[Fact] = ()


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """One service and its task definition; or a definition that no service refers to, which `service` is None of.

    `object_name` is what its objects are called in the tree, `rules` are those of listeners by ARN of a target group.
    """

    name: str
    object_name: str
    cluster: str
    definition: Definition
    service: ServiceSource | None = None
    spec: ecs.CreateServiceRequest
    scaling: Scaling | None = None
    groups: Sequence[Fact] = ()
    rules: Mapping[str, Sequence[Fact]] = {}

    def resource(self, namespace: str) -> Service:
        """Return it as the custom resource that `kecs.translate` makes objects of."""
        return Service(Meta(name=names.service(self.name), namespace=namespace), self.spec)

    def launch(self, definition: TaskDefinitionSpec) -> launch.Launch:
        """Return how its tasks are launched."""
        made = launch.for_service(self.spec, definition, scope=Scope(), cluster=self.cluster, deployment_id="")
        if self.service is not None:
            return made
        return msgspec.structs.replace(made, service="", group=f"family:{definition.family}")

    @property
    def is_daemon(self) -> bool:
        """Whether a task runs on each node."""
        return self.spec.schedulingStrategy == "DAEMON"


class Application(msgspec.Struct, frozen=True):
    """Everything that goes into one tree, in one namespace."""

    namespace: str
    services: Sequence[Exported]
    cluster: Cluster | None = None

    @property
    def renames(self) -> dict[str, str]:
        """The names of services that are called otherwise in the tree than by kecs."""
        return renames(one.name for one in self.services)


def join(sources: Sources, *, namespace: str = "") -> Application:
    """Return the application of the sources; `namespace` names it, else the cluster does.

    Raises ExportError with a line for each reference to what is not there and each name that is taken twice.
    """
    problems: list[str] = []
    _check_families(sources.definitions, problems)
    clusters = {cluster.spec.clusterName or "default" for cluster in sources.clusters}
    clusters |= {cluster_name(service.spec.cluster) for service in sources.services if service.spec.cluster}
    if len(clusters) > 1:
        problems.append(f"the sources name several clusters, and a tree is for one: {', '.join(sorted(clusters))}")
    cluster = min(clusters, default="default")
    exported = list(_services(sources, cluster, problems))
    _check_names(exported, problems)
    if problems:
        raise ExportError(problems[0], problems[1:])
    used = {id(one.definition) for one in exported}
    exported += [
        _lone(definition, cluster, taken={one.name for one in exported})
        for definition in _latest(sources.definitions)
        if id(definition) not in used and not _superseded(definition, exported)
    ]
    called = shortened(one.name for one in exported)
    exported = [msgspec.structs.replace(one, object_name=called[one.name]) for one in exported]
    space = namespace or shortened([cluster])[cluster]
    described = next((one.spec for one in sources.clusters), None)
    made = Cluster(Meta(name=space), described) if described else None
    return Application(space, sorted(exported, key=lambda one: one.object_name), made)


def cluster_name(reference: str | None) -> str:
    """Return the name of a cluster that is given by its name or its ARN."""
    return (reference or "default").rpartition("/")[2]


def _services(sources: Sources, cluster: str, problems: list[str]) -> Iterator[Exported]:
    for service in sources.services:
        definition = service.own or _referred(service, sources.definitions, problems)
        if definition is None:
            continue
        spec = effective(msgspec.structs.replace(service.spec, taskDefinition=definition.spec.family))
        target, policies = sources.around.scaling(spec.serviceName)
        groups = [
            group
            for balancer in spec.loadBalancers or ()
            if (group := sources.around.group(balancer.targetGroupArn or ""))
        ]
        yield Exported(
            name=spec.serviceName,
            object_name="",
            cluster=cluster,
            definition=definition,
            service=service,
            spec=spec,
            scaling=Scaling(target, policies) if target else None,
            groups=groups,
            rules={arn: rules for arn in _arns(spec) if (rules := sources.around.rules_to(arn))},
        )


def _arns(spec: ecs.CreateServiceRequest) -> list[str]:
    return [balancer.targetGroupArn for balancer in spec.loadBalancers or () if balancer.targetGroupArn]


def _referred(service: ServiceSource, definitions: Sequence[Definition], problems: list[str]) -> Definition | None:
    text = service.spec.taskDefinition
    if not text:
        if len(definitions) == 1:
            return definitions[0]
        problems.append(
            _place(service.where, "", f"the service names no task definition, and there are {len(definitions)}")
        )
        return None
    match = _REFERENCE.fullmatch(text)
    if not match:
        problems.append(_place(service.where, "taskDefinition", f"{text} names no task definition"))
        return None
    mine = [one for one in definitions if one.spec.family == match["family"]]
    exact = [one for one in mine if str(one.spec.revision or "") == match["revision"]]
    unnumbered = [one for one in mine if one.spec.revision is None]
    found = exact or unnumbered or (mine if not match["revision"] else [])
    if not found:
        known = ", ".join(sorted({_named(one) for one in definitions})) or "none"
        problems.append(
            _place(service.where, "taskDefinition", f"there is no task definition {text} (there is {known})")
        )
        return None
    return max(found, key=lambda one: one.spec.revision or 0)


def _named(definition: Definition) -> str:
    revision = definition.spec.revision
    return f"{definition.spec.family}:{revision}" if revision else definition.spec.family


def _place(where: Where, member: str, reason: str) -> str:
    key = f"{where.path}.{member}".strip(".")
    return SourceError(where.file, where.line(member), key, reason).message


def _check_families(definitions: Sequence[Definition], problems: list[str]) -> None:
    seen: dict[tuple[str, int | None], Definition] = {}
    for definition in definitions:
        key = (definition.spec.family, definition.spec.revision)
        first = seen.setdefault(key, definition)
        if first is not definition:
            reason = f"the task definition {_named(definition)} stands at {first.where} as well"
            problems.append(_place(definition.where, "family", reason))


def _check_names(exported: Sequence[Exported], problems: list[str]) -> None:
    seen: dict[str, Exported] = {}
    for one in exported:
        first = seen.setdefault(one.name, one)
        if first is not one and one.service and first.service:
            problems.append(
                _place(one.service.where, "serviceName", f"{one.name} stands at {first.service.where} as well")
            )


def _latest(definitions: Sequence[Definition]) -> list[Definition]:
    """Return the highest revision of each family."""
    found: dict[str, Definition] = {}
    for definition in definitions:
        known = found.get(definition.spec.family)
        if known is None or (definition.spec.revision or 0) > (known.spec.revision or 0):
            found[definition.spec.family] = definition
    return list(found.values())


def _superseded(definition: Definition, exported: Sequence[Exported]) -> bool:
    return any(one.definition.spec.family == definition.spec.family for one in exported)


def _lone(definition: Definition, cluster: str, taken: set[str]) -> Exported:
    family = definition.spec.family
    name = f"{family}-task" if family in taken else family
    spec = effective(ecs.CreateServiceRequest(serviceName=name, taskDefinition=family))
    return Exported(name=name, object_name="", cluster=cluster, definition=definition, spec=spec)
