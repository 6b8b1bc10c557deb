"""Allowed values, required members and ranges of Amazon ECS.

Made by tools/generate_model.py from botocore's model of Amazon ECS 2014-11-13; do not edit.
"""

from typing import Final

# The allowed values of the enumerations, by the name of the shape.
AcceleratorManufacturer: Final = ("amazon-web-services", "amd", "nvidia", "xilinx", "habana")
AcceleratorName: Final = (
    "a100",
    "inferentia",
    "k520",
    "k80",
    "m60",
    "radeon-pro-v520",
    "t4",
    "vu9p",
    "v100",
    "a10g",
    "h100",
    "t4g",
    "l40s",
    "l4",
)
AcceleratorType: Final = ("gpu", "fpga", "inference")
AccessType: Final = ("PUBLIC", "PRIVATE")
AgentUpdateStatus: Final = ("PENDING", "STAGING", "STAGED", "UPDATING", "UPDATED", "FAILED")
ApplicationProtocol: Final = ("http", "http2", "grpc")
AssignPublicIp: Final = ("ENABLED", "DISABLED")
AttestationPolicyStatus: Final = ("CONFIGURED",)
AutoRepairActionsStatus: Final = ("ENABLED", "DISABLED")
AvailabilityZoneRebalancing: Final = ("ENABLED", "DISABLED")
BareMetal: Final = ("included", "required", "excluded")
BurstablePerformance: Final = ("included", "required", "excluded")
CPUArchitecture: Final = ("X86_64", "ARM64")
CapacityOptionType: Final = ("ON_DEMAND", "SPOT", "RESERVED")
CapacityProviderField: Final = ("TAGS",)
CapacityProviderStatus: Final = ("PROVISIONING", "ACTIVE", "DEPROVISIONING", "INACTIVE")
CapacityProviderType: Final = ("EC2_AUTOSCALING", "MANAGED_INSTANCES", "FARGATE", "FARGATE_SPOT")
CapacityProviderUpdateStatus: Final = (
    "CREATE_IN_PROGRESS",
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "DELETE_IN_PROGRESS",
    "DELETE_COMPLETE",
    "DELETE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
)
CapacityReservationPreference: Final = ("RESERVATIONS_ONLY", "RESERVATIONS_FIRST", "RESERVATIONS_EXCLUDED")
ClusterField: Final = ("ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS")
ClusterSettingName: Final = ("containerInsights",)
Compatibility: Final = ("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")
Connectivity: Final = ("CONNECTED", "DISCONNECTED")
ContainerCondition: Final = ("START", "COMPLETE", "SUCCESS", "HEALTHY")
ContainerInstanceField: Final = ("TAGS", "CONTAINER_INSTANCE_HEALTH")
ContainerInstanceStatus: Final = ("ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "REGISTRATION_FAILED")
CpuManufacturer: Final = ("intel", "amd", "amazon-web-services")
DaemonDeploymentRollbackMonitorsStatus: Final = ("TRIGGERED", "MONITORING", "MONITORING_COMPLETE", "DISABLED")
DaemonDeploymentStatus: Final = (
    "PENDING",
    "SUCCESSFUL",
    "STOPPED",
    "STOP_REQUESTED",
    "IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
)
DaemonIpcMode: Final = ("none", "shared")
DaemonPidMode: Final = ("none", "shared")
DaemonPropagateTags: Final = ("DAEMON", "NONE")
DaemonStatus: Final = ("ACTIVE", "DELETE_IN_PROGRESS")
DaemonTaskDefinitionRevisionFilter: Final = ("LAST_REGISTERED",)
DaemonTaskDefinitionStatus: Final = ("ACTIVE", "DELETE_IN_PROGRESS", "DELETED")
DaemonTaskDefinitionStatusFilter: Final = ("ACTIVE", "DELETE_IN_PROGRESS", "ALL")
DeploymentControllerType: Final = ("ECS", "CODE_DEPLOY", "EXTERNAL")
DeploymentLifecycleHookAction: Final = ("ROLLBACK", "CONTINUE")
DeploymentLifecycleHookStage: Final = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)
DeploymentLifecycleHookStatus: Final = ("AWAITING_ACTION", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT")
DeploymentLifecycleHookTargetType: Final = ("AWS_LAMBDA", "PAUSE")
DeploymentRolloutState: Final = ("COMPLETED", "FAILED", "IN_PROGRESS")
DeploymentStrategy: Final = ("ROLLING", "BLUE_GREEN", "LINEAR", "CANARY")
DesiredStatus: Final = ("RUNNING", "PENDING", "STOPPED")
DeviceCgroupPermission: Final = ("read", "write", "mknod")
EBSResourceType: Final = ("volume",)
EFSAuthorizationConfigIAM: Final = ("ENABLED", "DISABLED")
EFSTransitEncryption: Final = ("ENABLED", "DISABLED")
EnvironmentFileType: Final = ("s3",)
ExecuteCommandLogging: Final = ("NONE", "DEFAULT", "OVERRIDE")
ExpressCpuArchitecture: Final = ("X86_64", "ARM64")
ExpressGatewayServiceInclude: Final = ("TAGS",)
ExpressGatewayServiceScalingMetric: Final = ("AVERAGE_CPU", "AVERAGE_MEMORY", "REQUEST_COUNT_PER_TARGET")
ExpressGatewayServiceStatusCode: Final = ("ACTIVE", "DRAINING", "INACTIVE")
FirelensConfigurationType: Final = ("fluentd", "fluentbit")
GatewayAlbDesyncMitigationMode: Final = ("monitor", "defensive", "strictest")
GatewayAlbProtocol: Final = ("HTTP", "HTTPS")
GatewayClusterAssociationStatus: Final = ("ACTIVE", "DISASSOCIATING", "INACTIVE")
GatewayConnectorHealthCheckProtocol: Final = ("HTTP", "HTTPS")
GatewayElbIpAddressType: Final = ("ipv4", "dualstack", "dualstack-without-public-ipv4")
GatewayElbScheme: Final = ("internet-facing", "internal")
GatewayRouteStatus: Final = (
    "ACTIVE",
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_FAILED",
    "DELETE_IN_PROGRESS",
    "DELETE_FAILED",
)
GatewayStatus: Final = ("ACTIVE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED", "DELETED")
GpuSharingMode: Final = ("IDLE", "NVIDIA_MPS", "DEDICATED")
HealthStatus: Final = ("HEALTHY", "UNHEALTHY", "UNKNOWN")
InstanceGeneration: Final = ("current", "previous")
InstanceHealthCheckState: Final = ("OK", "IMPAIRED", "INSUFFICIENT_DATA", "INITIALIZING")
InstanceHealthCheckType: Final = ("CONTAINER_RUNTIME", "ACCELERATED_COMPUTE", "DAEMON", "AGENT_CONNECTIVITY")
IpcMode: Final = ("host", "task", "none")
IsolationMode: Final = ("SHARED", "ISOLATED_SANDBOX", "CONFIDENTIAL_SANDBOX")
LaunchType: Final = ("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")
LocalStorage: Final = ("included", "required", "excluded")
LocalStorageType: Final = ("hdd", "ssd")
LogDriver: Final = ("json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens")
ManagedAgentName: Final = ("ExecuteCommandAgent",)
ManagedDraining: Final = ("ENABLED", "DISABLED")
ManagedInstancesMonitoringOptions: Final = ("BASIC", "DETAILED")
ManagedResourceStatus: Final = ("PROVISIONING", "ACTIVE", "DEPROVISIONING", "DELETED", "FAILED")
ManagedScalingStatus: Final = ("ENABLED", "DISABLED")
ManagedTerminationProtection: Final = ("ENABLED", "DISABLED")
NetworkMode: Final = ("bridge", "host", "awsvpc", "none")
OSFamily: Final = (
    "WINDOWS_SERVER_2019_FULL",
    "WINDOWS_SERVER_2019_CORE",
    "WINDOWS_SERVER_2016_FULL",
    "WINDOWS_SERVER_2004_CORE",
    "WINDOWS_SERVER_2022_CORE",
    "WINDOWS_SERVER_2022_FULL",
    "WINDOWS_SERVER_2025_CORE",
    "WINDOWS_SERVER_2025_FULL",
    "WINDOWS_SERVER_20H2_CORE",
    "LINUX",
)
PidMode: Final = ("host", "task")
PlacementConstraintType: Final = ("distinctInstance", "memberOf")
PlacementStrategyType: Final = ("random", "spread", "binpack")
PlatformDeviceType: Final = ("GPU", "NEURON_DEVICE")
PropagateGatewayTags: Final = ("NONE", "GATEWAY")
PropagateMITags: Final = ("CAPACITY_PROVIDER", "NONE")
PropagateTags: Final = ("TASK_DEFINITION", "SERVICE", "NONE")
ProxyConfigurationType: Final = ("APPMESH",)
ResourceManagementType: Final = ("CUSTOMER", "ECS")
ResourceType: Final = ("GPU", "InferenceAccelerator", "NeuronDevice")
ScaleUnit: Final = ("PERCENT",)
SchedulingStrategy: Final = ("REPLICA", "DAEMON")
Scope: Final = ("task", "shared")
ServiceConnectAccessLoggingFormat: Final = ("TEXT", "JSON")
ServiceConnectContainerLogLevel: Final = ("debug", "info")
ServiceConnectIncludeQueryParameters: Final = ("DISABLED", "ENABLED")
ServiceDeploymentLifecycleStage: Final = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
)
ServiceDeploymentRollbackMonitorsStatus: Final = ("TRIGGERED", "MONITORING", "MONITORING_COMPLETE", "DISABLED")
ServiceDeploymentStatus: Final = (
    "PENDING",
    "SUCCESSFUL",
    "STOPPED",
    "STOP_REQUESTED",
    "IN_PROGRESS",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
)
ServiceField: Final = ("TAGS",)
ServiceRevisionCleanup: Final = ("BLOCKING", "DEFERRED")
SettingName: Final = (
    "serviceLongArnFormat",
    "taskLongArnFormat",
    "containerInstanceLongArnFormat",
    "awsvpcTrunking",
    "containerInsights",
    "fargateFIPSMode",
    "tagResourceAuthorization",
    "fargateTaskRetirementWaitPeriod",
    "guardDutyActivate",
    "defaultLogDriverMode",
    "fargateEventWindows",
)
SettingType: Final = ("user", "aws_managed")
SortOrder: Final = ("ASC", "DESC")
StabilityStatus: Final = ("STEADY_STATE", "STABILIZING")
StopServiceDeploymentStopType: Final = ("ABORT", "ROLLBACK")
TargetType: Final = ("container-instance",)
TaskDefinitionFamilyStatus: Final = ("ACTIVE", "INACTIVE", "ALL")
TaskDefinitionField: Final = ("TAGS",)
TaskDefinitionPlacementConstraintType: Final = ("memberOf",)
TaskDefinitionStatus: Final = ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")
TaskField: Final = ("TAGS",)
TaskFilesystemType: Final = ("ext3", "ext4", "xfs", "ntfs")
TaskSetField: Final = ("TAGS",)
TaskStopCode: Final = (
    "TaskFailedToStart",
    "EssentialContainerExited",
    "UserInitiated",
    "ServiceSchedulerInitiated",
    "SpotInterruption",
    "TerminationNotice",
    "InfrastructureHealth",
)
ThresholdType: Final = ("COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT")
TransportProtocol: Final = ("tcp", "udp")
UlimitName: Final = (
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
)
VersionConsistency: Final = ("enabled", "disabled")
# Structure → member → the allowed values of it, or of its items.
BY_MEMBER: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "AssociateGatewayWithClusterResponse": {"status": GatewayClusterAssociationStatus},
    "Attribute": {"targetType": TargetType},
    "AutoRepairConfiguration": {"actionsStatus": AutoRepairActionsStatus},
    "AutoScalingGroupProvider": {
        "managedDraining": ManagedDraining,
        "managedTerminationProtection": ManagedTerminationProtection,
    },
    "AutoScalingGroupProviderUpdate": {
        "managedDraining": ManagedDraining,
        "managedTerminationProtection": ManagedTerminationProtection,
    },
    "AwsVpcConfiguration": {"assignPublicIp": AssignPublicIp},
    "CapacityProvider": {
        "status": CapacityProviderStatus,
        "type": CapacityProviderType,
        "updateStatus": CapacityProviderUpdateStatus,
    },
    "CapacityReservationRequest": {"reservationPreference": CapacityReservationPreference},
    "ClusterSetting": {"name": ClusterSettingName},
    "Container": {"healthStatus": HealthStatus},
    "ContainerDefinition": {"versionConsistency": VersionConsistency},
    "ContainerDependency": {"condition": ContainerCondition},
    "ContainerInstance": {"agentUpdateStatus": AgentUpdateStatus},
    "ContainerInstanceHealthStatus": {"overallStatus": InstanceHealthCheckState},
    "ContinueServiceDeploymentRequest": {"action": DeploymentLifecycleHookAction},
    "CreateDaemonRequest": {"propagateTags": DaemonPropagateTags},
    "CreateDaemonResponse": {"status": DaemonStatus},
    "CreateExpressGatewayServiceRequest": {"cpuArchitecture": ExpressCpuArchitecture},
    "CreateGatewayRequest": {"propagateTags": PropagateGatewayTags},
    "CreateGatewayResponse": {"status": GatewayStatus},
    "CreateManagedInstancesProviderConfiguration": {"propagateTags": PropagateMITags},
    "CreateServiceRequest": {
        "availabilityZoneRebalancing": AvailabilityZoneRebalancing,
        "launchType": LaunchType,
        "propagateTags": PropagateTags,
        "schedulingStrategy": SchedulingStrategy,
    },
    "CreateTaskSetRequest": {"launchType": LaunchType},
    "DaemonCircuitBreaker": {"status": DaemonDeploymentRollbackMonitorsStatus},
    "DaemonDeployment": {"status": DaemonDeploymentStatus},
    "DaemonDeploymentAlarms": {"status": DaemonDeploymentRollbackMonitorsStatus},
    "DaemonDeploymentSummary": {"status": DaemonDeploymentStatus},
    "DaemonDetail": {"status": DaemonStatus},
    "DaemonRevision": {"propagateTags": DaemonPropagateTags},
    "DaemonSummary": {"status": DaemonStatus},
    "DaemonTaskDefinition": {"ipcMode": DaemonIpcMode, "pidMode": DaemonPidMode, "status": DaemonTaskDefinitionStatus},
    "DaemonTaskDefinitionSummary": {"status": DaemonTaskDefinitionStatus},
    "DeleteAccountSettingRequest": {"name": SettingName},
    "DeleteDaemonResponse": {"status": DaemonStatus},
    "DeleteGatewayResponse": {"status": GatewayStatus},
    "Deployment": {"launchType": LaunchType, "rolloutState": DeploymentRolloutState},
    "DeploymentConfiguration": {"strategy": DeploymentStrategy},
    "DeploymentController": {"type": DeploymentControllerType},
    "DeploymentEarlySuccessCriteria": {"sourceServiceRevisionCleanup": ServiceRevisionCleanup},
    "DeploymentLifecycleHook": {
        "lifecycleStages": DeploymentLifecycleHookStage,
        "targetType": DeploymentLifecycleHookTargetType,
    },
    "DeploymentLifecycleHookDetail": {
        "status": DeploymentLifecycleHookStatus,
        "targetType": DeploymentLifecycleHookTargetType,
        "timeoutAction": DeploymentLifecycleHookAction,
    },
    "DeploymentLifecycleHookTimeoutConfiguration": {"action": DeploymentLifecycleHookAction},
    "DescribeCapacityProvidersRequest": {"include": CapacityProviderField},
    "DescribeClustersRequest": {"include": ClusterField},
    "DescribeContainerInstancesRequest": {"include": ContainerInstanceField},
    "DescribeExpressGatewayServiceRequest": {"include": ExpressGatewayServiceInclude},
    "DescribeGatewayAlbConfiguration": {
        "httpDesync": GatewayAlbDesyncMitigationMode,
        "protocol": GatewayAlbProtocol,
        "scheme": GatewayElbScheme,
    },
    "DescribeServicesRequest": {"include": ServiceField},
    "DescribeTaskDefinitionRequest": {"include": TaskDefinitionField},
    "DescribeTaskSetsRequest": {"include": TaskSetField},
    "DescribeTasksRequest": {"include": TaskField},
    "Device": {"permissions": DeviceCgroupPermission},
    "DisassociateGatewayFromClusterResponse": {"status": GatewayClusterAssociationStatus},
    "DockerVolumeConfiguration": {"scope": Scope},
    "EBSTagSpecification": {"propagateTags": PropagateTags, "resourceType": EBSResourceType},
    "EFSAuthorizationConfig": {"iam": EFSAuthorizationConfigIAM},
    "EFSVolumeConfiguration": {"transitEncryption": EFSTransitEncryption},
    "EnvironmentFile": {"type": EnvironmentFileType},
    "ExecuteCommandConfiguration": {"logging": ExecuteCommandLogging},
    "ExpressGatewayScalingTarget": {"autoScalingMetric": ExpressGatewayServiceScalingMetric},
    "ExpressGatewayServiceConfiguration": {"cpuArchitecture": ExpressCpuArchitecture},
    "ExpressGatewayServiceStatus": {"statusCode": ExpressGatewayServiceStatusCode},
    "FirelensConfiguration": {"type": FirelensConfigurationType},
    "Gateway": {"accessType": AccessType, "propagateTags": PropagateGatewayTags, "status": GatewayStatus},
    "GatewayClusterAssociationSummary": {"status": GatewayClusterAssociationStatus},
    "GatewayConnection": {"accessType": AccessType, "status": GatewayRouteStatus},
    "GatewayConnectorFilters": {"accessTypes": AccessType},
    "GatewayConnectorHealthCheck": {"healthCheckProtocol": GatewayConnectorHealthCheckProtocol},
    "GatewayElbNetworkConfiguration": {"ipAddressType": GatewayElbIpAddressType},
    "GatewayRoute": {"status": GatewayRouteStatus},
    "GatewayRouteSummary": {"status": GatewayRouteStatus},
    "GatewaySummary": {"status": GatewayStatus},
    "GpuDevice": {"sharingMode": GpuSharingMode},
    "HostSharedAlbConfiguration": {
        "httpDesync": GatewayAlbDesyncMitigationMode,
        "protocol": GatewayAlbProtocol,
        "scheme": GatewayElbScheme,
    },
    "IngressPathSummary": {"accessType": AccessType},
    "InstanceHealthCheckResult": {"status": InstanceHealthCheckState, "type": InstanceHealthCheckType},
    "InstanceLaunchTemplate": {
        "capacityOptionType": CapacityOptionType,
        "monitoring": ManagedInstancesMonitoringOptions,
    },
    "InstanceLaunchTemplateUpdate": {"monitoring": ManagedInstancesMonitoringOptions},
    "InstanceRequirementsRequest": {
        "acceleratorManufacturers": AcceleratorManufacturer,
        "acceleratorNames": AcceleratorName,
        "acceleratorTypes": AcceleratorType,
        "bareMetal": BareMetal,
        "burstablePerformance": BurstablePerformance,
        "cpuManufacturers": CpuManufacturer,
        "instanceGenerations": InstanceGeneration,
        "localStorage": LocalStorage,
        "localStorageTypes": LocalStorageType,
    },
    "ListAccountSettingsRequest": {"name": SettingName},
    "ListAttributesRequest": {"targetType": TargetType},
    "ListContainerInstancesRequest": {"status": ContainerInstanceStatus},
    "ListDaemonDeploymentsRequest": {"status": DaemonDeploymentStatus},
    "ListDaemonTaskDefinitionsRequest": {
        "revision": DaemonTaskDefinitionRevisionFilter,
        "sort": SortOrder,
        "status": DaemonTaskDefinitionStatusFilter,
    },
    "ListGatewayClusterAssociationsRequest": {"status": GatewayClusterAssociationStatus},
    "ListGatewayRoutesRequest": {"status": GatewayRouteStatus},
    "ListGatewaysRequest": {"status": GatewayStatus},
    "ListServiceDeploymentsRequest": {"status": ServiceDeploymentStatus},
    "ListServicesRequest": {
        "launchType": LaunchType,
        "resourceManagementType": ResourceManagementType,
        "schedulingStrategy": SchedulingStrategy,
    },
    "ListTaskDefinitionFamiliesRequest": {"status": TaskDefinitionFamilyStatus},
    "ListTaskDefinitionsRequest": {"sort": SortOrder, "status": TaskDefinitionStatus},
    "ListTasksRequest": {"desiredStatus": DesiredStatus, "launchType": LaunchType},
    "LogConfiguration": {"logDriver": LogDriver},
    "LogDriverVolumeConfiguration": {"driver": LogDriver},
    "ManagedAgent": {"name": ManagedAgentName},
    "ManagedAgentStateChange": {"managedAgentName": ManagedAgentName},
    "ManagedApplicationAutoScalingPolicy": {"status": ManagedResourceStatus},
    "ManagedCertificate": {"status": ManagedResourceStatus},
    "ManagedIngressPath": {"accessType": AccessType},
    "ManagedInstancesProvider": {"propagateTags": PropagateMITags},
    "ManagedListener": {"status": ManagedResourceStatus},
    "ManagedListenerRule": {"status": ManagedResourceStatus},
    "ManagedLoadBalancer": {"status": ManagedResourceStatus},
    "ManagedLogGroup": {"status": ManagedResourceStatus},
    "ManagedMetricAlarm": {"status": ManagedResourceStatus},
    "ManagedScalableTarget": {"status": ManagedResourceStatus},
    "ManagedScaling": {"status": ManagedScalingStatus},
    "ManagedSecurityGroup": {"status": ManagedResourceStatus},
    "ManagedTargetGroup": {"status": ManagedResourceStatus},
    "NetworkBinding": {"protocol": TransportProtocol},
    "PlacementConstraint": {"type": PlacementConstraintType},
    "PlacementStrategy": {"type": PlacementStrategyType},
    "PlatformDevice": {"type": PlatformDeviceType},
    "PortMapping": {"appProtocol": ApplicationProtocol, "protocol": TransportProtocol},
    "ProxyConfiguration": {"type": ProxyConfigurationType},
    "PutAccountSettingDefaultRequest": {"name": SettingName},
    "PutAccountSettingRequest": {"name": SettingName},
    "RegisterDaemonTaskDefinitionRequest": {"ipcMode": DaemonIpcMode, "pidMode": DaemonPidMode},
    "RegisterTaskDefinitionRequest": {
        "ipcMode": IpcMode,
        "networkMode": NetworkMode,
        "pidMode": PidMode,
        "requiresCompatibilities": Compatibility,
    },
    "ResourceRequirement": {"type": ResourceType},
    "RunTaskRequest": {"launchType": LaunchType, "propagateTags": PropagateTags},
    "RuntimePlatform": {"cpuArchitecture": CPUArchitecture, "operatingSystemFamily": OSFamily},
    "Scale": {"unit": ScaleUnit},
    "Service": {
        "availabilityZoneRebalancing": AvailabilityZoneRebalancing,
        "launchType": LaunchType,
        "propagateTags": PropagateTags,
        "resourceManagementType": ResourceManagementType,
        "schedulingStrategy": SchedulingStrategy,
    },
    "ServiceConnectAccessLogConfiguration": {
        "format": ServiceConnectAccessLoggingFormat,
        "includeQueryParameters": ServiceConnectIncludeQueryParameters,
    },
    "ServiceConnectContainerConfiguration": {"logLevel": ServiceConnectContainerLogLevel},
    "ServiceDeployment": {"lifecycleStage": ServiceDeploymentLifecycleStage, "status": ServiceDeploymentStatus},
    "ServiceDeploymentAlarms": {"status": ServiceDeploymentRollbackMonitorsStatus},
    "ServiceDeploymentBrief": {"status": ServiceDeploymentStatus},
    "ServiceDeploymentCircuitBreaker": {"status": ServiceDeploymentRollbackMonitorsStatus},
    "ServiceManagedEBSVolumeConfiguration": {"filesystemType": TaskFilesystemType},
    "ServiceRevision": {"launchType": LaunchType},
    "Setting": {"name": SettingName, "type": SettingType},
    "StartTaskRequest": {"propagateTags": PropagateTags},
    "StopServiceDeploymentRequest": {"stopType": StopServiceDeploymentStopType},
    "Task": {
        "connectivity": Connectivity,
        "healthStatus": HealthStatus,
        "launchType": LaunchType,
        "stopCode": TaskStopCode,
    },
    "TaskDefinition": {
        "compatibilities": Compatibility,
        "ipcMode": IpcMode,
        "networkMode": NetworkMode,
        "pidMode": PidMode,
        "requiresCompatibilities": Compatibility,
        "status": TaskDefinitionStatus,
    },
    "TaskDefinitionPlacementConstraint": {"type": TaskDefinitionPlacementConstraintType},
    "TaskManagedEBSVolumeConfiguration": {"filesystemType": TaskFilesystemType},
    "TaskSet": {"launchType": LaunchType, "stabilityStatus": StabilityStatus},
    "ThresholdConfiguration": {"type": ThresholdType},
    "TrustedExecutionConfiguration": {"isolationMode": IsolationMode},
    "TrustedExecutionSummary": {"attestationPolicyStatus": AttestationPolicyStatus, "isolationMode": IsolationMode},
    "Ulimit": {"name": UlimitName},
    "UpdateContainerInstancesStateRequest": {"status": ContainerInstanceStatus},
    "UpdateDaemonRequest": {"propagateTags": DaemonPropagateTags},
    "UpdateDaemonResponse": {"status": DaemonStatus},
    "UpdateExpressGatewayServiceRequest": {"cpuArchitecture": ExpressCpuArchitecture},
    "UpdateGatewayAlbConfiguration": {"httpDesync": GatewayAlbDesyncMitigationMode},
    "UpdateGatewayRequest": {"propagateTags": PropagateGatewayTags},
    "UpdateGatewayResponse": {"status": GatewayStatus},
    "UpdateManagedInstancesProviderConfiguration": {"propagateTags": PropagateMITags},
    "UpdateServiceRequest": {
        "availabilityZoneRebalancing": AvailabilityZoneRebalancing,
        "propagateTags": PropagateTags,
    },
}
# Structure → members that the published model calls required.
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "AssociateGatewayWithClusterRequest": ("gateway", "cluster"),
    "AttachmentStateChange": ("attachmentArn", "status"),
    "Attribute": ("name",),
    "AutoScalingGroupProvider": ("autoScalingGroupArn",),
    "AwsVpcConfiguration": ("subnets",),
    "CapacityProviderStrategyItem": ("capacityProvider",),
    "ClusterServiceConnectDefaultsRequest": ("namespace",),
    "ContainerDependency": ("containerName", "condition"),
    "ContainerRestartPolicy": ("enabled",),
    "ContinueServiceDeploymentRequest": ("serviceDeploymentArn", "hookId"),
    "CreateCapacityProviderRequest": ("name",),
    "CreateDaemonRequest": ("daemonName", "daemonTaskDefinitionArn", "capacityProviderArns"),
    "CreateExpressGatewayServiceRequest": ("infrastructureRoleArn",),
    "CreateGatewayRequest": ("name", "infrastructureRoleArn", "configuration"),
    "CreateManagedInstancesProviderConfiguration": ("infrastructureRoleArn", "instanceLaunchTemplate"),
    "CreateServiceRequest": ("serviceName",),
    "CreateTaskSetRequest": ("service", "cluster", "taskDefinition"),
    "DaemonContainerDefinition": ("image",),
    "DeleteAccountSettingRequest": ("name",),
    "DeleteAttributesRequest": ("attributes",),
    "DeleteCapacityProviderRequest": ("capacityProvider",),
    "DeleteClusterRequest": ("cluster",),
    "DeleteDaemonRequest": ("daemonArn",),
    "DeleteDaemonTaskDefinitionRequest": ("daemonTaskDefinition",),
    "DeleteExpressGatewayServiceRequest": ("serviceArn",),
    "DeleteGatewayRequest": ("gateway",),
    "DeleteServiceRequest": ("service",),
    "DeleteTaskDefinitionsRequest": ("taskDefinitions",),
    "DeleteTaskSetRequest": ("cluster", "service", "taskSet"),
    "DeploymentAlarms": ("alarmNames", "rollback", "enable"),
    "DeploymentCircuitBreaker": ("enable", "rollback"),
    "DeploymentController": ("type",),
    "DeploymentEarlySuccessCriteria": ("enable",),
    "DeregisterContainerInstanceRequest": ("containerInstance",),
    "DeregisterTaskDefinitionRequest": ("taskDefinition",),
    "DescribeContainerInstancesRequest": ("containerInstances",),
    "DescribeDaemonDeploymentsRequest": ("daemonDeploymentArns",),
    "DescribeDaemonRequest": ("daemonArn",),
    "DescribeDaemonRevisionsRequest": ("daemonRevisionArns",),
    "DescribeDaemonTaskDefinitionRequest": ("daemonTaskDefinition",),
    "DescribeExpressGatewayServiceRequest": ("serviceArn",),
    "DescribeGatewayRequest": ("gateway",),
    "DescribeGatewayResourcesRequest": ("gateway",),
    "DescribeGatewayRouteRequest": ("gatewayRouteArn",),
    "DescribeServiceDeploymentsRequest": ("serviceDeploymentArns",),
    "DescribeServiceRevisionsRequest": ("serviceRevisionArns",),
    "DescribeServicesRequest": ("services",),
    "DescribeTaskDefinitionRequest": ("taskDefinition",),
    "DescribeTaskSetsRequest": ("cluster", "service"),
    "DescribeTasksRequest": ("tasks",),
    "Device": ("hostPath",),
    "DisassociateGatewayFromClusterRequest": ("gateway", "cluster"),
    "EBSTagSpecification": ("resourceType",),
    "EFSVolumeConfiguration": ("fileSystemId",),
    "EnvironmentFile": ("value", "type"),
    "EphemeralStorage": ("sizeInGiB",),
    "ExecuteCommandRequest": ("command", "interactive", "task"),
    "ExpressGatewayContainer": ("image",),
    "ExpressGatewayServiceAwsLogsConfiguration": ("logGroup", "logStreamPrefix"),
    "FSxWindowsFileServerAuthorizationConfig": ("credentialsParameter", "domain"),
    "FSxWindowsFileServerVolumeConfiguration": ("fileSystemId", "rootDirectory", "authorizationConfig"),
    "FirelensConfiguration": ("type",),
    "GatewayConnector": ("portName",),
    "GatewayElbAccessLogS3Destination": ("bucket",),
    "GatewayTestTrafficHeader": ("name", "values"),
    "GetTaskProtectionRequest": ("cluster",),
    "HealthCheck": ("command",),
    "HostEntry": ("hostname", "ipAddress"),
    "InferenceAccelerator": ("deviceName", "deviceType"),
    "IngressPathSummary": ("accessType", "endpoint"),
    "InstanceLaunchTemplate": ("ec2InstanceProfileArn", "networkConfiguration"),
    "InstanceRequirementsRequest": ("vCpuCount", "memoryMiB"),
    "ListAttributesRequest": ("targetType",),
    "ListDaemonDeploymentsRequest": ("daemonArn",),
    "ListServiceDeploymentsRequest": ("service",),
    "ListServicesByNamespaceRequest": ("namespace",),
    "ListTagsForResourceRequest": ("resourceArn",),
    "LogConfiguration": ("logDriver",),
    "LogDriverVolumeConfiguration": ("driver",),
    "ManagedAgentStateChange": ("containerName", "managedAgentName", "status"),
    "ManagedApplicationAutoScalingPolicy": ("status", "updatedAt", "policyType", "targetValue", "metric"),
    "ManagedCertificate": ("status", "updatedAt", "domainName"),
    "ManagedIngressPath": ("accessType", "endpoint"),
    "ManagedListener": ("status", "updatedAt"),
    "ManagedListenerRule": ("status", "updatedAt"),
    "ManagedLoadBalancer": ("status", "updatedAt", "scheme"),
    "ManagedLogGroup": ("status", "updatedAt", "logGroupName"),
    "ManagedMetricAlarm": ("status", "updatedAt"),
    "ManagedScalableTarget": ("status", "updatedAt", "minCapacity", "maxCapacity"),
    "ManagedSecurityGroup": ("status", "updatedAt"),
    "ManagedTargetGroup": ("status", "updatedAt", "healthCheckPath", "healthCheckPort", "port"),
    "MemoryMiBRequest": ("min",),
    "MetricConfiguration": ("metricNames", "resolutionSeconds"),
    "NvidiaMpsAllocation": ("memory",),
    "PlatformDevice": ("id", "type"),
    "ProxyConfiguration": ("containerName",),
    "PutAccountSettingDefaultRequest": ("name", "value"),
    "PutAccountSettingRequest": ("name", "value"),
    "PutAttributesRequest": ("attributes",),
    "PutClusterCapacityProvidersRequest": ("cluster", "capacityProviders", "defaultCapacityProviderStrategy"),
    "RegisterDaemonTaskDefinitionRequest": ("family", "containerDefinitions"),
    "RegisterTaskDefinitionRequest": ("family", "containerDefinitions"),
    "RepositoryCredentials": ("credentialsParameter",),
    "ResourceRequirement": ("type",),
    "RunTaskRequest": ("taskDefinition",),
    "S3FilesVolumeConfiguration": ("fileSystemArn",),
    "Secret": ("name", "valueFrom"),
    "ServiceConnectAccessLogConfiguration": ("format",),
    "ServiceConnectClientAlias": ("port",),
    "ServiceConnectConfiguration": ("enabled",),
    "ServiceConnectService": ("portName",),
    "ServiceConnectTestTrafficHeaderMatchRules": ("exact",),
    "ServiceConnectTestTrafficHeaderRules": ("name",),
    "ServiceConnectTestTrafficRules": ("header",),
    "ServiceConnectTlsConfiguration": ("issuerCertificateAuthority",),
    "ServiceManagedEBSVolumeConfiguration": ("roleArn",),
    "ServiceVolumeConfiguration": ("name",),
    "StartTaskRequest": ("containerInstances", "taskDefinition"),
    "StopServiceDeploymentRequest": ("serviceDeploymentArn",),
    "StopTaskRequest": ("task",),
    "SubmitAttachmentStateChangesRequest": ("attachments",),
    "TagResourceRequest": ("resourceArn", "tags"),
    "TaskManagedEBSVolumeConfiguration": ("roleArn",),
    "TaskManagedEBSVolumeTerminationPolicy": ("deleteOnTermination",),
    "TaskVolumeConfiguration": ("name",),
    "ThresholdConfiguration": ("type", "value"),
    "Tmpfs": ("containerPath", "size"),
    "TrustedExecutionConfiguration": ("isolationMode",),
    "TrustedExecutionSummary": ("isolationMode",),
    "Ulimit": ("name", "softLimit", "hardLimit"),
    "UntagResourceRequest": ("resourceArn", "tagKeys"),
    "UpdateCapacityProviderRequest": ("name",),
    "UpdateClusterRequest": ("cluster",),
    "UpdateClusterSettingsRequest": ("cluster", "settings"),
    "UpdateContainerAgentRequest": ("containerInstance",),
    "UpdateContainerInstancesStateRequest": ("containerInstances", "status"),
    "UpdateDaemonRequest": ("daemonArn", "daemonTaskDefinitionArn", "capacityProviderArns"),
    "UpdateExpressGatewayServiceRequest": ("serviceArn",),
    "UpdateGatewayRequest": ("gateway",),
    "UpdateManagedInstancesProviderConfiguration": ("infrastructureRoleArn", "instanceLaunchTemplate"),
    "UpdateServicePrimaryTaskSetRequest": ("cluster", "service", "primaryTaskSet"),
    "UpdateServiceRequest": ("service",),
    "UpdateTaskProtectionRequest": ("cluster", "tasks", "protectionEnabled"),
    "UpdateTaskSetRequest": ("cluster", "service", "taskSet", "scale"),
    "VCpuCountRangeRequest": ("min",),
    "VpcLatticeConfiguration": ("roleArn", "targetGroupArn", "portName"),
}
# Structure → member → least and greatest number, length, or count of items.
RANGES: Final[dict[str, dict[str, tuple[float | None, float | None]]]] = {
    "CapacityProvider": {"tags": (0, 50)},
    "CapacityProviderStrategyItem": {"weight": (0, 1000), "base": (0, 100000)},
    "Cluster": {"tags": (0, 50)},
    "ContainerInstance": {"tags": (0, 50)},
    "CreateCapacityProviderRequest": {"tags": (0, 50)},
    "CreateClusterRequest": {"tags": (0, 50)},
    "CreateDaemonRequest": {"tags": (0, 50)},
    "CreateExpressGatewayServiceRequest": {"tags": (0, 50)},
    "CreateGatewayRequest": {"tags": (0, 50)},
    "CreateServiceRequest": {"tags": (0, 50), "gatewayConnectors": (0, 1)},
    "CreateTaskSetRequest": {"tags": (0, 50)},
    "DaemonDeploymentConfiguration": {"drainPercent": (0.0, 100.0)},
    "DeploymentEarlySuccessCriteria": {"healthyPercent": (0, 100)},
    "DeploymentLifecycleHookTimeoutConfiguration": {"timeoutInMinutes": (1, 20160)},
    "DescribeTaskDefinitionResponse": {"tags": (0, 50)},
    "EBSTagSpecification": {"tags": (0, 50)},
    "ECSExpressGatewayService": {"tags": (0, 50)},
    "ECSManagedResources": {"gatewayConnections": (0, 5)},
    "Gateway": {"failures": (0, 200), "tags": (0, 50)},
    "GatewayConnectionResources": {"hostSharedAlb": (0, 1)},
    "GatewayConnectorDeregistrationDelay": {"timeoutSeconds": (0, 3600)},
    "GatewayConnectorFilters": {"accessTypes": (0, 2)},
    "GatewayInfrastructureResources": {"hostSharedAlb": (0, 20)},
    "GatewayResourceFailure": {"errors": (0, 5)},
    "InstanceRequirementsRequest": {"excludedInstanceTypes": (0, 400), "allowedInstanceTypes": (0, 400)},
    "ListGatewayClusterAssociationsRequest": {"status": (0, 3)},
    "ListGatewayRoutesRequest": {"status": (0, 7)},
    "ListGatewaysRequest": {"status": (0, 5)},
    "ListTagsForResourceResponse": {"tags": (0, 50)},
    "ManagedInstancesStorageConfiguration": {"storageSizeGiB": (1, None)},
    "ManagedScaling": {
        "targetCapacity": (1, 100),
        "minimumScalingStepSize": (1, 10000),
        "maximumScalingStepSize": (1, 10000),
        "instanceWarmupPeriod": (0, 10000),
    },
    "MetricConfiguration": {"metricNames": (1, 5), "resolutionSeconds": (20, 60)},
    "MonitoringConfiguration": {"metricConfigurations": (0, 5)},
    "NvidiaMpsAllocation": {"memory": (1, None), "maxComputePercent": (1, 100)},
    "RegisterContainerInstanceRequest": {"tags": (0, 50)},
    "RegisterDaemonTaskDefinitionRequest": {"tags": (0, 50)},
    "RegisterTaskDefinitionRequest": {"tags": (0, 50)},
    "RegisterTaskDefinitionResponse": {"tags": (0, 50)},
    "RunTaskRequest": {"tags": (0, 50)},
    "Service": {"tags": (0, 50)},
    "ServiceConnectClientAlias": {"port": (0, 65535)},
    "ServiceConnectConfiguration": {"containerConfigurations": (0, 10)},
    "ServiceConnectService": {"ingressPortOverride": (0, 65535)},
    "ServiceRevision": {"gatewayConnectors": (0, 1)},
    "StartTaskRequest": {"tags": (0, 50)},
    "Tag": {"key": (1, 128), "value": (0, 256)},
    "TagResourceRequest": {"tags": (0, 50)},
    "Task": {"tags": (0, 50)},
    "TaskSet": {"tags": (0, 50)},
    "TimeoutConfiguration": {"idleTimeoutSeconds": (0, 2147483647), "perRequestTimeoutSeconds": (0, 2147483647)},
    "UpdateServiceRequest": {"gatewayConnectors": (0, 1)},
}
