"""The custom resource definitions."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from kecs import __version__
from kecs.crds import ecs_deployment
from kecs.crds.schema import schema_of
from kecs.kube.api import Json, Resource
from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS
from kecs.world import resources

# Annotations.
DIGEST = "kecs.io/schema"  # what the definition was made from, so that an unchanged one is left alone
RELEASE = "kecs.io/release"  # the kecs that wrote it, so that an older one leaves it alone


class Column(NamedTuple):
    """A column of `kubectl get`; one with a priority above 0 is shown by `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


class Scale(NamedTuple):
    """Where the scale subresource finds how many there shall be, and are."""

    wanted: str
    found: str


class Kind(NamedTuple):
    """What a definition says beside the schema; `about` is what `kubectl explain` says of the kind.

    `spec` makes the schema of a spec that no Struct tells in full.
    """

    resource: Resource[Any]
    about: str
    singular: str
    short: tuple[str, ...]
    columns: tuple[Column, ...]
    status: bool = True
    scale: Scale | None = None
    spec: Callable[[], Json] | None = None


_AGE = Column("Age", ".metadata.creationTimestamp", "date")

KINDS = (
    Kind(
        resources.CLUSTERS,
        "A cluster of Amazon ECS. The object and its namespace are named <cluster>-<region>.",
        "ecscluster",
        ("ecsc",),
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Status", ".status.status"),
            Column("Region", r".metadata.labels.kecs\.io/region", priority=1),
            _AGE,
        ),
    ),
    Kind(
        resources.TASK_DEFINITIONS,
        "A task definition of Amazon ECS: one revision, or without spec.revision the head of a family, each change of "
        "which registers a revision.",
        "ecstaskdefinition",
        ("ecstd",),
        (
            Column("Family", ".spec.family"),
            Column("Revision", ".spec.revision", "integer"),
            Column("Status", ".status.status"),
            Column("Network", ".spec.networkMode", priority=1),
            Column("Images", ".spec.containerDefinitions[*].image", priority=1),
            _AGE,
        ),
    ),
    Kind(
        resources.SERVICES,
        "A service of Amazon ECS, in the namespace of its cluster. The object is named as the service.",
        "ecsservice",
        ("ecssvc",),
        (
            Column("Service", ".spec.serviceName"),
            Column("Status", ".status.status"),
            Column("Desired", ".spec.desiredCount", "integer"),
            Column("Running", ".status.runningCount", "integer"),
            Column("Pending", ".status.pendingCount", "integer"),
            Column("Rollout", ".status.rolloutState"),
            Column("Task Definition", ".spec.taskDefinition", priority=1),
            _AGE,
        ),
        scale=Scale(".spec.desiredCount", ".status.runningCount"),
    ),
    Kind(
        resources.STOPPED_TASKS,
        "The record of a task of Amazon ECS that has stopped. Tasks that run are pods.",
        "ecstask",
        ("ecst",),
        (
            Column("Group", ".spec.group"),
            Column("Stop Code", ".spec.stopCode"),
            Column("Reason", ".spec.stoppedReason"),
            Column("Task Definition", ".spec.taskDefinitionArn", priority=1),
            _AGE,
        ),
        status=False,
    ),
    Kind(
        resources.ECS_DEPLOYMENTS,
        "A task definition and a service of Amazon ECS, run by Kubernetes in this namespace.",
        "ecsdeployment",
        ("ecsd",),
        (
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Desired", ".status.desiredCount", "integer"),
            Column("Running", ".status.runningCount", "integer"),
            Column("Reason", '.status.conditions[?(@.type=="Ready")].reason'),
            Column("Address", ".status.address"),
            Column("Images", ".status.task.containerDefinitions[*].image", priority=1),
            _AGE,
        ),
        scale=Scale(".spec.replicas", ".status.runningCount"),
        spec=ecs_deployment.spec_schema,
    ),
)


def definition(kind: Kind) -> Json:
    """Return the whole CustomResourceDefinition of a kind."""
    resource = kind.resource
    version: Json = {
        "name": resource.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _schema(kind)},
        "additionalPrinterColumns": [_column(column) for column in kind.columns],
    }
    subresources: Json = {}
    if kind.status:
        subresources["status"] = {}
    if kind.scale:
        subresources["scale"] = {
            "specReplicasPath": kind.scale.wanted,
            "statusReplicasPath": kind.scale.found,
            "labelSelectorPath": ".status.selector",
        }
    if subresources:
        version["subresources"] = subresources
    spec: Json = {
        "group": resource.group,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "names": {
            "kind": resource.kind,
            "listKind": f"{resource.kind}List",
            "plural": resource.plural,
            "singular": kind.singular,
            "shortNames": list(kind.short),
            "categories": ["ecs"],
        },
        "versions": [version],
    }
    digest = hashlib.sha256(msgspec.json.encode(spec)).hexdigest()[:16]
    return {
        "apiVersion": CUSTOM_RESOURCE_DEFINITIONS.api_version,
        "kind": CUSTOM_RESOURCE_DEFINITIONS.kind,
        "metadata": {
            "name": f"{resource.plural}.{resource.group}",
            "annotations": {DIGEST: digest, RELEASE: __version__},
        },
        "spec": spec,
    }


def _column(column: Column) -> Json:
    made: Json = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.priority:
        made["priority"] = column.priority
    return made


def _schema(kind: Kind) -> Json:
    hints = {name: hint for name, hint in kind.resource.type.__annotations__.items() if name in ("spec", "status")}
    properties: Json = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    for name, hint in hints.items():
        # The spec is what a user writes; what kecs itself writes is held to types alone.
        own = kind.spec if name == "spec" else None
        properties[name] = own() if own else schema_of(hint, strict=name == "spec" and kind.status)
    if not kind.status:
        # A record is written once and as a whole, so who owns which field of it need not be kept.
        properties["spec"]["x-kubernetes-map-type"] = "atomic"
    return {
        "type": "object",
        "description": kind.about,
        "required": ["spec"],
        "properties": properties,
    }
