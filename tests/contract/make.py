"""Objects to send."""

from typing import Any

Json = dict[str, Any]


def config_map(name: str, labels: dict[str, str] | None = None, **data: str) -> Json:
    """Return a config map."""
    metadata: Json = {"name": name, "labels": labels} if labels else {"name": name}
    body: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    return {**body, "data": data} if data else body
