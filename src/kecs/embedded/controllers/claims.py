"""Whose an object is: parents find their children by owner reference, adopt orphans that match, and release others.

Used for pods of replica sets and daemon sets, and for replica sets of deployments.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from kecs.embedded.controllers.matching import Selectors
from kecs.embedded.controllers.views import Json, Meta, OwnerReference
from kecs.kube.api import Api, Resource
from kecs.kube.errors import Conflict, NotFound
from kecs.kube.informer import Informer
from kecs.kube.selectors import object_matcher

P = TypeVar("P")
C = TypeVar("C")


def reference(resource: Resource[Any], parent: Any) -> Json:
    """Return the owner reference that makes `parent` an object's manager."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": parent.metadata.name,
        "uid": parent.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


class Claims(Generic[P, C]):
    """The children of all parents of one kind.

    `look` is called with the key of each parent for which something changed, itself, a child, or an orphan that it may
    adopt, and with how many children it has (1 when it changed itself). Parents need `spec.selector`.
    """

    def __init__(
        self,
        api: Api,
        parents: Informer[P],
        children: Informer[C],
        manager: str,
        look: Callable[[tuple[str, str], int], None],
    ) -> None:
        self._api = api
        self._parents, self._children = parents, children
        self._manager = manager
        self._look = look
        self._kind = parents.resource.kind
        self._selectors: Selectors[tuple[str, str]] = Selectors()
        self._adoptable: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def start(self) -> None:
        """Begin to follow both caches."""
        self._parents.subscribe(self._on_parent)
        self._children.subscribe(self._on_child)

    def _on_parent(self, old: Any, new: Any) -> None:
        key = (new or old).metadata.key
        if new is None:
            self._selectors.remove(key)
            self._adoptable.pop(key, None)
        elif old is None or old.spec.selector != new.spec.selector:
            self._selectors.put(key, key[0], new.spec.selector)
            matches = object_matcher(new.spec.selector)
            orphans: list[Any] = [one for one in self._children.by("orphans", key[0]) if _fits(one, matches)]
            if orphans:
                self._adoptable[key] = {one.metadata.key for one in orphans}
        if old is None or new is None or not _only_status(old.metadata, new.metadata):
            self._look(key, 1)

    def _on_child(self, old: Any, new: Any) -> None:
        for one in (old, new) if old is not None and new is not None and _moved(old, new) else (new or old,):
            owner = one.metadata.controller
            if owner is not None:
                if owner.kind == self._kind:
                    self._look((one.metadata.namespace, owner.name), len(self._children.by("owner", owner.uid)))
            elif one is new and new.metadata.deletionTimestamp is None:
                for parent in self._selectors.find(one.metadata.namespace, one.metadata.labels):
                    self._adoptable.setdefault(parent, set()).add(one.metadata.key)
                    self._look(parent, 1)

    async def claimed(self, parent: P) -> list[C]:
        """Return the parent's children, after adopting and releasing what has changed sides."""
        about: Any = parent
        key = about.metadata.key
        matches = object_matcher(about.spec.selector)
        found: list[C] = []
        for child in list(self._children.by("owner", about.metadata.uid)):
            if matches(child.metadata.labels):  # type: ignore[attr-defined]  # every view has metadata
                found.append(child)
            elif about.metadata.deletionTimestamp is None:
                await self._release(about, child)
        waiting = self._adoptable.get(key)
        if waiting and about.metadata.deletionTimestamp is None and await self._lives(about):
            for one in list(waiting):
                orphan: Any = self._children.get(*one)
                if orphan is not None and orphan.metadata.controller is None and _fits(orphan, matches):
                    found.append(await self._adopt(about, orphan))
                waiting.discard(one)
        return found

    async def _lives(self, parent: P) -> bool:
        """Ask the API, as the cache may lag: a parent deleted with orphans left must not take them back."""
        meta = _meta(parent)
        fresh = _meta(await self._api.get(self._parents.resource, meta.namespace, meta.name))
        return fresh.uid == meta.uid and fresh.deletionTimestamp is None

    async def _adopt(self, parent: Any, child: Any) -> C:
        # The version guards against another parent's adoption at the same time.
        owners = [owner_json(one) for one in child.metadata.ownerReferences]
        change = {
            "metadata": {
                "uid": child.metadata.uid,
                "resourceVersion": child.metadata.resourceVersion,
                "ownerReferences": [*owners, reference(self._parents.resource, parent)],
            }
        }
        return await self._patch(child, change)

    async def _release(self, parent: Any, child: Any) -> None:
        owners = [owner_json(one) for one in child.metadata.ownerReferences if one.uid != parent.metadata.uid]
        change = {
            "metadata": {
                "uid": child.metadata.uid,
                "resourceVersion": child.metadata.resourceVersion,
                "ownerReferences": owners or None,
            }
        }
        try:
            await self._patch(child, change)
        except (NotFound, Conflict):
            return  # gone, or changed: the next look tells

    async def _patch(self, child: Any, change: Json) -> C:
        meta = child.metadata
        new = await self._api.patch(
            self._children.resource, meta.namespace, meta.name, change, type="merge", manager=self._manager
        )
        self._children.observe(new)
        return new


def _meta(item: Any) -> Meta:
    meta: Meta = item.metadata
    return meta


def _only_status(old: Meta, new: Meta) -> bool:
    """Say whether nothing but the status differs, which is what the controller itself wrote."""
    return old.generation == new.generation and old.labels == new.labels and old.ownerReferences == new.ownerReferences


def _fits(item: Any, matches: Callable[[Any], bool]) -> bool:
    meta = _meta(item)
    return meta.deletionTimestamp is None and matches(meta.labels)


def _moved(old: Any, new: Any) -> bool:
    before, after = old.metadata.controller, new.metadata.controller
    return bool((before and before.uid) != (after and after.uid))


def owner_json(owner: OwnerReference) -> Json:
    """Return an owner reference as it is written."""
    body: Json = {"apiVersion": owner.apiVersion, "kind": owner.kind, "name": owner.name, "uid": owner.uid}
    if owner.controller:
        body["controller"] = True
    if owner.blockOwnerDeletion:
        body["blockOwnerDeletion"] = True
    return body
