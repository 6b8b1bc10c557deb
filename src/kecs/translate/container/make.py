"""A whole container of a pod."""

from collections.abc import Mapping

from kecs.model.generated import ecs
from kecs.translate.body import Json
from kecs.translate.container.command import command
from kecs.translate.container.environment import environment
from kecs.translate.container.health import probes
from kecs.translate.container.mounts import mounts
from kecs.translate.container.part import Part
from kecs.translate.container.ports import Taken, ports
from kecs.translate.container.resources import resources
from kecs.translate.container.restart import restart
from kecs.translate.container.security import security


def make_container(part: Part, siblings: Mapping[str, ecs.ContainerDefinition], taken: Taken) -> Json:
    """Return the container. `siblings` are the task's containers by name; `taken` is what others have, and grows."""
    return {
        "name": part.pod_name,
        "image": part.definition.image or "",
        **command(part),
        **environment(part),
        **ports(part, taken),
        **resources(part),
        **mounts(part, siblings),
        **probes(part),
        **restart(part),
        **security(part),
    }
