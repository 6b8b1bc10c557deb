"""The tasks whose desired status is STOPPED, in order: pods that are about to go, and the records of those gone."""

from collections.abc import Sequence

from kecs.kube.informer import Informer
from kecs.model import marks, objects
from kecs.translate import facts, views
from kecs.translate.observe.ids import pod_uid, task_id
from kecs.world.listing import SortedKeys
from kecs.world.tasks import Tasks


class StoppedTasks:
    """The ids of stopped tasks, by cluster and by service, kept as they come and go."""

    def __init__(self, pods: Informer[views.Pod], records: Informer[objects.StoppedTask], tasks: Tasks) -> None:
        self._records = records
        self._tasks = tasks  # it hears of each pod first
        self._ending: set[str] = set()  # uids of pods
        self._ids = SortedKeys()
        pods.subscribe(self._on_pod)
        records.subscribe(self._on_record)

    def _on_pod(self, old: views.Pod | None, new: views.Pod | None) -> None:
        meta = (new or old).metadata  # type: ignore[union-attr]  # one of them is there
        ends = new is not None and not self._tasks.shall_run(new) and facts.of(new) is not None
        if ends == (meta.uid in self._ending):
            return
        key = task_id(meta.uid)
        if ends:
            self._ending.add(meta.uid)
            self._list(meta, key, listed=True)
        else:
            self._ending.discard(meta.uid)
            if self._records.get(meta.namespace, key) is None:
                self._list(meta, key, listed=False)

    def _on_record(self, old: objects.StoppedTask | None, new: objects.StoppedTask | None) -> None:
        if new is not None:
            if old is None:
                self._list(new.metadata, new.metadata.name, listed=True)
        elif old is not None and pod_uid(old.metadata.name) not in self._ending:
            self._list(old.metadata, old.metadata.name, listed=False)

    def _list(self, meta: objects.Meta, key: str, *, listed: bool) -> None:
        service = meta.labels.get(marks.SERVICE)
        for bucket in ((meta.namespace,), *(((meta.namespace, service),) if service else ())):
            if listed:
                self._ids.add(bucket, key)
            else:
                self._ids.discard(bucket, key)

    def ids(self, namespace: str, service: str = "") -> Sequence[str]:
        """Return the ids of a cluster's stopped tasks, or of a service's, in order; `service` is the object's name."""
        return self._ids.all((namespace, service) if service else (namespace,))
