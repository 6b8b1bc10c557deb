"""Real containers, by Docker or Podman: the Docker API over a socket."""

import asyncio
import base64
import json
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence

from kecs.embedded.node import docker_bodies as bodies
from kecs.embedded.node import engine as engines
from kecs.embedded.node import kernel, pause
from kecs.embedded.node.docker_http import DockerHttp, Refused
from kecs.embedded.node.engine import (
    Answer,
    Claim,
    ContainerConfig,
    Credentials,
    EngineError,
    EngineEvent,
    EngineGone,
    Found,
    Image,
    LogQuery,
    Machine,
    NoSuchContainer,
    PullFailed,
    Request,
    SandboxConfig,
    StartFailed,
)
from kecs.embedded.node.frames import Frames
from kecs.kube.api import ExecResult

log = logging.getLogger(__name__)

_OVERLAP = 2  # seconds of the past that a stream of events begins with, so that nothing falls between it and a list
_STALLED = 300.0  # seconds without progress after which a pull has failed
_KILLED = 137
_PAGE = 4096  # bytes, the unit in which a tmpfs counts its blocks
_OUTPUT = 1 << 20  # bytes of a command's output that are kept


class DockerEngine:
    """An engine behind the Docker API at `address` (see `sockets.find`)."""

    scheme = "docker"
    simulated = False

    def __init__(self, address: str) -> None:
        self._http = DockerHttp(address)
        self._podman = False
        self.shares_files = address.startswith("unix://")

    async def connect(self) -> Machine:
        """Reach the engine, and give it the sandbox's image if it has none."""
        version, info, image = await asyncio.gather(
            self._http.call("GET", "/version"), self._http.call("GET", "/info"), self.image(pause.NAME)
        )
        names = " ".join(each.get("Name", "") for each in version.get("Components") or [])
        self._podman = "Podman" in names
        self.scheme = "podman" if self._podman else "docker"
        architecture = version.get("Arch", "amd64")
        if image is None:
            try:
                archive = pause.archive(architecture)
            except KeyError as error:
                raise EngineError(f"there is no sandbox image for the engine's architecture, {architecture}") from error
            async with self._http.stream("POST", "/images/load", data=archive) as response:
                await response.read()  # what it says is progress, one document a line
        return Machine(
            engine=f"{self.scheme}://{version.get('Version', '')}",
            architecture=architecture,
            operating_system=version.get("Os", "linux"),
            kernel=version.get("KernelVersion", ""),
            cpus=int(info.get("NCPU") or 1),
            memory=int(info.get("MemTotal") or 0),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def list(self, owner: str) -> list[Found]:
        """Return the containers of one owner."""
        params = {"all": "true", "filters": _filters(owner)}
        return [bodies.listed(each) for each in await self._http.call("GET", "/containers/json", params=params)]

    async def recall(self, claims: Sequence[Claim]) -> None:
        """Do nothing: the engine remembers."""

    async def inspect(self, container: str) -> Found:
        """Return one container."""
        document = await self._http.call("GET", f"/containers/{container}/json")
        found = bodies.inspected(document)
        limited = self._podman and (document.get("HostConfig") or {}).get("Memory")
        if limited and found.state == "exited" and found.exit_code == _KILLED and not found.oom_killed:
            found.oom_killed = await asyncio.to_thread(kernel.ran_out_of_memory, found.id)
        return found

    async def image(self, name: str) -> Image | None:
        """Return an image that is there."""
        try:
            document = await self._http.call("GET", f"/images/{name}/json")
        except Refused as error:
            if error.status == 404:
                return None
            raise
        digests = document.get("RepoDigests") or [""]
        return Image(document["Id"], digests[0], (document.get("Config") or {}).get("User") or "")

    async def pull(self, name: str, credentials: Sequence[Credentials]) -> Image:
        """Pull an image, with each login in turn."""
        problem: EngineError | None = None
        for each in (*credentials, None) if credentials else (None,):
            try:
                await self._pull(name, each)
                image = await self.image(name)
                if image is not None:
                    return image
                problem = PullFailed("the engine pulled the image and does not have it")
            except EngineGone:
                raise
            except EngineError as error:
                problem = problem or error
        raise PullFailed(str(problem))

    async def _pull(self, name: str, credentials: Credentials | None) -> None:
        repository, tag = bodies.reference(name)
        headers = {}
        if credentials is not None:
            document = json.dumps(bodies.login(credentials)).encode()
            headers["X-Registry-Auth"] = base64.urlsafe_b64encode(document).decode()
        params = {"fromImage": repository, "tag": tag}
        async with self._http.stream(
            "POST", "/images/create", params=params, headers=headers, silence=_STALLED
        ) as response:
            async for line in response.content:
                problem = json.loads(line).get("error") if line.strip() else None
                if problem:
                    raise PullFailed(problem)

    async def create_sandbox(self, config: SandboxConfig) -> str:
        """Make a sandbox."""
        try:
            return await self._create(config.name, bodies.sandbox(config))
        except Refused as error:
            if error.status != 404:
                raise
        await self.connect()  # someone removed its image
        return await self._create(config.name, bodies.sandbox(config))

    async def create(self, config: ContainerConfig) -> str:
        """Make a container."""
        return await self._create(config.name, bodies.container(config, may_name_itself=self._podman))

    async def _create(self, name: str, body: Mapping[str, object]) -> str:
        document = await self._http.call("POST", "/containers/create", params={"name": name}, body=body)
        return str(document["Id"])

    async def start(self, container: str) -> float:
        """Start a container."""
        before = time.time()
        try:
            await self._http.call("POST", f"/containers/{container}/start")
        except Refused as error:
            raise StartFailed(str(error)) from error
        return before

    async def stop(self, container: str, grace: float) -> None:
        """Ask a container to end, and kill it in the end."""
        seconds = max(1, round(grace))
        params = {"t": str(seconds)}
        try:
            await self._http.call("POST", f"/containers/{container}/stop", params=params, limit=seconds + 60.0)
        except Refused as error:
            log.debug("stop %s: %s", container, error)
            await self.kill(container)

    async def kill(self, container: str) -> None:
        """Kill a container."""
        try:
            await self._http.call("POST", f"/containers/{container}/kill")
        except NoSuchContainer:
            return
        except Refused as error:
            found = await self.inspect(container)
            if found.state == "running":
                raise EngineError(f"container {container} could not be killed: {error}") from error

    async def remove(self, container: str) -> None:
        """Kill and remove a container."""
        params = {"force": "true", "v": "true"}
        try:
            await self._http.call("DELETE", f"/containers/{container}", params=params)
        except NoSuchContainer:
            return
        except Refused as error:
            if "in progress" not in str(error):
                raise

    async def exec(self, container: str, command: Sequence[str], limit: float | None) -> ExecResult:
        """Run a command in a container."""
        body = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True}
        execution = (await self._http.call("POST", f"/containers/{container}/exec", body=body))["Id"]
        output = bytearray()
        async with asyncio.timeout(limit):
            start = {"Detach": False, "Tty": False}
            async with self._http.stream("POST", f"/exec/{execution}/start", body=start) as response:
                frames = Frames()
                async for chunk in response.content.iter_any():
                    for content in frames.feed(chunk):
                        output += content[: _OUTPUT - len(output)]
        shown = await self._http.call("GET", f"/exec/{execution}/json")
        return ExecResult(int(shown.get("ExitCode") or 0), bytes(output))

    async def check(self, container: str, command: Sequence[str], limit: float) -> Answer:
        """Run a probe's command."""
        result = await self.exec(container, command, limit)
        return Answer(result.exit_code == 0, result.output[:1024].decode(errors="replace"))

    async def reach(self, container: str, request: Request, limit: float) -> Answer:
        """Connect to a container's port from this machine."""
        import aiohttp

        where = f"{request.host}:{request.port}"
        asked = f"dial tcp {where}"
        try:
            if not request.path:
                async with asyncio.timeout(limit):
                    _, writer = await asyncio.open_connection(request.host, request.port)
                writer.close()
                return Answer(ok=True)
            url = f"{request.scheme.lower()}://{where}{request.path}"
            asked = f'Get "{url}": dial tcp {where}'
            status = await self._http.get(url, {"User-Agent": "kube-probe/1.36", **dict(request.headers)}, limit)
        except TimeoutError:
            return Answer(ok=False, output=f"{asked}: i/o timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            refused = isinstance(error, ConnectionRefusedError | aiohttp.ClientConnectorError)
            return Answer(ok=False, output=f"{asked}: {'connect: connection refused' if refused else error}")
        ok = 200 <= status < 400
        return Answer(ok, "" if ok else f"HTTP probe failed with statuscode: {status}")

    async def logs(self, container: str, query: LogQuery) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote."""
        shown = await self._http.call("GET", f"/containers/{container}/json")
        terminal = (shown.get("Config") or {}).get("Tty")
        params = {
            "stdout": "true",
            "stderr": "true",
            "follow": _flag(query.follow),
            "timestamps": _flag(query.timestamps),
        }
        if query.tail is not None:
            params["tail"] = str(query.tail)
        if query.since:
            params["since"] = str(int(query.since))
        async with self._http.stream("GET", f"/containers/{container}/logs", params=params) as response:
            frames = Frames()
            async for chunk in response.content.iter_any():
                if terminal:
                    yield chunk
                    continue
                for content in frames.feed(chunk):
                    yield content

    async def events(self, owner: str) -> AsyncGenerator[EngineEvent | None, None]:
        """Yield what happens to an owner's containers."""
        # Podman knows the event of a container's end by another name when it filters, so the filter is on labels alone.
        params = {"filters": _filters(owner, type="container"), "since": str(int(time.time()) - _OVERLAP)}
        async with self._http.stream("GET", "/events", params=params) as response:
            yield None
            async for line in response.content:
                if line.strip():
                    event = _event(json.loads(line))
                    if event is not None:
                        yield event
        raise EngineGone(f"{self._http.address} ended its stream of events")

    async def create_volume(self, name: str, labels: Mapping[str, str], *, memory: bool, size: int) -> None:
        """Make a volume."""
        body: dict[str, object] = {"Name": name, "Labels": dict(labels), "Driver": "local"}
        if memory:
            # Podman takes `size` for a quota of its own, so the limit is told in blocks.
            options = "mode=1777" + (f",nr_blocks={-(-size // _PAGE)}" if size else "")
            body["DriverOpts"] = {"type": "tmpfs", "device": "tmpfs", "o": options}
        try:
            await self._http.call("POST", "/volumes/create", body=body)
        except Refused as error:
            if "already exists" not in str(error):
                raise

    async def open_volume(self, container: str, target: str, mode: int, group: int) -> None:
        """Give a volume's directory its mode and group: unpack one of that name over it."""
        archive = pause.directory(target.lstrip("/"), mode, group)
        await self._http.call("PUT", f"/containers/{container}/archive", params={"path": "/"}, data=archive)

    async def volumes(self, owner: str) -> Mapping[str, str]:
        """Return the volumes of an owner, with the uids of their pods."""
        document = await self._http.call("GET", "/volumes", params={"filters": _filters(owner)})
        found = document.get("Volumes") or []
        return {each["Name"]: (each.get("Labels") or {}).get(engines.POD_UID, "") for each in found}

    async def remove_volume(self, name: str) -> None:
        """Remove a volume."""
        try:
            await self._http.call("DELETE", f"/volumes/{name}", params={"force": "true"})
        except Refused as error:
            if error.status != 404:
                raise


def _filters(owner: str, **more: str) -> str:
    return json.dumps({"label": [f"{engines.OWNER}={owner}"], **{key: [value] for key, value in more.items()}})


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _event(document: Mapping[str, object]) -> EngineEvent | None:
    actor = document.get("Actor")
    attributes = actor.get("Attributes") or {} if isinstance(actor, dict) else {}
    container = actor.get("ID", "") if isinstance(actor, dict) else ""
    match document.get("Action"):
        case "die" | "died":
            return EngineEvent("exit", container, attributes)
        case "start":
            return EngineEvent("start", container, attributes)
    return None
