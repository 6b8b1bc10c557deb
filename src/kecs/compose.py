"""Puts the program together: the one place that chooses a backend and hands everyone what they need.

`serve` opens the embedded cluster, fills the caches, starts the reconcilers and opens the doors, in that order, so that
whoever gets an answer gets it from a program that is whole. Ending goes the other way round.
"""

import asyncio
import base64
import contextlib
import gc
import logging
import secrets
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path
from typing import Self

from kecs.crds import definitions
from kecs.decide import service as rules
from kecs.decide import throttle
from kecs.embedded.cluster import Cluster, ClusterSettings, DataDirectoryError
from kecs.embedded.http.tls import TlsFiles
from kecs.kube import controller
from kecs.kube.api import Api
from kecs.kube.controller import Runnable
from kecs.kube.errors import AlreadyExists, NotFound, NotStored
from kecs.kube.resources import SECRETS
from kecs.metrics import world as metrics_of
from kecs.metrics.page import Page
from kecs.model import marks
from kecs.model.scope import Scope
from kecs.reconcile.build import build as reconcilers
from kecs.reconcile.context import Context as ReconcileContext
from kecs.reconcile.context import Settings as ReconcileSettings
from kecs.server.address import split as split_address
from kecs.server.chain import AwsApp, Parts, chain, upkeep
from kecs.server.http import Limits
from kecs.server.run import Door, House, StartError, signalled
from kecs.services import registry
from kecs.services.context import Context
from kecs.settings import Settings
from kecs.translate.options import Options
from kecs.wire.tokens import Tokens
from kecs.world.world import World

log = logging.getLogger(__name__)

_KEY_BYTES = 32


async def serve(settings: Settings) -> None:
    """Run kecs until it is told to end. Raises StartError with one line that tells the user what to do."""
    told = signalled()
    cluster = await _open(settings)
    try:
        async with _Background(cluster.parts()) as background:
            await _serve(settings, cluster, background, told)
    finally:
        await cluster.close()


async def reset(settings: Settings) -> None:
    """End and remove every container of a data directory, then its data. Raises StartError."""
    try:
        await Cluster.reset(_cluster_settings(settings))
    except DataDirectoryError as error:
        raise StartError(str(error)) from error


def _cluster_settings(settings: Settings) -> ClusterSettings:
    return ClusterSettings(
        directory=Path(settings.data),
        durable=settings.sync == "full",
        engine=settings.engine,
        machine_capacity=settings.capacity == "machine",
        warm_sandboxes=settings.warm_sandboxes,
        hosts=frozenset(settings.allow_host),
        node_labels=_node_labels(settings),
    )


def _node_labels(settings: Settings) -> dict[str, str]:
    """Return where kecs's own node is: in the first zone of the region, for placement by zone."""
    return {
        "topology.kubernetes.io/region": settings.region,
        "topology.kubernetes.io/zone": f"{settings.region}a",
    }


async def _open(settings: Settings) -> Cluster:
    try:
        with _writing(settings):
            return await Cluster.open(_cluster_settings(settings))
    except DataDirectoryError as error:
        raise StartError(str(error)) from error


@contextlib.contextmanager
def _writing(settings: Settings) -> Iterator[None]:
    """Say in one line that the data directory does not take what kecs needs in it to start: the disk may be full."""
    try:
        yield
    except NotStored as error:
        raise StartError(f"the data directory {settings.data} cannot be used: {error.message}") from error
    except OSError as error:
        raise StartError(f"the data directory {settings.data} cannot be used: {error.strerror or error}") from error


async def _serve(settings: Settings, cluster: Cluster, background: "_Background", told: Awaitable[None]) -> None:
    """Start what is above the Kubernetes API, open the doors, and wait for the end."""
    with _writing(settings):
        await definitions.install(cluster.api)
        tls = cluster.door.tls_files()
        tokens = Tokens(await _token_key(cluster.api))
    world = World(cluster.api)
    background.start([world])
    await world.synced()
    context = _reconcile_context(settings, cluster.api, world)
    background.start(reconcilers(context))
    page = Page()
    page.add(lambda: metrics_of.families(world))
    page.add(lambda: controller.families(context.works))
    house = House(_doors(settings, cluster, tls, _parts(settings, cluster.api, world, tokens, page), page))
    await house.open()
    with _writing(settings):
        kubeconfig = cluster.door.write_kubeconfig(split_address(house.address("kubernetes"))[1])
    _calm_collector()
    print(
        f"kecs ready on http://{house.address('aws')}, {cluster.containers}, kubectl --kubeconfig {kubeconfig}",
        flush=True,
    )
    try:
        await background.unless(told)
    finally:
        cluster.door.close()
        await house.close()


