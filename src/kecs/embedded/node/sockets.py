"""Where a container engine listens: DOCKER_HOST, or the usual places of Docker and Podman."""

import os
from collections.abc import Mapping
from pathlib import Path


class NoEngine(Exception):
    """No container engine was found; the message says where it was looked for."""


def places(environment: Mapping[str, str], home: Path) -> list[Path]:
    """Return the sockets that engines usually listen on, the likeliest first."""
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return [
        Path("/var/run/docker.sock"),
        Path(runtime) / "docker.sock",
        Path(runtime) / "podman/podman.sock",
        Path("/run/podman/podman.sock"),
        home / ".docker/run/docker.sock",
        home / ".docker/desktop/docker.sock",
        home / ".colima/default/docker.sock",
    ]


def find(environment: Mapping[str, str] | None = None) -> str:
    """Return the engine's address (`unix:///…` or `tcp://host:port`). Raises `NoEngine`."""
    environment = os.environ if environment is None else environment
    host = environment.get("DOCKER_HOST", "")
    if host:
        if not host.startswith(("unix://", "tcp://", "http://")):
            raise NoEngine(f"DOCKER_HOST is {host!r}: only unix:// and tcp:// addresses are understood")
        if environment.get("DOCKER_TLS_VERIFY"):
            raise NoEngine("DOCKER_TLS_VERIFY is set: engines behind TLS are not supported, use a unix:// address")
        return host
    tried = places(environment, Path.home())
    for place in tried:
        if place.is_socket() and os.access(place, os.R_OK | os.W_OK):
            return f"unix://{place}"
    raise NoEngine(f"no container engine listens at {', '.join(map(str, tried))}, and DOCKER_HOST is not set")
