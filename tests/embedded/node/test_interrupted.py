"""A node that ends at any moment and comes again: no container twice, none lost, none left."""

import asyncio
import random

import pytest

from kecs.kube.resources import PODS
from tests.embedded.node.cluster import NAMESPACE, RUN, Cluster, container, state, until

COUNT = 4


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_node_that_is_cut_off_again_and_again(real: Cluster, seed: int) -> None:
    """Each pod writes a line when it starts: in the end it has written one, whatever the node went through."""
    moments = random.Random(seed)
    counted = real.directory / "counted"
    counted.mkdir()
    volume = {"name": "counted", "hostPath": {"path": str(counted)}}
    mount = [{"name": "counted", "mountPath": "/counted"}]
    for number in range(COUNT):
        line = f"echo started >> /counted/{number}; {RUN}"
        await real.pod(f"p{number}", container(line, volumeMounts=mount), volumes=[volume], restartPolicy="Never")
    for _ in range(4):
        await asyncio.sleep(moments.uniform(0.0, 0.35))
        await real.stop_node()
        await real.start_node()
    for number in range(COUNT):
        await real.phase(f"p{number}", "Running")

    def written() -> dict[str, str]:
        return {path.name: path.read_text() for path in counted.iterdir()}

    async def all_written() -> bool:
        return len(written()) == COUNT

    await until(all_written, "a line of each pod")
    assert written() == {str(number): "started\n" for number in range(COUNT)}
    for number in range(COUNT):
        assert len(await real.containers_of(f"p{number}")) == 2
        status = (await real.get(f"p{number}"))["status"]
        assert "running" in state(status)
        await real.delete(f"p{number}")
    for _ in range(3):
        await asyncio.sleep(moments.uniform(0.0, 0.3))
        await real.stop_node()
        await real.start_node()
    for number in range(COUNT):
        await real.gone(f"p{number}")
    assert not (await real.api.list(PODS, NAMESPACE)).items
