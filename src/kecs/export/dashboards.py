"""Prometheus's part: a PodMonitor of the Prometheus operator for each service that tells where its metrics are.

Services tell by the Docker labels that the CloudWatch agent discovers exporters with; others get none, as nobody knows
whether, and where, they have metrics.
"""

from kecs.export.readable import NAME
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.container.ports import port_name, ports_of

_PORT, _PATH = "ECS_PROMETHEUS_EXPORTER_PORT", "ECS_PROMETHEUS_METRICS_PATH"


def make_pod_monitor(name: str, definition: TaskDefinitionSpec) -> Json | None:
    """Return the PodMonitor of a service; None where its containers say nothing of metrics."""
    endpoints = []
    for container in definition.containerDefinitions:
        labels = container.dockerLabels or {}
        number = labels.get(_PORT, "")
        if number.isdecimal():
            named = {port.number: port_name(port) for port in ports_of(container, definition.networkMode or "")}
            port: Json = {"port": named[int(number)]} if int(number) in named else {"portNumber": int(number)}
            endpoints.append({**port, "path": labels.get(_PATH, "/metrics")})
    if not endpoints:
        return None
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {NAME: name}}, "podMetricsEndpoints": endpoints},
    }
