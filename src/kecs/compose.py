"""Puts the program together: hands everyone what they need, and has the backend chosen.

`serve` opens the cluster and the doors, fills the caches and starts the reconcilers, in that order; until it is whole,
the doors answer health checks alone. Ending goes the other way round.
"""

import asyncio
import base64
import gc
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Self, TypeAlias

import msgspec

from kecs.backends.backend import Backend
from kecs.crds import installation
from kecs.crds.definitions import KINDS, Kind
from kecs.decide import service as rules
from kecs.decide import throttle
from kecs.kube import controller as controllers
from kecs.kube import leader
from kecs.kube.api import Api, Json
from kecs.kube.controller import Runnable
from kecs.kube.errors import AlreadyExists, NotFound
from kecs.kube.fence import Fenced
from kecs.kube.resources import SECRETS
from kecs.metrics import world as metrics_of
from kecs.metrics.page import Page
from kecs.model import marks
from kecs.model.scope import Scope
from kecs.reconcile.build import build as reconcilers
from kecs.reconcile.build import ecs_deployments
from kecs.reconcile.context import Context as ReconcileContext
from kecs.reconcile.context import Settings as ReconcileSettings
from kecs.server.address import split as split_address
from kecs.server.chain import AwsApp, Parts, chain, upkeep
from kecs.server.run import Door, House, StartError, check_free, signalled
from kecs.services import registry
from kecs.services.context import Context
from kecs.settings import Settings
from kecs.wire.tokens import Tokens
from kecs.world.resources import ECS_DEPLOYMENTS
from kecs.world.world import World

log = logging.getLogger(__name__)

_KEY_BYTES = 32
_CONTROLLER_LEASE = "kecs-controller"
_ECS_DEPLOYMENT = [kind for kind in KINDS if kind.resource is ECS_DEPLOYMENTS]

_Build: TypeAlias = Callable[[ReconcileContext], Sequence[Runnable]]


async def serve(settings: Settings) -> None:
    """Run kecs until it is told to end. Raises StartError with one line that tells the user what to do."""
    await _run(settings, _addresses(settings), _serve)


async def controller(settings: Settings) -> None:
    """Carry out ECSDeployments, and nothing else, until told to end. Raises StartError."""
    if not _is_remote(settings):
        raise StartError("on which cluster? Say --kubeconfig FILE or --context NAME")
    listen = [("--metrics-listen", settings.metrics_listen)] if settings.metrics_listen else []
    await _run(settings, listen, _control)


_Work: TypeAlias = Callable[[Settings, Backend, "_Background", "asyncio.Future[None]"], Awaitable[None]]


async def _run(settings: Settings, addresses: Sequence[tuple[str, str]], work: _Work) -> None:
    """Open the backend for some work, unless an address is taken, and close it at the end. Raises StartError."""
    told = signalled()
    for option, listen in addresses:
        await check_free(*split_address(listen), option)
    opening = asyncio.ensure_future(_open(settings))
    told.add_done_callback(lambda _: opening.cancel())  # a cluster that does not answer yet keeps nobody
    await asyncio.wait({opening})
    if opening.cancelled():
        return
    backend = opening.result()
    try:
        async with _Background(backend.parts()) as background:
            await work(settings, backend, background, told)
    finally:
        await backend.close()


def _addresses(settings: Settings) -> list[tuple[str, str]]:
    """Return the addresses to listen on, with the flags that set them."""
    found = [("--listen", settings.listen), ("--metrics-listen", settings.metrics_listen)]
    if not _is_remote(settings):
        found.append(("--kubernetes-listen", settings.kubernetes_listen))
    return [(option, listen) for option, listen in found if listen]


async def reset(settings: Settings) -> None:
    """End and remove every container of a data directory, then its data. Raises StartError."""
    from kecs.backends import embedded

    await embedded.reset(settings)


async def uninstall(settings: Settings) -> None:
    """Remove kecs from a cluster, as far as the settings say. Raises StartError."""
    from kecs.backends.remote import Remote

    await Remote.uninstall(settings)


