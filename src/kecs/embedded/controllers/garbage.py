"""Garbage collection: what has lost its owners goes, in the order that the deletion asked for."""

from collections.abc import Sequence
from typing import NamedTuple

from kecs.embedded.controllers.claims import owner_json
from kecs.embedded.controllers.graph import Graph, Place
from kecs.embedded.controllers.kinds import MANAGER
from kecs.embedded.controllers.views import Json, Meta, OwnerReference
from kecs.kube.api import Api, Propagation
from kecs.kube.controller import Controller
from kecs.kube.errors import Conflict, NotFound

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


class Owners(NamedTuple):
    """An object's owners by what has become of them: there, gone, or waiting for their dependents to go first."""

    solid: Sequence[OwnerReference]
    dangling: Sequence[OwnerReference]
    waiting: Sequence[OwnerReference]


class Verdict(NamedTuple):
    """What happens to an object: its owner references are cut to `keep`, or it is deleted."""

    keep: Sequence[OwnerReference] | None = None
    delete: Propagation | None = None


def decide(meta: Meta, owners: Owners, *, has_dependents: bool) -> Verdict:
    """Say what the state of its owners means for an object."""
    if owners.solid:
        return Verdict(keep=owners.solid) if owners.dangling or owners.waiting else Verdict()
    if not owners.dangling and not owners.waiting:
        return Verdict()
    if owners.waiting and has_dependents:
        return Verdict(delete="Foreground")
    if ORPHAN in meta.finalizers:
        return Verdict(delete="Orphan")
    return Verdict(delete="Foreground" if FOREGROUND in meta.finalizers else "Background")


def _awaits(meta: Meta, finalizer: str) -> bool:
    return meta.deletionTimestamp is not None and finalizer in meta.finalizers


class GarbageCollector:
    """The controller."""

    def __init__(self, api: Api, graph: Graph) -> None:
        self._api = api
        self._graph = graph
        self._controller = Controller("garbage", self._reconcile, workers=20)
        graph.subscribe(self._on_change)

    async def run(self) -> None:
        """Work for ever."""
        await self._graph.synced()
        await self._controller.run()

    def _on_change(self, place: Place, old: Meta | None, new: Meta | None) -> None:
        if new is None:
            if old is not None:
                for dependent in self._graph.dependents(old.uid):
                    self._controller.add(dependent)
                self._look_at_waiting_owners(place, old)
            return
        if new.deletionTimestamp is not None and (FOREGROUND in new.finalizers or ORPHAN in new.finalizers):
            self._controller.add(place)
        owners_changed = old is None or old.ownerReferences != new.ownerReferences
        if old is not None and owners_changed:
            self._look_at_waiting_owners(place, old)
        if owners_changed and any(not self._is_solid(place, one) for one in new.ownerReferences):
            self._controller.add(place)

    def _look_at_waiting_owners(self, place: Place, meta: Meta) -> None:
        for reference in meta.ownerReferences:
            owner = self._graph.owner(place, reference)
            found = self._graph.get(owner) if owner is not None else None
            if owner is not None and found is not None and _awaits(found, FOREGROUND):
                self._controller.add(owner)

    def _is_solid(self, place: Place, reference: OwnerReference) -> bool:
        owner = self._graph.owner(place, reference)
        found = self._graph.get(owner) if owner is not None else None
        return found is not None and found.uid == reference.uid and not _awaits(found, FOREGROUND)

    async def _reconcile(self, place: Place) -> None:
        meta = self._graph.get(place)
        if meta is None:
            return
        if _awaits(meta, ORPHAN):
            await self._orphan_dependents(place, meta)
        elif _awaits(meta, FOREGROUND):
            await self._delete_dependents(place, meta)
        elif meta.deletionTimestamp is None and meta.ownerReferences:
            await self._judge(place, meta)

    async def _judge(self, place: Place, meta: Meta) -> None:
        solid: list[OwnerReference] = []
        dangling: list[OwnerReference] = []
        waiting: list[OwnerReference] = []
        for reference in meta.ownerReferences:
            owner = self._graph.owner(place, reference)
            found = self._graph.get(owner) if owner is not None else None
            if owner is None or (found is not None and found.uid == reference.uid):
                # A kind that is not known (yet) is no reason to delete anything.
                (waiting if found is not None and _awaits(found, FOREGROUND) else solid).append(reference)
            elif await self._exists(owner, reference.uid):
                solid.append(reference)  # the cache lags behind
            else:
                dangling.append(reference)
        verdict = decide(meta, Owners(solid, dangling, waiting), has_dependents=bool(self._graph.dependents(meta.uid)))
        if verdict.delete is not None:
            await self._delete(place, meta, verdict.delete)
        elif verdict.keep is not None:
            await self._set_owners(place, meta, verdict.keep)

    async def _exists(self, owner: Place, uid: str) -> bool:
        informer = self._graph.informer(owner.table)
        if informer is None:
            return True
        try:
            found = await self._api.get(informer.resource, owner.namespace or None, owner.name)
        except NotFound:
            return False
        return bool(found.metadata.uid == uid)

    async def _orphan_dependents(self, place: Place, meta: Meta) -> None:
        for dependent in self._graph.dependents(meta.uid):
            found = self._graph.get(dependent)
            if found is not None:
                keep = [one for one in found.ownerReferences if one.uid != meta.uid]
                await self._set_owners(dependent, found, keep)
        await self._remove_finalizer(place, meta, ORPHAN)

    async def _delete_dependents(self, place: Place, meta: Meta) -> None:
        blocking = False
        for dependent in self._graph.dependents(meta.uid):
            found = self._graph.get(dependent)
            if found is None:
                continue
            blocking = blocking or any(one.uid == meta.uid and one.blockOwnerDeletion for one in found.ownerReferences)
            self._controller.add(dependent)
        if not blocking:
            await self._remove_finalizer(place, meta, FOREGROUND)

    async def _delete(self, place: Place, meta: Meta, propagation: Propagation) -> None:
        informer = self._graph.informer(place.table)
        if informer is None:
            return
        try:
            await self._api.delete(
                informer.resource, place.namespace or None, place.name, propagation=propagation, uid=meta.uid
            )
        except (NotFound, Conflict):
            return  # gone, or a namesake by now

    async def _set_owners(self, place: Place, meta: Meta, keep: Sequence[OwnerReference]) -> None:
        owners = [owner_json(one) for one in keep]
        await self._patch(place, meta, {"ownerReferences": owners or None})

    async def _remove_finalizer(self, place: Place, meta: Meta, finalizer: str) -> None:
        kept = [one for one in meta.finalizers if one != finalizer]
        await self._patch(place, meta, {"finalizers": kept or None})

    async def _patch(self, place: Place, meta: Meta, change: Json) -> None:
        informer = self._graph.informer(place.table)
        if informer is None:
            return
        # The version guards against undoing what somebody else did to the list meanwhile.
        body = {"metadata": {"uid": meta.uid, "resourceVersion": meta.resourceVersion, **change}}
        try:
            await self._api.patch(
                informer.resource, place.namespace or None, place.name, body, type="merge", manager=MANAGER
            )
        except NotFound:
            return
