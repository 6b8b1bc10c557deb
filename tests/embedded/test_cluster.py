"""The cluster as a whole: what a reset leaves behind."""

from pathlib import Path

import pytest

from kecs.embedded.cluster import Cluster, ClusterSettings, DataDirectoryError


async def test_a_reset_goes_to_the_engine_that_has_the_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, engine = tmp_path / "data", tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{engine}")
    cluster = await Cluster.open(ClusterSettings(directory=directory))
    await cluster.close()

    monkeypatch.setenv("DOCKER_HOST", "")
    monkeypatch.setattr("kecs.embedded.node.sockets.places", lambda *_: [])
    with pytest.raises(DataDirectoryError, match=f"the containers cannot be removed: .*{engine}"):
        await Cluster.reset(ClusterSettings(directory=directory))
    assert (directory / "kubernetes.db").exists()

    await Cluster.reset(ClusterSettings(directory=directory, engine="simulated"))
    assert not directory.exists()


async def test_a_reset_needs_no_engine_where_none_was_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "data"
    cluster = await Cluster.open(ClusterSettings(directory=directory, engine="simulated"))
    await cluster.close()
    monkeypatch.setenv("DOCKER_HOST", "")
    monkeypatch.setattr("kecs.embedded.node.sockets.places", lambda *_: [])
    await Cluster.reset(ClusterSettings(directory=directory))
    assert not directory.exists()


async def test_simulated_containers_do_not_take_the_place_of_real_ones_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    directory, engine = tmp_path / "data", tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{engine}")
    await (await Cluster.open(ClusterSettings(directory=directory))).close()

    monkeypatch.setenv("DOCKER_HOST", "")
    monkeypatch.setattr("kecs.embedded.node.sockets.places", lambda *_: [])
    with pytest.raises(
        DataDirectoryError, match=f"earlier runs are in the engine at unix://{engine}, but no container"
    ):
        await Cluster.open(ClusterSettings(directory=directory))

    cluster = await Cluster.open(ClusterSettings(directory=directory, engine="simulated"))
    await cluster.close()
    assert cluster.containers == "simulated containers"
    assert str(engine) in caplog.text
