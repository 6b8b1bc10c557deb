"""Tasks: describing, listing and stopping them."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from kecs.kube.errors import NotFound
from kecs.model import arns, marks, names, objects, stop, task
from kecs.model.constraints import check_allowed, check_count, check_length
from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs, ecs_limits
from kecs.services.context import Context
from kecs.services.ecs.container_instances import find_node
from kecs.services.ecs.paging import answer_page
from kecs.services.ecs.references import Place, find_cluster, find_service, service_name, task_id
from kecs.services.registry import operation
from kecs.translate import facts, views
from kecs.translate.observe.ids import task_id as id_of
from kecs.world.tasks import stopped_json


@operation("ecs", "DescribeTasks")
async def describe_tasks(ctx: Context, request: ecs.DescribeTasksRequest) -> bytes:
    """Describe tasks, live ones and those that stopped not long ago; the unknown are failures."""
    if not request.tasks:
        raise InvalidParameterException("Tasks cannot be empty.")
    check_count("tasks", request.tasks, task.MOST_DESCRIBED)
    for field in request.include or ():
        check_allowed("include", field, ecs_limits.TaskField, InvalidParameterException)
    place = find_cluster(ctx, request.cluster)
    tags = bool(request.include)
    found, failures = [], []
    for text in request.tasks:
        key = task_id(ctx, text, place.name)
        shown = _json(ctx, place, key, tags=tags)
        if shown is None:
            failures.append(ecs.Failure(arn=arns.task(ctx.scope, place.name, key), reason="MISSING"))
        else:
            found.append(shown)
    return b'{"tasks":[' + b",".join(found) + b'],"failures":' + msgspec.json.encode(failures) + b"}"


def _json(ctx: Context, place: Place, key: str, *, tags: bool) -> bytes | None:
    # The record first: once it is written the pod is only waiting to be removed.
    record = ctx.world.stopped_tasks.get(place.namespace, key)
    if record is not None:
        return stopped_json(record)
    pod = ctx.world.task_pod(place.namespace, key)
    return ctx.world.tasks.json(pod, tags=tags) if pod is not None else None


@operation("ecs", "ListTasks")
async def list_tasks(ctx: Context, request: ecs.ListTasksRequest) -> bytes:
    """List the ARNs of tasks by their desired status (RUNNING unless asked otherwise) and by what else is named."""
    desired = request.desiredStatus or "RUNNING"
    check_allowed("desiredStatus", desired, ecs_limits.DesiredStatus, InvalidParameterException)
    check_allowed("launchType", request.launchType or None, ecs_limits.LaunchType, InvalidParameterException)
    check_length("startedBy", request.startedBy, 128)
    others = (request.family, request.serviceName, request.containerInstance, request.launchType)
    if request.startedBy and any(others):
        raise InvalidParameterException("Cannot specify startedBy together with another filter.")
    place = find_cluster(ctx, request.cluster)
    prefix = arns.task(ctx.scope, place.name, "")
    return answer_page(ctx, request, "taskArns", _ids(ctx, place, request, desired), prefix=prefix)


def _ids(ctx: Context, place: Place, request: ecs.ListTasksRequest, desired: str) -> Sequence[str]:
    """Return the ids that a list is made of, in order."""
    service = names.service(service_name(ctx, request.serviceName, place.name)) if request.serviceName else ""
    if service:
        find_service(ctx, place, request.serviceName or "")  # a deleted one is known for a while, and has none
    matches = _filter(ctx, place, request)
    if desired == "PENDING":  # no task ever shall be
        return ()
    if matches is None:
        listing = ctx.world.stopped if desired == "STOPPED" else ctx.world.tasks
        return listing.ids(place.namespace, service)
    if desired == "STOPPED":
        return sorted(
            key for key in _ended(ctx, place, request, service) if matches(_traits_of_stopped(ctx, place, key))
        )
    pods = _candidates(ctx, place, request, service)
    return sorted(
        id_of(pod.metadata.uid) for pod in pods if ctx.world.tasks.shall_run(pod) and matches(_traits_of_pod(pod))
    )


def _candidates(ctx: Context, place: Place, request: ecs.ListTasksRequest, service: str) -> Collection[views.Pod]:
    """Return the tasks among which those that are asked for are, as few as an index can tell."""
    pods = ctx.world.pods
    if service:
        return pods.by("service", (place.namespace, service))
    if request.startedBy:
        return pods.by("startedBy", (place.namespace, request.startedBy))
    if request.family:
        return pods.by("family", (place.namespace, request.family))
    return pods.by("namespace", place.namespace)


def _ended(ctx: Context, place: Place, request: ecs.ListTasksRequest, service: str) -> Collection[str]:
    """Return the ids of the stopped tasks among which those that are asked for are."""
    if service or not (request.startedBy or request.family):
        return ctx.world.stopped.ids(place.namespace, service)
    records = ctx.world.stopped_tasks
    if request.startedBy:
        found = records.by("startedBy", request.startedBy)
    else:
        found = records.by("family", (place.namespace, request.family))
    ending = (pod for pod in _candidates(ctx, place, request, "") if not ctx.world.tasks.shall_run(pod))
    return {
        *(record.metadata.name for record in found if record.metadata.namespace == place.namespace),
        *(id_of(pod.metadata.uid) for pod in ending),
    }


class _Traits(msgspec.Struct, frozen=True, gc=False):
    """What tasks are filtered by. `instance` is the name of the node, or for a stopped task the ARN of its instance."""

    family: str
    startedBy: str
    launchType: str
    instance: str


_NO_TRAITS = _Traits("", "", "", "")


def _traits_of_pod(pod: views.Pod) -> _Traits:
    known = facts.of(pod)
    if known is None:
        return _NO_TRAITS
    return _Traits(known.family, known.startedBy, known.launchType, pod.spec.nodeName)


def _traits_of_stopped(ctx: Context, place: Place, key: str) -> _Traits:
    record = ctx.world.stopped_tasks.get(place.namespace, key)
    if record is None:
        pod = ctx.world.task_pod(place.namespace, key)
        return _traits_of_pod(pod) if pod is not None else _NO_TRAITS
    spec = record.spec
    return _Traits(
        objects.family_of(spec), spec.startedBy or "", spec.launchType or "", spec.containerInstanceArn or ""
    )


def _filter(ctx: Context, place: Place, request: ecs.ListTasksRequest) -> Callable[[_Traits], bool] | None:
    """Return what decides whether a task is listed; None when all are."""
    instances: tuple[str, ...] = ()
    if request.containerInstance:
        node = find_node(ctx, place, request.containerInstance)
        if node is None:
            raise InvalidParameterException("The referenced container instance was not found.")
        arn = arns.container_instance(ctx.scope, place.name, id_of(node.metadata.uid))
        instances = (node.metadata.name, arn)
    wanted = {member: value for member in ("family", "startedBy", "launchType") if (value := getattr(request, member))}
    if not wanted and not instances:
        return None

    def matches(traits: _Traits) -> bool:
        if instances and traits.instance not in instances:
            return False
        return all(getattr(traits, member) == value for member, value in wanted.items())

    return matches


@operation("ecs", "StopTask")
async def stop_task(ctx: Context, request: ecs.StopTaskRequest) -> bytes:
    """Have a task end: the reason is noted on its pod, and whoever reconciles tasks does the rest."""
    if not request.task:
        raise InvalidParameterException("Task cannot be empty.")
    check_length("reason", request.reason, 1024)
    place = find_cluster(ctx, request.cluster)
    key = task_id(ctx, request.task, place.name)
    record, pod = ctx.world.stopped_tasks.get(place.namespace, key), ctx.world.task_pod(place.namespace, key)
    # One that runs is stopped whatever is recorded: a restored cluster may have the pod again, and not the record.
    if record is None or (pod is not None and ctx.world.tasks.shall_run(pod)):
        stopped = await _note(ctx, pod, request.reason or stop.USER_REASON) if pod is not None else None
        if stopped is not None:
            return b'{"task":' + stopped + b"}"
        record = ctx.world.stopped_tasks.get(place.namespace, key)
    if record is None:
        raise InvalidParameterException("The referenced task was not found.")
    return b'{"task":' + stopped_json(record) + b"}"


async def _note(ctx: Context, pod: views.Pod, reason: str) -> bytes | None:
    """Write why a task ends on its pod, unless somebody has; None when the pod is gone meanwhile."""
    meta = pod.metadata
    if marks.STOP not in meta.annotations and ctx.world.tasks.shall_run(pod):
        note = objects.StopNote(code=stop.USER, reason=reason, at=ctx.now())
        patch = {"metadata": {"uid": meta.uid, "annotations": {marks.STOP: msgspec.json.encode(note).decode()}}}
        try:
            pod = await ctx.world.patch(ctx.world.pods, meta.namespace, meta.name, patch)
        except NotFound:
            return None
    return ctx.world.tasks.json(pod, tags=True)