async def _open(settings: Settings) -> Backend:
    """Open the backend that the settings ask for; only that one is imported. Raises StartError."""
    if _is_remote(settings):
        from kecs.backends.remote import Remote

        return await Remote.open(settings)
    from kecs.backends.embedded import Embedded

    return await Embedded.open(settings)


def _is_remote(settings: Settings) -> bool:
    """Say whether to work on a cluster: one is named, or this is a pod with an account and no data directory is."""
    if settings.kubeconfig or settings.context or settings.in_cluster:
        return True
    if settings.data != Settings().data or "KUBERNETES_SERVICE_HOST" not in os.environ:
        return False
    from kecs.kube.kubeconfig import has_service_account

    return has_service_account()


async def _serve(settings: Settings, backend: Backend, background: "_Background", told: asyncio.Future[None]) -> None:
    """Open the doors, start what is above the Kubernetes API, and wait for the end.

    A door that is open answers health checks; whoever wants more is told to come again until the caches are full.
    """
    with backend.starting():
        await installation.install(backend.api)
        key, is_first = await _token_key(backend)
    tokens = Tokens(key)
    world = World(backend.api)
    work = _Reconcilers(settings, backend, world, backend.leader, is_first=is_first)
    background.start([world])
    page = Page()
    page.add(lambda: metrics_of.families(world))
    page.add(lambda: controllers.families(work.done))
    page.add(lambda: leader.families(backend.leader))
    page.add(backend.families)
    parts = _parts(settings, backend, world, tokens, page)
    house = House([*_doors(settings, parts, page), *backend.doors()])
    await house.open()
    try:
        cluster = backend.opened(house)
        synced = asyncio.ensure_future(world.synced())
        await background.unless(told, synced)
        if not synced.done():
            synced.cancel()
            return
        background.start([work])
        calm_collector()
        print(f"kecs ready on http://{house.address('aws')}, {cluster}", flush=True)
        await background.unless(told)
    finally:
        backend.closing()
        await house.close()


async def _control(
    settings: Settings, backend: Backend, background: "_Background", told: "asyncio.Future[None]"
) -> None:
    """Carry out ECSDeployments whenever this process is the one of several that does, and wait for the end."""
    world, own = World(backend.api), backend.leader  # the world's caches stay empty: nobody reads them here
    with backend.starting():
        await installation.install(backend.api, _ECS_DEPLOYMENT)
    elected = own and leader.Leader(
        backend.api, backend.home, _CONTROLLER_LEASE, own.identity, duration=settings.lease_duration
    )
    work = _Reconcilers(settings, backend, world, elected, ecs_deployments, _ECS_DEPLOYMENT)
    page = Page()
    page.add(lambda: controllers.families(work.done))
    page.add(lambda: leader.families(elected))
    page.add(backend.families)
    parts = Parts(_no_operations, ready=lambda: "", metrics=page.render, names=settings.allow_host)
    house = House(_upkeep_doors(settings, parts))
    await house.open()
    try:
        background.start([world.notices, world.siblings, work])
        print(f"kecs controller ready, {backend.opened(house)}", flush=True)
        await background.unless(told)
    finally:
        await house.close()


def _no_operations(scope: Scope, request_id: str) -> Context:
    raise NotImplementedError("a controller has no door for operations")


