"""Deployments: from one pod template to the next, through replica sets."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from kecs.embedded.controllers import progress, rollout, status
from kecs.embedded.controllers.claims import Claims, reference
from kecs.embedded.controllers.events import Recorder
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER, Deployment, ReplicaSet
from kecs.embedded.controllers.rollout import Step
from kecs.embedded.controllers.template_hash import HASH_LABEL, template_hash
from kecs.embedded.controllers.views import Condition, Json
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.errors import AlreadyExists, ApiError, NotFound
from kecs.kube.resources import DEPLOYMENTS


class _Known(NamedTuple):
    """A deployment's replica sets: the one of its template, and the others by age."""

    new: ReplicaSet | None
    old: list[ReplicaSet]

    @property
    def all(self) -> list[ReplicaSet]:
        return [*self.old, *([self.new] if self.new is not None else [])]


def decide(one: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet], *, old_pods: bool) -> Step:
    """Return the next step of a deployment."""
    owned = [*old, *([new] if new is not None else [])]
    if one.spec.paused or rollout.was_scaled(one, owned):
        step = rollout.resize(one, new, old)
    elif one.spec.strategy.type == "Recreate":
        step = rollout.recreate(one, new, old, old_pods=old_pods)
    else:
        step = rollout.roll(one, new, old)
    return step


def make_replica_set(one: Deployment, size: int, number: int) -> Json:
    """Return the replica set of a deployment's template at revision `number`."""
    template: Json = msgspec.json.decode(msgspec.json.encode(one.spec.template))
    digest = template_hash(template, one.status.collisionCount)
    metadata = template.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), HASH_LABEL: digest}
    selector = dict(one.spec.selector)
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{one.metadata.name}-{digest}",
            "namespace": one.metadata.namespace,
            "labels": dict(metadata["labels"]),
            "annotations": rollout.annotations_for(one, None, number),
            "ownerReferences": [reference(DEPLOYMENTS, one)],
        },
        "spec": {
            "replicas": size,
            **({"minReadySeconds": one.spec.minReadySeconds} if one.spec.minReadySeconds else {}),
            "selector": selector,
            "template": template,
        },
    }


