"""Readiness as others see it: endpoint slices of a service while its pods come, fall ill, and go."""

from collections.abc import Callable
from typing import Any

from tests.contract.pods.watching import STAY, Pods, container

Json = dict[str, Any]

PROBE = {"exec": {"command": ["test", "-e", "/tmp/well"]}, "periodSeconds": 1, "failureThreshold": 1}


def _service(pods: Pods, **spec: Any) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "it"},
        "spec": {"selector": {"app": "it"}, "ports": [{"port": 80, "targetPort": "web"}], **spec},
    }
    assert pods.client.quietly("POST", "services", service).status == 201


def _make(pods: Pods, line: str, **members: Any) -> None:
    main = container(line, ports=[{"name": "web", "containerPort": 8080}], readinessProbe=PROBE)
    pods.make(main, metadata={"labels": {"app": "it"}}, **members)


def _endpoints(pods: Pods, wanted: Callable[[list[Json]], Any], what: str) -> None:
    """Wait until the endpoints of the service are as wanted, and compare them."""

    def look(slices: Json) -> Json | None:
        found = [one for one in slices["items"] if one["metadata"].get("labels", {}).get("kubernetes.io/service-name")]
        return found[0] if found and wanted(found[0].get("endpoints") or []) else None

    slice_ = pods.client.until("endpointslices", look, what)
    endpoints = slice_.get("endpoints") or []
    shown = [{key: one for key, one in each.items() if key not in ("nodeName", "zone")} for each in endpoints]
    for each in shown:
        each["addresses"] = ["IP" for _ in each["addresses"]]
        each["targetRef"] = {key: each["targetRef"][key] for key in ("kind", "name")}
    pods.client.note(what, 200, {"ports": slice_.get("ports"), "endpoints": shown})


def _ready(endpoints: list[Json]) -> bool:
    return bool(endpoints) and bool(endpoints[0]["conditions"]["ready"])


def test_a_pod_comes_falls_ill_and_goes(pods: Pods) -> None:
    _service(pods)
    ill = "trap 'sleep 3; exit 0' TERM; touch /tmp/well; until [ -e /tmp/ill ]; do sleep 0.1; done; rm /tmp/well; "
    line = f"(sleep 6; touch /tmp/ill; sleep 4; touch /tmp/well) & {ill} sleep 1000 & wait"
    _make(pods, line, terminationGracePeriodSeconds=20)
    _endpoints(pods, _ready, "ready")
    _endpoints(pods, lambda found: bool(found) and not _ready(found), "ill")
    _endpoints(pods, _ready, "well again")
    pods.delete()
    _endpoints(pods, lambda found: bool(found) and found[0]["conditions"]["terminating"], "on its way out")
    _endpoints(pods, lambda found: not found, "gone")


def test_a_pod_that_is_not_ready_but_asked_for(pods: Pods) -> None:
    _service(pods, publishNotReadyAddresses=True)
    _make(pods, STAY)
    _endpoints(pods, bool, "published though not ready")


def test_a_pod_that_has_ended_is_not_ready(pods: Pods) -> None:
    _service(pods)
    _make(pods, "touch /tmp/well; sleep 3", restartPolicy="Never")
    _endpoints(pods, _ready, "ready")
    pods.over()
    _endpoints(pods, lambda found: not _ready(found), "over")
