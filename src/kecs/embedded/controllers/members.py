"""Which pods each selector selects, kept up with every change, so that nobody has to look through a namespace."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

from kecs.embedded.controllers.matching import Selectors
from kecs.embedded.controllers.views import Pod
from kecs.kube.informer import Informer
from kecs.kube.selectors import BadSelector, object_matcher

K = TypeVar("K", bound=Hashable)


class Members(Generic[K]):
    """The pods of each selector, by an id of the caller's. `changed` gets it, and their number, when they changed."""

    def __init__(self, pods: Informer[Pod], changed: Callable[[K, int], None]) -> None:
        self._pods = pods
        self._changed = changed
        self._selectors: Selectors[K] = Selectors()
        self._members: dict[K, dict[tuple[str, str], None]] = {}

    def start(self) -> None:
        """Begin to follow the pods; selectors may come before or after."""
        self._pods.subscribe(self._on_pod)

    def put(self, one: K, namespace: str, selector: Mapping[str, Any] | None) -> None:
        """Follow a LabelSelector object, in place of the one that `one` had."""
        self._selectors.put(one, namespace, selector)
        found: dict[tuple[str, str], None] = {}
        try:
            matches = object_matcher(selector)
        except BadSelector:
            selector = None
        if selector is not None:
            for pod in self._pods.by("namespace", namespace):
                if matches(pod.metadata.labels):
                    found[pod.metadata.key] = None
        self._members[one] = found

    def remove(self, one: K) -> None:
        """Follow a selector no longer."""
        self._selectors.remove(one)
        self._members.pop(one, None)

    def count(self, one: K) -> int:
        """Return how many pods a selector selects."""
        return len(self._members.get(one, ()))

    def of(self, one: K) -> list[Pod]:
        """Return the pods that a selector selects."""
        found = (self._pods.get(*key) for key in self._members.get(one, ()))
        return [pod for pod in found if pod is not None]

    def _on_pod(self, old: Pod | None, new: Pod | None) -> None:
        if old is not None and new is not None and old.metadata.labels == new.metadata.labels:
            for one in self._selectors.find(new.metadata.namespace, new.metadata.labels):
                self._changed(one, len(self._members[one]))
            return
        if old is not None:
            for one in self._selectors.find(old.metadata.namespace, old.metadata.labels):
                self._members[one].pop(old.metadata.key, None)
                self._changed(one, len(self._members[one]))
        if new is not None:
            for one in self._selectors.find(new.metadata.namespace, new.metadata.labels):
                self._members[one][new.metadata.key] = None
                self._changed(one, len(self._members[one]))
