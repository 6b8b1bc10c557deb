"""What a request names: clusters, services, tasks, by name or ARN.

A foreign region or account is refused as AWS does.
"""

from typing import NamedTuple

from kecs.kube.errors import ApiError, Conflict, Forbidden, NotFound, TooManyRequests
from kecs.model import arns, cluster, objects
from kecs.model.constraints import check_name, own_arn
from kecs.model.errors import (
    AwsError,
    ClusterNotFoundException,
    InvalidParameterException,
    ServerException,
    ServiceNotFoundException,
)
from kecs.services.context import Context


class Place(NamedTuple):
    """A cluster and the namespace that it is."""

    object: objects.Cluster
    name: str
    namespace: str
    arn: str


def cluster_name(ctx: Context, text: str | None) -> str:
    """Return the name of the cluster that a request names; `default` when it names none."""
    if not text:
        return cluster.DEFAULT_NAME
    if text.startswith("arn:"):
        return "/".join(own_arn(text, ctx.scope, "cluster").path)
    check_name("Cluster", text)
    return text


def find_cluster(ctx: Context, text: str | None, *, active: bool = True) -> Place:
    """Return the cluster that a request names.

    Raises ClusterNotFoundException when there is none, or it is deleted and `active` is asked for.
    """
    name = cluster_name(ctx, text)
    found = ctx.world.cluster(ctx.scope, name)
    if found is None:
        raise ClusterNotFoundException("Cluster not found.")
    if active and cluster.is_deleted(found):
        raise ClusterNotFoundException("The referenced cluster was inactive.")
    return Place(found, name, found.metadata.name, arns.cluster(ctx.scope, name))


def in_cluster(ctx: Context, text: str, kind: str, place: str) -> str:
    """Return the last part of an ARN of something in a cluster; the long form has to name this cluster."""
    path = own_arn(text, ctx.scope, kind).path
    if len(path) > 1 and path[0] != place:
        raise InvalidParameterException(
            f"Invalid identifier: Identifier is for cluster {path[0]}. Your cluster is {place}"
        )
    return path[-1]


def service_name(ctx: Context, text: str, place: str) -> str:
    """Return the name of the service that a request names, in the cluster named `place`."""
    if text.startswith("arn:"):
        return in_cluster(ctx, text, "service", place)
    if "/" in text:
        raise InvalidParameterException("Service contains invalid separators")
    return text


def find_service(ctx: Context, place: Place, text: str) -> objects.Service:
    """Return the service that a request names, also a deleted one. Raises ServiceNotFoundException."""
    if not text:
        raise InvalidParameterException("Service name cannot be empty.")
    found = ctx.world.service(place.namespace, service_name(ctx, text, place.name))
    if found is None:
        raise ServiceNotFoundException("Service not found.")
    return found


def task_id(ctx: Context, text: str, place: str) -> str:
    """Return the id of the task that a request names, in the cluster named `place`."""
    return in_cluster(ctx, text, "task", place) if text.startswith("arn:") else text


def refused(error: ApiError) -> AwsError | ApiError:
    """Return the AWS error for what Kubernetes refuses; where it fails instead, the failure, as every operation.

    What others change or remove at the same time is no fault of the request: clients try that again by themselves.
    """
    if error.http_code >= 500 or isinstance(error, TooManyRequests):
        return error
    if isinstance(error, Forbidden) and error.lacks_right:
        return error  # of kecs, that is: no other request would do
    if isinstance(error, (Conflict, NotFound)):
        return ServerException("Service Unavailable. Please try again later.")
    return InvalidParameterException(error.message)
