"""Task definitions."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from kecs.kube.errors import AlreadyExists, Conflict, NotFound
from kecs.model import arns, marks, names, objects, task_definition_checks
from kecs.model import task_definition as model
from kecs.model.constraints import check_allowed
from kecs.model.errors import AwsError, ClientException, InvalidParameterException
from kecs.model.generated import ecs, ecs_limits
from kecs.services.context import Context
from kecs.services.ecs.paging import answer_page, limit_of, position_of
from kecs.services.ecs.references import refused
from kecs.services.registry import operation

_MOST_DELETED = 10
_ATTEMPTS = 1000  # revisions that others may take before one's own is stored
_MISSING = "does not exist. Specify a valid account, family, revision and try again."


@operation("ecs", "RegisterTaskDefinition")
async def register_task_definition(
    ctx: Context, request: ecs.RegisterTaskDefinitionRequest
) -> ecs.RegisterTaskDefinitionResponse:
    """Register the next revision of a family."""
    task_definition_checks.check(request)
    spec = objects.TaskDefinitionSpec(
        **{name: getattr(request, name) for name in ecs.RegisterTaskDefinitionRequest.__struct_fields__}
    )
    stored = await _store(ctx, spec)
    return ecs.RegisterTaskDefinitionResponse(
        taskDefinition=model.described(stored, ctx.scope), tags=stored.spec.tags or None
    )


async def _store(ctx: Context, spec: objects.TaskDefinitionSpec) -> objects.TaskDefinition:
    """Store a spec under the first revision behind the highest known that nobody else takes meanwhile."""
    for _ in range(_ATTEMPTS):
        spec.revision = ctx.world.definitions.next_revision(ctx.scope, spec.family)
        definition = objects.TaskDefinition(
            metadata=objects.Meta(
                name=names.task_definition(spec.family, spec.revision, ctx.scope),
                labels={marks.FAMILY: names.label(spec.family), **objects.scope_labels(ctx.scope)},
                annotations={marks.CREATED_AT: f"{ctx.now():.3f}"},
            ),
            spec=spec,
        )
        try:
            return await ctx.world.create(ctx.world.task_definitions, None, msgspec.to_builtins(definition))
        except AlreadyExists:
            continue
        except BaseException:  # also of a client that went away
            ctx.world.definitions.give_back(ctx.scope, spec.family, spec.revision)
            raise
    raise ClientException("Too many concurrent attempts to create a new revision of the specified family.")


def find(ctx: Context, text: str, error: AwsError) -> objects.TaskDefinition:
    """Return the task definition that a request names. Raises `error` when there is none."""
    found = ctx.world.definitions.find(ctx.scope, text) if text else None
    if found is None:
        raise error
    return found


def find_active(ctx: Context, text: str, inactive: type[AwsError]) -> objects.TaskDefinition:
    """Return the task definition of which a request wants tasks made.

    Raises ClientException when there is none, and `inactive` when it is deregistered.
    """
    found = find(ctx, text, ClientException("TaskDefinition not found."))
    if model.status_of(found) != model.ACTIVE:
        raise inactive("TaskDefinition is inactive")
    return found


@operation("ecs", "DescribeTaskDefinition")
async def describe_task_definition(
    ctx: Context, request: ecs.DescribeTaskDefinitionRequest
) -> ecs.DescribeTaskDefinitionResponse:
    """Describe a revision, deregistered or not; a family means its latest ACTIVE one."""
    for field in request.include or ():
        check_allowed("include", field, ecs_limits.TaskDefinitionField, InvalidParameterException)
    found = find(ctx, request.taskDefinition, ClientException("Unable to describe task definition."))
    return ecs.DescribeTaskDefinitionResponse(
        taskDefinition=model.described(found, ctx.scope),
        tags=(found.spec.tags or []) if request.include else None,
    )


@operation("ecs", "DeregisterTaskDefinition")
async def deregister_task_definition(
    ctx: Context, request: ecs.DeregisterTaskDefinitionRequest
) -> ecs.DeregisterTaskDefinitionResponse:
    """Make a revision INACTIVE: what runs goes on, nothing new can be made of it."""
    text = request.taskDefinition
    if not text:
        raise InvalidParameterException("TaskDefinition can not be blank.")
    reference = model.parse_reference(text, ctx.scope)
    if reference is not None and reference.revision is None:
        raise ClientException("Revision is missing.")
    missing = ClientException("The specified task definition does not exist.")
    found = find(ctx, text, missing)
    if model.status_of(found) == model.ACTIVE:
        try:
            found = await _set_status(ctx, found, {"status": model.INACTIVE, "deregisteredAt": ctx.now()})
        except NotFound:
            raise missing from None
    return ecs.DeregisterTaskDefinitionResponse(taskDefinition=model.described(found, ctx.scope))


async def _set_status(
    ctx: Context, definition: objects.TaskDefinition, status: dict[str, object]
) -> objects.TaskDefinition:
    """Write what became of a revision. Raises NotFound when it is gone meanwhile."""
    try:
        return await ctx.world.patch(
            ctx.world.task_definitions, None, definition.metadata.name, {"status": status}, subresource="status"
        )
    except Conflict as error:
        raise refused(error) from None


@operation("ecs", "DeleteTaskDefinitions")
async def delete_task_definitions(
    ctx: Context, request: ecs.DeleteTaskDefinitionsRequest
) -> ecs.DeleteTaskDefinitionsResponse:
    """Delete INACTIVE revisions. Each that cannot be is a failure with a sentence for its reason."""
    if not request.taskDefinitions:
        raise InvalidParameterException("Size of TaskDefinition references list cannot be zero")
    if len(request.taskDefinitions) > _MOST_DELETED:
        raise InvalidParameterException(f"Size of TaskDefinition references list cannot exceed {_MOST_DELETED}")
    deleted, failures = [], []
    for text in request.taskDefinitions:
        reference = model.parse_reference(text, ctx.scope)
        if reference is None or reference.revision is None:
            failures.append(_failure(text, "identifier is invalid. Specify a valid name or ARN and try again."))
            continue
        found = ctx.world.definitions.get(ctx.scope, reference.family, reference.revision)
        if found is None:
            failures.append(_failure(text, _MISSING))
        elif model.status_of(found) == model.ACTIVE:
            failures.append(_failure(text, "is still in ACTIVE status. Please deregister the target and try again."))
        else:
            try:
                if model.status_of(found) != model.DELETING:
                    found = await _set_status(ctx, found, {"status": model.DELETING, "deleteRequestedAt": ctx.now()})
                deleted.append(model.described(found, ctx.scope))
            except NotFound:
                failures.append(_failure(text, _MISSING))
    return ecs.DeleteTaskDefinitionsResponse(taskDefinitions=deleted, failures=failures)


def _failure(text: str, predicate: str) -> ecs.Failure:
    return ecs.Failure(arn=text, reason=f"The specified task definition {predicate}")


@operation("ecs", "ListTaskDefinitionFamilies")
async def list_task_definition_families(ctx: Context, request: ecs.ListTaskDefinitionFamiliesRequest) -> bytes:
    """List families by prefix: those with an ACTIVE revision, those without, or all."""
    status = request.status or "ALL"
    check_allowed("status", status, ecs_limits.TaskDefinitionFamilyStatus, InvalidParameterException)
    definitions = ctx.world.definitions
    families: Sequence[str] = ()
    if status in ("ACTIVE", "ALL"):
        families = definitions.families(ctx.scope, active=True)
    if status in ("INACTIVE", "ALL"):
        families = sorted([*families, *definitions.families(ctx.scope, active=False)])
    if request.familyPrefix:
        families = [family for family in families if family.startswith(request.familyPrefix)]
    return answer_page(ctx, request, "families", families)


@operation("ecs", "ListTaskDefinitions")
async def list_task_definitions(
    ctx: Context, request: ecs.ListTaskDefinitionsRequest
) -> ecs.ListTaskDefinitionsResponse:
    """List revisions by family, then number; `familyPrefix` is a whole family's name."""
    status = request.status or model.ACTIVE
    check_allowed("status", status, ecs_limits.TaskDefinitionStatus, InvalidParameterException)
    check_allowed("sort", request.sort or None, ecs_limits.SortOrder, InvalidParameterException)
    limit = limit_of(request)
    found = list(islice(_revisions(ctx, request, status, position_of(ctx, request)), limit + 1))
    position = _position(*found[limit - 1]) if len(found) > limit else ""
    return ecs.ListTaskDefinitionsResponse(
        taskDefinitionArns=[arns.task_definition(ctx.scope, family, revision) for family, revision in found[:limit]],
        nextToken=ctx.tokens.seal(position, ctx.scope, request) if position else None,
    )


def _position(family: str, revision: int) -> str:
    return f"{family}:{revision}"


def _revisions(
    ctx: Context, request: ecs.ListTaskDefinitionsRequest, status: str, position: str
) -> Iterator[tuple[str, int]]:
    """Yield family and number of what is listed, in order, behind the position where the page before ended."""
    falling = request.sort == "DESC"
    after_family, _, after_revision = position.partition(":")
    for family in _families(ctx, request.familyPrefix or "", falling=falling):
        if after_family and (family > after_family if falling else family < after_family):
            continue
        revisions = ctx.world.definitions.revisions(ctx.scope, family, status)
        for revision in reversed(revisions) if falling else revisions:
            if family == after_family and not (
                revision < int(after_revision) if falling else revision > int(after_revision)
            ):
                continue
            yield family, revision


def _families(ctx: Context, family: str, *, falling: bool) -> Sequence[str]:
    if family:
        return [family]
    definitions = ctx.world.definitions
    known = [*definitions.families(ctx.scope, active=True), *definitions.families(ctx.scope, active=False)]
    return sorted(known, reverse=falling)
