"""Which selectors match a set of labels: found without trying them all.

Most selectors demand at least one `key=value`, so each is filed under one such pair, the one with the fewest others
beside it; only labels that have the pair are tried against it.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from kecs.kube.selectors import BadSelector, LabelMatcher, Labels, matcher, object_requirements

K = TypeVar("K", bound=Hashable)


class Selectors(Generic[K]):
    """Selectors by an id of the caller's, each in a namespace."""

    def __init__(self) -> None:
        self._where: dict[K, tuple[str, tuple[str, str] | None]] = {}
        self._filed: dict[tuple[str, tuple[str, str] | None], dict[K, LabelMatcher]] = {}

    def __contains__(self, one: K) -> bool:
        return one in self._where

    def put(self, one: K, namespace: str, selector: Mapping[str, Any] | None) -> None:
        """File a LabelSelector object, in place of the one that `one` had. None, or a bad one, matches nothing."""
        self.remove(one)
        if selector is None:
            return
        try:
            requirements = object_requirements(selector)
        except BadSelector:
            return
        places: list[tuple[str, tuple[str, str] | None]] = [
            (namespace, (each.key, each.values[0]))
            for each in requirements
            if each.operator in ("=", "in") and len(each.values) == 1
        ]
        place = min(places, key=lambda at: len(self._filed.get(at, ())), default=(namespace, None))
        self._where[one] = place
        self._filed.setdefault(place, {})[one] = matcher(requirements)

    def remove(self, one: K) -> None:
        """Forget a selector."""
        place = self._where.pop(one, None)
        if place is not None:
            filed = self._filed[place]
            del filed[one]
            if not filed:
                del self._filed[place]

    def find(self, namespace: str, labels: Labels | None) -> Iterator[K]:
        """Yield the ids of the selectors of a namespace that match."""
        if not self._filed:
            return
        filed = self._filed
        if (everywhere := filed.get((namespace, None))) is not None:
            yield from (one for one, matches in everywhere.items() if matches(labels))
        for pair in (labels or {}).items():
            if (some := filed.get((namespace, pair))) is not None:
                yield from (one for one, matches in some.items() if matches(labels))
