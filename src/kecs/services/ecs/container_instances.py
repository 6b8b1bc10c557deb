"""Container instances: the nodes, each one an instance of every cluster."""

from kecs.kube import quantity
from kecs.kube.errors import Conflict, NotFound
from kecs.model import arns, marks, objects
from kecs.model.constraints import check_allowed, check_count
from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs, ecs_limits
from kecs.services.context import Context
from kecs.services.ecs.paging import answer_page
from kecs.services.ecs.references import Place, find_cluster, in_cluster, refused
from kecs.services.registry import operation
from kecs.translate import views
from kecs.translate.observe.ids import pod_uid
from kecs.translate.observe.ids import task_id as id_of

_MOST = 100
_UNITS = 1024  # CPU units of one CPU
_MIB = 2**20


def find_node(ctx: Context, place: Place, text: str) -> views.Node | None:
    """Return the node that an id or ARN of a container instance names."""
    key = in_cluster(ctx, text, "container-instance", place.name) if text.startswith("arn:") else text
    return next(iter(ctx.world.nodes.by("uid", pod_uid(key))), None)


@operation("ecs", "ListContainerInstances")
async def list_container_instances(ctx: Context, request: ecs.ListContainerInstancesRequest) -> bytes:
    """List the ARNs of the container instances, by status where asked for."""
    if request.status:
        check_allowed("status", request.status, ecs_limits.ContainerInstanceStatus, InvalidParameterException)
    place = find_cluster(ctx, request.cluster)
    keys = sorted(
        id_of(node.metadata.uid)
        for node in ctx.world.nodes.values()
        if not request.status or _status(node) == request.status
    )
    prefix = arns.container_instance(ctx.scope, place.name, "")
    return answer_page(ctx, request, "containerInstanceArns", keys, prefix=prefix)


@operation("ecs", "DescribeContainerInstances")
async def describe_container_instances(
    ctx: Context, request: ecs.DescribeContainerInstancesRequest
) -> ecs.DescribeContainerInstancesResponse:
    """Describe container instances; the unknown are failures."""
    if not request.containerInstances:
        raise InvalidParameterException("Container Instances cannot be empty.")
    check_count("instanceIds", request.containerInstances, _MOST)
    place = find_cluster(ctx, request.cluster)
    found, failures = [], []
    for text in request.containerInstances:
        node = find_node(ctx, place, text)
        if node is None:
            key = text.rpartition("/")[2]
            failures.append(ecs.Failure(arn=arns.container_instance(ctx.scope, place.name, key), reason="MISSING"))
        else:
            found.append(_describe(ctx, place, node))
    return ecs.DescribeContainerInstancesResponse(containerInstances=found, failures=failures)


@operation("ecs", "UpdateContainerInstancesState")
async def update_container_instances_state(
    ctx: Context, request: ecs.UpdateContainerInstancesStateRequest
) -> ecs.UpdateContainerInstancesStateResponse:
    """Set instances DRAINING (no new tasks are placed there: the node is cordoned) or ACTIVE again."""
    if not request.containerInstances:
        raise InvalidParameterException("Container Instances cannot be empty.")
    check_count("instanceIds", request.containerInstances, 10)
    if request.status not in ("ACTIVE", "DRAINING"):
        raise InvalidParameterException("Container instance status should be one of [ACTIVE, DRAINING]")
    place = find_cluster(ctx, request.cluster)
    found, failures = [], []
    for text in request.containerInstances:
        node = find_node(ctx, place, text)
        if node is None:
            failures.append(ecs.Failure(arn=text, reason="MISSING"))
            continue
        patch = {"spec": {"unschedulable": True if request.status == "DRAINING" else None}}
        try:
            node = await ctx.world.patch(ctx.world.nodes, None, node.metadata.name, patch)
        except NotFound:
            failures.append(ecs.Failure(arn=text, reason="MISSING"))
            continue
        except Conflict as error:
            raise refused(error) from None
        found.append(_describe(ctx, place, node))
    return ecs.UpdateContainerInstancesStateResponse(containerInstances=found, failures=failures)


def _status(node: views.Node) -> str:
    return "DRAINING" if node.spec.unschedulable else "ACTIVE"


def _describe(ctx: Context, place: Place, node: views.Node) -> ecs.ContainerInstance:
    pods = [pod for pod in ctx.world.pods.by("node", node.metadata.name) if pod.metadata.namespace == place.namespace]
    counts = ctx.world.tasks.count(pods)
    ready = any(condition.type == "Ready" and condition.status == "True" for condition in node.status.conditions)
    info = node.status.nodeInfo
    return ecs.ContainerInstance(
        containerInstanceArn=arns.container_instance(ctx.scope, place.name, id_of(node.metadata.uid)),
        version=int(node.metadata.resourceVersion or 0),
        versionInfo=ecs.VersionInfo(
            agentVersion=info.kubeletVersion or None, dockerVersion=info.containerRuntimeVersion or None
        ),
        registeredResources=_resources(node.status.capacity),
        remainingResources=_resources(node.status.allocatable),
        status=_status(node),
        agentConnected=ready,
        runningTasksCount=counts.running,
        pendingTasksCount=counts.pending,
        attributes=attributes_of(node),
        registeredAt=objects.created_at(node.metadata),
        attachments=[],
        tags=[],
    )


def _resources(quantities: dict[str, str]) -> list[ecs.Resource]:
    cpu = quantity.milli(quantities.get("cpu", "0")) * _UNITS // 1000
    memory = quantity.value(quantities.get("memory", "0")) // _MIB
    return [
        ecs.Resource(name="CPU", type="INTEGER", doubleValue=0.0, longValue=0, integerValue=cpu),
        ecs.Resource(name="MEMORY", type="INTEGER", doubleValue=0.0, longValue=0, integerValue=memory),
    ]


def attributes_of(node: views.Node) -> list[ecs.Attribute]:
    """Return the attributes of an instance that come from its node, and those that were put on it."""
    info = node.status.nodeInfo
    machine = {"amd64": "x86_64"}.get(info.architecture, info.architecture)
    made = {"ecs.cpu-architecture": machine, "ecs.os-type": info.operatingSystem or "linux"}
    zone = node.metadata.labels.get("topology.kubernetes.io/zone")
    if zone:
        made["ecs.availability-zone"] = zone
    kind = node.metadata.labels.get("node.kubernetes.io/instance-type")
    if kind:
        made["ecs.instance-type"] = kind
    own = {
        label.removeprefix(marks.ATTRIBUTE): value
        for label, value in node.metadata.labels.items()
        if label.startswith(marks.ATTRIBUTE)
    }
    return [ecs.Attribute(name=name, value=value or None) for name, value in {**made, **own}.items()]
