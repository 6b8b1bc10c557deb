"""Sorted keys, kept as they come and go, so that a page of a list costs what it shows and not what there is."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Sequence


class SortedKeys:
    """Texts in order, in any number of buckets. Every page goes on behind the last text of the one before it."""

    def __init__(self) -> None:
        self._buckets: dict[Hashable, list[str]] = {}

    def add(self, bucket: Hashable, key: str) -> None:
        """Put a text in; one that is there already stays."""
        keys = self._buckets.get(bucket)
        if keys is None:
            self._buckets[bucket] = [key]
            return
        at = bisect_left(keys, key)
        if at == len(keys) or keys[at] != key:
            keys.insert(at, key)

    def discard(self, bucket: Hashable, key: str) -> None:
        """Take a text out, if it is there."""
        keys = self._buckets.get(bucket)
        if not keys:
            return
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            del keys[at]
            if not keys:
                del self._buckets[bucket]

    def all(self, bucket: Hashable) -> Sequence[str]:
        """Return what is in a bucket, in order. It is the bucket itself: not to be kept."""
        return self._buckets.get(bucket, ())


def page(keys: Sequence[str], after: str, limit: int) -> tuple[Sequence[str], str]:
    """Return at most `limit` of the sorted `keys` behind `after`, and the next page's position ("" on the last)."""
    start = bisect_right(keys, after) if after else 0
    found = keys[start : start + limit]
    return found, found[-1] if start + limit < len(keys) else ""
