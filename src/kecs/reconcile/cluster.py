"""A cluster: its namespace with the default policies and the quota, and the end of both."""

from typing import Any

import msgspec

from kecs.kube import resources
from kecs.kube.api import Json, Resource
from kecs.kube.controller import Controller
from kecs.kube.errors import ApiError, Forbidden, Invalid, NotFound
from kecs.kube.informer import Informer
from kecs.model import marks
from kecs.model.cluster import is_deleted, name_of
from kecs.model.names import cluster as object_name
from kecs.model.objects import Cluster, ClusterStatus, Meta, scope_of
from kecs.reconcile import conditions
from kecs.reconcile.context import Context
from kecs.translate.cluster import make_namespace, make_network_policies, make_quota
from kecs.translate.unsupported import cluster_warnings

_QUOTA = "kecs-quota"
_LOOK_AGAIN = 60.0  # seconds, whether a namespace that was somebody else's has gone


class Namespace(msgspec.Struct, omit_defaults=True):
    """What is read of a namespace."""

    metadata: Meta


def namespaces(context: Context) -> Informer[Namespace]:
    """Return the cache of the namespaces that are clusters."""
    found = Informer(context.api, resources.NAMESPACES.viewed(Namespace), labels=f"{marks.ROLE}={marks.ROLE_CLUSTER}")
    context.world.siblings.add(found)
    return found


def build(context: Context, cache: Informer[Namespace]) -> Controller[str]:
    """Return the controller of clusters. `cache` is that of their namespaces, which somebody runs."""
    clusters = _Clusters(context, cache)
    controller = Controller("clusters", clusters.reconcile, works=context.works)

    def on_change(old: Any, new: Any) -> None:
        controller.add((new or old).metadata.name)

    context.world.clusters.subscribe(on_change)
    cache.subscribe(on_change)
    return controller


class ForeignNamespaceError(Exception):
    """The namespace of a cluster is somebody else's; the message is for the cluster's user."""


