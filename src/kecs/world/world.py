"""The shared snapshot: one informer per kind, and how to write so that every reader sees it at once."""

import asyncio
import copy
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar, cast

import msgspec

from kecs.kube.api import Api, Json, PatchType, Propagation, Resource
from kecs.kube.errors import AlreadyExists, Conflict, NotFound, Unavailable
from kecs.kube.informer import Informer
from kecs.kube.siblings import Siblings
from kecs.model import arns, marks, names, objects
from kecs.model import cluster as cluster_model
from kecs.model import service as service_model
from kecs.model.scope import Scope
from kecs.translate import facts, views
from kecs.translate.observe.ids import pod_uid
from kecs.world import resources
from kecs.world.definitions import Definitions
from kecs.world.listing import SortedKeys
from kecs.world.notices import Notices
from kecs.world.service_counts import ServiceCounts
from kecs.world.service_views import ServiceViews
from kecs.world.stopped import StoppedTasks
from kecs.world.tasks import Tasks

T = TypeVar("T")

_CATCH_UP_SECONDS = 20.0
_ATTEMPTS = 64  # of a read-modify-write whose object changes each time
_PAUSE, _LONGEST_PAUSE = 0.001, 0.02  # seconds between them


def _namespace(item: Any) -> Iterable[Hashable]:
    return (item.metadata.namespace,)


def _owner(item: Any) -> Iterable[Hashable]:
    return [owner.uid for owner in item.metadata.ownerReferences if owner.controller]


def _service(item: Any) -> Iterable[Hashable]:
    service = item.metadata.labels.get(marks.SERVICE)
    return ((item.metadata.namespace, service),) if service else ()


def _record(service: objects.Service) -> Iterable[Hashable]:
    return ((service.metadata.namespace, service.spec.serviceName),) if service_model.is_record(service) else ()


def _head(definition: objects.TaskDefinition) -> Iterable[Hashable]:
    origin = definition.metadata.annotations.get(marks.HEAD)
    return (origin,) if origin else ()


def _uid(item: Any) -> Iterable[Hashable]:
    return (item.metadata.uid,)


def _node(pod: views.Pod) -> Iterable[Hashable]:
    return (pod.spec.nodeName,) if pod.spec.nodeName else ()


def _token(item: Any) -> Iterable[Hashable]:
    token = item.metadata.labels.get(marks.REQUEST)
    return (token.partition(".")[0],) if token else ()


def _pod_family(pod: views.Pod) -> Iterable[Hashable]:
    known = facts.of(pod)
    return ((pod.metadata.namespace, known.family),) if known else ()


def _pod_started_by(pod: views.Pod) -> Iterable[Hashable]:
    known = facts.of(pod)
    return ((pod.metadata.namespace, known.startedBy),) if known and known.startedBy else ()


POD_INDEXES: Mapping[str, Callable[[views.Pod], Iterable[Hashable]]] = {
    "namespace": _namespace,
    "service": _service,
    "owner": _owner,
    "uid": _uid,
    "node": _node,
    "family": _pod_family,
    "startedBy": _pod_started_by,
    "token": _token,
}


def pods_alike(old: views.Pod, new: views.Pod) -> bool:
    """Say whether two versions of a pod have the same keys in all of `POD_INDEXES`."""
    before, after = old.metadata, new.metadata
    return (
        (before.labels is after.labels or before.labels == after.labels)
        and (before.annotations is after.annotations or before.annotations == after.annotations)
        and before.ownerReferences == after.ownerReferences
        and old.spec.nodeName == new.spec.nodeName
    )


def _started_by(task: objects.StoppedTask) -> Iterable[Hashable]:
    return (task.spec.startedBy,) if task.spec.startedBy else ()


def _record_family(task: objects.StoppedTask) -> Iterable[Hashable]:
    return ((task.metadata.namespace, objects.family_of(task.spec)),)


def _kind(resource: Resource[Any]) -> Json:
    return {"apiVersion": resource.api_version, "kind": resource.kind}


