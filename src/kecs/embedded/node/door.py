"""What only the node can answer of a pod: what its containers wrote, and what a command in one of them says."""

import time
from collections.abc import AsyncGenerator, Callable

from kecs.embedded.node.engine import Engine, EngineError, EngineGone, LogQuery, NoSuchContainer
from kecs.embedded.node.record import ContainerRecord, PodRecord
from kecs.kube.api import ExecResult, LogOptions
from kecs.kube.errors import BadRequest, InternalError, NotFound, Unavailable
from kecs.kube.time import epoch

_EXEC_LIMIT = 3600.0


class Door:
    """Serves `pods/log` and `pods/exec`. `find` returns the record of a pod."""

    def __init__(self, engine: Engine, find: Callable[[str, str], PodRecord | None]) -> None:
        self._engine, self._find = engine, find

    def _container(self, namespace: str, pod: str, name: str) -> ContainerRecord:
        record = self._find(namespace, pod)
        if record is None:
            raise NotFound(f'pods "{pod}" not found')
        if not name and len(record.containers) > 1:
            names = " ".join(each.name for each in record.containers)
            raise BadRequest(f"a container name must be specified for pod {pod}, choose one of: [{names}]")
        for each in record.containers:
            if name in ("", each.name):
                return each
        raise BadRequest(f"container {name or 'of the pod'} is not valid for pod {pod}")

    async def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote. Raises `BadRequest`, `NotFound`, `Unavailable`."""
        container = self._container(namespace, pod, options.container)
        run = container.last if options.previous else container.run
        if options.previous and run is None:
            raise BadRequest(f'previous terminated container "{container.name}" in pod "{pod}" not found')
        if run is not None and run.state == "created":
            run = container.last
        if run is None:
            reason = container.waiting or "ContainerCreating"
            raise BadRequest(f'container "{container.name}" in pod "{pod}" is waiting to start: {reason}')
        query = LogQuery(options.follow, options.timestamps, options.tail_lines, _since(options))
        left = options.limit_bytes
        try:
            async for chunk in self._engine.logs(run.id, query):
                if left is not None and len(chunk) >= left:
                    yield chunk[:left]
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        except NoSuchContainer as error:
            raise NotFound(f"unable to retrieve container logs for {run.id}: {error}") from error
        except EngineGone as error:
            raise Unavailable(f"the container engine cannot be reached: {error}") from error
        except EngineError as error:
            raise InternalError(str(error)) from error

    async def exec(self, namespace: str, pod: str, command: list[str], *, container: str = "") -> ExecResult:
        """Run a command in a container. Raises `BadRequest`, `NotFound`, `InternalError`, `Unavailable`."""
        found = self._container(namespace, pod, container)
        if found.run is None or found.run.state != "running":
            raise BadRequest(f"container {found.name} is not running")
        try:
            return await self._engine.exec(found.run.id, command, _EXEC_LIMIT)
        except EngineGone as error:
            raise Unavailable(f"the container engine cannot be reached: {error}") from error
        except EngineError as error:
            raise InternalError(str(error)) from error


def _since(options: LogOptions) -> float:
    if options.since_seconds is not None:
        return time.time() - options.since_seconds
    if not options.since_time:
        return 0.0
    try:
        return epoch(options.since_time)
    except ValueError as error:
        raise BadRequest(f"invalid sinceTime {options.since_time!r}") from error
