"""The Kubernetes objects of ECSDeployments: their caches, and writing them so that nobody else's are touched."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from kecs.kube import resources
from kecs.kube.api import Api, Json, Resource
from kecs.kube.errors import Conflict, Invalid, NotFound
from kecs.kube.informer import Informer
from kecs.model import ecs_deployment as model
from kecs.model import marks, names
from kecs.model.objects import Meta, OwnerReference
from kecs.reconcile.context import Context
from kecs.reconcile.foreign import make_by_apply
from kecs.translate import views


class Ingress(msgspec.Struct, omit_defaults=True):
    """Where a load balancer answers."""

    ip: str = ""
    hostname: str = ""


class LoadBalancer(msgspec.Struct, omit_defaults=True):
    """The load balancer of a Service."""

    ingress: list[Ingress] = []


class ServiceState(msgspec.Struct, omit_defaults=True):
    """What is read of a Service's status."""

    loadBalancer: LoadBalancer = msgspec.field(default_factory=LoadBalancer)


class ServiceView(msgspec.Struct, omit_defaults=True):
    """What is read of a Service."""

    metadata: Meta
    status: ServiceState = msgspec.field(default_factory=ServiceState)

    @property
    def address(self) -> str:
        """The load balancer's address, as soon as there is one."""
        return next((one.hostname or one.ip for one in self.status.loadBalancer.ingress), "")


class DeploymentView(msgspec.Struct, omit_defaults=True):
    """What is read of a Deployment. Of its spec a digest is kept: its generation also rises with its annotations."""

    metadata: Meta
    spec: dict[str, Any] = {}
    status: views.DeploymentStatus = msgspec.field(default_factory=views.DeploymentStatus)
    digest: str = ""

    def __post_init__(self) -> None:
        if len(self.spec) > 1:
            self.digest = hashlib.sha256(msgspec.json.encode(self.spec, order="sorted")).hexdigest()
            self.spec = {"replicas": self.spec.get("replicas", 1)}

    @property
    def replicas(self) -> int:
        """How many tasks there shall be."""
        wanted: int = self.spec.get("replicas", 1)
        return wanted


class Beside(msgspec.Struct, omit_defaults=True):
    """What is read of the other objects."""

    metadata: Meta


class AccountView(Beside, omit_defaults=True):
    """What is read of the account of a task role, which may belong to several ECSDeployments."""


class NameTakenError(Exception):
    """An object of that name is somebody else's. `ends`: it goes with an earlier ECSDeployment of the same name."""

    def __init__(self, kind: str, name: str, *, ends: bool) -> None:
        super().__init__(f"there is a {kind} {name} already, which is not this object's")
        self.ends = ends


class PutBack(msgspec.Struct):
    """The kinds of objects that were written again, and after how many seconds to look for those that have to wait."""

    kinds: list[str] = []
    again: float | None = None


Key = tuple[str, str]

DEPLOYMENTS = resources.DEPLOYMENTS.viewed(DeploymentView)
DAEMON_SETS = resources.DAEMON_SETS.viewed(views.DaemonSet)
SERVICES = resources.SERVICES.viewed(ServiceView)
_BUDGETS = resources.POD_DISRUPTION_BUDGETS.viewed(Beside)
_POLICIES = resources.NETWORK_POLICIES.viewed(Beside)
_ACCOUNTS = resources.SERVICE_ACCOUNTS.viewed(AccountView)
_PODS = resources.PODS.viewed(views.Pod)
_OWNED: tuple[Resource[Any], ...] = (SERVICES, _BUDGETS, _POLICIES, DEPLOYMENTS, DAEMON_SETS)


def _label(item: Any) -> tuple[tuple[str, str], ...]:
    meta = item.metadata
    return ((meta.namespace, meta.labels.get(marks.ECS_DEPLOYMENT, "")),)


