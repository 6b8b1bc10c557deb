"""The graph looks into the caches that there are."""

import asyncio

from kecs.embedded.controllers import views
from kecs.embedded.controllers.graph import Graph, table_of
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.engine import Engine


async def test_nothing_is_counted_where_nothing_is(engine: Engine) -> None:
    graph = Graph(engine, Informers(engine), engine.catalog.kinds)
    change = graph._handler("configmaps")
    one = views.Plain(views.Meta(name="a", namespace="gone", uid="u", resourceVersion="1"))
    change(None, one)
    assert graph.count("configmaps", "gone") == 1
    change(one, None)
    assert graph.count("configmaps", "gone") == 0
    assert not graph._counts


async def test_what_the_controllers_hold_is_not_held_twice(engine: Engine) -> None:
    """Also where there is none of a kind yet."""
    informers = Informers(engine)
    graph = Graph(engine, informers, engine.catalog.kinds)
    running = [asyncio.create_task(one.run()) for one in (informers, graph)]
    await asyncio.wait_for(graph.synced(), 10)
    for one in informers.all():
        assert graph.informer(table_of(one.resource.group, one.resource.plural)) is one
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
