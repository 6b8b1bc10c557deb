"""What the settings say of a node of kecs's own, on either backend."""

from kecs.settings import Settings


def labels(settings: Settings) -> dict[str, str]:
    """Return where the node is: in the first zone of the region, for placement by zone."""
    return {
        "topology.kubernetes.io/region": settings.region,
        "topology.kubernetes.io/zone": f"{settings.region}a",
    }