class Objects:
    """Everything that ECSDeployments have made; `run()` keeps the caches current."""

    def __init__(self, context: Context) -> None:
        api = context.api
        self._caches: dict[str, Informer[Any]] = {
            resource.kind: Informer(api, resource, labels=marks.ECS_DEPLOYMENT) for resource in (*_OWNED, _ACCOUNTS)
        }
        self.pods = Informer(api, _PODS, labels=marks.ECS_DEPLOYMENT, indexes={"label": _label})
        context.world.siblings.add(*self._caches.values(), self.pods)
        self._written: dict[Key, dict[str, _Written]] = {}

    async def run(self) -> None:
        """Keep the caches current, for ever."""
        async with asyncio.TaskGroup() as group:
            for cache in (*self._caches.values(), self.pods):
                group.create_task(cache.run(), name=f"informer {cache.resource.plural}")

    async def refusal(self) -> str:
        """Return, once every cache has asked for its first list, why one of them has none; empty when all have."""
        caches = (*self._caches.values(), self.pods)
        for cache in caches:
            await cache.answered()
        return next((cache.refusal for cache in caches if not cache.is_synced), "")

    def subscribe(self, handler: Callable[[Any, Any], None], on_account: Callable[[Meta, str], None]) -> None:
        """Call `handler` for every change of any of them but accounts.

        `on_account` is called with an account that has gone or changed, and the name of an ECSDeployment that it is
        for: not with one of its others coming, as a thousand may share it.
        """
        for cache in (*(self._caches[resource.kind] for resource in _OWNED), self.pods):
            cache.subscribe(handler)

        def on_change(old: AccountView | None, new: AccountView | None) -> None:
            if old is None:
                return
            same = new is not None and new.metadata.annotations == old.metadata.annotations
            left = {owner.uid for owner in new.metadata.ownerReferences} if new and same else set()
            for owner in old.metadata.ownerReferences:
                if owner.kind == model.KIND and owner.uid not in left:
                    on_account(old.metadata, owner.name)

        self._caches[_ACCOUNTS.kind].subscribe(on_change)

    def deployment(self, namespace: str, name: str) -> DeploymentView | None:
        """Return a Deployment."""
        found: DeploymentView | None = self._caches[DEPLOYMENTS.kind].get(namespace, name)
        return found

    def daemon_set(self, namespace: str, name: str) -> views.DaemonSet | None:
        """Return a DaemonSet."""
        found: views.DaemonSet | None = self._caches[DAEMON_SETS.kind].get(namespace, name)
        return found

    def service(self, namespace: str, name: str) -> ServiceView | None:
        """Return a Service."""
        found: ServiceView | None = self._caches[SERVICES.kind].get(namespace, name)
        return found

    def forget(self, key: Key) -> None:
        """Forget what was written for one that is gone."""
        self._written.pop(key, None)

    async def write(self, api: Api, key: Key, meta: Meta, bodies: list[Json], *, wait: float) -> PutBack:
        """Write what is new or other than it was written, and remove what is wanted no more.

        What somebody else has changed is left as it is for `wait` seconds. Raises NameTakenError and ApiError.
        """
        written = self._written.setdefault(key, {})
        put_back = PutBack()

        async def write(body: Json) -> None:
            if wait and self._is_drifted(written, meta, body):
                put_back.again = wait
            elif await self._write_one(api, written, meta, body):
                put_back.kinds.append(body["kind"])

        await together(write(body) for body in bodies)
        wanted, name = {body["kind"] for body in bodies}, names.service(meta.name)
        for resource in _OWNED:
            found = self._caches[resource.kind].get(meta.namespace, name)
            if resource.kind not in wanted and found is not None and is_owned(found.metadata, meta):
                written.pop(resource.kind, None)
                await self._delete(api, resource, found.metadata)
        return put_back

    def _is_drifted(self, written: "dict[str, _Written]", meta: Meta, body: Json) -> bool:
        """Return whether an object is wanted as it was written, and is not so any more."""
        cache, before = self._caches[body["kind"]], written.get(body["kind"])
        if before is None or before.text != msgspec.json.encode(body):
            return False
        found = cache.get(meta.namespace, body["metadata"]["name"])
        return found is None or _mark(found, meta) != before.mark

    async def _write_one(self, api: Api, written: "dict[str, _Written]", meta: Meta, body: Json) -> bool:
        """Write one object where that is due; return whether it had been written before and was not as it was."""
        kind, name = body["kind"], body["metadata"]["name"]
        cache = self._caches[kind]
        before = written.get(kind)
        text = msgspec.json.encode(body)
        found = cache.get(meta.namespace, name)
        if before is not None and before.text == text and found is not None and _mark(found, meta) == before.mark:
            return False
        there = found if found is not None and is_owned(found.metadata, meta) else None
        stored = await self._store(api, cache, meta, body, there or await self._looked_up(api, cache, meta, name))
        cache.observe(stored)
        written[kind] = _Written(text, _mark(stored, meta))
        mark = written[kind].mark
        was_left = before is None or before.text != text or (found is not None and _mark(found, meta) == mark)
        return not was_left

    async def _store(self, api: Api, cache: Informer[Any], meta: Meta, body: Json, there: Any) -> Any:
        """Write over `there`, or where it is None write what is new: nothing that has come in between is written over.

        Raises Conflict when something has.
        """
        resource, name = cache.resource, body["metadata"]["name"]
        manager = _sharing(meta) if resource is _ACCOUNTS else marks.MANAGER
        if there is None:
            return await make_by_apply(api, resource, meta.namespace, name, body, manager)
        uid = there.metadata.uid
        pinned = {**body, "metadata": {**body["metadata"], "uid": uid}}
        try:
            return await api.apply(resource, meta.namespace, name, pinned, manager=manager)
        except Invalid:
            now: Beside = await api.get(resource.viewed(Beside), meta.namespace, name)
            if now.metadata.uid != uid:
                raise Conflict(f"{resource.kind} {name} is another one now") from None
            raise

    async def _looked_up(self, api: Api, cache: Informer[Any], meta: Meta, name: str) -> Any:
        """Return an object that the cache does not know, None where there is none. Raises NameTakenError."""
        try:
            found = await api.get(cache.resource, meta.namespace, name)
        except NotFound:
            return None
        owners = found.metadata.ownerReferences
        if cache.resource is _ACCOUNTS and any(_is_ours(owner) for owner in owners):
            return found
        if not is_owned(found.metadata, meta):
            ends = any(_is_ours(owner) and owner.name == meta.name for owner in owners)
            raise NameTakenError(cache.resource.kind, name, ends=ends)
        return found

    async def _delete(self, api: Api, resource: Resource[Any], meta: Meta) -> None:
        if meta.deletionTimestamp:
            return
        try:
            await api.delete(resource, meta.namespace, meta.name, uid=meta.uid, propagation="Background")
        except NotFound:
            return