class _Clusters:
    def __init__(self, context: Context, cache: Informer[Namespace]) -> None:
        self._context = context
        self._namespaces = cache
        self._applied: dict[str, bytes] = {}  # by namespace: what was written last, with the namespace's uid

    async def reconcile(self, name: str) -> float | None:
        await self._namespaces.synced()
        cluster = self._context.world.clusters.get(None, name)
        if cluster is None:
            self._applied.pop(name, None)
            return None
        if is_deleted(cluster):
            return await self._end(cluster)
        now = self._context.now()
        wanted = object_name(name_of(cluster.spec), scope_of(cluster.metadata))
        if wanted != name:
            message = f"The object of this cluster has to be named {wanted}."
            conds = conditions.refused(cluster.status.conditions, cluster.metadata.generation, now, message)
            await self._show(cluster, "", conds)
            return None
        if marks.CLUSTER_FINALIZER not in cluster.metadata.finalizers:
            cluster = await self._hold(cluster)
        self._warn(cluster)
        try:
            failed = await self._apply(cluster)
        except ForeignNamespaceError as error:
            conds = conditions.refused(cluster.status.conditions, cluster.metadata.generation, now, str(error))
            await self._show(cluster, "", conds)
            return _LOOK_AGAIN
        conds = conditions.accepted(cluster.status.conditions, cluster.metadata.generation, now)
        await self._show(cluster, "ACTIVE", conds)
        if failed is not None:
            raise failed  # it is tried again, less and less often: what stands in the way may go
        return None

    def _warn(self, cluster: Cluster) -> None:
        """Tell what of a cluster is kept without being acted on."""
        world = self._context.world
        if world.notices.is_new(cluster.metadata):
            for sentence in cluster_warnings(cluster.spec):
                self._tell(cluster, "NotActedOn", sentence)

    async def _hold(self, cluster: Cluster) -> Cluster:
        meta, world = cluster.metadata, self._context.world
        change = {"resourceVersion": meta.resourceVersion, "finalizers": [*meta.finalizers, marks.CLUSTER_FINALIZER]}
        return await world.patch(world.clusters, None, meta.name, {"metadata": change})

    async def _apply(self, cluster: Cluster) -> ApiError | None:
        """Write the namespace and what belongs into it, unless it is there as it was written last.

        Returns why something in it could not be written, which keeps nothing else from being.
        """
        name = cluster.metadata.name
        found = self._namespaces.get(None, name)
        if found is not None and found.metadata.deletionTimestamp:
            return None  # a cluster of that name was deleted just now; its end is told by the cache
        parts: list[tuple[Resource[Json], Json]] = [
            (resources.NETWORK_POLICIES, policy) for policy in make_network_policies(name)
        ]
        quota = make_quota(cluster)
        if quota:
            parts.append((resources.RESOURCE_QUOTAS, quota))
        body = make_namespace(cluster)
        text = msgspec.json.encode([body, [part for _, part in parts]])
        if found is not None and self._applied.get(name) == found.metadata.uid.encode() + text:
            return None
        namespace = await self._write_namespace(cluster, found, body)
        failed: ApiError | None = None
        for resource, part in parts:
            try:
                await self._context.api.apply(resource, name, part["metadata"]["name"], part, manager=marks.MANAGER)
            except (Forbidden, Invalid) as error:
                failed = error
                told = f"The {resource.kind} {part['metadata']['name']} could not be written: {error.message}"
                self._tell(cluster, "NotWritten", told)
        if not quota:
            await self._delete(resources.RESOURCE_QUOTAS, name, _QUOTA)
        if failed is None:
            self._applied[name] = namespace.metadata.uid.encode() + text
        return failed

    async def _write_namespace(self, cluster: Cluster, found: Namespace | None, body: Json) -> Namespace:
        """Write the namespace, which must not be somebody else's. Raises ForeignNamespaceError."""
        api, resource, name = self._context.api, self._namespaces.resource, cluster.metadata.name
        if found is None:
            if name in self._applied:
                self._tell(
                    cluster,
                    "NamespaceDeleted",
                    f"The namespace {name} was deleted with all that was in it, and is made anew.",
                )
            for there in (await api.list(resource, fields=f"metadata.name={name}")).items:
                if there.metadata.labels.get(marks.ROLE) != marks.ROLE_CLUSTER:
                    raise ForeignNamespaceError(f"The namespace {name} is there already and is not that of a cluster.")
            await self._delete_volumes(name)
        namespace = await api.apply(resource, None, name, body, manager=marks.MANAGER)
        self._namespaces.observe(namespace)
        return namespace

    def _tell(self, cluster: Cluster, reason: str, sentence: str) -> None:
        world = self._context.world
        world.notices.tell(world.clusters.resource, cluster.metadata, reason, sentence)

    async def _delete(
        self, resource: Resource[Any], namespace: str | None, name: str, *, uid: str | None = None
    ) -> None:
        try:
            await self._context.api.delete(resource, namespace, name, uid=uid)
        except NotFound:
            return

    async def _end(self, cluster: Cluster) -> float | None:
        """Remove the namespace; the object stays INACTIVE for a while, unless it was deleted itself."""
        meta, context, now = cluster.metadata, self._context, self._context.now()
        found = self._namespaces.get(None, meta.name)
        if found is not None:
            if found.metadata.deletionTimestamp is None and await self._is_deleted_for_sure(cluster):
                await self._delete(resources.NAMESPACES, None, meta.name, uid=found.metadata.uid)
            if meta.deletionTimestamp:
                return None
        await self._delete_volumes(meta.name)
        if meta.deletionTimestamp:
            await self._release(cluster)
            return None
        await self._show(cluster, "INACTIVE", cluster.status.conditions)
        left = _asked_at(cluster) + context.settings.inactive_retention - now
        if left > 0:
            return left
        last = (await self._release(cluster)).metadata  # whoever creates the cluster anew makes another version of it
        await context.world.delete(
            context.world.clusters, None, meta.name, uid=last.uid, resource_version=last.resourceVersion
        )
        return None

    async def _is_deleted_for_sure(self, cluster: Cluster) -> bool:
        """Ask the API, as the cache may lag: what runs in a cluster that was created anew must not go."""
        clusters = self._context.world.clusters
        try:
            now = await self._context.api.get(clusters.resource, None, cluster.metadata.name)
        except NotFound:
            return True
        if not is_deleted(now):
            clusters.observe(now)  # by which it is looked at again
            return False
        return True

    async def _delete_volumes(self, name: str) -> None:
        """Delete the volumes of a namespace that is gone: no claim but those that went with it can have them."""
        if self._context.settings.options.storage == "csi":
            labels = f"{marks.CLUSTER}={name}"
            await self._context.api.delete_collection(resources.PERSISTENT_VOLUMES, None, labels=labels)

    async def _release(self, cluster: Cluster) -> Cluster:
        """Take our finalizer off, and return what is left."""
        meta, world = cluster.metadata, self._context.world
        if marks.CLUSTER_FINALIZER not in meta.finalizers:
            return cluster
        rest = [finalizer for finalizer in meta.finalizers if finalizer != marks.CLUSTER_FINALIZER]
        change = {"resourceVersion": meta.resourceVersion, "finalizers": rest or None}
        left = await world.patch(world.clusters, None, meta.name, {"metadata": change})
        if meta.deletionTimestamp and not rest:
            world.clusters.forget(left)
        return left

    async def _show(self, cluster: Cluster, shown: str, conds: list[Any]) -> None:
        status = ClusterStatus(shown, cluster.metadata.generation, conds)
        if status == cluster.status:
            return
        world = self._context.world
        body = dict.fromkeys(msgspec.to_builtins(cluster.status)) | msgspec.to_builtins(status)
        await world.patch(world.clusters, None, cluster.metadata.name, {"status": body}, subresource="status")


def _asked_at(cluster: Cluster) -> float:
    """Return when the deletion was asked for."""
    try:
        return float(cluster.metadata.annotations.get(marks.DELETED_AT, "0"))
    except ValueError:
        return 0.0
