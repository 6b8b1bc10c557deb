"""Every error that an AWS API of kecs answers, by its published name.

    AwsError
    ├── the exceptions of Amazon ECS          400, ServerException 500
    └── the errors common to all AWS APIs
        ├── IncompleteSignature         400
        ├── InternalFailure             500
        ├── MissingAction               400
        ├── MissingAuthenticationToken  403
        ├── RequestEntityTooLarge       413
        ├── RequestTimeout              408
        ├── SerializationException      400
        ├── ServiceUnavailable          503
        ├── ThrottlingException         400
        ├── UnknownOperationException   400
        └── ValidationException         400

The former are generated from the published model, the latter are those of AWS's page "Common errors" and of the
framework behind its JSON APIs. Raise one with the text that AWS uses; the wire makes body and HTTP status of it.
"""

from kecs.model.fault import AwsError
from kecs.model.generated.ecs_errors import (
    AccessDeniedException,
    AttributeLimitExceededException,
    BlockedException,
    ClientException,
    ClusterContainsCapacityProviderException,
    ClusterContainsContainerInstancesException,
    ClusterContainsServicesException,
    ClusterContainsTasksException,
    ClusterNotFoundException,
    ConflictException,
    DaemonNotActiveException,
    DaemonNotFoundException,
    GatewayNotFoundException,
    InvalidParameterException,
    LimitExceededException,
    MissingVersionException,
    NamespaceNotFoundException,
    NoUpdateAvailableException,
    PlatformTaskDefinitionIncompatibilityException,
    PlatformUnknownException,
    ResourceInUseException,
    ResourceNotFoundException,
    ServerException,
    ServiceDeploymentNotFoundException,
    ServiceNotActiveException,
    ServiceNotFoundException,
    TargetNotConnectedException,
    TargetNotFoundException,
    TaskSetNotFoundException,
    UnsupportedFeatureException,
    UpdateInProgressException,
)

__all__ = [
    "AccessDeniedException",
    "AttributeLimitExceededException",
    "AwsError",
    "BlockedException",
    "ClientException",
    "ClusterContainsCapacityProviderException",
    "ClusterContainsContainerInstancesException",
    "ClusterContainsServicesException",
    "ClusterContainsTasksException",
    "ClusterNotFoundException",
    "ConflictException",
    "DaemonNotActiveException",
    "DaemonNotFoundException",
    "GatewayNotFoundException",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidParameterException",
    "LimitExceededException",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingVersionException",
    "NamespaceNotFoundException",
    "NoUpdateAvailableException",
    "PlatformTaskDefinitionIncompatibilityException",
    "PlatformUnknownException",
    "RequestEntityTooLarge",
    "RequestTimeout",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "SerializationException",
    "ServerException",
    "ServiceDeploymentNotFoundException",
    "ServiceNotActiveException",
    "ServiceNotFoundException",
    "ServiceUnavailable",
    "TargetNotConnectedException",
    "TargetNotFoundException",
    "TaskSetNotFoundException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnsupportedFeatureException",
    "UpdateInProgressException",
    "ValidationException",
]


class IncompleteSignature(AwsError):
    """The Authorization header is no AWS signature."""


class InternalFailure(AwsError):
    """The request failed because of a defect outside of any service."""

    http_code = 500


class MissingAction(AwsError):
    """The request names no operation."""


class MissingAuthenticationToken(AwsError):
    """The request comes from where it may not: without a form that AWS clients use."""

    http_code = 403


class RequestEntityTooLarge(AwsError):
    """The body is larger than the server takes."""

    http_code = 413


class RequestTimeout(AwsError):
    """The request did not arrive in time."""

    http_code = 408


class SerializationException(AwsError):
    """The body is no JSON, or a member has a value of the wrong JSON type."""


class ServiceUnavailable(AwsError):
    """The server is ending, or has as many requests at work as it takes."""

    http_code = 503


class ThrottlingException(AwsError):
    """Too many requests; clients try again later."""


class UnknownOperationException(AwsError):
    """The service has no operation of that name."""


class ValidationException(AwsError):
    """A member does not hold to the constraints of the published model."""
