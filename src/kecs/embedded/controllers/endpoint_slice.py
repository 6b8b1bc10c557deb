"""EndpointSlices: the addresses of the pods behind each service."""

import asyncio
from contextlib import suppress

from kecs.embedded.controllers import endpoints
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER, EndpointSlice, Service
from kecs.embedded.controllers.members import Members
from kecs.embedded.controllers.views import Json
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.errors import NotFound

_ZONE = "topology.kubernetes.io/zone"

Key = tuple[str, str]


class EndpointSlices:
    """The controller. Services without a selector are left to whoever writes their slices."""

    def __init__(self, api: Api, informers: Informers) -> None:
        self._api = api
        self._informers = informers
        self._slices = informers.slices
        self._controller = Controller("endpointslice", self._reconcile, workers=5)
        self._members: Members[Key] = Members(informers.pods, self._look)

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        self._members.start()
        self._informers.services.subscribe(self._on_service)
        self._slices.subscribe(self._on_slice)
        await self._controller.run()

    def _on_service(self, old: Service | None, new: Service | None) -> None:
        if new is None:
            if old is not None:
                self._members.remove(old.metadata.key)
            return
        if old is None or old.spec.selector != new.spec.selector:
            selector = {"matchLabels": new.spec.selector} if new.spec.selector else None
            self._members.put(new.metadata.key, new.metadata.namespace, selector)
        self._controller.add(new.metadata.key)

    def _on_slice(self, old: EndpointSlice | None, new: EndpointSlice | None) -> None:
        for one in (old, new):
            if one is not None and (one.metadata.labels or {}).get(endpoints.MANAGED_BY) == endpoints.CONTROLLER:
                name = (one.metadata.labels or {}).get(endpoints.SERVICE_NAME)
                if name:
                    key = (one.metadata.namespace, name)
                    self._look(key, self._members.count(key))

    def _look(self, key: Key, pods: int) -> None:
        # A slice is written whole, so changes of a few milliseconds had better share a write.
        self._controller.add_among(key, pods * 3)

    async def _reconcile(self, key: Key) -> None:
        service = self._informers.services.get(*key)
        if service is None or not service.spec.selector or service.metadata.deletionTimestamp is not None:
            return  # the slices of one that is gone are collected with it
        slices = [
            one
            for one in self._slices.by("service", key)
            if (one.metadata.labels or {}).get(endpoints.MANAGED_BY) == endpoints.CONTROLLER
            and one.metadata.deletionTimestamp is None
        ]
        plan = endpoints.plan(service, self._members.of(key), slices, self._zone_of)
        await asyncio.gather(*(self._create(key[0], body) for body in plan.create))
        await asyncio.gather(*(self._update(service, one, some) for one, some in plan.update))
        await asyncio.gather(*(self._delete(one) for one in plan.delete))

    def _zone_of(self, node: str) -> str | None:
        found = self._informers.nodes.get(None, node) if node else None
        return (found.metadata.labels or {}).get(_ZONE) if found is not None else None

    async def _create(self, namespace: str, body: Json) -> None:
        self._slices.observe(await self._api.create(self._slices.resource, namespace, body, manager=MANAGER))

    async def _update(self, service: Service, one: EndpointSlice, some: list[Json]) -> None:
        meta = one.metadata
        change = {
            "metadata": {"uid": meta.uid, "resourceVersion": meta.resourceVersion, "labels": endpoints.labels(service)},
            "endpoints": some,
        }
        stored = await self._api.patch(
            self._slices.resource, meta.namespace, meta.name, change, type="merge", manager=MANAGER
        )
        self._slices.observe(stored)

    async def _delete(self, one: EndpointSlice) -> None:
        meta = one.metadata
        with suppress(NotFound):
            await self._api.delete(self._slices.resource, meta.namespace, meta.name, uid=meta.uid)
        self._slices.forget(one)
