"""Telling the user, once, of what a RunTask has that is kept but not acted on: as Events of the task definition.

A service tells it in its own events, of a cluster tells whoever reconciles it.
"""

from kecs.model import objects
from kecs.model.generated import ecs
from kecs.services.context import Context
from kecs.translate import members
from kecs.translate.launch import Launch
from kecs.translate.unsupported import definition_warnings, launch_warnings

# The members of a request by which something is said at all, so that most requests need no closer look.
_LOUD = frozenset(row.path.split(".")[0].removesuffix("[]") for row in members.RUN_TASK if row.verdict == "kept") | {
    "placementConstraints",
    "placementStrategy",
}


def warn(ctx: Context, definition: objects.TaskDefinition, request: ecs.RunTaskRequest, launch: Launch) -> None:
    """Tell what of a definition, and of a request to run it, is kept without being acted on."""
    notices, meta = ctx.world.notices, definition.metadata
    sentences: list[str] = []
    if notices.is_new(meta):
        sentences += definition_warnings(definition.spec, ctx.options)
    if definition.spec.placementConstraints or any(getattr(request, member) for member in _LOUD):
        sentences += launch_warnings(request, definition.spec, launch)
    for sentence in sentences:
        notices.tell(ctx.world.task_definitions.resource, meta, "NotActedOn", sentence)
