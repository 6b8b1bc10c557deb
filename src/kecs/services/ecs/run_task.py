"""Starting tasks: RunTask and StartTask. A task is a pod, made at once; what becomes of it is Kubernetes's."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from kecs.kube.errors import AlreadyExists, ApiError, Forbidden, Invalid, NotFound, NotStored
from kecs.model import arns, marks, names, objects, task
from kecs.model.errors import AwsError, ConflictException, InvalidParameterException, ServerException
from kecs.model.generated import ecs
from kecs.services.context import Context
from kecs.services.ecs.container_instances import find_node
from kecs.services.ecs.namespace import ensure_all, write_in
from kecs.services.ecs.references import Place, find_cluster
from kecs.services.ecs.task_definitions import find_active
from kecs.services.ecs.warnings import warn
from kecs.services.registry import operation
from kecs.translate import views
from kecs.translate.account import make_account
from kecs.translate.body import Json
from kecs.translate.dependencies import DependencyCycleError
from kecs.translate.launch import Launch, for_run
from kecs.translate.observe.ids import task_id
from kecs.translate.pod import make_pod
from kecs.translate.storage import make_storage_classes, make_volumes
from kecs.translate.unsupported import RefusedError
from kecs.world.tasks import stopped_json

Made: TypeAlias = views.Pod | objects.StoppedTask

_SUFFIX = 12  # hex digits that tell the pods of a family apart
_DIGITS = 30  # hex digits of a digest; a label has room for two
_ATTEMPTS = 5  # of a pod whose name is taken and then again is not
_TRY_AGAIN = "Service Unavailable. Please try again later."


def _definition(ctx: Context, text: str) -> objects.TaskDefinition:
    if not text:
        raise InvalidParameterException("TaskDefinition can not be blank.")
    return find_active(ctx, text, InvalidParameterException)


@operation("ecs", "RunTask")
async def run_task(ctx: Context, request: ecs.RunTaskRequest) -> bytes:
    """Run `count` tasks of a definition. A repeat with the same `clientToken` answers with the tasks of the first."""
    place = find_cluster(ctx, request.cluster)
    found = _definition(ctx, request.taskDefinition)
    definition = found.spec
    own = place.object.spec
    strategy = own.defaultCapacityProviderStrategy or []
    task.check_run(request, definition, own.capacityProviders or [], strategy)
    made: list[Made] = []
    failures = []
    asked = _asked(request) if request.clientToken else ""
    count = request.count or 1
    for index in range(count):
        launch = for_run(
            request, definition, scope=ctx.scope, cluster=place.name, default_strategy=strategy, index=index
        )
        try:
            if request.clientToken:
                token = _token(place, request.clientToken, index)
                made.append(await _create_once(ctx, place, definition, launch, token, asked))
            else:
                made.append(await _create(ctx, place, definition, launch, _pod(ctx, definition, launch)))
        except (ApiError, AwsError) as error:
            if not made and not isinstance(error, Forbidden):
                raise
            failures.append(_failure(place.arn, error))  # what runs already has to be told of
            if _ends(error):
                failures += failures[-1:] * (count - index - 1)
                break
    warn(ctx, found, request, launch)
    return _answer(ctx, made, failures)


@operation("ecs", "StartTask")
async def start_task(ctx: Context, request: ecs.StartTaskRequest) -> bytes:
    """Start a task of a definition on each of the container instances that are named."""
    place = find_cluster(ctx, request.cluster)
    found = _definition(ctx, request.taskDefinition)
    definition = found.spec
    task.check_start(request, definition)
    as_run = ecs.RunTaskRequest(
        launchType="EC2",
        **{
            member: getattr(request, member)
            for member in ecs.StartTaskRequest.__struct_fields__
            if member in ecs.RunTaskRequest.__struct_fields__
        },
    )
    made, failures = [], []
    for index, text in enumerate(request.containerInstances):
        node = find_node(ctx, place, text)
        if node is None:
            failures.append(ecs.Failure(arn=text, reason="MISSING"))
            continue
        launch = for_run(as_run, definition, scope=ctx.scope, cluster=place.name)
        try:
            body = _pod(ctx, definition, launch, node=node.metadata.name)
            made.append(await _create(ctx, place, definition, launch, body))
        except (ApiError, AwsError) as error:
            if not made and not isinstance(error, Forbidden):
                raise
            failures.append(_failure(text, error))
            if _ends(error):
                failures += [_failure(other, error) for other in request.containerInstances[index + 1 :]]
                break
        warn(ctx, found, as_run, launch)
    return _answer(ctx, made, failures)


def _ends(error: ApiError | AwsError) -> bool:
    """Say whether the cluster itself fails: to wait for it with each task that is left outlasts clients' patience."""
    return isinstance(error, ApiError) and not isinstance(error, Forbidden)


def _failure(arn: str, error: ApiError | AwsError) -> ecs.Failure:
    """Return why a task was not started; where the cluster's quota is used up, in ECS's words for want of room.

    A cluster that itself fails is a ServerException: the task is worth another try.
    """
    if isinstance(error, ApiError) and not isinstance(error, Forbidden):
        error = ServerException(error.message if isinstance(error, NotStored) else _TRY_AGAIN)
    if isinstance(error, AwsError):
        return ecs.Failure(arn=arn, reason=error.code, detail=error.message)
    if "exceeded quota" not in error.message:
        return ecs.Failure(arn=arn, reason="ACCESS", detail=error.message)
    used_up = error.message.partition("limited:")[2]
    kind = next((kind for kind in ("memory", "cpu") if kind in used_up), "tasks")
    return ecs.Failure(arn=arn, reason=f"RESOURCE:{kind.upper()}", detail=error.message)