def calm_collector() -> None:
    """Let the cyclic collector look seldom, and never again at what lives now.

    Caches hold few cycles and much that lives long: with the standard thresholds the collector took half of the CPU, in
    stalls that every request waited for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


def _doors(settings: Settings, parts: Parts, page: Page) -> list[Door]:
    app = AwsApp(chain(parts))
    page.add(app.figures.families)
    return [Door("aws", app, *split_address(settings.listen), option="--listen"), *_upkeep_doors(settings, parts)]


def _upkeep_doors(settings: Settings, parts: Parts) -> list[Door]:
    if not settings.metrics_listen:
        return []
    listen = split_address(settings.metrics_listen)
    return [Door("metrics", AwsApp(upkeep(parts)), *listen, option="--metrics-listen")]


def _parts(settings: Settings, backend: Backend, world: World, tokens: Tokens, page: Page) -> Parts:
    registry.load()
    api, options, home = backend.api, backend.options, backend.home

    def context(scope: Scope, request_id: str) -> Context:
        return Context(scope, world, api, tokens, request_id, options, home=home)

    default = Scope(settings.account, settings.region)
    names = (split_address(settings.listen)[0], *settings.allow_host)
    parts = Parts(context, ready=lambda: world.unready, metrics=page.render, default=default, names=names)
    elected = backend.leader
    if elected is None:
        return parts  # what is read is what is stored
    return msgspec.structs.replace(
        parts, staleness=lambda: max(world.staleness, elected.unanswered()), catch_up=world.catch_up
    )


async def _token_key(backend: Backend) -> tuple[bytes, bool]:
    """Return the key that seals pagination tokens, and whether this process is the first of the cluster and made it.

    There is one for all replicas, kept with everything else. Raises StartError for a secret that somebody has spoilt.
    """
    name, api = "kecs-pagination", backend.api
    for _ in range(2):
        try:
            found = await api.get(SECRETS, backend.home, name)
            return _key_in(found, f"{backend.home}/{name}"), False
        except NotFound:
            key = secrets.token_bytes(_KEY_BYTES)
            body = {"metadata": {"name": name}, "data": {"key": base64.b64encode(key).decode()}}
            try:
                await api.create(SECRETS, backend.home, body, manager=marks.MANAGER)
            except AlreadyExists:
                continue
            return key, True
    raise StartError(f"the secret {backend.home}/{name} comes and goes")


def _key_in(secret: Json, name: str) -> bytes:
    try:
        return base64.b64decode(secret["data"]["key"], validate=True)
    except (KeyError, TypeError, ValueError):
        text = f"the secret {name} has no data.key in base64: delete it, and a new one is made"
        raise StartError(text) from None


class _Reconcilers:
    """Carries out what is wanted: for ever, or where there are several processes, whenever this one leads them.

    Each term begins with reconcilers that remember nothing: somebody else has led meanwhile.
    """

    def __init__(
        self,
        settings: Settings,
        backend: Backend,
        world: World,
        elected: leader.Leader | None,
        build: _Build = reconcilers,
        kinds: Sequence[Kind] = KINDS,
        *,
        is_first: bool = False,
    ) -> None:
        # Containers start here in a fraction of a second, so tasks that fail at once are also tried again sooner.
        figures = rules.Settings(steadyAfter=settings.steady_after, delays=throttle.Delays())
        self._settings = ReconcileSettings(
            stopped_task_retention=settings.stopped_task_retention, rules=figures, options=backend.options
        )
        self._backend = backend
        self._world = world
        self._leader = elected
        self._build, self._kinds = build, kinds
        self._is_first = is_first
        self.done: controllers.Works = {}

    async def run(self) -> None:
        """Work for ever."""
        api = self._backend.api
        if self._leader is None:
            await self._work(api)
        else:
            await self._leader.run(lambda term: self._work(Fenced(api, term)), first=self._is_first)

    async def _work(self, api: Api) -> None:
        context = ReconcileContext(
            api=api, world=self._world.writing_with(api), settings=self._settings, works=self.done
        )
        with self._world.subscriptions():
            async with asyncio.TaskGroup() as group:
                for part in (*self._build(context), installation.Migration(api, self._kinds)):
                    group.create_task(part.run(), name=type(part).__name__)


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

    async def unless(self, *ends: asyncio.Future[None]) -> None:
        """Wait for one of the ends, or raise what a part failed with."""
        await asyncio.wait({*ends, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        if any(end.done() for end in ends):
            return
        failed = next(task for task in self._tasks if task.done())
        log.error("a part of kecs has ended", extra={"fields": {"part": failed.get_name()}})
        await failed

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
