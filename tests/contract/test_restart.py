"""The API server ends and comes back: nothing is lost, watches go on or say that they cannot."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.contract.backends import Backend
from tests.contract.client import Client
from tests.contract.make import config_map
from tests.contract.normal import Normal
from tests.process import KecsProcess
from tests.rig import Cluster


class Restarting(NamedTuple):
    """A cluster of the test's own."""

    client: Client
    restart: Callable[[], object]


@pytest.fixture(params=["embedded", "kubernetes"])
def restarting(request: pytest.FixtureRequest) -> Restarting:
    if request.param == "embedded":
        process: KecsProcess = request.getfixturevalue("start_kecs")()

        def restart() -> None:
            process.stop()
            process.start()

        return Restarting(Client(Backend("embedded", process.kubeconfig), "default", Normal("token")), restart)
    cluster: Cluster = request.getfixturevalue("start_kubernetes")()
    client = Client(Backend("kubernetes", cluster.kubeconfig), "default", Normal("token"))
    return Restarting(client, lambda: cluster.rig("restart", "apiserver"))


def test_restart(restarting: Restarting) -> None:
    client, restart = restarting
    made = client.post("configmaps", config_map("it", {"app": "it"}, a="b")).json
    version = made["metadata"]["resourceVersion"]
    with client.watch(f"configmaps?labelSelector=app&resourceVersion={version}") as watch:
        restart()
        assert watch.rest() == []
    client.close()
    assert client.look("configmaps/it") == made
    later = client.post("configmaps", config_map("later", {"app": "it"})).version
    assert int(later) > int(version)

    with client.watch(f"configmaps?labelSelector=app&resourceVersion={version}") as watch:
        (event,) = watch.take()
    seen = event["object"].get("code") or event["object"]["metadata"]["name"]
    assert seen in (410, "later")  # what came between is told, or that it cannot be
    with client.watch("configmaps?resourceVersion=1") as watch:
        (event,) = watch.rest()
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    with client.watch(f"configmaps?labelSelector=app&resourceVersion={later}") as watch:
        client.delete("configmaps/later")
        (event,) = watch.take()
    assert (event["type"], event["object"]["metadata"]["name"]) == ("DELETED", "later")
    client.close()
