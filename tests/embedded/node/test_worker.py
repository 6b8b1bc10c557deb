"""What one pod's work does when things fail in an unlucky order."""

from typing import Any

import pytest

from kecs.embedded.node import worker
from kecs.embedded.node.engine import EngineGone, SandboxConfig
from tests.embedded.node.cluster import Cluster, until


async def test_a_start_that_fails_amid_a_look_is_tried_again(
    simulated: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look began while the start was under way, and leaves the rest to it."""
    monkeypatch.setattr(worker, "_ENGINE_RETRY", 0.1)
    engine, api, node = simulated.containers, simulated.api, simulated.node
    create, patch, failed = engine.create_sandbox, api.patch, False

    async def starting() -> bool:
        return all(record.at_work is None or record.at_work.starting is None for record in node._records.values())

    async def create_sandbox(config: SandboxConfig) -> str:
        if not failed:
            await until(looked_at, "a look")
            raise EngineGone("no answer")
        return await create(config)

    looking = False

    async def looked_at() -> bool:
        return looking

    async def patched(*arguments: Any, **options: Any) -> Any:
        nonlocal failed, looking
        if arguments[2] == "unlucky" and not failed:
            looking = True
            await until(starting, "the end of the start")
            failed = True
        return await patch(*arguments, **options)

    engine.create_sandbox = create_sandbox  # type: ignore[method-assign]
    api.patch = patched  # type: ignore[method-assign]
    await simulated.pod("unlucky")
    await simulated.phase("unlucky", "Running")
