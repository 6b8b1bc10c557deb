"""The figures of the requests to a cluster: how many, what was answered, how long that took."""

from collections.abc import Iterable

from kecs.kube.figures import Durations, Family

UNANSWERED = "none"


class Calls:
    """Attempts by method (a watch is one of its own) and by the status of the answer, until its head was there."""

    def __init__(self) -> None:
        self._durations: dict[tuple[str, str], Durations] = {}

    def took(self, method: str, code: str, seconds: float) -> None:
        """Note an attempt; `code` is the HTTP status, or UNANSWERED."""
        durations = self._durations.get((method, code))
        if durations is None:
            durations = self._durations[method, code] = Durations()
        durations.add(seconds)

    def families(self) -> Iterable[Family]:
        """Return what was noted."""
        return (
            Family(
                "kecs_kubernetes_request_duration_seconds",
                "histogram",
                "Time from a request to the Kubernetes API to the head of its answer, by method and status.",
                ("method", "code"),
                self._durations.items(),
            ),
        )