def _pod(
    ctx: Context, definition: objects.TaskDefinitionSpec, launch: Launch, *, name: str = "", node: str = ""
) -> Json:
    # A name of one's own: those that a server makes up are short enough to meet one that is there.
    own = name or f"{names.task_prefix(definition.family)}{secrets.token_hex(_SUFFIX // 2)}"
    try:
        body: Json = make_pod(definition, launch, ctx.options, name=own, created_at=ctx.now())
    except (RefusedError, DependencyCycleError) as error:
        raise InvalidParameterException(str(error)) from None
    if node:
        body["spec"]["nodeName"] = node
    return body


async def _create(
    ctx: Context, place: Place, definition: objects.TaskDefinitionSpec, launch: Launch, body: Json
) -> views.Pod:
    """Create a task's pod, after the volumes that it needs; the account of its task role may not be there yet."""
    volumes = make_volumes(definition, place.namespace, ctx.options) + make_storage_classes(launch, ctx.options)

    async def write() -> views.Pod:
        await ensure_all(ctx, place.namespace, volumes)
        try:
            return await ctx.world.create(ctx.world.pods, place.namespace, body)
        except Forbidden as error:
            account = make_account(definition, ctx.scope, place.namespace, launch.overrides)
            if not account or error.namespace_ends:
                raise
            await ensure_all(ctx, place.namespace, account)
            return await ctx.world.create(ctx.world.pods, place.namespace, body)
        except Invalid as error:
            if error.by_policy:
                raise Forbidden(error.message) from None  # a failure of this task, as a quota's refusal is
            raise

    return await write_in(ctx, place, write)


def _token(place: Place, token: str, index: int) -> str:
    """Return what names the `index`th task for a client token: the same in each repeat."""
    return _digest(f"{place.arn} {token} {index}".encode())


def _asked(request: ecs.RunTaskRequest) -> str:
    """Return what tells two requests with one client token apart. The cluster may be named in more than one way."""
    return _digest(msgspec.json.encode(msgspec.structs.replace(request, clientToken=None, cluster=None)))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:_DIGITS]


async def _create_once(
    ctx: Context, place: Place, definition: objects.TaskDefinitionSpec, launch: Launch, token: str, asked: str
) -> Made:
    """Create a task's pod under a name that its client token gives, or return the task that is or was.

    Raises ConflictException when the token was used for something else.
    """
    name = f"{names.task_prefix(definition.family)}{token[:_SUFFIX]}"
    body = _pod(ctx, definition, launch, name=name)
    body["metadata"]["labels"][marks.REQUEST] = f"{token}.{asked}"
    found = _seen(ctx, token)
    for _ in range(_ATTEMPTS):
        if found is not None:
            return _same(ctx, place, found, asked)
        try:
            return await _create(ctx, place, definition, launch, body)
        except AlreadyExists:
            found = await _stored(ctx, place, definition, name, token)
    raise ServerException(_TRY_AGAIN)


def _seen(ctx: Context, token: str) -> Made | None:
    """Return the task that an earlier request with this token made; its record first, as the pod goes after it."""
    for cache in (ctx.world.stopped_tasks, ctx.world.pods):
        for found in cache.by("token", token):
            return found
    return None


async def _stored(
    ctx: Context, place: Place, definition: objects.TaskDefinitionSpec, name: str, token: str
) -> Made | None:
    """Return that task as the API has it: the caches may not know it yet, and it may have ended in between."""
    try:
        found = await ctx.api.get(ctx.world.pods.resource, place.namespace, name)
        ctx.world.pods.observe(found)  # who is told of a task finds it
        return found
    except NotFound:
        family = f"{marks.FAMILY}={names.label(definition.family)}"
        records = (await ctx.api.list(ctx.world.stopped_tasks.resource, place.namespace, labels=family)).items
        return next((one for one in records if one.metadata.labels.get(marks.REQUEST, "").startswith(token)), None)


def _same(ctx: Context, place: Place, found: Made, asked: str) -> Made:
    """Return a task that was made by the same request. Raises ConflictException, which names it, for any other."""
    if found.metadata.labels.get(marks.REQUEST, "").endswith(f".{asked}"):
        return found
    task = found.metadata.name if isinstance(found, objects.StoppedTask) else task_id(found.metadata.uid)
    raise ConflictException(
        "The client token was used before with other parameters.",
        resourceIds=[arns.task(ctx.scope, place.name, task)],
    )


def _answer(ctx: Context, made: Sequence[Made], failures: Sequence[ecs.Failure]) -> bytes:
    tasks = b",".join(
        stopped_json(one) if isinstance(one, objects.StoppedTask) else ctx.world.tasks.json(one, tags=True) or b"null"
        for one in made
    )
    return b'{"tasks":[' + tasks + b'],"failures":' + msgspec.json.encode(failures) + b"}"
