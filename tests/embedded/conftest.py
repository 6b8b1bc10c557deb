"""An engine for every test: in memory, or in a directory of the test's own."""

from collections.abc import AsyncIterator

import pytest

from kecs.embedded.engine import Engine


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    found = Engine.open()
    yield found
    await found.close()
