"""Services with their definitions, as they are exported: what the sources say, joined by their references."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypedDict

import msgspec

from kecs.export.definitions import Definition, ServiceSource, Sources, Where
from kecs.export.naming import renames, shortened
from kecs.export.problems import ExportError, SourceError
from kecs.export.surroundings import Fact, Scaled, Surroundings
from kecs.model import names
from kecs.model.generated import ecs
from kecs.model.objects import Cluster, Meta, Service, TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.model.service import effective
from kecs.translate import launch

_REFERENCE = re.compile(r"(?:arn:[^/]*/)?(?P<family>[A-Za-z0-9_-]+)(?::(?P<revision>\d+))?")


class Owner(msgspec.Struct, frozen=True):
    """Whose target group one is: a service, by its name, and the port of its container."""

    service: str
    port: int


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """One service and its task definition; or a definition that no service refers to, which `service` is None of.

    `object_name` is what its objects are called in the tree, `taken` what those of others are. `rules` and `listeners`
    are by the ARN of a target group of this service, `owners` those of all target groups, `gateway` all listeners that
    a tree's own Gateway has. `security` are its security groups by their names, each with rules that stand apart from
    it, `peers` the objects' names of all services that are in one. `registries` are services of Cloud Map with their
    namespaces, by ARN.
    """

    name: str
    object_name: str
    cluster: str
    definition: Definition
    service: ServiceSource | None = None
    spec: ecs.CreateServiceRequest
    scaling: Scaled | None = None
    groups: Sequence[Fact] = ()
    rules: Mapping[str, Sequence[Fact]] = {}
    listeners: Mapping[str, Sequence[Fact]] = {}
    owners: Mapping[str, Owner] = {}
    security: Mapping[str, Sequence[Fact]] = {}
    peers: Mapping[str, Sequence[str]] = {}
    registries: Mapping[str, tuple[Fact, Fact | None]] = {}
    taken: Collection[str] = ()
    gateway: Sequence[Fact] = ()

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
    """Everything of one cluster, which goes into one namespace.

    `name` is the cluster's own, `listeners` are all that the sources have, `gaps` is what a live endpoint did not tell.
    """

    namespace: str
    services: Sequence[Exported]
    cluster: Cluster | None = None
    name: str = "default"
    listeners: Sequence[Fact] = ()
    gaps: Sequence[Fact] = ()

    @property
    def renames(self) -> dict[str, str]:
        """The names of services that are called otherwise in the tree than by kecs."""
        return renames(one.name for one in self.services)


def join(sources: Sources, *, namespace: str = "") -> list[Application]:
    """Return the applications of the sources, one for each cluster; `namespace` names it, else the cluster does.

    Definitions that no service refers to go to the first of them. With several clusters each has `namespace` before its
    name. Raises ExportError with a line for each reference to what is not there and each name that is taken twice.
    """
    problems: list[str] = []
    _check_families(sources.definitions, problems)
    clusters = {cluster.spec.clusterName or "default" for cluster in sources.clusters}
    clusters |= {cluster_name(service.spec.cluster) for service in sources.services if service.spec.cluster}
    known = sorted(clusters) or ["default"]
    if len(known) > 1 and any(not service.spec.cluster for service in sources.services):
        known = sorted({*known, "default"})
    exported = {cluster: list(_services(sources, cluster, known, problems)) for cluster in known}
    for found in exported.values():
        _check_names(found, problems)
    if problems:
        raise ExportError(problems[0], problems[1:])
    everyone = [one for found in exported.values() for one in found]
    used = {id(one.definition) for one in everyone}
    filled = [cluster for cluster in known if exported[cluster]] or known[:1]
    first = exported[filled[0]]
    first += [
        _lone(definition, filled[0], taken={one.name for one in first})
        for definition in _latest(sources.definitions)
        if id(definition) not in used and not _superseded(definition, everyone)
    ]
    spaces = shortened(filled)
    if namespace:
        several = len(filled) > 1
        spaces = {one: names.label(f"{namespace}-{spaces[one]}") if several else namespace for one in filled}
    return [_application(sources, cluster, exported[cluster], spaces[cluster]) for cluster in filled]


def _application(sources: Sources, cluster: str, exported: list[Exported], space: str) -> Application:
    called = shortened(one.name for one in exported)
    exported = [msgspec.structs.replace(one, object_name=called[one.name]) for one in exported]
    owners, peers = _owners(exported), _peers(exported)
    exported = [
        msgspec.structs.replace(
            one,
            owners=owners,
            peers=peers,
            taken=set(called.values()) - {one.object_name},
            gateway=sources.around.listeners,
        )
        for one in exported
    ]
    described = next((one.spec for one in sources.clusters if (one.spec.clusterName or "default") == cluster), None)
    made = Cluster(Meta(name=space), described) if described else None
    return Application(
        namespace=space,
        services=sorted(exported, key=lambda one: one.object_name),
        cluster=made,
        name=cluster,
        listeners=sources.around.listeners,
        gaps=[one for one in sources.around.gaps if one.text("cluster") in ("", cluster)],
    )


def cluster_name(reference: str | None) -> str:
    """Return the name of a cluster that is given by its name or its ARN."""
    return (reference or "default").rpartition("/")[2]


def _services(sources: Sources, cluster: str, clusters: Sequence[str], problems: list[str]) -> Iterator[Exported]:
    for service in sources.services:
        if len(clusters) > 1 and cluster_name(service.spec.cluster) != cluster:
            continue
        definition = service.own or _referred(service, sources.definitions, problems)
        if definition is None:
            continue
        spec = effective(msgspec.structs.replace(service.spec, taskDefinition=definition.spec.family))
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
            scaling=sources.around.scaling(spec.serviceName, cluster, clusters),
            groups=groups,
            **_attached(spec, sources.around),
        )


class _Attached(TypedDict):
    rules: Mapping[str, Sequence[Fact]]
    listeners: Mapping[str, Sequence[Fact]]
    security: Mapping[str, Sequence[Fact]]
    registries: Mapping[str, tuple[Fact, Fact | None]]


def _attached(spec: ecs.CreateServiceRequest, around: Surroundings) -> _Attached:
    """Return what the surroundings have for a service's references to them."""
    rules: dict[str, list[Fact]] = {}
    listeners: dict[str, list[Fact]] = {}
    for balancer in spec.loadBalancers or ():
        arn = balancer.targetGroupArn or ""
        found = {(one.document.file, one.path): one for own in groups_of(balancer) for one in around.rules_to(own)}
        if arn and found:
            rules[arn] = list(found.values())
        leading = {(one.document.file, one.path): one for rule in found.values() if (one := around.listener(rule))}
        if leading:
            listeners[arn] = list(leading.values())
    network = spec.networkConfiguration.awsvpcConfiguration if spec.networkConfiguration else None
    security = (network.securityGroups if network else None) or ()
    arns = [one.registryArn or "" for one in spec.serviceRegistries or ()]
    return {
        "rules": rules,
        "listeners": listeners,
        "security": {ident: around.security_groups(ident) for ident in security},
        "registries": {arn: registered for arn in arns if (registered := around.registry(arn))},
    }


def groups_of(balancer: ecs.LoadBalancer) -> list[str]:
    """Return the ARNs of a load balancer entry's target groups: its own, and the one that deployments switch to."""
    advanced = balancer.advancedConfiguration
    found = [balancer.targetGroupArn, advanced.alternateTargetGroupArn if advanced else None]
    return [one for one in found if one]


def _owners(exported: Sequence[Exported]) -> dict[str, Owner]:
    """Return whose each target group is."""
    return {
        arn: Owner(one.name, balancer.containerPort)
        for one in exported
        for balancer in one.spec.loadBalancers or ()
        if balancer.containerPort
        for arn in groups_of(balancer)
    }


def _peers(exported: Sequence[Exported]) -> dict[str, list[str]]:
    """Return the objects' names of the services that are in each security group."""
    found: dict[str, list[str]] = {}
    for one in exported:
        for ident in one.security:
            found.setdefault(ident, []).append(one.object_name)
    return found


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
