"""Removes kecs from a cluster: what it made, what it keeps, what installed it, and every finalizer of its own.

Every step looks at what is there and can be taken again, so an uninstallation that was cut off, or that begins when
half is gone, is finished by the next one. Nobody of kecs is needed for it: it must work when kecs is gone for good.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NamedTuple

from kecs.crds import definitions
from kecs.kube import resources
from kecs.kube.api import Api, Json, Resource
from kecs.kube.errors import Conflict, Gone, NotFound
from kecs.kube.time import epoch
from kecs.model import marks
from kecs.world.resources import ECS_DEPLOYMENTS, SERVICES

_FINALIZERS = (marks.TASK_FINALIZER, marks.SERVICE_FINALIZER, marks.CLUSTER_FINALIZER)
_PART = f"{marks.PART_OF}={marks.MANAGER}"
_LEASE = "kecs"
_KEPT = ((resources.SECRETS, "kecs-pagination"), (resources.LEASES, _LEASE))
_SETTINGS = "ecs-account-settings-"
_NODE_LEASES = "kube-node-lease"
_PAGE = 500
_LOOK_AGAIN = 0.2
_LAST_WORK = 60.0  # seconds that a replica may go on after it was told to end
_RENEWED = 12.0  # seconds within which a node of kecs's own renews its lease, while it is there
_RECENT = 60.0  # seconds since the last renewal, by clocks that may differ, after which it is not waited for
_PATIENCE = 180.0  # seconds that objects may take to go: containers have their stop timeouts

# What k8s/ consists of, by resource; the definitions and the namespace are removed by steps of their own.
_INSTALLED = (
    resources.HORIZONTAL_POD_AUTOSCALERS,
    resources.POD_DISRUPTION_BUDGETS,
    resources.INGRESSES,
    resources.DEPLOYMENTS,
    resources.SERVICES,
    resources.NETWORK_POLICIES,
    resources.RESOURCE_QUOTAS,
    resources.LIMIT_RANGES,
    resources.ROLE_BINDINGS,
    resources.ROLES,
    resources.SERVICE_ACCOUNTS,
    resources.CLUSTER_ROLE_BINDINGS,
    resources.CLUSTER_ROLES,
)
_OWN: tuple[Resource[Any], ...] = tuple(kind.resource.viewed(dict[str, Any]) for kind in definitions.KINDS)

# What is made for an ECSDeployment, in namespaces of its users.
_MADE = (
    resources.DEPLOYMENTS,
    resources.DAEMON_SETS,
    resources.SERVICES,
    resources.POD_DISRUPTION_BUDGETS,
    resources.NETWORK_POLICIES,
    resources.SERVICE_ACCOUNTS,
)

# What the volumes of tasks leave behind when the claims on them have gone with their namespaces.
_STORAGE = (
    (resources.PERSISTENT_VOLUMES, marks.CLUSTER),
    (resources.STORAGE_CLASSES, f"{marks.ROLE}={marks.ROLE_STORAGE}"),
)

Say = Callable[[str], None]


class UninstallError(Exception):
    """A reason why kecs is still there, in one line for whoever removes it."""


class Found(NamedTuple):
    """What of kecs is in a cluster."""

    clusters: int
    services: int
    tasks: int
    deployments: int

    def __str__(self) -> str:
        own = f"{self.clusters} clusters, {self.services} services, {self.tasks} tasks"
        return f"{own}, {self.deployments} ECSDeployments with theirs" if self.deployments else own


async def look(api: Api) -> Found:
    """Return what would go with kecs."""
    counts = []
    for resource, labels in (
        (resources.NAMESPACES, f"{marks.ROLE}={marks.ROLE_CLUSTER}"),
        (SERVICES.viewed(dict[str, Any]), f"{marks.ROLE}!={marks.ROLE_RECORD}"),
        (resources.PODS, marks.ROLE),
        (ECS_DEPLOYMENTS.viewed(dict[str, Any]), ""),
    ):
        counts.append(len({each["metadata"]["uid"] async for each in _all(api, resource, labels=labels)}))
    return Found(*counts)


async def release_pods(api: Api, say: Say) -> None:
    """Let go of every pod that is held for its record. Its end is recorded no more, if it was not."""
    released = 0
    async for pod in _all(api, resources.PODS):
        released += await _release(api, resources.PODS, pod)
    say(f"{released} pods are held no more")


async def uninstall(api: Api, home: str, say: Say) -> None:
    """Remove kecs. `home` is the namespace of kecs itself. Raises UninstallError and ApiError."""
    await _end_replicas(api, home)
    nodes = [each["metadata"]["name"] async for each in _all(api, resources.NODES, labels=_PART)]
    await asyncio.gather(_lease_unused(api, home, say), *(_node_unused(api, name, say) for name in nodes))
    say("kecs has ended")
    await _remove_clusters(api, nodes)
    say("the clusters, their services and tasks are gone")
    for resource in _OWN:
        async for each in _all(api, resource):
            await _release(api, resource, each)
            await _delete(api, resource, each)
    await _gone(lambda: _of_deployments(api), "object of an ECSDeployment")
    await _remove_definitions(api)
    say("the custom resources and their definitions are gone")
    await _clean_nodes(api)
    for name in nodes:
        await _remove_node(api, name, say)
    await _remove_installation(api, home)
    say(f"what installed kecs in {home} is gone")


async def _end_replicas(api: Api, home: str) -> None:
    """End what runs in the cluster itself."""
    async for each in _all(api, resources.HORIZONTAL_POD_AUTOSCALERS, home, labels=_PART):
        await _delete(api, resources.HORIZONTAL_POD_AUTOSCALERS, each)
    async for each in _all(api, resources.DEPLOYMENTS, home, labels=_PART):
        await _delete(api, resources.DEPLOYMENTS, each)
    await _gone(lambda: _first(api, resources.PODS, home, labels=_PART), "pod of kecs")


async def _lease_unused(api: Api, home: str, say: Say) -> None:
    """Return once nobody has renewed the lease for its duration, or nobody holds it: who leads makes things anew.

    A pod that was deleted by force may be at work for a while, though the cluster shows it no more.
    """
    until = time.monotonic() + _LAST_WORK
    seen, seen_at, told = "", time.monotonic(), False
    while True:
        lease = await _get(api, resources.LEASES, home, _LEASE)
        spec = (lease or {}).get("spec") or {}
        holder, renewed = spec.get("holderIdentity"), spec.get("renewTime") or ""
        if not holder:
            return
        if renewed != seen:
            if seen and not told:
                say(f"kecs is at work as {holder}: waiting for its end")
                told = True
            seen, seen_at = renewed, time.monotonic()
        elif time.monotonic() > seen_at + float(spec.get("leaseDurationSeconds") or 15):
            return
        if time.monotonic() > until:
            raise UninstallError(f"kecs is at work as {holder}: end it first")
        await asyncio.sleep(_LOOK_AGAIN)


async def _node_unused(api: Api, name: str, say: Say) -> None:
    """Return when nobody renews the lease of a node that kecs has registered. Raises UninstallError when somebody does.

    Which process leads says nothing of it: a replica that does not lead may be a node.
    """
    until, first = time.monotonic() + _RENEWED, ""
    while True:
        lease = await _get(api, resources.LEASES, _NODE_LEASES, name)
        renewed = ((lease or {}).get("spec") or {}).get("renewTime") or ""
        if first not in ("", renewed):
            raise UninstallError(f"kecs is at work as the node {name}: end it first")
        if not first:
            if not renewed or abs(time.time() - epoch(renewed)) > _RECENT:
                return
            say(f"waiting whether anybody is the node {name}")
            first = renewed
        if time.monotonic() > until:
            return
        await asyncio.sleep(_LOOK_AGAIN)


async def _remove_clusters(api: Api, nodes: Sequence[str]) -> None:
    """Remove the namespaces of clusters, and all that is held in them or elsewhere.

    `nodes` are those that kecs was itself: nobody is left to end what is bound to them.
    """
    of_clusters = f"{marks.ROLE}={marks.ROLE_CLUSTER}"
    async for namespace in _all(api, resources.NAMESPACES, labels=of_clusters):
        await _delete(api, resources.NAMESPACES, namespace)

    async def left() -> Json | None:
        # Until its namespace is emptied, a ReplicaSet may make one more pod, with our finalizer.
        for resource, labels in ((resources.PODS, marks.ROLE), *((own, "") for own in _OWN)):
            async for each in _all(api, resource, labels=labels):
                await _release(api, resource, each)
        for name in nodes:
            async for pod in _all(api, resources.PODS, fields=f"spec.nodeName={name}"):
                if pod["metadata"].get("deletionTimestamp"):
                    await _delete(api, resources.PODS, pod, grace=0)
        return await _first(api, resources.NAMESPACES, labels=of_clusters)

    await _gone(left, "namespace of a cluster")
    for resource, labels in _STORAGE:
        async for each in _all(api, resource, labels=labels):
            await _delete(api, resource, each)


async def _of_deployments(api: Api) -> Json | None:
    """Return an object that was made for an ECSDeployment: whose garbage it is, a cluster knows by the definition."""
    for resource in _MADE:
        async for each in _all(api, resource, labels=marks.ECS_DEPLOYMENT):
            owners = each["metadata"].get("ownerReferences") or ()
            if any(owner["kind"] == ECS_DEPLOYMENTS.kind for owner in owners):
                return each
    return None


async def _remove_definitions(api: Api) -> None:
    resource = resources.CUSTOM_RESOURCE_DEFINITIONS
    names = [definitions.definition(kind)["metadata"]["name"] for kind in definitions.KINDS]
    for name in names:
        await _delete(api, resource, {"metadata": {"name": name}})

    async def left() -> Json | None:
        found = [await _get(api, resource, None, name) for name in names]
        return next((each for each in found if each), None)

    await _gone(left, "definition")


async def _clean_nodes(api: Api) -> None:
    """Take the attributes off that users gave to container instances."""
    async for node in _all(api, resources.NODES):
        labels = dict.fromkeys(
            name for name in node["metadata"].get("labels") or {} if name.startswith(marks.ATTRIBUTE)
        )
        if labels:
            patch = {"metadata": {"labels": labels}}
            await api.patch(resources.NODES, None, node["metadata"]["name"], patch, type="merge", manager=marks.MANAGER)


async def _remove_node(api: Api, name: str, say: Say) -> None:
    """Remove a node that kecs was itself, and what hangs on it: pods of others, its lease."""
    node = await _get(api, resources.NODES, None, name)
    runtime = ((node or {}).get("status") or {}).get("nodeInfo", {}).get("containerRuntimeVersion", "")
    await _delete(api, resources.NODES, {"metadata": {"name": name}})
    await _delete(api, resources.LEASES, {"metadata": {"name": name, "namespace": _NODE_LEASES}})
    async for pod in _all(api, resources.PODS, fields=f"spec.nodeName={name}"):
        await _delete(api, resources.PODS, pod, grace=0)
    say(f"the node {name} is gone")
    if runtime and not runtime.startswith("simulated:"):
        say(f"its containers are where it was ({runtime}): `kecs reset --data DIR` removes them there")


async def _remove_installation(api: Api, home: str) -> None:
    for resource in _INSTALLED:
        async for each in _all(api, resource, home if resource.namespaced else None, labels=_PART):
            await _delete(api, resource, each)
    for resource, name in _KEPT:
        await _delete(api, resource, {"metadata": {"name": name, "namespace": home}})
    async for each in _all(api, resources.CONFIG_MAPS, home):
        if each["metadata"]["name"].startswith(_SETTINGS):
            await _delete(api, resources.CONFIG_MAPS, each)

    async def left() -> Json | None:
        return await _get(api, resources.NAMESPACES, None, home)

    async for namespace in _all(api, resources.NAMESPACES, labels=_PART):
        if namespace["metadata"]["name"] == home:
            await _delete(api, resources.NAMESPACES, namespace)
            await _gone(left, "namespace of kecs")


# What the steps are made of.


async def _all(
    api: Api, resource: Resource[Json], namespace: str | None = None, *, labels: str = "", fields: str = ""
) -> AsyncIterator[Json]:
    """Yield what there is; nothing of a resource that the cluster does not know, or no more.

    Where the cluster does not remember any more how a list goes on, it begins anew: something may come twice.
    """
    token = ""
    while True:
        try:
            page = await api.list(resource, namespace, labels=labels, fields=fields, limit=_PAGE, continue_=token)
        except NotFound:
            return
        except Gone:
            token = ""
            continue
        for each in page.items:
            yield each
        token = page.continue_
        if not token:
            return


async def _first(api: Api, resource: Resource[Json], namespace: str | None = None, *, labels: str = "") -> Json | None:
    async for each in _all(api, resource, namespace, labels=labels):
        return each
    return None


async def _get(api: Api, resource: Resource[Json], namespace: str | None, name: str) -> Json | None:
    try:
        return await api.get(resource, namespace, name)
    except NotFound:
        return None


async def _delete(api: Api, resource: Resource[Json], each: Json, *, grace: int | None = None) -> None:
    meta = each["metadata"]
    try:
        await api.delete(resource, meta.get("namespace"), meta["name"], propagation="Background", grace_seconds=grace)
    except (NotFound, Conflict):  # gone, or going
        return


async def _release(api: Api, resource: Resource[Json], each: Json) -> bool:
    """Take our finalizers off an object; say whether there was one."""
    meta = each["metadata"]
    uid = meta["uid"]
    while meta["uid"] == uid:
        held = meta.get("finalizers") or []
        rest = [finalizer for finalizer in held if finalizer not in _FINALIZERS]
        if rest == held:
            return False
        patch = {"metadata": {"finalizers": rest or None, "resourceVersion": meta["resourceVersion"]}}
        try:
            await api.patch(resource, meta.get("namespace"), meta["name"], patch, type="merge", manager=marks.MANAGER)
            return True
        except NotFound:
            return False
        except Conflict:  # it has changed meanwhile: again, as it is now
            found = await _get(api, resource, meta.get("namespace"), meta["name"])
            if found is None:
                return False
            meta = found["metadata"]
    return False


async def _gone(left: Callable[[], Any], what: str) -> None:
    """Wait until nothing is left. Raises UninstallError with what the cluster says of what stays."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        found = await left()
        if found is None:
            return
        if time.monotonic() > deadline:
            raise UninstallError(f"a {what} does not go: {found['metadata']['name']}{_why(found)}")
        await asyncio.sleep(_LOOK_AGAIN)


def _why(found: Json) -> str:
    conditions = (found.get("status") or {}).get("conditions") or ()
    said = [one.get("message") or "" for one in conditions if one.get("status") == "True" and one.get("message")]
    held = found["metadata"].get("finalizers") or []
    return "".join(f"; {text}" for text in (*said, f"held by {', '.join(held)}" if held else "") if text)
