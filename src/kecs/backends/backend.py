"""What the composition root needs of a Kubernetes."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from kecs.kube.api import Api
from kecs.kube.controller import Runnable
from kecs.kube.figures import Family
from kecs.kube.leader import Leader
from kecs.server.run import Door, House
from kecs.translate.options import Options


class Backend(Protocol):
    """A Kubernetes that is open: `api` answers. Whoever opened it closes it.

    `home` is the namespace of what kecs keeps for itself. `options` say how pods are made here. `leader` decides which
    of several processes runs the reconcilers; there is none where this process is the only one.
    """

    @property
    def api(self) -> Api:
        """The Kubernetes API."""
        ...

    @property
    def home(self) -> str:
        """The namespace of what kecs keeps for itself."""
        ...

    @property
    def options(self) -> Options:
        """How pods are made here."""
        ...

    @property
    def leader(self) -> Leader | None:
        """Who takes part in the election of the process that runs the reconcilers."""
        ...

    def families(self) -> Iterable[Family]:
        """Return the figures of how the cluster is used."""
        ...

    def parts(self) -> Sequence[Runnable]:
        """Return what has to run for the cluster to live, as far as that is this process's business."""
        ...

    def starting(self) -> AbstractContextManager[None]:
        """Return what makes a StartError of anything that the cluster refuses meanwhile."""
        ...

    def doors(self) -> Sequence[Door]:
        """Return the doors to the cluster itself."""
        ...

    def opened(self, house: House) -> str:
        """Take note of where the doors are open, and return what the ready line says of the cluster."""
        ...

    def closing(self) -> None:
        """Let those go who follow something through the doors: they are about to be closed."""
        ...

    async def close(self) -> None:
        """Let the cluster go."""
        ...