def _calm_collector() -> None:
    """Let the cyclic collector look seldom, and never again at what lives now.

    Caches hold few cycles and much that lives long: with the standard thresholds the collector took half of the CPU, in
    stalls that every request waited for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


def _doors(settings: Settings, cluster: Cluster, tls: TlsFiles, parts: Parts, page: Page) -> list[Door]:
    app = AwsApp(chain(parts))
    page.add(app.figures.families)
    doors = [
        Door("aws", app, *split_address(settings.listen)),
        Door(
            "kubernetes",
            cluster.door.app,
            *split_address(settings.kubernetes_listen),
            certificate=tls.certificate,
            key=tls.key,
            limits=Limits(answer_seconds=None),  # a watch lasts as long as somebody looks
        ),
    ]
    if settings.metrics_listen:
        doors.append(Door("metrics", AwsApp(upkeep(parts)), *split_address(settings.metrics_listen)))
    return doors


def _parts(settings: Settings, api: Api, world: World, tokens: Tokens, page: Page) -> Parts:
    registry.load()
    options = _options(settings)

    def context(scope: Scope, request_id: str) -> Context:
        return Context(scope, world, api, tokens, request_id, options)

    default = Scope(settings.account, settings.region)
    names = (split_address(settings.listen)[0], *settings.allow_host)
    return Parts(context, ready=lambda: "", metrics=page.render, default=default, names=names)


def _reconcile_context(settings: Settings, api: Api, world: World) -> ReconcileContext:
    # Containers start here in a fraction of a second, so tasks that fail at once are also tried again sooner.
    figures = rules.Settings(steadyAfter=settings.steady_after, delays=throttle.Delays())
    return ReconcileContext(
        api=api,
        world=world,
        settings=ReconcileSettings(
            stopped_task_retention=settings.stopped_task_retention, rules=figures, options=_options(settings)
        ),
    )


def _options(settings: Settings) -> Options:
    """Return how pods are made: volumes that tasks share lie with what else the node keeps, and go with it."""
    return Options(shared_volumes=str(Path(settings.data).absolute() / "node" / "volumes"))


async def _token_key(api: Api) -> bytes:
    """Return the key that seals pagination tokens: one for all replicas, kept with everything else."""
    name = "kecs-pagination"
    for _ in range(2):
        try:
            found = await api.get(SECRETS, "kube-system", name)
            return base64.b64decode(found["data"]["key"])
        except NotFound:
            body = {
                "metadata": {"name": name},
                "data": {"key": base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()},
            }
            try:
                await api.create(SECRETS, "kube-system", body, manager=marks.MANAGER)
            except AlreadyExists:
                continue
    raise StartError(f"the secret kube-system/{name} comes and goes")


class _Background:
    """The parts that work beside the doors. When one of them fails, kecs ends: half a program helps nobody."""

    def __init__(self, parts: Sequence[Runnable]) -> None:
        self._parts = parts
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self.start(self._parts)
        return self

    def start(self, parts: Sequence[Runnable]) -> None:
        """Let the parts work until the end."""
        self._tasks |= {asyncio.create_task(part.run(), name=type(part).__name__) for part in parts}

    async def unless(self, end: Awaitable[None]) -> None:
        """Wait for `end`, or raise what a part failed with."""
        waiting = asyncio.ensure_future(end)
        done, _ = await asyncio.wait({waiting, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        if waiting in done:
            return
        waiting.cancel()
        failed = done.pop()
        log.error("a part of kecs has ended", extra={"fields": {"part": failed.get_name()}})
        await failed

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
