"""Lifecycle hooks: what a container asks for after its start and before its end."""

import asyncio

from kecs.embedded.node.container_views import Container, Handler, HttpAction, TcpAction
from kecs.embedded.node.engine import Engine, Request


class HookFailed(Exception):
    """A hook did not do what it should; the message is that of the event."""


def port_of(container: Container, port: int | str) -> int:
    """Return a port by its number or name. Raises `ValueError` for a name that no port has."""
    if isinstance(port, int):
        return port
    for each in container.ports:
        if each.name == port:
            return each.containerPort
    if port.isdecimal():
        return int(port)
    raise ValueError(f'couldn\'t find port: "{port}"')


def request_of(container: Container, action: HttpAction | TcpAction, ip: str) -> Request:
    """Return what a probe or hook asks over the network."""
    port = port_of(container, action.port)
    if isinstance(action, TcpAction):
        return Request(action.host or ip, port)
    headers = tuple((header.name, header.value) for header in action.httpHeaders)
    path = action.path if action.path.startswith("/") else f"/{action.path}"
    return Request(action.host or ip, port, action.scheme, path, headers)


async def run_hook(engine: Engine, run: str, container: Container, handler: Handler, ip: str, limit: float) -> None:
    """Run a hook of the container with id `run`. Raises `HookFailed`."""
    try:
        async with asyncio.timeout(limit):
            if handler.exec is not None:
                result = await engine.exec(run, handler.exec.command, None)
                if result.exit_code:
                    words = " ".join(handler.exec.command)
                    raise HookFailed(f"command '{words}' exited with {result.exit_code}: {_text(result.output)}")
            elif handler.sleep is not None:
                await asyncio.sleep(handler.sleep.seconds)
            elif (action := handler.httpGet or handler.tcpSocket) is not None:
                answer = await engine.reach(run, request_of(container, action, ip), limit)
                if not answer.ok:
                    raise HookFailed(answer.output)
    except TimeoutError as error:
        raise HookFailed(f"the hook did not end within {limit:g}s") from error
    except ValueError as error:
        raise HookFailed(str(error)) from error


def _text(output: bytes) -> str:
    return output[:1024].decode(errors="replace")
