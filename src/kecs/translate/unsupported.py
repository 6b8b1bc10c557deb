"""What is kept but not acted on, and what is refused."""

from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec


class RefusedError(ValueError):
    """A definition asks for something without which its tasks must not run. The message is for its user."""


def refuse(definition: TaskDefinitionSpec, overrides: ecs.TaskOverride | None = None) -> None:
    """Raise `RefusedError` for what must not be left out in silence."""
