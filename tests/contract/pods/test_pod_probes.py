"""Probes: what they find, what becomes of the container, and what the pod says of it."""

from typing import Any

import pytest

from tests.contract.pods.watching import STAY, Pods, condition, container, state

Json = dict[str, Any]

QUICK = {"periodSeconds": 1, "failureThreshold": 1}
SERVE = "mkdir /www; echo ok > /www/ok; echo 'H:/no:/ok' > /dev/null; httpd -p 8080 -h /www; "
PORTS = [{"containerPort": 8080, "name": "web"}]


@pytest.mark.parametrize(
    "action",
    [
        {"exec": {"command": ["test", "-e", "/www/ok"]}},
        {"httpGet": {"port": 8080, "path": "/ok"}},
        {"httpGet": {"port": "web", "path": "ok", "httpHeaders": [{"name": "Host", "value": "example.com"}]}},
        {"tcpSocket": {"port": "web"}},
    ],
    ids=["exec", "http", "http-named", "tcp"],
)
def test_ready_by(pods: Pods, action: Json) -> None:
    pods.make(container(SERVE + STAY, ports=PORTS, readinessProbe={**action, **QUICK}))
    pods.note(pods.ready())


@pytest.mark.parametrize(
    "action",
    [
        {"exec": {"command": ["false"]}},
        {"exec": {"command": ["/no/such/program"]}},
        {"exec": {"command": ["sleep", "60"]}},
        {"httpGet": {"port": 8080, "path": "/missing"}},
        {"httpGet": {"port": 8081}},
        {"httpGet": {"port": "unknown"}},
        {"tcpSocket": {"port": 8081}},
    ],
    ids=["exec", "exec-missing", "exec-slow", "http-404", "http-refused", "http-no-port", "tcp-refused"],
)
def test_not_ready_by(pods: Pods, action: Json) -> None:
    pods.make(container(SERVE + STAY, ports=PORTS, readinessProbe={**action, **QUICK}))
    pods.unhealthy("Readiness")
    pods.note(pods.until(lambda pod: "running" in state(pod), "a container that runs"))


def test_ready_and_not_any_more(pods: Pods) -> None:
    probe = {"exec": {"command": ["test", "-e", "/tmp/well"]}, **QUICK}
    pods.make(container(f"touch /tmp/well; sleep 5; rm /tmp/well; {STAY}", readinessProbe=probe))
    pods.note(pods.ready())
    pods.note(pods.until(lambda pod: condition(pod, "Ready") == "False", "not ready"))


def test_not_alive(pods: Pods) -> None:
    probe = {"exec": {"command": ["test", "-e", "/tmp/well"]}, "terminationGracePeriodSeconds": 1, **QUICK}
    pods.make(container(f"touch /tmp/well; sleep 4; rm /tmp/well; {STAY}", livenessProbe=probe))
    pods.note(pods.restarted())


def test_started_late(pods: Pods) -> None:
    startup = {"exec": {"command": ["test", "-e", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 60}
    pods.make(container(f"sleep 4; touch /tmp/up; {STAY}", startupProbe=startup, livenessProbe=startup))
    pods.note(pods.until(lambda pod: "running" in state(pod), "a container that runs"))
    pods.note(pods.ready())


def test_never_started(pods: Pods) -> None:
    startup = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 2}
    pods.make(container(startupProbe=startup), restartPolicy="Never")
    pods.note(pods.over())