class _Written(msgspec.Struct):
    """What was written last of one kind, and how it was stored."""

    text: bytes
    mark: str


def _mark(item: Any, owner: Meta) -> str:
    """Return what stays the same while nobody writes; where that can be told, a status does not count."""
    meta: Meta = item.metadata
    if isinstance(item, DeploymentView):
        return f"{meta.uid} {item.digest} {sorted(meta.labels.items())}"
    if isinstance(item, AccountView):
        return f"{meta.uid} {is_owned(meta, owner)} {sorted(meta.annotations.items())}"
    return f"{meta.uid} {meta.generation or meta.resourceVersion}"


async def together(calls: Iterable[Awaitable[None]]) -> None:
    """Make calls at the same time; when some of them fail, all have ended and the first failure is raised."""
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def is_owned(meta: Meta, owner: Meta) -> bool:
    """Say whether an object is that of an ECSDeployment."""
    return any(reference.uid == owner.uid for reference in meta.ownerReferences)


def _is_ours(reference: OwnerReference) -> bool:
    return (reference.apiVersion, reference.kind) == (model.API_VERSION, model.KIND)


def _sharing(meta: Meta) -> str:
    """Return a field manager of one's own, so that each of several owners keeps its reference."""
    return f"{marks.MANAGER}-{meta.uid}"
