"""kecs: Amazon ECS as an open control plane, with Kubernetes as its engine."""

__version__ = "0.1.0.dev0"
