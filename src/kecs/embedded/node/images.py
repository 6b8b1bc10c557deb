"""Images by pull policy, each pulled once however many wait for it, with the events that Kubernetes writes."""

import asyncio
import base64
import binascii
import logging
import re
import time
from collections.abc import Sequence

import msgspec

from kecs.embedded.node.container_views import Container
from kecs.embedded.node.engine import Credentials, Engine, EngineError, EngineGone, Image, PullFailed
from kecs.embedded.node.recorder import Recorder
from kecs.embedded.node.views import Pod, Secret

log = logging.getLogger(__name__)

_REFERENCE = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?"
)
_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")


class ImageError(Exception):
    """An image cannot be had now; `reason` is the container's waiting reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def valid(name: str) -> bool:
    """Tell whether a name can be an image's."""
    return len(name) <= 1024 and _REFERENCE.fullmatch(name) is not None


def _capitals(name: str) -> str:
    """Return what to add where capitals are what is wrong with a name. What has capitals before a slash is a host."""
    first, slash, rest = name.partition("/")
    host = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    repository = (rest if host else name if slash else f"library/{name}").partition(":")[0]
    return f": repository name ({repository}) must be lowercase" if repository != repository.lower() else ""


def policy_of(container: Container) -> str:
    """Return the pull policy, with Kubernetes's default."""
    if container.imagePullPolicy:
        return container.imagePullPolicy
    last = container.image.rpartition("/")[2]
    return "Always" if "@" not in last and (":" not in last or last.endswith(":latest")) else "IfNotPresent"


def registry_of(image: str) -> str:
    """Return the host of an image's registry."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def credentials(secret: Secret, image: str) -> list[Credentials]:
    """Return the logins in a pull secret that are meant for an image's registry; what cannot be read has none."""
    logins: dict[str, dict[str, str]]
    try:
        if ".dockerconfigjson" in secret.data:
            document = msgspec.json.decode(base64.b64decode(secret.data[".dockerconfigjson"]), type=dict[str, object])
            logins = msgspec.convert(document.get("auths", {}), dict[str, dict[str, str]])
        elif ".dockercfg" in secret.data:
            logins = msgspec.json.decode(base64.b64decode(secret.data[".dockercfg"]), type=dict[str, dict[str, str]])
        else:
            return []
        meant = [_login(server, login) for server, login in logins.items() if _meant_for(server, image)]
        return [login for login in meant if login.username]
    except (msgspec.MsgspecError, binascii.Error, UnicodeDecodeError):
        return []


def _login(server: str, login: dict[str, str]) -> Credentials:
    user, password = login.get("username", ""), login.get("password", "")
    if "auth" in login and not user:
        user, _, password = base64.b64decode(login["auth"]).decode().partition(":")
    return Credentials(user, password, server)


def _meant_for(server: str, image: str) -> bool:
    host = server.partition("://")[2] or server
    host, _, path = host.partition("/")
    registry = registry_of(image)
    if host in _DOCKER_HUB and registry in _DOCKER_HUB:
        return True
    return host == registry and (path in ("", "v1/", "v2/", "v1", "v2") or image.startswith(f"{host}/{path}"))


_Pull = tuple[str, tuple[Credentials, ...]]  # who has other logins, or other passwords, waits for a pull of its own


class Images:
    """Has the images that containers need at hand."""

    def __init__(self, engine: Engine, recorder: Recorder) -> None:
        self._engine = engine
        self._recorder = recorder
        self._pulls: dict[_Pull, asyncio.Task[Image]] = {}

    async def ensure(self, pod: Pod, container: Container, logins: Sequence[Credentials]) -> Image:
        """Return the container's image, pulled if its policy says so. Raises `ImageError`, `EngineGone`."""
        name, policy = container.image, policy_of(container)
        if not valid(name):
            problem = f'couldn\'t parse image name "{name}": invalid reference format{_capitals(name)}'
            message = f'Failed to apply default image tag "{name}": {problem}'
            self._recorder.warning(pod, "InspectFailed", message, container.name)
            raise ImageError("InvalidImageName", message)
        present = await self._engine.image(name)
        if present is not None and policy != "Always":
            self._recorder.normal(
                pod,
                "Pulled",
                f'Container image "{name}" already present on machine and can be accessed by the pod',
                container.name,
            )
            return present
        if policy == "Never":
            message = f'Container image "{name}" is not present with pull policy of Never'
            self._recorder.warning(pod, "ErrImageNeverPull", message, container.name)
            raise ImageError("ErrImageNeverPull", message)
        return await self._pull(pod, container, logins)

    def _pulled(self, key: _Pull, task: asyncio.Task[Image]) -> None:
        self._pulls.pop(key, None)
        if not task.cancelled() and task.exception() is not None:
            log.debug("pull of %s: %s", key[0], task.exception())

    async def _pull(self, pod: Pod, container: Container, logins: Sequence[Credentials]) -> Image:
        name = container.image
        self._recorder.normal(pod, "Pulling", f'Pulling image "{name}"', container.name)
        began = time.monotonic()
        key = (name, tuple(logins))
        task = self._pulls.get(key)
        if task is None:
            task = self._pulls[key] = asyncio.create_task(self._engine.pull(name, logins))
            task.add_done_callback(lambda done: self._pulled(key, done))
        try:
            image = await asyncio.shield(task)
        except EngineGone:
            raise
        except (PullFailed, EngineError) as error:
            self._recorder.warning(pod, "Failed", f'Failed to pull image "{name}": {error}', container.name)
            self._recorder.warning(pod, "Failed", "Error: ErrImagePull", container.name)
            raise ImageError("ErrImagePull", str(error)) from error
        took = f"{time.monotonic() - began:.3g}s"
        self._recorder.normal(
            pod, "Pulled", f'Successfully pulled image "{name}" in {took} ({took} including waiting).', container.name
        )
        return image