class Deployments:
    """The controller."""

    def __init__(self, api: Api, informers: Informers, recorder: Recorder) -> None:
        self._api = api
        self._informers = informers
        self._recorder = recorder
        self._sets = informers.replica_sets
        self._controller = Controller("deployment", self._reconcile, workers=5)
        self._claims = Claims(api, informers.deployments, self._sets, MANAGER, self._controller.add_among)

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        self._claims.start()
        await self._controller.run()

    async def _reconcile(self, key: tuple[str, str]) -> float | None:
        one = self._informers.deployments.get(*key)
        if one is None:
            return None
        now = time.time()
        known = _Known(*rollout.split(one, await self._claims.claimed(one)))
        if one.metadata.deletionTimestamp is not None:
            await self._write_status(one, known, one.status.conditions, now, deleting=True)
            return None
        conditions = progress.paused(one, now)
        step = decide(one, known.new, known.old, old_pods=self._has_pods(known.old))
        number = max((rollout.revision(each) for each in known.old), default=0) + 1
        created = None
        if step.create is not None:
            created = await self._create(one, step.create, number)
            if created is None:
                return 0.0
            message = f'Created new replica set "{created.metadata.name}"'
            conditions = progress.noted(one, conditions, "NewReplicaSetCreated", message, now)
        elif known.new is not None:
            await self._keep_annotations(one, known.new, number)
            message = f'Found new replica set "{known.new.metadata.name}"'
            conditions = progress.noted(one, conditions, "FoundNewReplicaSet", message, now)
        for each in known.all:
            if each.metadata.name in step.sizes:
                await self._scale(one, each, step.sizes[each.metadata.name])
        known = _Known(*rollout.split(one, self._sets.by("owner", one.metadata.uid)))
        again = await self._write_status(one, known, conditions, now)
        await self._clean_up(one, known)
        return again

    def _has_pods(self, sets: Sequence[ReplicaSet]) -> bool:
        pods = self._informers.pods
        return any(not pod.over for each in sets for pod in pods.by("owner", each.metadata.uid))

    async def _create(self, one: Deployment, size: int, number: int) -> ReplicaSet | None:
        """Make the new replica set; return None where its name is taken by another template."""
        body = make_replica_set(one, size, number)
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        try:
            new = await self._api.create(self._sets.resource, namespace, body, manager=MANAGER)
        except AlreadyExists:
            there = await self._api.get(self._sets.resource, namespace, name)
            owner = there.metadata.controller
            mine = owner is not None and owner.uid == one.metadata.uid
            if mine and rollout.same_template(there.spec.template, one.spec.template):
                self._sets.observe(there)
                return there
            await self._patch_status(one, {"collisionCount": (one.status.collisionCount or 0) + 1})
            return None
        except ApiError as error:
            message = f'Failed to create new replica set "{name}": {error.message}'
            self._recorder.event(DEPLOYMENTS, one, "Warning", "ReplicaSetCreateError", message)
            raise
        self._sets.observe(new)
        if size:
            self._tell_scaled(one, name, 0, size)
        await self._keep_revision(one, str(number))
        return new

    async def _keep_annotations(self, one: Deployment, new: ReplicaSet, number: int) -> None:
        wanted = rollout.annotations_for(one, new, number)
        change: Json = {}
        if wanted != (new.metadata.annotations or {}):
            change["metadata"] = {"annotations": wanted}
        if new.spec.minReadySeconds != one.spec.minReadySeconds:
            change["spec"] = {"minReadySeconds": one.spec.minReadySeconds}
        if change:
            await self._patch_set(new, change)
        await self._keep_revision(one, wanted[rollout.REVISION])

    async def _keep_revision(self, one: Deployment, number: str) -> None:
        if (one.metadata.annotations or {}).get(rollout.REVISION) == number:
            return
        change = {"metadata": {"annotations": {rollout.REVISION: number}}}
        informer = self._informers.deployments
        stored = await self._api.patch(
            informer.resource,
            one.metadata.namespace,
            one.metadata.name,
            change,
            type="merge",
            manager=MANAGER,
            subresource="status",  # by which it is no new generation
        )
        informer.observe(stored)

    async def _scale(self, one: Deployment, each: ReplicaSet, size: int) -> None:
        annotations = rollout.size_annotations(one)
        has = each.metadata.annotations or {}
        if size == each.spec.replicas and all(has.get(key) == value for key, value in annotations.items()):
            return
        await self._patch_set(each, {"metadata": {"annotations": annotations}, "spec": {"replicas": size}})
        if size != each.spec.replicas:
            self._tell_scaled(one, each.metadata.name, each.spec.replicas, size)

    def _tell_scaled(self, one: Deployment, name: str, before: int, after: int) -> None:
        verb = "up" if after > before else "down"
        message = f"Scaled {verb} replica set {name} from {before} to {after}"
        self._recorder.event(DEPLOYMENTS, one, "Normal", "ScalingReplicaSet", message)

    async def _patch_set(self, each: ReplicaSet, change: Json) -> None:
        meta = each.metadata
        change.setdefault("metadata", {})["uid"] = meta.uid  # not a namesake
        stored = await self._api.patch(
            self._sets.resource, meta.namespace, meta.name, change, type="merge", manager=MANAGER
        )
        self._sets.observe(stored)

    async def _write_status(
        self,
        one: Deployment,
        known: _Known,
        conditions: tuple[Condition, ...],
        now: float,
        *,
        deleting: bool = False,
    ) -> float | None:
        before = self._informers.deployments.get(*one.metadata.key) or one
        result = progress.counted(one, known.new, known.old, conditions, now)
        if not one.spec.paused and not deleting:
            result.conditions = progress.progressed(one, result, known.new, known.old, now)
        patch = status.difference(before.status, result)
        if patch:
            await self._patch_status(one, patch)
        return None if deleting else progress.seconds_to_deadline(one, result, now)

    async def _patch_status(self, one: Deployment, patch: Json) -> None:
        informer = self._informers.deployments
        meta = one.metadata
        stored = await self._api.patch(
            informer.resource,
            meta.namespace,
            meta.name,
            {"metadata": {"uid": meta.uid}, "status": patch},
            type="merge",
            manager=MANAGER,
            subresource="status",
        )
        informer.observe(stored)

    async def _clean_up(self, one: Deployment, known: _Known) -> None:
        done = progress.complete(one, progress.counted(one, known.new, known.old, (), 0.0))
        if not done and not one.spec.paused:
            return
        for each in rollout.history_to_drop(one, known.old):
            meta = each.metadata
            try:
                await self._api.delete(self._sets.resource, meta.namespace, meta.name, uid=meta.uid)
            except NotFound:
                continue
