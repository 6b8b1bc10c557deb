"""The figures of the requests: how many of which operation, what became of them, how long they took."""

from collections.abc import Iterable, Iterator

from kecs.kube.figures import Durations, Family

_UNKNOWN = "unknown"  # what never came to an operation: a foreign Host, a target that is none


class RequestFigures:
    """Counts what the chain has answered. Success is what the durations count and no error does."""

    def __init__(self) -> None:
        self._durations: dict[str, Durations] = {}
        self._errors: dict[tuple[str, int, str], int] = {}  # by operation, status and the error's name
        self.at_work = 0

    def took(self, operation: str, seconds: float) -> None:
        """Note that an operation was answered, in whatever way."""
        durations = self._durations.get(operation)
        if durations is None:
            durations = self._durations[operation] = Durations()
        durations.add(seconds)

    def refused(self, operation: str, status: int, error: str) -> None:
        """Note that the answer was an error; the operation is "" where the request came to none."""
        key = (operation, status, error)
        self._errors[key] = self._errors.get(key, 0) + 1

    def families(self) -> Iterable[Family]:
        """Return what was noted."""
        return (
            Family(
                "kecs_requests_total",
                "counter",
                "Requests of the AWS APIs by operation, HTTP status and error.",
                ("operation", "code", "error"),
                self._counts(),
            ),
            Family(
                "kecs_request_duration_seconds",
                "histogram",
                "Time from a request's head to its answer.",
                ("operation",),
                (((name,), durations) for name, durations in self._durations.items()),
            ),
            Family("kecs_requests_at_work", "gauge", "Requests that wait for their answer.", (), (((), self.at_work),)),
        )

    def _counts(self) -> Iterator[tuple[tuple[str, ...], float]]:
        errors: dict[str, int] = {}
        for (operation, status, error), count in self._errors.items():
            errors[operation] = errors.get(operation, 0) + count
            yield (operation or _UNKNOWN, str(status), error), count
        for operation, durations in self._durations.items():
            answered = durations.count - errors.get(operation, 0)
            if answered:
                yield (operation, "200", ""), answered
