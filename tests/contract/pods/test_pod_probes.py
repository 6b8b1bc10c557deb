"""Probes: what they find, what becomes of the container, and what the pod says of it."""

from typing import Any

from tests.contract.pods.watching import STAY, Pods, condition, container, state

Json = dict[str, Any]

QUICK = {"periodSeconds": 1, "failureThreshold": 1}
SERVE = "mkdir /www; echo ok > /www/ok; httpd -p 8080 -h /www; "
PORTS = [{"containerPort": 8080, "name": "web"}]


READY: dict[str, Json] = {
    "exec": {"exec": {"command": ["true"]}},
    "http": {"httpGet": {"port": 8080, "path": "/ok"}},
    "http-header": {"httpGet": {"port": 8080, "path": "ok", "httpHeaders": [{"name": "Host", "value": "a.example"}]}},
    "tcp": {"tcpSocket": {"port": 8080}},
}
NOT_READY: dict[str, Json] = {
    "exec": {"exec": {"command": ["false"]}},
    "exec-missing": {"exec": {"command": ["/no/such/program"]}},
    "exec-slow": {"exec": {"command": ["sleep", "60"]}},
    "http-404": {"httpGet": {"port": 8080, "path": "/missing"}},
    "http-refused": {"httpGet": {"port": 8081}},
    "http-no-port": {"httpGet": {"port": "unknown"}},
    "tcp-refused": {"tcpSocket": {"port": 8081}},
}


def _probed(actions: dict[str, Json]) -> list[Json]:
    """Return a server that is ready when its port answers, and a container for each probe."""
    server = {"tcpSocket": {"port": "web"}, **QUICK}
    return [
        container(SERVE + STAY, "server", ports=PORTS, readinessProbe=server),
        *(container(name=name, readinessProbe={**action, **QUICK}) for name, action in actions.items()),
    ]


def test_ready(pods: Pods) -> None:
    pods.make(*_probed(READY))
    pods.note(pods.ready())


def test_not_ready(pods: Pods) -> None:
    pods.make(*_probed(NOT_READY))
    for name in NOT_READY:
        pods.unhealthy("Readiness", container=name)

    def server_is_ready(pod: Json) -> bool:
        return any(each["name"] == "server" and each["ready"] for each in pod["status"]["containerStatuses"])

    pods.note(pods.until(server_is_ready, "a server that is ready"))


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
