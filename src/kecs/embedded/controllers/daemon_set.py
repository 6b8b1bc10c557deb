"""DaemonSets: one pod on every node that suits."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from kecs.embedded.controllers import daemon, status
from kecs.embedded.controllers.claims import Claims, reference
from kecs.embedded.controllers.events import Recorder
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER, ControllerRevision, DaemonSet
from kecs.embedded.controllers.pods import PodControl, available_in
from kecs.embedded.controllers.template_hash import template_hash
from kecs.embedded.controllers.views import Json, Node, Pod
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.errors import AlreadyExists, ApiError, NotFound
from kecs.kube.resources import DAEMON_SETS

_REQUIRED = {"currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"}

Key = tuple[str, str]


def snapshot(one: DaemonSet) -> Json:
    """Return the template as a revision keeps it: a patch that puts it back."""
    return {"spec": {"template": {**one.spec.template, "$patch": "replace"}}}


def to_drop(one: DaemonSet, revisions: Sequence[ControllerRevision], live: set[str]) -> list[ControllerRevision]:
    """Return the revisions beyond the history limit, oldest first; those that pods still have are kept."""
    limit = 10 if one.spec.revisionHistoryLimit is None else one.spec.revisionHistoryLimit
    idle = [each for each in revisions if (each.metadata.labels or {}).get(daemon.HASH) not in live]
    idle.sort(key=lambda each: each.revision)
    return idle[: max(0, len(idle) - limit)]


class DaemonSets:
    """The controller."""

    def __init__(self, api: Api, informers: Informers, recorder: Recorder) -> None:
        self._api = api
        self._informers = informers
        self._control = PodControl(api, informers, recorder, DAEMON_SETS, MANAGER)
        self._controller = Controller("daemonset", self._reconcile, workers=2)
        self._claims = Claims(api, informers.daemon_sets, informers.pods, MANAGER, self._controller.add_among)

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        self._control.start()
        self._claims.start()
        self._informers.nodes.subscribe(self._on_node)
        self._informers.revisions.subscribe(self._on_revision)
        await self._controller.run()

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        if old is not None and new is not None and old.spec == new.spec and old.metadata.labels == new.metadata.labels:
            return  # a heartbeat
        for one in self._informers.daemon_sets.values():
            self._controller.add(one.metadata.key)

    def _on_revision(self, old: ControllerRevision | None, new: ControllerRevision | None) -> None:
        owner = old.metadata.controller if old is not None and new is None else None
        if old is not None and owner is not None and owner.kind == DAEMON_SETS.kind:
            self._controller.add((old.metadata.namespace, owner.name))

    async def _reconcile(self, key: Key) -> float | None:
        one = self._informers.daemon_sets.get(*key)
        if one is None:
            return None
        pods = await self._claims.claimed(one)
        if one.metadata.deletionTimestamp is not None:
            return None
        revision = await self._current_revision(one)
        if revision is None:
            return 0.0
        current = (revision.metadata.labels or {}).get(daemon.HASH, "")
        nodes = list(self._informers.nodes.values())
        now = time.time()

        def available(pod: Pod) -> bool:
            return available_in(pod, one.spec.minReadySeconds, now) == 0.0

        plan = daemon.decide(one, nodes, daemon.by_node(pods), current, available, self._control.ending)
        error = await self._act(one, current, plan)
        placed = daemon.by_node(self._informers.pods.by("owner", one.metadata.uid))
        again = await self._write_status(one, nodes, placed, current, now)
        await self._drop_history(one, current, placed)
        if error is not None:
            raise error
        return again

    async def _act(self, one: DaemonSet, current: str, plan: daemon.Plan) -> ApiError | None:
        jobs = [self._control.create(one, self._body(one, node, current)) for node in plan.create]
        results: list[object] = list(await asyncio.gather(*jobs, return_exceptions=True))
        deletions = (self._control.delete(one, pod) for pod in plan.delete)
        results += await asyncio.gather(*deletions, return_exceptions=True)
        for result in results:
            if isinstance(result, ApiError):
                return result
            if isinstance(result, BaseException):
                raise result
        return None

    def _body(self, one: DaemonSet, node: str, current: str) -> Json:
        body = self._control.body(one)
        body["spec"] = daemon.spec_for(one, node)
        labels = body["metadata"].setdefault("labels", {})
        labels[daemon.HASH] = current
        labels[daemon.GENERATION] = (one.metadata.annotations or {}).get(
            "deprecated.daemonset.template.generation", str(one.metadata.generation)
        )
        return body

    async def _current_revision(self, one: DaemonSet) -> ControllerRevision | None:
        """Return the revision of the template, made or renumbered where needed; None to look again at once."""
        revisions = self._informers.revisions
        owned = sorted(revisions.by("owner", one.metadata.uid), key=lambda each: each.revision)
        data = snapshot(one)
        number = (owned[-1].revision if owned else 0) + 1
        same = [each for each in owned if each.data == data]
        if same:
            if same[-1] is owned[-1]:
                return same[-1]
            meta = same[-1].metadata
            stored = await self._api.patch(
                revisions.resource, meta.namespace, meta.name, {"revision": number}, type="merge", manager=MANAGER
            )
            revisions.observe(stored)
            return stored
        return await self._make_revision(one, data, number)

    async def _make_revision(self, one: DaemonSet, data: Json, number: int) -> ControllerRevision | None:
        revisions = self._informers.revisions
        meta = one.metadata
        digest = template_hash(one.spec.template, one.status.collisionCount)
        notes = {
            key: value
            for key, value in (meta.annotations or {}).items()
            if key != "kubectl.kubernetes.io/last-applied-configuration"
        }
        labels = (one.spec.template.get("metadata") or {}).get("labels") or {}
        body: Json = {
            "metadata": {
                "name": f"{meta.name}-{digest}",
                "namespace": meta.namespace,
                "labels": {**labels, daemon.HASH: digest},
                "annotations": notes,
                "ownerReferences": [reference(DAEMON_SETS, one)],
            },
            "data": msgspec.json.decode(msgspec.json.encode(data)),
            "revision": number,
        }
        try:
            made = await self._api.create(revisions.resource, meta.namespace, body, manager=MANAGER)
        except AlreadyExists:
            there = await self._api.get(revisions.resource, meta.namespace, body["metadata"]["name"])
            owner = there.metadata.controller
            if owner is not None and owner.uid == meta.uid and there.data == data:
                revisions.observe(there)
                return there
            await self._patch_status(one, {"collisionCount": (one.status.collisionCount or 0) + 1})
            return None
        revisions.observe(made)
        return made

    async def _drop_history(self, one: DaemonSet, current: str, placed: dict[str, list[Pod]]) -> None:
        live = {(pod.metadata.labels or {}).get(daemon.HASH, "") for pods in placed.values() for pod in pods}
        owned = list(self._informers.revisions.by("owner", one.metadata.uid))
        for each in to_drop(one, owned, live | {current}):
            meta = each.metadata
            try:
                await self._api.delete(self._informers.revisions.resource, meta.namespace, meta.name, uid=meta.uid)
            except NotFound:
                continue

    async def _write_status(
        self, one: DaemonSet, nodes: list[Node], placed: dict[str, list[Pod]], current: str, now: float
    ) -> float | None:
        before = self._informers.daemon_sets.get(*one.metadata.key) or one
        result, again = daemon.observed(one, nodes, placed, current, now)
        patch = status.difference(before.status, result, _REQUIRED)
        if patch:
            await self._patch_status(one, patch)
        return again

    async def _patch_status(self, one: DaemonSet, patch: Json) -> None:
        informer = self._informers.daemon_sets
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
