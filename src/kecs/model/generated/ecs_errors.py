"""The exceptions of Amazon ECS.

Made by tools/generate_model.py from botocore's model of Amazon ECS 2014-11-13; do not edit.
"""

from typing import Any

from kecs.model.fault import AwsError


class AccessDeniedException(AwsError):
    pass


class AttributeLimitExceededException(AwsError):
    pass


class BlockedException(AwsError):
    pass


class ClientException(AwsError):
    pass


class ClusterContainsCapacityProviderException(AwsError):
    pass


class ClusterContainsContainerInstancesException(AwsError):
    pass


class ClusterContainsServicesException(AwsError):
    pass


class ClusterContainsTasksException(AwsError):
    pass


class ClusterNotFoundException(AwsError):
    pass


class ConflictException(AwsError):
    def __init__(self, message: str, *, resourceIds: list[str] | None = None) -> None:
        super().__init__(message)
        self.resourceIds = resourceIds

    def members(self) -> dict[str, Any]:
        return {"resourceIds": self.resourceIds}


class DaemonNotActiveException(AwsError):
    pass


class DaemonNotFoundException(AwsError):
    pass


class GatewayNotFoundException(AwsError):
    pass


class InvalidParameterException(AwsError):
    pass


class LimitExceededException(AwsError):
    pass


class MissingVersionException(AwsError):
    pass


class NamespaceNotFoundException(AwsError):
    pass


class NoUpdateAvailableException(AwsError):
    pass


class PlatformTaskDefinitionIncompatibilityException(AwsError):
    pass


class PlatformUnknownException(AwsError):
    pass


class ResourceInUseException(AwsError):
    pass


class ResourceNotFoundException(AwsError):
    pass


class ServerException(AwsError):
    http_code = 500


class ServiceDeploymentNotFoundException(AwsError):
    pass


class ServiceNotActiveException(AwsError):
    pass


class ServiceNotFoundException(AwsError):
    pass


class TargetNotConnectedException(AwsError):
    pass


class TargetNotFoundException(AwsError):
    pass


class TaskSetNotFoundException(AwsError):
    pass


class UnsupportedFeatureException(AwsError):
    pass


class UpdateInProgressException(AwsError):
    pass
