"""Installing the definitions: what a newer kecs has written stays, and what may not be written is named.

Releases work side by side during a rollout, so the newest one's definitions count, whoever starts last.
"""

import asyncio
import logging
import re
import time
from collections.abc import Sequence

from kecs import __version__
from kecs.crds.definitions import DIGEST, KINDS, RELEASE, Kind, definition
from kecs.kube.api import Api, Json
from kecs.kube.errors import AlreadyExists, ApiError, Forbidden, Invalid, NotFound
from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS
from kecs.model import marks

log = logging.getLogger(__name__)

_SERVED_SECONDS = 30.0  # that a server may take until it serves a new definition
_LOOK_AGAIN = 0.1


async def install(api: Api, kinds: Sequence[Kind] = KINDS) -> None:
    """Make the definitions what this release of kecs needs, or leave those of a newer one. Raises ApiError.

    Without the right to see or write them, they have to be there: NotFound names those that are not.
    """
    refusal = None
    for kind in kinds:
        try:
            made = await _install(api, definition(kind))
        except Forbidden as error:
            await _check(api, kind, error)
            refusal = error
            continue
        if made:
            await _served(api, kind)
    if refusal is not None:
        log.warning("definitions are left as they are: %s", refusal.message)


async def _install(api: Api, wanted: Json) -> bool:
    """Make a definition what is wanted; return whether there was none."""
    name, ours = wanted["metadata"]["name"], wanted["metadata"]["annotations"]
    try:
        found = await api.get(CUSTOM_RESOURCE_DEFINITIONS, None, name)
    except NotFound:
        try:
            await api.create(CUSTOM_RESOURCE_DEFINITIONS, None, wanted, manager=marks.MANAGER)
        except AlreadyExists:
            return await _install(api, wanted)  # another replica was first, maybe of another release
        return True
    theirs = found["metadata"].get("annotations") or {}
    if theirs.get(DIGEST) == ours[DIGEST]:
        return False
    if _order(theirs.get(RELEASE, "")) > _order(__version__):
        _check_served(found, wanted, theirs[RELEASE])
        return False
    await api.apply(CUSTOM_RESOURCE_DEFINITIONS, None, name, wanted, manager=marks.MANAGER)
    return False


def _order(release: str) -> tuple[tuple[int, ...], bool]:
    """Return what puts releases in order; a pre-release comes before its release, nothing before all."""
    numbers = re.match(r"\d+(\.\d+)*", release)
    return tuple(int(part) for part in numbers[0].split(".")) if numbers else (), numbers is None or numbers[
        0
    ] == release


def _check_served(found: Json, wanted: Json, release: str) -> None:
    """Raise Invalid when a newer release no longer serves the versions that this one speaks."""
    served = {version["name"] for version in found["spec"]["versions"] if version.get("served")}
    lacking = {version["name"] for version in wanted["spec"]["versions"]} - served
    if lacking:
        name = found["metadata"]["name"]
        raise Invalid(f"{name}: version {', '.join(sorted(lacking))} is served no more since kecs {release}")
    log.info("definition of a newer release", extra={"fields": {"name": found["metadata"]["name"], "release": release}})


async def _check(api: Api, kind: Kind, refusal: Forbidden) -> None:
    """Go on where a definition may not be written but is there. Raises NotFound, with what is missing."""
    try:
        await api.list(kind.resource, limit=1)
    except NotFound:
        name = f"{kind.resource.plural}.{kind.resource.group}"
        raise NotFound(
            f"the definition {name} is missing, and kecs may not make it: {refusal.message} "
            "(`kecs manifests` prints it, for whoever may)"
        ) from refusal


async def _served(api: Api, kind: Kind) -> None:
    """Return once a new definition is served. Raises NotFound after a while."""
    deadline = time.monotonic() + _SERVED_SECONDS
    while True:
        try:
            await api.list(kind.resource, limit=1)
            return
        except NotFound:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_LOOK_AGAIN)


class Migration:
    """Writes anew what is stored in a version that is stored no more, so that a later release may give that version up.

    It is the work of whoever leads; `run` ends only by cancellation.
    """

    def __init__(self, api: Api, kinds: Sequence[Kind] = KINDS, pause: float = 60.0) -> None:
        self._api, self._kinds, self._pause = api, kinds, pause

    async def run(self) -> None:
        """Migrate what there is, and try again later what cannot be migrated now."""
        left = list(self._kinds)
        while left:
            for kind in list(left):
                try:
                    await self._migrate(kind)
                    left.remove(kind)
                except Forbidden as error:
                    log.warning("objects are not migrated: %s", error.message)
                    left.clear()
                    break
                except ApiError as error:
                    log.warning("objects are not migrated yet: %s", error.message)
            if left:
                await asyncio.sleep(self._pause)
        await asyncio.Event().wait()

    async def _migrate(self, kind: Kind) -> None:
        resource = kind.resource
        name = f"{resource.plural}.{resource.group}"
        found = await self._api.get(CUSTOM_RESOURCE_DEFINITIONS, None, name)
        wanted = [version["name"] for version in found["spec"]["versions"] if version["storage"]]
        if found.get("status", {}).get("storedVersions", wanted) == wanted:
            return
        token = ""
        while True:
            page = await self._api.list(resource, limit=500, continue_=token)
            for item in page.items:
                meta = item.metadata
                try:  # a patch that changes nothing is written all the same when it is stored otherwise
                    await self._api.patch(
                        resource, meta.namespace or None, meta.name, {}, type="merge", manager=marks.MANAGER
                    )
                except NotFound:
                    continue
            token = page.continue_
            if not token:
                break
        status = {
            "metadata": {"resourceVersion": found["metadata"]["resourceVersion"]},
            "status": {"storedVersions": wanted},
        }
        await self._api.patch(
            CUSTOM_RESOURCE_DEFINITIONS, None, name, status, type="merge", manager=marks.MANAGER, subresource="status"
        )
        log.info("objects migrated", extra={"fields": {"definition": name, "version": wanted[0]}})
