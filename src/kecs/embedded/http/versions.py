"""What the door says about itself."""

from kecs import __version__
from kecs.kube.api import Json

KUBERNETES = "1.36.3"
"""The release of Kubernetes whose schemas and behaviour are served."""


def version() -> Json:
    """Return the answer of `/version`."""
    major, minor, _ = KUBERNETES.split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{KUBERNETES}+kecs.{__version__}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "",
    }
