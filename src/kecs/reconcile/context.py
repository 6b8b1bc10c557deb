"""What every reconciler is given."""

from collections.abc import Callable

import msgspec

from kecs.decide.service import Settings as RolloutSettings
from kecs.kube.api import Api
from kecs.kube.controller import Works
from kecs.kube.time import now
from kecs.translate.options import DEFAULT, Options
from kecs.world.world import World


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The figures that reconcilers depend on; durations in seconds.

    Stopped tasks are described for `stopped_task_retention`, but of one service or family not more than the newest
    `stopped_tasks_kept`. Deleted services and clusters stay describable for `inactive_retention`. `rules` is how
    patient a service's rollout is: ECS's figures unless a backend starts tasks faster.
    """

    stopped_task_retention: float = 3600.0
    stopped_tasks_kept: int = 10_000
    inactive_retention: float = 3600.0
    rules: RolloutSettings = RolloutSettings()
    options: Options = DEFAULT


class Context(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The surroundings of a reconciler. `now` gives epoch seconds; controllers note in `works` what they do."""

    api: Api
    world: World
    settings: Settings = Settings()
    now: Callable[[], float] = now
    works: Works = msgspec.field(default_factory=dict)