class World:
    """Informers over everything that operations and reconcilers read. `run()` keeps them current."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.clusters = Informer(api, resources.CLUSTERS)
        self.task_definitions = Informer(api, resources.TASK_DEFINITIONS, indexes={"head": _head})
        self.services = Informer(api, resources.SERVICES, indexes={"namespace": _namespace, "record": _record})
        self.stopped_tasks = Informer(
            api,
            resources.STOPPED_TASKS,
            indexes={"startedBy": _started_by, "family": _record_family, "token": _token},
        )
        self.pods = Informer(api, resources.PODS, labels=marks.ROLE, indexes=POD_INDEXES, alike=pods_alike)
        self.deployments = Informer(api, resources.DEPLOYMENTS, labels=marks.ROLE)
        self.daemon_sets = Informer(api, resources.DAEMON_SETS, labels=marks.ROLE)
        self.replica_sets = Informer(
            api, resources.REPLICA_SETS, labels=marks.ROLE, indexes={"owner": _owner, "service": _service}
        )
        self.nodes = Informer(api, resources.NODES, indexes={"uid": _uid})
        self.informers: tuple[Informer[Any], ...] = (
            self.clusters,
            self.task_definitions,
            self.services,
            self.stopped_tasks,
            self.pods,
            self.deployments,
            self.daemon_sets,
            self.replica_sets,
            self.nodes,
        )
        self._complete = False
        self._look = self._looked = 0  # numbers of the latest look that has begun, and of the latest that was finished
        self._looking = asyncio.Lock()
        self.siblings = Siblings()
        self.siblings.add(*self.informers)
        self.notices = Notices(api)
        self.tasks = Tasks(self.pods, self.nodes)
        self.stopped = StoppedTasks(self.pods, self.stopped_tasks, self.tasks)
        self.definitions = Definitions(self.task_definitions)
        self.service_counts = ServiceCounts(self.services)
        self.service_views = ServiceViews(self.tasks, self.definitions)
        self._cluster_arns = SortedKeys()
        self._service_names = SortedKeys()
        self.clusters.subscribe(self._on_cluster)
        self.services.subscribe(self._on_service)

    def _on_cluster(self, old: objects.Cluster | None, new: objects.Cluster | None) -> None:
        for cluster, listed in ((old, False), (new, True)):
            if cluster is None:
                continue
            scope = objects.scope_of(cluster.metadata)
            arn = arns.cluster(scope, cluster_model.name_of(cluster.spec))
            if listed and self.is_accepted(cluster) and not cluster_model.is_deleted(cluster):
                self._cluster_arns.add(scope, arn)
            elif not listed and self.is_accepted(cluster):  # the cluster itself has another object then
                self._cluster_arns.discard(scope, arn)

    def _on_service(self, old: objects.Service | None, new: objects.Service | None) -> None:
        if old is not None and service_model.is_named_rightly(old):
            self._service_names.discard(old.metadata.namespace, old.spec.serviceName)
        if new is not None and service_model.status_of(new) == service_model.ACTIVE and self.is_accepted(new):
            self._service_names.add(new.metadata.namespace, new.spec.serviceName)

    @staticmethod
    def is_accepted(item: objects.Cluster | objects.Service) -> bool:
        """Say whether an object is named as its spec demands; one made with kubectl under another name is not there."""
        if isinstance(item, objects.Service):
            return service_model.is_record(item) or service_model.is_named_rightly(item)
        name = names.cluster(cluster_model.name_of(item.spec), objects.scope_of(item.metadata))
        return item.metadata.name == name and not cluster_model.is_refused(item)

    def cluster(self, scope: Scope, name: str) -> objects.Cluster | None:
        """Return a cluster, also a deleted one that is still described."""
        found = self.clusters.get(None, names.cluster(name, scope))
        if found is None or cluster_model.name_of(found.spec) != name or cluster_model.is_refused(found):
            return None
        return found

    def cluster_arns(self, scope: Scope) -> Sequence[str]:
        """Return the ARNs of the clusters that are not deleted, in order."""
        return self._cluster_arns.all(scope)

    def service(self, namespace: str, name: str) -> objects.Service | None:
        """Return a service by its ECS name; where there is none, the record of the last one that was."""
        found = self.services.get(namespace, names.service(name))
        if found is not None and found.spec.serviceName == name:
            return found
        return max(self.services.by("record", (namespace, name)), key=service_model.deleted_at, default=None)

    def service_names(self, namespace: str) -> Sequence[str]:
        """Return the ECS names of a cluster's services that are not deleted, in order."""
        return self._service_names.all(namespace)

    def task_pod(self, namespace: str, task_id: str) -> views.Pod | None:
        """Return the pod that is a task."""
        for pod in self.pods.by("uid", pod_uid(task_id)):
            if pod.metadata.namespace == namespace:
                return pod
        return None

    async def run(self) -> None:
        """Keep every cache current, and write what is to be told, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.notices.run(), name="notices")
            group.create_task(self.siblings.run(), name="siblings")
            for informer in self.informers:
                group.create_task(informer.run(), name=f"informer {informer.resource.plural}")

    @property
    def staleness(self) -> float:
        """For how many seconds some cache may have missed something."""
        return max((informer.staleness for informer in self.informers if informer.is_synced), default=0.0)

    @property
    def unready(self) -> str:
        """Why nobody should read from here yet; "" once every cache that has to be there has had its first list."""
        if self._complete:
            return ""
        missing = [informer for informer in self.informers if not self._may_be_read(informer)]
        self._complete = not missing
        refusals = "".join(f"; {informer.refusal}" for informer in missing if informer.refusal)
        return f"waiting for {', '.join(one.resource.plural for one in missing)}{refusals}" if missing else ""

    def _may_be_read(self, informer: Informer[Any]) -> bool:
        """Say whether a cache has had its first list, or has none and may be empty: where kecs may not look."""
        return informer.is_synced or (bool(informer.refusal) and informer in (self.nodes, self.daemon_sets))

    async def catch_up(self) -> None:
        """Return once all caches are as new as the cluster was when this was called. Raises ApiError.

        Whoever comes while others are served waits for the one look that begins after that.
        """
        number = self._look + 1
        async with self._looking:
            if self._looked >= number:
                return
            self._look = number
            try:
                async with asyncio.timeout(_CATCH_UP_SECONDS):
                    await asyncio.gather(*(one.catch_up() for one in self.informers if one.is_synced))
            except TimeoutError:
                raise Unavailable("the cluster does not answer in time") from None
            self._looked = number

    async def synced(self) -> None:
        """Return once every cache has its first list, but for those that may be empty where kecs may not look."""
        for informer in self.informers:
            await (informer.answered() if informer in (self.nodes, self.daemon_sets) else informer.synced())

    @contextmanager
    def subscriptions(self) -> Iterator[None]:
        """Forget at the end whoever subscribes to a cache meanwhile: those who work for a while only."""
        with ExitStack() as stack:
            for informer in self.informers:
                stack.enter_context(informer.subscriptions())
            yield

    def writing_with(self, api: Api) -> "World":
        """Return the same caches, written to through another Api."""
        other = copy.copy(self)
        other.api = api
        return other

    # Writing: the answer goes into the cache before anyone can look.

    async def create(self, cache: Informer[T], namespace: str | None, body: Json) -> T:
        """Create an object; a reader of `cache` sees it at once. Raises AlreadyExists and what the API answers."""
        whole = {**_kind(cache.resource), **body}
        try:
            item = await self.api.create(cache.resource, namespace, whole, manager=marks.MANAGER)
        except AlreadyExists as error:
            item = await self._own(cache, namespace, whole["metadata"], error)
        cache.observe(item)
        return item

    async def _own(self, cache: Informer[T], namespace: str | None, sent: Json, error: AlreadyExists) -> T:
        """Return the object that an attempt has made whose answer was lost on the way. Raises `error` for any other.

        Ours says when it was made, to the millisecond, and all else that we called it.
        """
        if error.maybe_ours and marks.CREATED_AT in sent.get("annotations", ()):
            with suppress(NotFound):
                found: Any = await self.api.get(cache.resource, namespace, sent["name"])
                meta = found.metadata
                if sent["annotations"].items() <= meta.annotations.items() and (
                    sent.get("labels", {}).items() <= meta.labels.items()
                ):
                    return cast("T", found)
        raise error

    async def patch(
        self,
        cache: Informer[T],
        namespace: str | None,
        name: str,
        patch: Json | list[Json],
        *,
        type: PatchType = "merge",
        subresource: str = "",
    ) -> T:
        """Patch an object; a reader of `cache` sees it at once."""
        item = await self.api.patch(
            cache.resource, namespace, name, patch, type=type, manager=marks.MANAGER, subresource=subresource
        )
        cache.observe(item)
        return item

    async def update(
        self,
        cache: Informer[T],
        namespace: str | None,
        name: str,
        change: Callable[[T], T | None],
        *,
        subresource: str = "",
    ) -> T:
        """Read, change and replace an object until nobody came between. For objects whose Struct holds all of them.

        `change` gets a copy of its own and returns what shall be stored, or None to leave it as it is; it may raise.
        Raises NotFound when there is no such object, and Conflict when it changed each of many times.
        """
        current = cache.get(namespace, name)
        for attempt in range(_ATTEMPTS):
            if current is None:
                current = await self.api.get(cache.resource, namespace, name)
            wanted = change(msgspec.convert(msgspec.to_builtins(current), cache.resource.type))
            if wanted is None:
                cache.observe(current)
                return current
            body: Json = {**_kind(cache.resource), **msgspec.to_builtins(wanted)}
            try:
                stored = await self.api.replace(
                    cache.resource, namespace, name, body, manager=marks.MANAGER, subresource=subresource
                )
            except Conflict:
                current = None
                # Whoever was first may not be done yet; let them, and longer if there are many.
                await asyncio.sleep(min(attempt * _PAUSE, _LONGEST_PAUSE))
                continue
            cache.observe(stored)
            return stored
        raise Conflict(f"{cache.resource.plural} {name!r} changed meanwhile, {_ATTEMPTS} times")

    async def delete(
        self,
        cache: Informer[T],
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation: Propagation | None = None,
        grace_seconds: int | None = None,
    ) -> None:
        """Delete an object. It is gone from `cache` at once when it is gone from the API. Absent is fine.

        Raises Conflict when it is not the one of that uid or version.
        """
        item: Any = cache.get(namespace, name)
        try:
            await self.api.delete(
                cache.resource,
                namespace,
                name,
                uid=uid,
                resource_version=resource_version,
                propagation=propagation,
                grace_seconds=grace_seconds,
            )
            cache.observe(await self.api.get(cache.resource, namespace, name))
        except NotFound:
            known: Any = cache.get(namespace, name)  # it may have changed once more before it went
            if item is not None and known is not None and known.metadata.uid == item.metadata.uid:
                cache.forget(known)
