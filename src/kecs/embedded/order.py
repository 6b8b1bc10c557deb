"""Names in order, so that a page of a list costs what it shows and not what its table holds."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from kecs.embedded.entry import Table


class Order:
    """The sorted names of every namespace of a table that was listed, kept up with what comes and goes."""

    def __init__(self) -> None:
        self._names: dict[tuple[Table, str], list[str]] = {}

    def of(self, table: Table, namespace: str, present: Iterable[str]) -> list[str]:
        """Return the names in order; `present` are those of a namespace that was not listed before. Only read it."""
        key = (table, namespace)
        found = self._names.get(key)
        if found is None:
            found = sorted(present)
            if found:  # anybody may list what is empty, or is no namespace at all
                self._names[key] = found
        return found

    def add(self, table: Table, namespace: str, name: str) -> None:
        """Take in a name that is new."""
        names = self._names.get((table, namespace))
        if names is not None:
            insort(names, name)

    def remove(self, table: Table, namespace: str, name: str) -> None:
        """Drop a name."""
        names = self._names.get((table, namespace))
        if names is not None:
            del names[bisect_left(names, name)]

    def forget(self, table: Table, namespace: str) -> None:
        """Drop a namespace in which nothing is left."""
        self._names.pop((table, namespace), None)
