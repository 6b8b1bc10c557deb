"""What only the node can answer of a pod: what its containers wrote, and what a command in one of them says."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from kecs.embedded.node.container_views import Container
from kecs.embedded.node.engine import Engine, EngineError, EngineGone, LogQuery, NoSuchContainer
from kecs.embedded.node.record import ContainerRecord, PodRecord
from kecs.embedded.node.views import POD_VIEWS
from kecs.kube.api import Api, ExecResult, LogOptions
from kecs.kube.errors import BadRequest, InternalError, NotFound, Timeout, Unavailable
from kecs.kube.time import epoch

_EXEC_LIMIT = 3600.0


class Door:
    """Serves `pods/log` and `pods/exec`. `find` returns the record of a pod."""

    def __init__(self, api: Api, engine: Engine, find: Callable[[str, str], PodRecord | None]) -> None:
        self._api, self._engine, self._find = api, engine, find

    async def _container(self, namespace: str, name: str, container: str) -> tuple[ContainerRecord, str] | None:
        """Return a container's record, and what it waits for at first; None when its pod has no node.

        Raises `NotFound`, `BadRequest`.
        """
        pod = await self._api.get(POD_VIEWS, namespace, name)
        mains, inits = _names(pod.spec.containers), _names(pod.spec.initContainers)
        if not container and len(mains) > 1:
            choice = " ".join([*inits, *mains])
            raise BadRequest(f"a container name must be specified for pod {name}, choose one of: [{choice}]")
        container = container or mains[0]
        if container not in (*mains, *inits):
            raise BadRequest(f"container {container} is not valid for pod {name}")
        record = self._find(namespace, name)
        first = "PodInitializing" if inits else "ContainerCreating"
        return None if record is None else (record.of(container), first)

    async def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote. Raises `BadRequest`, `NotFound`, `Unavailable`."""
        found = await self._container(namespace, pod, options.container)
        if found is None:
            return
        container, first = found
        run = container.last if options.previous else container.run
        if options.previous and run is None:
            raise BadRequest(f'previous terminated container "{container.name}" in pod "{pod}" not found')
        if run is not None and run.state == "created":
            run = container.last
        if run is None:
            reason = container.waiting or first
            raise BadRequest(f'container "{container.name}" in pod "{pod}" is waiting to start: {reason}')
        query = LogQuery(options.follow, options.timestamps, options.tail_lines, _since(options))
        left = options.limit_bytes
        try:
            async with aclosing(self._engine.logs(run.id, query)) as chunks:
                async for chunk in chunks:
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
        found = await self._container(namespace, pod, container)
        run = None if found is None else found[0].run
        if run is None or run.state != "running":
            raise BadRequest(f"container {container or pod} is not running")
        try:
            return await self._engine.exec(run.id, command, _EXEC_LIMIT)
        except TimeoutError as error:
            raise Timeout(f"the command did not end within {_EXEC_LIMIT:g}s") from error
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


def _names(containers: list[Container]) -> list[str]:
    return [each.name for each in containers]
