"""What the ECS API tells of the one service, `web`, that many a test has in a cluster."""

from typing import Any


def service(ecs: Any, cluster: str) -> dict[str, Any]:
    """Return the service as it is described."""
    (found,) = ecs.describe_services(cluster=cluster, services=["web"])["services"]
    return dict(found)


def messages(ecs: Any, cluster: str) -> list[str]:
    """Return what its events say, the newest first."""
    return [event["message"] for event in service(ecs, cluster)["events"]]
