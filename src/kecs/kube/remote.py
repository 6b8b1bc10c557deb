"""What a container writes, and commands run in it, as API servers carry them: log queries and the exec channels.

Each message of the WebSocket begins with a byte that names its channel; the error channel ends it with a `Status`.
"""

from typing import Any, TypeAlias

import aiohttp
import msgspec

from kecs.kube.api import ExecResult, LogOptions
from kecs.kube.decoding import code_of
from kecs.kube.errors import InternalError, Unavailable, from_status

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDOUT, _STDERR, _ERROR = 1, 2, 3

Query: TypeAlias = list[tuple[str, str]]


def log_query(options: LogOptions) -> dict[str, str]:
    """Return the query of `pods/log`."""
    wanted = {
        "container": options.container,
        "follow": "true" if options.follow else "",
        "previous": "true" if options.previous else "",
        "timestamps": "true" if options.timestamps else "",
        "tailLines": _number(options.tail_lines),
        "limitBytes": _number(options.limit_bytes),
        "sinceSeconds": _number(options.since_seconds),
        "sinceTime": options.since_time,
    }
    return {name: value for name, value in wanted.items() if value}


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def exec_query(command: list[str], container: str) -> Query:
    """Return the query of `pods/exec` for a command without input."""
    query = [("command", part) for part in command] + [("stdout", "true"), ("stderr", "true")]
    return [*query, ("container", container)] if container else query


async def collect(socket: aiohttp.ClientWebSocketResponse) -> ExecResult:
    """Return what a command wrote and its exit code. Raises ApiError when it was not run to its end."""
    output = bytearray()
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
            continue
        channel, data = message.data[0], message.data[1:]
        if channel in (_STDOUT, _STDERR):
            output += data
        elif channel == _ERROR:
            return ExecResult(_exit_code(data), bytes(output))
    raise Unavailable("the connection broke before the command ended")


def _exit_code(data: bytes) -> int:
    try:
        status: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InternalError("the server ended a command without saying how") from None
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause.get("message") or 1)
    raise from_status(code_of(status), status)
