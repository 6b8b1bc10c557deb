"""Termination messages: what a container leaves behind for whoever asks why it ended.

A container writes to the file at its `terminationMessagePath`, which is one of the node's own mounted there; engines
that share no files with this machine say by themselves what was written. With the policy FallbackToLogsOnError the end
of the log stands in for a message that was not written. The limits are Kubernetes's.
"""

import logging
from pathlib import Path

from kecs.embedded.node.container import message_file
from kecs.embedded.node.container_views import Container
from kecs.embedded.node.context import Context
from kecs.embedded.node.engine import EngineError, EngineGone, LogQuery, NoSuchContainer
from kecs.embedded.node.record import Run
from kecs.embedded.node.views import Pod

log = logging.getLogger(__name__)

_LONGEST = 4096  # bytes of one message
_LONGEST_OF_POD = 12 * 1024  # bytes of all messages of a pod, shared among its containers
_LOG_LINES, _LOG_BYTES = 80, 2048  # of a log that stands in
_MODE = 0o666  # whoever the container runs as may write


def directory_of(context: Context, uid: str) -> str:
    """Return where the messages of a pod's containers are kept; empty where the engine shares no files."""
    if not context.engine.shares_files:
        return ""
    return str(context.settings.directory.absolute() / "pods" / uid / "containers")


def prepare(directory: str, container: Container, attempt: int) -> None:
    """Make the file that a run of a container is to write to. Raises `OSError`."""
    if directory and container.terminationMessagePath:
        path = Path(message_file(directory, container.name, attempt))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(_MODE)


def discard(directory: str, container: str, attempt: int) -> None:
    """Remove the file of a run that is of no more interest."""
    if directory:
        Path(message_file(directory, container, attempt)).unlink(missing_ok=True)


async def last_words(context: Context, pod: Pod, container: Container, run: Run) -> str:
    """Return the message of a run that has ended. Raises `EngineGone`."""
    words = await _written(context, pod, container, run)
    if not words and run.exit_code and container.terminationMessagePolicy == "FallbackToLogsOnError":
        words = await _logged(context, run)
    share = _LONGEST_OF_POD // len([*pod.spec.initContainers, *pod.spec.containers])
    return words[:share].decode(errors="replace")


async def _written(context: Context, pod: Pod, container: Container, run: Run) -> bytes:
    if not container.terminationMessagePath:
        return b""
    directory = directory_of(context, pod.metadata.uid)
    if not directory:
        try:
            return (await context.engine.inspect(run.id)).message.encode()[-_LONGEST:]
        except NoSuchContainer:
            return b""
    try:
        return _tail(Path(message_file(directory, container.name, run.attempt)))
    except FileNotFoundError:
        return b""
    except OSError as error:
        return f"Error on reading termination log {container.terminationMessagePath}: {error.strerror}".encode()


def _tail(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - _LONGEST))
        return stream.read(_LONGEST)


async def _logged(context: Context, run: Run) -> bytes:
    try:
        chunks = [chunk async for chunk in context.engine.logs(run.id, LogQuery(tail=_LOG_LINES))]
    except EngineGone:
        raise
    except EngineError as error:
        log.debug("log of %s: %s", run.id, error)
        return b""
    return b"".join(chunks)[-_LOG_BYTES:]
