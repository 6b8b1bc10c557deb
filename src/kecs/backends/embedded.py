"""The cluster in this process: a data directory, a door for kubectl, a node."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kecs.backends import node
from kecs.crds.ecs_deployment_rules import PREDICATES
from kecs.embedded.cluster import Cluster, ClusterSettings, DataDirectoryError
from kecs.kube.api import Api
from kecs.kube.controller import Runnable
from kecs.kube.errors import NotStored
from kecs.kube.figures import Family
from kecs.server.address import split
from kecs.server.http import Limits
from kecs.server.run import Door, House, StartError
from kecs.settings import Settings
from kecs.translate.options import Options


class Embedded:
    """An open data directory. There is one process for it, so nobody is elected."""

    home = "kube-system"
    leader = None

    def __init__(self, settings: Settings, cluster: Cluster) -> None:
        self._settings = settings
        self._cluster = cluster

    @classmethod
    async def open(cls, settings: Settings) -> "Embedded":
        """Open the data directory. Raises StartError."""
        try:
            with _writing(settings):
                return cls(settings, await Cluster.open(cluster_settings(settings)))
        except DataDirectoryError as error:
            raise StartError(str(error)) from error

    @property
    def api(self) -> Api:
        """The API of the engine itself."""
        return self._cluster.api

    @property
    def options(self) -> Options:
        """Return how pods are made: volumes that tasks share lie with what else the node keeps, and go with it."""
        return Options(shared_volumes=str(Path(self._settings.data).absolute() / "node" / "volumes"))

    def families(self) -> Iterable[Family]:
        """Return nothing: no request goes out."""
        return ()

    def parts(self) -> Sequence[Runnable]:
        """Return the controllers and the node."""
        return self._cluster.parts()

    def starting(self) -> contextlib.AbstractContextManager[None]:
        """Return what says in one line that the data directory does not take what kecs needs in it to start."""
        return _writing(self._settings)

    def doors(self) -> Sequence[Door]:
        """Return the door for kubectl."""
        with self.starting():
            tls = self._cluster.door.tls_files()
        door = Door(
            "kubernetes",
            self._cluster.door.app,
            *split(self._settings.kubernetes_listen),
            certificate=tls.certificate,
            key=tls.key,
            limits=Limits(answer_seconds=None),  # a watch lasts as long as somebody looks
            option="--kubernetes-listen",
        )
        return [door]

    def opened(self, house: House) -> str:
        """Write the kubeconfig."""
        with self.starting():
            kubeconfig = self._cluster.door.write_kubeconfig(split(house.address("kubernetes"))[1])
        return f"{self._cluster.containers}, kubectl --kubeconfig {kubeconfig}"

    def closing(self) -> None:
        """End the watches and logs that are followed."""
        self._cluster.door.close()

    async def close(self) -> None:
        """Commit what is under way and let the data directory go."""
        await self._cluster.close()


async def reset(settings: Settings) -> None:
    """End and remove every container of a data directory, then its data. Raises StartError."""
    try:
        await Cluster.reset(cluster_settings(settings))
    except DataDirectoryError as error:
        raise StartError(str(error)) from error


def cluster_settings(settings: Settings) -> ClusterSettings:
    """Return what a cluster has to know of the settings."""
    return ClusterSettings(
        directory=Path(settings.data),
        durable=settings.sync == "full",
        engine=settings.engine,
        machine_capacity=settings.capacity == "machine",
        warm_sandboxes=settings.warm_sandboxes,
        hosts=frozenset(settings.allow_host),
        node_labels=node.labels(settings),
        rules=PREDICATES,
    )


@contextlib.contextmanager
def _writing(settings: Settings) -> Iterator[None]:
    """Say in one line that the data directory does not take what kecs needs in it to start: the disk may be full."""
    try:
        yield
    except NotStored as error:
        raise StartError(f"the data directory {settings.data} cannot be used: {error.message}") from error
    except OSError as error:
        raise StartError(f"the data directory {settings.data} cannot be used: {error.strerror or error}") from error
