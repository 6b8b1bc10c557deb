"""Tasks of a DaemonSet that fail again and again: their successors have to wait, as those of other services do.

A DaemonSet makes the next pod of a node as soon as the one before is gone, and has no number that could be lowered
meanwhile. So the pod of a task that failed, whose record is written already, is let go of later. Where a cluster does
not wait for that (Kubernetes since 1.28 takes a pod that has ended for gone), keeping it is of no use, and it goes.
"""

from collections.abc import Collection

from kecs.decide import throttle
from kecs.kube import resources
from kecs.model import marks
from kecs.model import service as model
from kecs.reconcile.context import Context
from kecs.reconcile.observed import of_pod, of_record
from kecs.reconcile.service_status import is_deleted
from kecs.translate import views
from kecs.translate.observe.ids import task_id

Key = tuple[str, str]


class Daemons:
    """Says for how long the pods of failed tasks are kept."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._kept: dict[Key, set[Key]] = {}  # pods by service

    def kept(self, service: Key) -> Collection[Key]:
        """Return the pods that are kept for a service: they go at once when it wants something else."""
        return tuple(self._kept.get(service, ()))

    def wait(self, pod: views.Pod, now: float) -> float:
        """Return for how many seconds the pod of a task that has been recorded is kept; 0 to let it go."""
        meta = pod.metadata
        owner = next((one for one in meta.ownerReferences if one.controller), None)
        if owner is None or owner.kind != resources.DAEMON_SETS.kind:
            return 0.0
        service = (meta.namespace, meta.labels.get(marks.SERVICE, ""))
        deployment = meta.annotations.get(marks.DEPLOYMENT_ID, "")
        record = self._context.world.stopped_tasks.get(meta.namespace, task_id(meta.uid))
        failed = record is not None and of_record(record).failed
        delays = failed and not self._has_successor(pod, service)
        wait = max(0.0, self._until(service, deployment, now) - now) if delays else 0.0
        pods = self._kept.setdefault(service, set())
        if wait:
            pods.add((meta.namespace, meta.name))
        else:
            pods.discard((meta.namespace, meta.name))
        if not pods:
            del self._kept[service]
        return wait

    def _has_successor(self, pod: views.Pod, service: Key) -> bool:
        """Return whether another pod has taken the place of this one on its node."""
        return any(
            one.spec.nodeName == pod.spec.nodeName
            and one.metadata.uid != pod.metadata.uid
            and not one.metadata.deletionTimestamp
            for one in self._context.world.pods.by("service", service)
        )

    def _until(self, service: Key, deployment: str, now: float) -> float:
        """Return until when no task may take the place of one of this deployment that failed."""
        world = self._context.world
        found, daemons = world.services.get(*service), world.daemon_sets.get(*service)
        wanted = model.wanted(found) if found is not None and not is_deleted(found) else None
        if wanted is None or wanted.id != deployment or daemons is None or daemons.metadata.deletionTimestamp:
            return 0.0
        tasks = [of_record(record) for record in world.stopped_tasks.by("startedBy", deployment)]
        tasks += [of_pod(one, now) for one in world.pods.by("service", service) if world.tasks.shall_run(one)]
        own = [task for task in tasks if task.deployment == deployment]
        return throttle.hold(own, daemons.status.desiredNumberScheduled, self._context.settings.rules.delays, now).until
