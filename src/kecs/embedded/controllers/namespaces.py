"""Namespaces that are deleted: everything in them goes first. And what every new namespace gets."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from kecs.embedded.controllers.graph import Graph, Place, table_of
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER
from kecs.embedded.controllers.views import Json, Meta, Namespace, Plain
from kecs.kube.api import Api, Page, Resource
from kecs.kube.controller import Controller
from kecs.kube.errors import AlreadyExists, ApiError, Forbidden, MethodNotAllowed, NotFound
from kecs.kube.resources import EVENTS, NAMESPACES
from kecs.kube.time import rfc3339

_FINALIZER = "kubernetes"
_LOOK_AGAIN = 5.0  # seconds; what goes meanwhile is noticed
_PAUSE = 0.05  # seconds that several deletions share a look
_SAMPLE = 500  # objects of a kind that are looked at while a namespace is emptied; the others are counted
_NOTHING: Page[Plain] = Page([], "")


_DONE = [  # what nothing can hinder here
    (f"NamespaceDeletion{kind}Failure", "False", reason, text)
    for kind, reason, text in (
        ("Discovery", "ResourcesDiscovered", "All resources successfully discovered"),
        ("GroupVersionParsing", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
        ("Content", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
    )
]


def remaining_conditions(left: Mapping[str, int], finalizers: Mapping[str, int], now: float) -> list[Json]:
    """Return the conditions of a namespace from which not everything is gone: counts by resource and by finalizer."""
    content = ", ".join(f"{table} has {count} resource instances" for table, count in sorted(left.items()))
    holding = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
    rows = [
        *_DONE,
        (
            "NamespaceContentRemaining",
            *(("True", "SomeResourcesRemain", f"Some resources are remaining: {content}") if left
              else ("False", "ContentRemoved", "All content successfully removed")),
        ),
        (
            "NamespaceFinalizersRemaining",
            *(("True", "SomeFinalizersRemain", f"Some content in the namespace has finalizers remaining: {holding}")
              if finalizers else ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished")),
        ),
    ]  # fmt: skip
    return [
        {"type": kind, "status": value, "reason": reason, "message": text, "lastTransitionTime": rfc3339(now)}
        for kind, value, reason, text in rows
    ]


class Namespaces:
    """The controller of namespaces: empties those that are deleted, gives the others their default ServiceAccount."""

    def __init__(self, api: Api, informers: Informers, graph: Graph) -> None:
        self._api = api
        self._informers = informers
        self._graph = graph
        self._ending: dict[str, set[Resource[Any]]] = {}  # with the kinds of which everything was told to go
        self._controller = Controller("namespace", self._reconcile, workers=5)
        graph.subscribe(self._on_change)

    async def run(self) -> None:
        """Work for ever."""
        await self._graph.synced()
        self._informers.namespaces.subscribe(self._on_namespace)
        await self._controller.run()

    def _on_namespace(self, old: Namespace | None, new: Namespace | None) -> None:
        if new is None:
            if old is not None:
                self._ending.pop(old.metadata.name, None)
            return
        if new.metadata.deletionTimestamp is not None:
            self._ending.setdefault(new.metadata.name, set())
        elif old is not None:
            return
        self._controller.add(new.metadata.name)

    def _on_change(self, place: Place, old: Meta | None, new: Meta | None) -> None:
        if new is not None:
            return
        if place.table == "serviceaccounts" and place.name == "default":
            self._controller.add(place.namespace)
        if place.namespace in self._ending:
            self._controller.add_after(place.namespace, _PAUSE)

    async def _reconcile(self, name: str) -> float | None:
        one = self._informers.namespaces.get(None, name)
        if one is None:
            return None
        if one.metadata.deletionTimestamp is None:
            await self._give_account(name)
            return None
        if _FINALIZER not in one.spec.finalizers:
            return None
        return await self._empty(one)

    async def _give_account(self, name: str) -> None:
        if self._informers.accounts.get(name, "default") is not None:
            return
        body = {"metadata": {"name": "default", "namespace": name}}
        try:
            made = await self._api.create(self._informers.accounts.resource, name, body, manager=MANAGER)
        except (AlreadyExists, Forbidden, NotFound):
            return  # there already, or the namespace is on its way out
        self._informers.accounts.observe(made)

    async def _empty(self, one: Namespace) -> float | None:
        name = one.metadata.name
        left: dict[str, int] = {}
        finalizers: Counter[str] = Counter()
        kinds = [*self._graph.tables(namespaced=True), EVENTS]
        for table, page in zip(kinds, await asyncio.gather(*(self._clear(kind, name) for kind in kinds)), strict=True):
            if page.items:
                left[f"{table_of(table.group, table.plural)}."] = len(page.items) + (page.remaining or 0)
                finalizers.update(finalizer for item in page.items for finalizer in item.metadata.finalizers)
        if left:
            await self._tell(one, left, finalizers)
            return _LOOK_AGAIN
        await self._finalize(name)
        return None

    async def _clear(self, kind: Resource[Any], namespace: str) -> Page[Plain]:
        """Delete all objects of a kind; return the first of those that are still there.

        Those say nothing of the others: they may wait for their finalizers since before the namespace was deleted.
        """
        page, told = await self._list(kind, namespace), self._ending.setdefault(namespace, set())
        if page.items and (kind not in told or any(item.metadata.deletionTimestamp is None for item in page.items)):
            try:
                await self._api.delete_collection(kind, namespace, propagation="Background")
            except (NotFound, MethodNotAllowed):
                return _NOTHING  # a custom resource that is not served any more
            told.add(kind)
            page = await self._list(kind, namespace)
        return page

    async def _list(self, kind: Resource[Any], namespace: str) -> Page[Plain]:
        try:
            return await self._api.list(kind.viewed(Plain), namespace, limit=_SAMPLE)
        except NotFound:
            return _NOTHING

    async def _finalize(self, name: str) -> None:
        try:
            body = await self._api.get(NAMESPACES, None, name)
            kept = [one for one in body["spec"].get("finalizers", ()) if one != _FINALIZER]
            body["spec"]["finalizers"] = kept
            await self._api.replace(NAMESPACES, None, name, body, manager=MANAGER, subresource="finalize")
        except NotFound:
            return

    async def _tell(self, one: Namespace, left: Mapping[str, int], finalizers: Mapping[str, int]) -> None:
        conditions = remaining_conditions(left, finalizers, time.time())
        known = {(each.type, each.status, each.message) for each in one.status.conditions}
        if all((each["type"], each["status"], each["message"]) in known for each in conditions):
            return
        try:
            await self._api.patch(
                NAMESPACES,
                None,
                one.metadata.name,
                {"status": {"conditions": conditions}},
                type="strategic",
                manager=MANAGER,
                subresource="status",
            )
        except ApiError:
            return  # a courtesy
