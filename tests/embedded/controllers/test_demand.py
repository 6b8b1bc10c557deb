from kecs.embedded.controllers.demand import demand, limits
from kecs.kube.api import Json
from tests.embedded.controllers.make import pod

MI = 1024 * 1024


def asks(cpu: str, **more: str) -> Json:
    return {"resources": {"requests": {"cpu": cpu, **more}}}


def test_containers_add_up() -> None:
    one = pod(containers=[asks("250m", memory="64Mi"), asks("1", memory="1Mi")])
    assert demand(one).amounts == {"cpu": 1250, "memory": 65 * MI}
    assert demand(one).scored == (1250, 65 * MI)


def test_a_limit_without_a_request_is_asked_for() -> None:
    one = pod(containers=[{"resources": {"limits": {"memory": "1Gi", "cpu": "2"}, "requests": {"cpu": "1"}}}])
    assert demand(one).amounts == {"cpu": 1000, "memory": 1024 * MI}
    assert limits(one.spec) == {"cpu": 2000, "memory": 1024 * MI}


def test_init_containers_count_by_their_peak_and_sidecars_beside_all() -> None:
    sidecar = {**asks("100m"), "restartPolicy": "Always"}
    one = pod(containers=[asks("500m")], initContainers=[asks("200m"), sidecar, asks("900m")])
    assert demand(one).amounts["cpu"] == 1000
    two = pod(containers=[asks("500m")], initContainers=[sidecar, asks("100m")])
    assert demand(two).amounts["cpu"] == 600


def test_the_whole_pods_resources_win_and_overhead_is_added() -> None:
    one = pod(containers=[asks("2", memory="1Gi")], resources={"requests": {"cpu": "1"}}, overhead={"cpu": "50m"})
    assert demand(one).amounts == {"cpu": 1050, "memory": 1024 * MI}


def test_who_asks_for_nothing_is_scored_with_an_assumption() -> None:
    assert demand(pod(containers=[{}, {}])).scored == (200, 400 * MI)


def test_host_ports() -> None:
    ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081, "protocol": "UDP", "hostIP": "10.0.0.1"}]
    assert demand(pod(containers=[{"ports": ports}])).ports == (("UDP", 8081, "10.0.0.1"),)
    assert len(demand(pod(containers=[{"ports": ports}], hostNetwork=True)).ports) == 2


def test_what_is_no_quantity_counts_as_nothing() -> None:
    assert demand(pod(containers=[asks("lots")])).amounts == {}
