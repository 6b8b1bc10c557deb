"""The HorizontalPodAutoscalers that scale ECSDeployments.

An autoscaler reads how many replicas there are from where it writes how many there shall be: `spec.replicas`. Without a
value there it does nothing, and the API server has none to read. So who is scaled by one is given its count once.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kecs.kube import resources
from kecs.kube.errors import ApiError, NotFound
from kecs.kube.informer import Informer
from kecs.model import ecs_deployment as model
from kecs.model.objects import Meta
from kecs.reconcile.context import Context

Key = tuple[str, str]


class _Target(msgspec.Struct, omit_defaults=True):
    kind: str = ""
    name: str = ""
    apiVersion: str = ""


class _Spec(msgspec.Struct, omit_defaults=True):
    scaleTargetRef: _Target = msgspec.field(default_factory=_Target)


class _Autoscaler(msgspec.Struct, omit_defaults=True):
    metadata: Meta
    spec: _Spec = msgspec.field(default_factory=_Spec)


_AUTOSCALERS = resources.HORIZONTAL_POD_AUTOSCALERS.viewed(_Autoscaler)


class Autoscalers:
    """Knows which ECSDeployments are scaled by an autoscaler. `run()` keeps the cache, where the cluster has them."""

    def __init__(self, context: Context) -> None:
        self._api = context.api
        self._cache = Informer(context.api, _AUTOSCALERS, indexes={"target": _targets})
        self._siblings = context.world.siblings

    async def run(self) -> None:
        """Keep the cache current, for ever; end where the cluster knows no autoscalers, as the embedded one."""
        try:
            await self._api.list(_AUTOSCALERS, limit=1)
        except NotFound:
            return
        except ApiError:
            pass  # what is wrong now may not be so for ever
        self._siblings.add(self._cache)
        await self._cache.run()

    def subscribe(self, handler: Callable[[Key], None]) -> None:
        """Call `handler` with each ECSDeployment that an autoscaler begins to scale."""

        def on_change(_: Any, new: _Autoscaler | None) -> None:
            for key in _targets(new) if new is not None else ():
                handler(key)

        self._cache.subscribe(on_change)

    def scale(self, key: Key) -> bool:
        """Say whether one of them scales an ECSDeployment."""
        return bool(self._cache.by("target", key))


def _targets(one: _Autoscaler) -> Iterator[Key]:
    target = one.spec.scaleTargetRef
    if target.kind == model.KIND and target.apiVersion.partition("/")[0] == model.GROUP:
        yield one.metadata.namespace, target.name
