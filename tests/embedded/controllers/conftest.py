from collections.abc import AsyncIterator

import pytest

from kecs.embedded.engine import Engine
from tests.embedded.controllers.cluster import Cluster, running


@pytest.fixture
async def cluster(engine: Engine) -> AsyncIterator[Cluster]:
    async with running(engine) as found:
        await found.node()
        yield found
