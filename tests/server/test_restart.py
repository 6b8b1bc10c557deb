"""What a client holds across a restart of kecs."""

from collections.abc import Callable

import pytest

from tests.process import KecsProcess


def test_a_page_token_survives_a_restart_and_is_refused_by_another_kecs(
    start_kecs: Callable[..., KecsProcess],
) -> None:
    server = start_kecs()
    for name in "abc":
        server.client().create_cluster(clusterName=name)
    first = server.client().list_clusters(maxResults=2)
    assert len(first["clusterArns"]) == 2
    server.stop()
    server.start()
    rest = server.client().list_clusters(nextToken=first["nextToken"])
    assert sorted(first["clusterArns"] + rest["clusterArns"]) == sorted(server.client().list_clusters()["clusterArns"])
    assert "nextToken" not in rest

    other = start_kecs().client()
    with pytest.raises(other.exceptions.InvalidParameterException):
        other.list_clusters(nextToken=first["nextToken"])


def test_it_ends_at_once_when_told_as_soon_as_it_is_ready(start_kecs: Callable[..., KecsProcess]) -> None:
    for _ in range(3):
        start_kecs().stop()
