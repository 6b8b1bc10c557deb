"""The pod templates of ECSDeployments: an upgrade of kecs makes none anew, so that it rolls nobody's tasks.

A workload is marked with what its template was made of and what was made of that. Where another release, or other
settings, would make something else of the same definitions, the template that is there stays until they change.
"""

import hashlib

import msgspec

from kecs.kube import resources
from kecs.kube.api import Json, Resource
from kecs.kube.errors import NotFound
from kecs.model import marks
from kecs.model.objects import Meta
from kecs.reconcile.context import Context
from kecs.translate.ecs_deployment import Desired

Key = tuple[str, str]

_RESOURCES: dict[str, Resource[Json]] = {one.kind: one for one in (resources.DEPLOYMENTS, resources.DAEMON_SETS)}


class _Kept(msgspec.Struct, frozen=True):
    """A template of an earlier release, with the marks that it was found with."""

    made_of: str
    made: str
    template: Json


class Templates:
    """Knows the templates that are kept."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._kept: dict[Key, _Kept] = {}

    def forget(self, key: Key) -> None:
        """Forget one that is gone."""
        self._kept.pop(key, None)

    async def settle(self, key: Key, desired: Desired, workload: Json, found: Meta | None) -> None:
        """Mark a workload that is about to be written, and leave the template that `found` has where nothing is new."""
        made_of, made = _made_of(desired), _digest(workload["spec"]["template"])
        notes = found.annotations if found else {}
        kept = self._kept.get(key)
        if kept is not None and kept.made_of != made_of:
            self.forget(key)
            kept = None
        if kept is None and notes.get(marks.MADE_OF) == made_of and notes.get(marks.TEMPLATE, made) != made:
            kept = await self._find(key, workload, made_of, notes[marks.TEMPLATE])
        if kept is not None:
            workload["spec"]["template"], made = kept.template, kept.made
        workload["metadata"]["annotations"] = {marks.MADE_OF: made_of, marks.TEMPLATE: made}

    async def _find(self, key: Key, workload: Json, made_of: str, made: str) -> _Kept | None:
        try:
            there = await self._context.api.get(_RESOURCES[workload["kind"]], key[0], workload["metadata"]["name"])
        except NotFound:
            return None
        found = self._kept[key] = _Kept(made_of, made, there["spec"]["template"])
        return found


def _made_of(desired: Desired) -> str:
    """Return what tells whether a template would be another one for what its user wrote; counts do not count."""
    service = msgspec.structs.replace(
        desired.service,
        desiredCount=None,
        deploymentConfiguration=None,
        healthCheckGracePeriodSeconds=None,
        loadBalancers=None,
    )
    return _digest([desired.definition, service, sorted(desired.meta.labels.items())])


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:16]
