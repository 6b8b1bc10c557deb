"""The page of `/metrics`: which sources it has, and its text."""

from collections.abc import Iterable

from kecs.kube.figures import Family, Source


class Page:
    """Asks all sources for their families whenever it is rendered. Rendering waits for nothing."""

    def __init__(self) -> None:
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """Show what a source gives as well."""
        self._sources.append(source)

    def families(self) -> Iterable[Family]:
        """Yield what every source gives now."""
        for source in self._sources:
            yield from source()

    def render(self) -> bytes:
        """Return the page in Prometheus's text format, 0.0.4."""
        from kecs.metrics import exposition  # here, so that a process that nobody scrapes never pays for it

        return exposition.text(self.families)
