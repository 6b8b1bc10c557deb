"""What one cache finds out of a restored cluster, the others hear of."""

import asyncio
from functools import partial
from typing import Any

from kecs.kube.api import Json, Page, Resource
from kecs.kube.errors import Forbidden, Unavailable
from kecs.kube.informer import Informer
from kecs.kube.siblings import Siblings
from tests.kube.fake import FakeApi, made
from tests.waiting import until_true

RESOURCE: Resource[Json] = Resource("", "v1", "Thing", "things", True, dict[str, Any])


async def test_a_cache_that_could_not_see_it_lists_anew() -> None:
    """Its watch goes on at a version that the restored cluster has reached already, so nothing looks wrong to it."""
    quiet = FakeApi(
        Page([made("kept", 8), made("new", 10)], "10"),
        Page([made("kept", 4)], "20"),
    )
    busy = FakeApi(Page([made("x", 12)], "12"), Page([made("x", 3)], "5"))
    caches = [Informer(one.api, RESOURCE) for one in (quiet, busy)]
    siblings = Siblings()
    siblings.add(*caches)
    tasks = [asyncio.create_task(one.run()) for one in caches]
    tasks.append(asyncio.create_task(siblings.run()))
    for cache in caches:
        await asyncio.wait_for(cache.synced(), 5)
    quiet.absent = Unavailable("not yet")  # it hears of it, and does not get through at once
    busy.version = 5
    busy.fail(Unavailable("the cluster is restored"))

    async def heard() -> bool:
        return busy.lists >= 2

    await until_true(heard)
    quiet.absent = None

    async def same() -> bool:
        return [(one["metadata"]["name"], one["metadata"]["resourceVersion"]) for one in caches[0].values()] == [
            ("kept", "4")
        ]

    await until_true(same)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_cache_that_may_not_be_listed_keeps_no_other_from_being() -> None:
    forbidden = FakeApi(Page([made("secret", 9)], "9"))
    quiet = FakeApi(Page([made("kept", 8)], "10"))
    busy = FakeApi(*(Page([], version) for version in ("12", "5", "5", "3")))  # its siblings have it look again, too
    caches = [Informer(one.api, RESOURCE) for one in (forbidden, quiet, busy)]
    siblings = Siblings()
    siblings.add(*caches)
    tasks = [asyncio.create_task(one.run()) for one in caches]
    tasks.append(asyncio.create_task(siblings.run()))
    for cache in caches:
        await asyncio.wait_for(cache.synced(), 5)
    forbidden.absent = Forbidden("you may not")
    for version in (5, 3):
        before = quiet.lists
        busy.version = version
        busy.fail(Unavailable("the cluster is restored"))
        await until_true(partial(_more, quiet, before))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _more(api: FakeApi, lists: int) -> bool:
    return api.lists > lists
