"""A cache of one resource, kept by list and watch, with indexes and handlers.

Everything happens in one event loop. The order of versions decides what is kept: resource versions are whole numbers
that grow with every write of a backend, so the answer to one's own write (`observe`) can be put in before the watch
tells of it, and neither a late event nor a late answer rolls anything back or brings a deleted object back.

A list is asked for without a version, so the server answers with the latest: nothing that was known before may be
newer. Where it is, the cluster has been restored from an older snapshot, and the list counts.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, Generic, TypeAlias, TypeVar, cast, get_origin

from kecs.kube.api import Api, Event, Page, Resource
from kecs.kube.controller import is_end
from kecs.kube.errors import ApiError, Forbidden, Gone, NotFound
from kecs.kube.selectors import field_matcher, label_matcher

T = TypeVar("T")
Key: TypeAlias = tuple[str | None, str]
Handler: TypeAlias = Callable[[T | None, T | None], None]

log = logging.getLogger(__name__)

_PAGE = 1000  # objects per list request, so that a large cluster does not answer with one body of 100 MB
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 10.0  # seconds between attempts when the server fails
_HEALTHY = 1.0  # seconds that a watch has to live for its end to be no failure
_ABSENT = 30.0  # seconds without the resource until its objects count as gone: servers forget and learn it in between
_WORD = (0.05, 0.0001)  # seconds, and seconds an object, to wait for the watch before a list is asked for instead
_REPEAT = 60.0  # seconds between two equal lines in the log


class _Many(dict[Key, None]):
    """The keys of the objects under one index key, where there are several. A single one is kept as itself."""


class _Found(Collection[T]):
    """The objects that an index has under one key, as they are when looked at."""

    __slots__ = ("_keys", "_objects")

    def __init__(self, objects: Mapping[Key, T], keys: _Many) -> None:
        self._objects = objects
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[T]:
        return map(self._objects.__getitem__, self._keys)

    def __contains__(self, item: object) -> bool:
        return any(item is one or item == one for one in self)


class _Index(Generic[T]):
    """Objects by the keys that a function gives for each. What it holds changes only when those do."""

    __slots__ = ("_entries", "_objects", "keys")

    def __init__(self, keys: Callable[[T], Iterable[Hashable]], objects: Mapping[Key, T]) -> None:
        self.keys = keys
        self._objects = objects
        self._entries: dict[Hashable, Key | _Many] = {}

    def get(self, at: Hashable) -> Collection[T]:
        entry = self._entries.get(at)
        if entry is None:
            return ()
        return _Found(self._objects, entry) if isinstance(entry, _Many) else (self._objects[entry],)

    def change(self, key: Key, before: Iterable[Hashable], after: Iterable[Hashable]) -> None:
        before, after = tuple(before), tuple(after)
        for at in before:
            if at not in after:
                self._remove(at, key)
        for at in after:
            if at not in before:
                self._put(at, key)

    def _put(self, at: Hashable, key: Key) -> None:
        entry = self._entries.get(at)
        if isinstance(entry, _Many):
            entry[key] = None
        elif entry is None or entry == key:
            self._entries[at] = key
        else:
            self._entries[at] = _Many({entry: None, key: None})

    def _remove(self, at: Hashable, key: Key) -> None:
        entry = self._entries.get(at)
        if isinstance(entry, _Many):
            entry.pop(key, None)
            if not entry:
                del self._entries[at]
        elif entry == key:
            del self._entries[at]


def _struct_field(item: Any, path: str) -> str:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, dict) else getattr(item, part, None)
        if item is None:
            return ""
    return str(item)


class Informer(Generic[T]):
    """The objects of one resource (of one namespace and selection where given), as last seen.

    `indexes` maps a name to a function that gives an object's keys; `alike`, where given, says of two versions of an
    object that all of these are the same, more cheaply than they are compared. `by()` and `values()` are live views:
    copy them before awaiting anything. Handlers are called at once, in the order of the changes, with (old, new): old
    is None for an object that is new, new is None for one that is gone.

    `stale_since` is the monotonic time at which the cache lost its watch, None while it follows; a server that is gone
    without a word is noticed within half a minute. `heard_at` is the monotonic time of the last word. `refusal` is why
    the server does not let us look, "" while it does.
    """

    def __init__(
        self,
        api: Api,
        resource: Resource[T],
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        indexes: Mapping[str, Callable[[T], Iterable[Hashable]]] | None = None,
        alike: Callable[[T, T], bool] | None = None,
    ) -> None:
        self.resource = resource
        self._api = api
        self._namespace = namespace
        self._labels, self._fields = labels, fields
        self._matches_labels, self._matches_fields = label_matcher(labels), field_matcher(fields)
        self._plain = (get_origin(resource.type) or resource.type) is dict
        self._objects: dict[Key, T] = {}
        self._indexes = {name: _Index(keys, self._objects) for name, keys in (indexes or {}).items()}
        self._alike = alike
        self._handlers: list[Handler[T]] = []
        # By uid: the version up to which events are too late, and the version that we know it had.
        self._gone: dict[str, tuple[float, int]] = {}
        self._seen = 0  # the watch has told everything up to this version
        self._newest = 0  # the newest version known from anywhere
        self._listed = False
        self._synced = asyncio.Event()
        self._listing = asyncio.Lock()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []  # for a version to be seen
        self._absent_since: float | None = None
        self._logged = ("", 0.0)
        self._on_gone_back: Callable[[], None] = lambda: None
        self.stale_since: float | None = time.monotonic()
        self.heard_at = float("-inf")
        self.refusal = ""
        self._answered = asyncio.Event()

    def get(self, namespace: str | None, name: str) -> T | None:
        """Return an object, or None. `namespace` is None for cluster-scoped resources."""
        return self._objects.get((namespace, name))

    def values(self) -> Collection[T]:
        """Return all objects."""
        return self._objects.values()

    def by(self, index: str, key: Hashable) -> Collection[T]:
        """Return the objects that an index has under `key`."""
        return self._indexes[index].get(key)

    def subscribe(self, handler: Handler[T]) -> None:
        """Call `handler` for what is there already and for every change from now on. It must not block."""
        for item in list(self._objects.values()):
            self._call(handler, None, item)
        self._handlers.append(handler)

    @contextmanager
    def subscriptions(self) -> Iterator[None]:
        """Forget at the end whoever subscribes meanwhile. One such time ends before the next begins."""
        before = list(self._handlers)
        try:
            yield
        finally:
            self._handlers[:] = before

    def observe(self, item: T) -> None:
        """Put in the answer to one's own write, unless the cache knows better already."""
        uid, version = self._identity(item)
        if version <= self._seen or self._is_late(uid, version):
            return
        self._newest = max(self._newest, version)
        key = self._key_of(item)
        if self._namespace is not None and key[0] != self._namespace:
            return
        old = self._objects.get(key)
        if old is not None and self._identity(old)[1] >= version:
            return
        if self._selects(item):
            self._gone.pop(uid, None)
            self._change(key, old, item)
        elif old is not None:
            self._gone[uid] = (version, version)
            self._change(key, old, None)

    def forget(self, item: T) -> None:
        """Take out an object that one's own write has removed (not one that is only marked for deletion)."""
        uid, version = self._identity(item)
        key = self._key_of(item)
        old = self._objects.get(key)
        stored = old is not None and self._identity(old)[0] == uid
        if stored or version > self._seen:  # else the watch has told of the end already
            self._gone[uid] = (math.inf, version)
        if stored:
            self._change(key, old, None)

    @property
    def staleness(self) -> float:
        """For how many seconds no watch has been open: what happened meanwhile is not known yet."""
        return 0.0 if self.stale_since is None else time.monotonic() - self.stale_since

    @property
    def is_synced(self) -> bool:
        """Whether the first list is in."""
        return self._synced.is_set()

    async def synced(self) -> None:
        """Return once the first list is in."""
        await self._synced.wait()

    async def answered(self) -> None:
        """Return once the first list is in, or the server has refused it."""
        await self._answered.wait()

    async def catch_up(self) -> None:
        """Return once the cache is as new as the cluster was when this was called. See `caught_up`."""
        await self.caught_up(str(await self._version()))

    async def caught_up(self, version: str) -> None:
        """Return once the cache is as new as a version that a list or a write has told.

        Nothing tells it that nothing has happened, so where the watch stays silent it asks for a list. It does not
        return while the server cannot be reached: bound it in time. Raises ApiError.
        """
        wanted = int(version)
        if self._seen >= wanted:
            return
        seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, seen))
        await asyncio.wait([seen], timeout=_WORD[0] + _WORD[1] * len(self._objects))
        if not seen.done():
            async with self._listing:  # one list serves all who wait
                if not seen.done() and self._listed:
                    await self._list()
        await seen

    def on_gone_back(self, handler: Callable[[], None]) -> None:
        """Call `handler` when the cluster is found at an older version than before: it was restored."""
        self._on_gone_back = handler

    async def look_again(self) -> None:
        """Make the cache what the cluster has, whatever the versions say. Raises ApiError."""
        async with self._listing:
            while not await self._list():
                pass

    async def run(self) -> None:
        """List and watch for ever. Ends only by cancellation."""
        delay = _FIRST_DELAY
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except Gone:
                self._listed = False
            except ApiError as error:
                self._failed(error)
            except BaseException as error:
                if is_end(error):
                    raise
                # What it broke on may be half applied, so begin with a list. The message may quote it, secrets too.
                self._listed = False
                self._warn(f"watch of {self.resource.plural} broke: {type(error).__name__}")
            if self.stale_since is None:
                self.stale_since = time.monotonic()
            if time.monotonic() - began >= _HEALTHY:
                delay = _FIRST_DELAY
            else:
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)

    def _failed(self, error: ApiError) -> None:
        self._warn(f"cannot watch {self.resource.plural}: {error.message}")
        if isinstance(error, Forbidden):
            self.refusal = error.message
            self._answered.set()
        if not isinstance(error, NotFound):
            self._absent_since = None
            return
        # The resource itself is not there: its definition was removed, and all objects with it.
        self._listed = False
        now = time.monotonic()
        if self._absent_since is None:
            self._absent_since = now
        elif now - self._absent_since >= _ABSENT and self._objects:
            self._replace([], self._newest, self._newest, set(self._gone))

    def _warn(self, text: str) -> None:
        now = time.monotonic()
        if self._logged[0] != text or now - self._logged[1] >= _REPEAT:
            self._logged = (text, now)
            log.warning("%s", text)

    async def _follow(self) -> None:
        if self._listed and await self._version() < self._newest:
            self._listed = False  # and a watch from there would wait for ever, without an error
        if not self._listed:
            async with self._listing:
                await self._list()
        watch = self._api.watch(
            self.resource, self._namespace, labels=self._labels, fields=self._fields, since=str(self._seen)
        )
        async with aclosing(watch) as batches:
            async for batch in batches:
                self._hear()
                for event in batch:
                    self._on_event(event)
                if self._waiting:
                    self._tell()

    def _hear(self) -> None:
        self.heard_at = time.monotonic()
        self.stale_since = None
        self._absent_since = None
        self.refusal = ""

    def _tell(self, *, everyone: bool = False) -> None:
        """Let those go on who waited for a version that is seen now."""
        left = []
        for wanted, seen in self._waiting:
            if seen.done():
                continue
            if everyone or wanted <= self._seen:
                seen.set_result(None)
            else:
                left.append((wanted, seen))
        self._waiting = left

    async def _version(self) -> int:
        """Return the version that the cluster is at."""
        return int((await self._api.list(self.resource, self._namespace, limit=1)).resource_version)

    async def _list(self) -> bool:
        """Make the cache what a list says; return whether it was: the watch may have been quicker."""
        known, gone = self._newest, set(self._gone)
        page = await self._page()
        items, version = page.items, int(page.resource_version)
        try:
            while page.continue_:
                page = await self._page(page.continue_)
                items += page.items
        except Gone:  # the cluster remembers no more how the list goes on: then all at once
            page = await self._page(whole=True)
            items, version = page.items, int(page.resource_version)
        if known <= version < self._seen:
            return False
        self._replace(items, version, known, gone)
        self._listed = True
        self._synced.set()
        self._answered.set()
        self._hear()
        return True

    async def _page(self, token: str = "", *, whole: bool = False) -> Page[T]:
        limit = 0 if whole else _PAGE
        return await self._api.list(
            self.resource, self._namespace, labels=self._labels, fields=self._fields, limit=limit, continue_=token
        )

    def _replace(self, items: list[T], version: int, known: int, gone: set[str]) -> None:
        """Make the cache what a list at `version` says; newer answers to own writes stay.

        `known` was the newest version, and `gone` the uids that were to stay away, when the list was asked for.
        """
        for uid in gone:
            self._gone.pop(uid, None)
        keys: set[Key] = set()
        for item in items:
            keys.add(self._key_of(item))
            self._put(item, known)
        for key, old in [(key, old) for key, old in self._objects.items() if key not in keys]:
            if self._identity(old)[1] <= max(version, known):
                self._change(key, old, None)
        went_back = version < known
        if went_back:
            log.warning("%s: the cluster has gone back from version %d to %d", self.resource.plural, known, version)
            self._newest = version
            self._on_gone_back()
        self._seen = version if went_back else max(self._seen, version)
        self._newest = max(self._newest, self._seen)
        self._tell(everyone=went_back)

    def _on_event(self, event: Event[T]) -> None:
        seen = int(event.resource_version)
        if seen < self._seen:
            return  # a list has told it already
        self._seen = seen
        newest = self._newest
        if seen > newest:
            self._newest = seen
        item = event.object
        if item is None:
            return
        if event.type != "DELETED":
            if seen > newest and not self._gone:  # nothing that is known can be newer: no need to look
                key = self._key_of(item)
                self._change(key, self._objects.get(key), item)
            else:
                self._put(item)
            return
        uid, version = self._identity(item)
        self._gone.pop(uid, None)
        key = self._key_of(item)
        old = self._objects.get(key)
        if old is not None and ((known := self._identity(old))[0] == uid or known[1] <= version):
            self._change(key, old, None)

    def _put(self, item: T, known: int = -1) -> None:
        """Keep an object that is newer than the one that is there, or that a list tells: it knows all up to `known`."""
        uid, version = self._identity(item)
        if self._gone and self._is_late(uid, version):
            return
        key = self._key_of(item)
        old = self._objects.get(key)
        if old is None or (had := self._identity(old)[1]) < version or version < had <= known:
            self._change(key, old, item)

    def _is_late(self, uid: str, version: int) -> bool:
        gone = self._gone.get(uid)
        return gone is not None and version <= gone[0]

    def _change(self, key: Key, old: T | None, new: T | None) -> None:
        if new is None:
            for index in self._indexes.values():
                index.change(key, index.keys(cast("T", old)), ())
            del self._objects[key]
        elif old is None:
            self._objects[key] = new
            for index in self._indexes.values():
                index.change(key, (), index.keys(new))
        elif self._uid(old) != self._uid(new):
            self._change(key, old, None)  # deleted and made anew between two looks: two objects, not one that changed
            self._change(key, None, new)
            return
        else:
            self._objects[key] = new
            alike = self._alike
            for index in () if alike is not None and alike(old, new) else self._indexes.values():
                before, after = index.keys(old), index.keys(new)
                if before != after:
                    index.change(key, before, after)
        for handler in self._handlers:
            self._call(handler, old, new)

    def _call(self, handler: Handler[T], old: T | None, new: T | None) -> None:
        try:
            handler(old, new)
        except Exception:
            log.exception("a handler of %s failed", self.resource.plural)

    def _key_of(self, item: Any) -> Key:
        if self._plain:
            meta = item["metadata"]
            return meta.get("namespace"), meta["name"]
        meta = item.metadata
        return meta.namespace or None, meta.name

    def _uid(self, item: Any) -> Any:
        return item["metadata"].get("uid", "") if self._plain else item.metadata.uid

    def _identity(self, item: Any) -> tuple[str, int]:
        """Return the uid and the version of an object."""
        if self._plain:
            meta = item["metadata"]
            return meta.get("uid", ""), int(meta["resourceVersion"])
        meta = item.metadata
        return meta.uid, int(meta.resourceVersion)

    def _selects(self, item: Any) -> bool:
        labels = item["metadata"].get("labels") if self._plain else getattr(item.metadata, "labels", None)
        return self._matches_labels(labels) and self._matches_fields(lambda path: _struct_field(item, path))
