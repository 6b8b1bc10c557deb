"""A cluster of one's own: reached over HTTP, shared with other replicas of kecs."""

import asyncio
import contextlib
import logging
import secrets
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from kecs.backends import node
from kecs.kube.access import Access, AccessError
from kecs.kube.api import Api
from kecs.kube.controller import Runnable
from kecs.kube.errors import AlreadyExists, ApiError, Forbidden, NotFound, Timeout, Unavailable
from kecs.kube.figures import Family
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import in_cluster, load_kubeconfig
from kecs.kube.leader import Leader
from kecs.kube.resources import NAMESPACES
from kecs.kube.transport import Timings
from kecs.model import marks
from kecs.server.run import Door, House, StartError
from kecs.settings import Settings
from kecs.translate.options import Options

log = logging.getLogger(__name__)

_HOME = "kecs-system"
_LEASE = "kecs"
_TIMINGS = Timings(answer=15.0)  # a client waits for us; when the cluster hangs, it shall hear of it and come again
_POD_RESOURCES_SINCE = (1, 34)
_REACH_SECONDS = 60.0  # that a cluster may take to answer for the first time


class Remote:
    """A cluster, and this process as one replica of several.

    There is no door to the cluster: it has its own. Pods are run by its kubelets; with an engine named, also by a node
    of kecs's own, which is a client as any other.
    """

    def __init__(self, settings: Settings, access: Access, api: HttpApi) -> None:
        self._settings = settings
        self._access = access
        self._http = api
        self.api: Api = api
        self.home = settings.namespace or (_HOME if _is_named(settings) else access.namespace)
        identity = f"{socket.gethostname()}_{secrets.token_hex(4)}"
        self.leader = Leader(api, self.home, _LEASE, identity, duration=settings.lease_duration)
        self._containers = ""
        self._pod_resources = True
        self._node: Runnable | None = None

    @classmethod
    async def open(cls, settings: Settings) -> "Remote":
        """Reach the cluster. Raises StartError."""
        opened = await cls._connected(settings)
        try:
            with opened.starting():
                await opened._reach()
            if settings.engine != "auto":
                opened._make_node()
        except BaseException:
            await opened.close()
            raise
        return opened

    @classmethod
    async def _connected(cls, settings: Settings) -> "Remote":
        """Return it before anything is asked of the cluster. Raises StartError."""
        try:
            access = _access(settings)
            return cls(settings, access, await HttpApi.connect(access, timings=_TIMINGS))
        except AccessError as error:
            raise StartError(str(error)) from error

    @classmethod
    async def uninstall(cls, settings: Settings) -> None:
        """Remove kecs from the cluster, or say what would go. Raises StartError."""
        from kecs import uninstall

        if not settings.kubeconfig and not settings.context:
            raise StartError("of which cluster? Say --kubeconfig FILE or --context NAME")
        opened = await cls._connected(settings)
        try:
            with opened.starting():
                if settings.release_pods:
                    await uninstall.release_pods(opened.api, _say)
                elif settings.yes:
                    await uninstall.uninstall(opened.api, settings.namespace or _HOME, _say)
                else:
                    _say(f"{await uninstall.look(opened.api)} would go; --yes removes them, and kecs")
        except uninstall.UninstallError as error:
            raise StartError(str(error)) from error
        finally:
            await opened.close()

    async def _reach(self) -> None:
        """Return once the cluster answers and there is a namespace for what kecs keeps. Raises ApiError."""
        deadline, told = time.monotonic() + _REACH_SECONDS, False
        while True:
            try:
                await self._settle_in()
                return
            except (Unavailable, Timeout) as error:
                if time.monotonic() > deadline:
                    raise
                if not told:
                    log.warning("waiting for the cluster: %s", error.message)
                told = True
                await asyncio.sleep(0.5)

    async def _settle_in(self) -> None:
        """See what the cluster can do, and make the namespace that is ours unless it is there. Raises ApiError."""
        self._pod_resources = await self._http.release() >= _POD_RESOURCES_SINCE
        with contextlib.suppress(Forbidden):  # who may not look at it may still use what is in it
            try:
                await self.api.get(NAMESPACES, None, self.home)
            except NotFound:
                metadata = {"name": self.home, "labels": {marks.PART_OF: marks.MANAGER}}
                with contextlib.suppress(AlreadyExists):
                    await self.api.create(NAMESPACES, None, {"metadata": metadata}, manager=marks.MANAGER)

    def _make_node(self) -> None:
        """Make a node of kecs's own. Raises StartError."""
        from kecs.embedded.node.build import build, described, find_engine
        from kecs.embedded.node.context import NodeSettings
        from kecs.embedded.node.owned import owner_of
        from kecs.embedded.node.sockets import NoEngine

        directory = Path(self._settings.data) / "node"
        try:
            address = find_engine(self._settings.engine, directory)
            name = f"kecs-{owner_of(directory)[:8]}"  # another process may be another node of the same cluster
            self._node = build(
                self.api,
                NodeSettings(
                    name=name,
                    directory=directory,
                    labels={**node.labels(self._settings), marks.PART_OF: marks.MANAGER},
                    machine_capacity=self._settings.capacity == "machine",
                    warm_sandboxes=self._settings.warm_sandboxes,
                ),
                address,
            )
        except NoEngine as error:
            raise StartError(str(error)) from error
        except OSError as error:
            raise StartError(f"{directory} cannot be used: {error.strerror or error}") from error
        self._containers = f", node {name} with {described(address)}"

    @property
    def options(self) -> Options:
        """Return how pods are made: volumes that tasks share are directories of the nodes, or the drivers' volumes."""
        options = Options(pod_resources=self._pod_resources, storage=self._settings.storage)
        if self._node is None:
            return options
        volumes = str(Path(self._settings.data).absolute() / "node" / "volumes")
        return msgspec.structs.replace(options, shared_volumes=volumes)

    def families(self) -> Iterable[Family]:
        """Return the figures of the requests to the cluster."""
        return self._http.calls.families()

    def parts(self) -> Sequence[Runnable]:
        """Return the node, where there is one of kecs's own."""
        return [self._node] if self._node is not None else []

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Say in one line what the cluster refuses."""
        try:
            yield
        except ApiError as error:
            raise StartError(f"the cluster at {self._access.servers[0]} cannot be used: {error.message}") from error

    def doors(self) -> Sequence[Door]:
        """Return no door."""
        return []

    def opened(self, house: House) -> str:
        """Return which cluster it is."""
        return f"cluster {self._access.servers[0]}, namespace {self.home}{self._containers}"

    def closing(self) -> None:
        """Nobody follows anything through doors of ours."""

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _say(text: str) -> None:
    print(text, flush=True)


def _is_named(settings: Settings) -> bool:
    """Say whether the user names a cluster; else it is the one that this process is a pod of."""
    return bool(settings.kubeconfig or settings.context)


def _access(settings: Settings) -> Access:
    """Return how the cluster is reached. Raises AccessError."""
    if _is_named(settings):
        return load_kubeconfig(Path(settings.kubeconfig) if settings.kubeconfig else None, settings.context)
    return in_cluster()
