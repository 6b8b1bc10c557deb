"""A service, its pods and its slices → the slices to make, change and delete."""

from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.embedded.controllers import endpoints
from kecs.embedded.controllers.endpoints import Plan
from kecs.embedded.controllers.kinds import EndpointSlice, Service
from kecs.embedded.controllers.views import Pod
from kecs.kube.api import Json
from tests.embedded.controllers.make import meta, pod

_numbers = count()


def service(*ports: Json, **spec: Any) -> Service:
    body = {"selector": {"app": "web"}, "clusterIP": "10.96.0.1", "ports": list(ports) or [{"port": 80}], **spec}
    return msgspec.convert({"metadata": meta("web", labels={"team": "a"}), "spec": body}, Service)


def backend(name: str = "pod", *, ready: bool = True, ip: str = "10.0.0.1", **more: Any) -> Pod:
    return pod(name, node="node", ready=ready, status={"podIP": ip}, **more)


def apply(plan: Plan, slices: list[EndpointSlice]) -> list[EndpointSlice]:
    """Carry a plan out, as the API would."""
    gone = {one.metadata.name for one in plan.delete}
    changed = {one.metadata.name: some for one, some in plan.update}
    for one in slices:
        if one.metadata.name in changed:
            one.endpoints = tuple(changed[one.metadata.name])
            one.metadata.labels = endpoints.labels(service())
    made = []
    for body in plan.create:
        name = f"s{next(_numbers)}"
        made.append(msgspec.convert({**body, "metadata": meta(name, labels=body["metadata"]["labels"])}, EndpointSlice))
    return [one for one in slices if one.metadata.name not in gone] + made


def plan_for(one: Service, pods: list[Pod], slices: list[EndpointSlice] | None = None) -> Plan:
    return endpoints.plan(one, pods, slices or [], {"node": "zone-1"}.get)


@pytest.mark.parametrize(
    ("one", "publish", "conditions"),
    [
        (backend(), False, {"ready": True, "serving": True, "terminating": False}),
        (backend(ready=False), False, {"ready": False, "serving": False, "terminating": False}),
        (backend(ready=False), True, {"ready": True, "serving": False, "terminating": False}),
        (
            backend(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            False,
            {"ready": False, "serving": True, "terminating": True},
        ),
    ],
)
def test_conditions(one: Pod, publish: bool, conditions: Json) -> None:
    (body,) = plan_for(service(publishNotReadyAddresses=publish), [one]).create
    assert body["endpoints"] == [
        {
            "addresses": ["10.0.0.1"],
            "conditions": conditions,
            "targetRef": {"kind": "Pod", "namespace": "ns", "name": "pod", "uid": "uid-pod"},
            "nodeName": "node",
            "zone": "zone-1",
        }
    ]


def test_a_slice_says_whose_it_is() -> None:
    (body,) = plan_for(service({"port": 80, "name": "http", "appProtocol": "h2c"}), [backend()]).create
    assert body["metadata"]["labels"] == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert body["metadata"]["ownerReferences"][0]["uid"] == "uid-web"
    assert body["ports"] == [{"name": "http", "protocol": "TCP", "port": 80, "appProtocol": "h2c"}]
    assert body["addressType"] == "IPv4"
    (headless,) = plan_for(service(clusterIP="None"), [backend()]).create
    assert headless["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


def test_who_is_no_endpoint() -> None:
    others = [backend("a", ip=""), backend("b", ip="fd00::1"), backend("c", ready=False, phase="Failed"), backend("d")]
    (body,) = plan_for(service(), others).create
    assert [one["targetRef"]["name"] for one in body["endpoints"]] == ["d"]
    (six,) = plan_for(service(ipFamilies=["IPv6"]), others).create
    assert [one["targetRef"]["name"] for one in six["endpoints"]] == ["b"]


def test_named_ports_are_each_pods_own() -> None:
    def with_port(name: str, number: int) -> Pod:
        return backend(name, containers=[{"ports": [{"name": "http", "containerPort": number}]}])

    one = service({"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 9090, "name": "admin"})
    found = plan_for(one, [with_port("a", 8080), with_port("b", 8080), with_port("c", 9000), backend("d")])
    by_ports = {
        tuple(port["port"] for port in body["ports"]): {each["targetRef"]["name"] for each in body["endpoints"]}
        for body in found.create
    }
    assert by_ports == {(8080, 9090): {"a", "b"}, (9000, 9090): {"c"}, (9090,): {"d"}}


def test_hostnames() -> None:
    (body,) = plan_for(service(), [backend(hostname="db-0", subdomain="web")]).create
    assert body["endpoints"][0]["hostname"] == "db-0"
    (other,) = plan_for(service(), [backend(hostname="db-0", subdomain="other")]).create
    assert "hostname" not in other["endpoints"][0]


def test_a_service_without_pods_has_one_empty_slice() -> None:
    slices = apply(plan_for(service(), []), [])
    assert [len(one.endpoints) for one in slices] == [0]
    assert plan_for(service(), [], slices) == Plan()


numbers = st.sets(st.integers(0, 260)) | st.integers(0, 260).map(lambda most: set(range(most)))


@settings(max_examples=40, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=4))
def test_slices_hold_exactly_the_pods_in_few_slices_and_few_writes(rounds: list[set[int]]) -> None:
    slices: list[EndpointSlice] = []
    before: set[int] = set()
    for wanted in rounds:
        pods = [backend(f"p{number}", ip=f"10.0.{number // 250}.{number % 250 + 1}") for number in sorted(wanted)]
        found = plan_for(service(), pods, slices)
        if wanted == before and slices:
            assert found == Plan()
        assert len(found.create) <= -(-len(wanted - before) // endpoints.MOST) + 1
        slices = apply(found, slices)
        names = [one["targetRef"]["name"] for each in slices for one in each.endpoints]
        assert sorted(names) == sorted(f"p{number}" for number in wanted)
        assert all(len(one.endpoints) <= endpoints.MOST for one in slices)
        assert plan_for(service(), pods, slices) == Plan()
        before = wanted
