"""The structures of Amazon ECS.

Made by tools/generate_model.py from botocore's model of Amazon ECS 2014-11-13; do not edit.
"""

from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

Integer: TypeAlias = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Long: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class AcceleratorCountRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: Integer | None = None
    max: Integer | None = None


class AcceleratorTotalMemoryMiBRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: Integer | None = None
    max: Integer | None = None


class AdvancedConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    alternateTargetGroupArn: str | None = None
    productionListenerRule: str | None = None
    testListenerRule: str | None = None
    roleArn: str | None = None


class AssociateGatewayWithClusterRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str = ""
    cluster: str = ""


class AssociateGatewayWithClusterResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    clusterArn: str | None = None
    status: str | None = None


class KeyValuePair(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    value: str | None = None


class Attachment(Struct, kw_only=True, omit_defaults=True, gc=False):
    id: str | None = None
    type: str | None = None
    status: str | None = None
    details: list[KeyValuePair] | None = None


class AttachmentStateChange(Struct, kw_only=True, omit_defaults=True, gc=False):
    attachmentArn: str | None = None
    status: str | None = None


class Attribute(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    value: str | None = None
    targetType: str | None = None
    targetId: str | None = None


class AutoRepairConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    actionsStatus: str | None = None


class ManagedScaling(Struct, kw_only=True, omit_defaults=True, gc=False):
    status: str | None = None
    targetCapacity: Integer | None = None
    minimumScalingStepSize: Integer | None = None
    maximumScalingStepSize: Integer | None = None
    instanceWarmupPeriod: Integer | None = None


class AutoScalingGroupProvider(Struct, kw_only=True, omit_defaults=True, gc=False):
    autoScalingGroupArn: str | None = None
    managedScaling: ManagedScaling | None = None
    managedTerminationProtection: str | None = None
    managedDraining: str | None = None


class AutoScalingGroupProviderUpdate(Struct, kw_only=True, omit_defaults=True, gc=False):
    managedScaling: ManagedScaling | None = None
    managedTerminationProtection: str | None = None
    managedDraining: str | None = None


class AwsVpcConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    subnets: list[str] | None = None
    securityGroups: list[str] | None = None
    assignPublicIp: str | None = None


class BaselineEbsBandwidthMbpsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: Integer | None = None
    max: Integer | None = None


class CanaryConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    canaryPercent: float | None = None
    canaryBakeTimeInMinutes: Integer | None = None


class ManagedInstancesNetworkConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    subnets: list[str] | None = None
    securityGroups: list[str] | None = None


class ManagedInstancesStorageConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    storageSizeGiB: Integer | None = None


class ManagedInstancesLocalStorageConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    useLocalStorage: bool | None = None


class VCpuCountRangeRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: Integer | None = None
    max: Integer | None = None


class MemoryMiBRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: Integer | None = None
    max: Integer | None = None


class MemoryGiBPerVCpuRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: float | None = None
    max: float | None = None


class NetworkInterfaceCountRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: Integer | None = None
    max: Integer | None = None


class TotalLocalStorageGBRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: float | None = None
    max: float | None = None


class NetworkBandwidthGbpsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    min: float | None = None
    max: float | None = None


class InstanceRequirementsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    vCpuCount: VCpuCountRangeRequest | None = None
    memoryMiB: MemoryMiBRequest | None = None
    cpuManufacturers: list[str] | None = None
    memoryGiBPerVCpu: MemoryGiBPerVCpuRequest | None = None
    excludedInstanceTypes: list[str] | None = None
    instanceGenerations: list[str] | None = None
    spotMaxPricePercentageOverLowestPrice: Integer | None = None
    onDemandMaxPricePercentageOverLowestPrice: Integer | None = None
    bareMetal: str | None = None
    burstablePerformance: str | None = None
    requireHibernateSupport: bool | None = None
    networkInterfaceCount: NetworkInterfaceCountRequest | None = None
    localStorage: str | None = None
    localStorageTypes: list[str] | None = None
    totalLocalStorageGB: TotalLocalStorageGBRequest | None = None
    baselineEbsBandwidthMbps: BaselineEbsBandwidthMbpsRequest | None = None
    acceleratorTypes: list[str] | None = None
    acceleratorCount: AcceleratorCountRequest | None = None
    acceleratorManufacturers: list[str] | None = None
    acceleratorNames: list[str] | None = None
    acceleratorTotalMemoryMiB: AcceleratorTotalMemoryMiBRequest | None = None
    networkBandwidthGbps: NetworkBandwidthGbpsRequest | None = None
    allowedInstanceTypes: list[str] | None = None
    maxSpotPriceAsPercentageOfOptimalOnDemandPrice: Integer | None = None


class CapacityReservationRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    reservationGroupArn: str | None = None
    reservationPreference: str | None = None


class InstanceLaunchTemplate(Struct, kw_only=True, omit_defaults=True, gc=False):
    ec2InstanceProfileArn: str | None = None
    networkConfiguration: ManagedInstancesNetworkConfiguration | None = None
    storageConfiguration: ManagedInstancesStorageConfiguration | None = None
    localStorageConfiguration: ManagedInstancesLocalStorageConfiguration | None = None
    monitoring: str | None = None
    capacityOptionType: str | None = None
    instanceMetadataTagsPropagation: bool | None = None
    instanceRequirements: InstanceRequirementsRequest | None = None
    fipsEnabled: bool | None = None
    capacityReservations: CapacityReservationRequest | None = None
    nitroEnclavesEnabled: bool | None = None


class InfrastructureOptimization(Struct, kw_only=True, omit_defaults=True, gc=False):
    scaleInAfter: Integer | None = None


class ManagedInstancesProvider(Struct, kw_only=True, omit_defaults=True, gc=False):
    infrastructureRoleArn: str | None = None
    instanceLaunchTemplate: InstanceLaunchTemplate | None = None
    propagateTags: str | None = None
    infrastructureOptimization: InfrastructureOptimization | None = None
    autoRepairConfiguration: AutoRepairConfiguration | None = None


class Tag(Struct, kw_only=True, omit_defaults=True, gc=False):
    key: str | None = None
    value: str | None = None


class CapacityProvider(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProviderArn: str | None = None
    name: str | None = None
    cluster: str | None = None
    status: str | None = None
    autoScalingGroupProvider: AutoScalingGroupProvider | None = None
    managedInstancesProvider: ManagedInstancesProvider | None = None
    updateStatus: str | None = None
    updateStatusReason: str | None = None
    tags: list[Tag] | None = None
    type: str | None = None


class CapacityProviderStrategyItem(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProvider: str | None = None
    weight: Integer | None = None
    base: Integer | None = None


class ExecuteCommandLogConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    cloudWatchLogGroupName: str | None = None
    cloudWatchEncryptionEnabled: bool | None = None
    s3BucketName: str | None = None
    s3EncryptionEnabled: bool | None = None
    s3KeyPrefix: str | None = None


class ExecuteCommandConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    kmsKeyId: str | None = None
    logging: str | None = None
    logConfiguration: ExecuteCommandLogConfiguration | None = None


class ManagedStorageConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    kmsKeyId: str | None = None
    fargateEphemeralStorageKmsKeyId: str | None = None


class ClusterConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    executeCommandConfiguration: ExecuteCommandConfiguration | None = None
    managedStorageConfiguration: ManagedStorageConfiguration | None = None


class ClusterSetting(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    value: str | None = None


class ClusterServiceConnectDefaults(Struct, kw_only=True, omit_defaults=True, gc=False):
    namespace: str | None = None


class Cluster(Struct, kw_only=True, omit_defaults=True, gc=False):
    clusterArn: str | None = None
    clusterName: str | None = None
    configuration: ClusterConfiguration | None = None
    status: str | None = None
    registeredContainerInstancesCount: Integer | None = None
    runningTasksCount: Integer | None = None
    pendingTasksCount: Integer | None = None
    activeServicesCount: Integer | None = None
    statistics: list[KeyValuePair] | None = None
    tags: list[Tag] | None = None
    settings: list[ClusterSetting] | None = None
    capacityProviders: list[str] | None = None
    defaultCapacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    attachments: list[Attachment] | None = None
    attachmentsStatus: str | None = None
    serviceConnectDefaults: ClusterServiceConnectDefaults | None = None


class ClusterServiceConnectDefaultsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    namespace: str | None = None


class NetworkBinding(Struct, kw_only=True, omit_defaults=True, gc=False):
    bindIP: str | None = None
    containerPort: Integer | None = None
    hostPort: Integer | None = None
    protocol: str | None = None
    containerPortRange: str | None = None
    hostPortRange: str | None = None


class NetworkInterface(Struct, kw_only=True, omit_defaults=True, gc=False):
    attachmentId: str | None = None
    privateIpv4Address: str | None = None
    ipv6Address: str | None = None


class ManagedAgent(Struct, kw_only=True, omit_defaults=True, gc=False):
    lastStartedAt: float | None = None
    name: str | None = None
    reason: str | None = None
    lastStatus: str | None = None


class NvidiaMpsAllocation(Struct, kw_only=True, omit_defaults=True, gc=False):
    memory: Integer | None = None
    maxComputePercent: Integer | None = None


class SharingStrategy(Struct, kw_only=True, omit_defaults=True, gc=False):
    nvidiaMps: NvidiaMpsAllocation | None = None


class Container(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerArn: str | None = None
    taskArn: str | None = None
    name: str | None = None
    image: str | None = None
    imageDigest: str | None = None
    runtimeId: str | None = None
    lastStatus: str | None = None
    exitCode: Integer | None = None
    reason: str | None = None
    networkBindings: list[NetworkBinding] | None = None
    networkInterfaces: list[NetworkInterface] | None = None
    healthStatus: str | None = None
    managedAgents: list[ManagedAgent] | None = None
    cpu: str | None = None
    memory: str | None = None
    memoryReservation: str | None = None
    gpuIds: list[str] | None = None
    neuronDeviceIds: list[str] | None = None
    gpuSharingStrategy: SharingStrategy | None = None


class RepositoryCredentials(Struct, kw_only=True, omit_defaults=True, gc=False):
    credentialsParameter: str | None = None


class PortMapping(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerPort: Integer | None = None
    hostPort: Integer | None = None
    protocol: str | None = None
    name: str | None = None
    appProtocol: str | None = None
    containerPortRange: str | None = None


class ContainerRestartPolicy(Struct, kw_only=True, omit_defaults=True, gc=False):
    enabled: bool | None = None
    ignoredExitCodes: list[Integer] | None = None
    restartAttemptPeriod: Integer | None = None


class EnvironmentFile(Struct, kw_only=True, omit_defaults=True, gc=False):
    value: str | None = None
    type: str | None = None


class MountPoint(Struct, kw_only=True, omit_defaults=True, gc=False):
    sourceVolume: str | None = None
    containerPath: str | None = None
    readOnly: bool | None = None


class VolumeFrom(Struct, kw_only=True, omit_defaults=True, gc=False):
    sourceContainer: str | None = None
    readOnly: bool | None = None


class KernelCapabilities(Struct, kw_only=True, omit_defaults=True, gc=False):
    add: list[str] | None = None
    drop: list[str] | None = None


class Device(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostPath: str | None = None
    containerPath: str | None = None
    permissions: list[str] | None = None


class Tmpfs(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerPath: str | None = None
    size: Integer | None = None
    mountOptions: list[str] | None = None


class LinuxParameters(Struct, kw_only=True, omit_defaults=True, gc=False):
    capabilities: KernelCapabilities | None = None
    devices: list[Device] | None = None
    initProcessEnabled: bool | None = None
    sharedMemorySize: Integer | None = None
    tmpfs: list[Tmpfs] | None = None
    maxSwap: Integer | None = None
    swappiness: Integer | None = None


class Secret(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    valueFrom: str | None = None


class ContainerDependency(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerName: str | None = None
    condition: str | None = None


class HostEntry(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostname: str | None = None
    ipAddress: str | None = None


class Ulimit(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    softLimit: Integer | None = None
    hardLimit: Integer | None = None


class LogConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    logDriver: str | None = None
    options: dict[str, str] | None = None
    secretOptions: list[Secret] | None = None


class HealthCheck(Struct, kw_only=True, omit_defaults=True, gc=False):
    command: list[str] | None = None
    interval: Integer | None = None
    timeout: Integer | None = None
    retries: Integer | None = None
    startPeriod: Integer | None = None


class SystemControl(Struct, kw_only=True, omit_defaults=True, gc=False):
    namespace: str | None = None
    value: str | None = None


class ResourceRequirement(Struct, kw_only=True, omit_defaults=True, gc=False):
    value: str | None = None
    type: str | None = None
    sharingStrategy: SharingStrategy | None = None


class FirelensConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None
    options: dict[str, str] | None = None


class ContainerDefinition(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    image: str | None = None
    repositoryCredentials: RepositoryCredentials | None = None
    cpu: Integer | None = None
    memory: Integer | None = None
    memoryReservation: Integer | None = None
    links: list[str] | None = None
    portMappings: list[PortMapping] | None = None
    essential: bool | None = None
    restartPolicy: ContainerRestartPolicy | None = None
    entryPoint: list[str] | None = None
    command: list[str] | None = None
    environment: list[KeyValuePair] | None = None
    environmentFiles: list[EnvironmentFile] | None = None
    mountPoints: list[MountPoint] | None = None
    volumesFrom: list[VolumeFrom] | None = None
    linuxParameters: LinuxParameters | None = None
    secrets: list[Secret] | None = None
    dependsOn: list[ContainerDependency] | None = None
    startTimeout: Integer | None = None
    stopTimeout: Integer | None = None
    versionConsistency: str | None = None
    hostname: str | None = None
    user: str | None = None
    workingDirectory: str | None = None
    disableNetworking: bool | None = None
    privileged: bool | None = None
    readonlyRootFilesystem: bool | None = None
    dnsServers: list[str] | None = None
    dnsSearchDomains: list[str] | None = None
    extraHosts: list[HostEntry] | None = None
    dockerSecurityOptions: list[str] | None = None
    interactive: bool | None = None
    pseudoTerminal: bool | None = None
    dockerLabels: dict[str, str] | None = None
    ulimits: list[Ulimit] | None = None
    logConfiguration: LogConfiguration | None = None
    healthCheck: HealthCheck | None = None
    systemControls: list[SystemControl] | None = None
    resourceRequirements: list[ResourceRequirement] | None = None
    firelensConfiguration: FirelensConfiguration | None = None
    credentialSpecs: list[str] | None = None


class ContainerImage(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerName: str | None = None
    imageDigest: str | None = None
    image: str | None = None


class VersionInfo(Struct, kw_only=True, omit_defaults=True, gc=False):
    agentVersion: str | None = None
    agentHash: str | None = None
    dockerVersion: str | None = None


class Resource(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    type: str | None = None
    doubleValue: float | None = None
    longValue: Long | None = None
    integerValue: Integer | None = None
    stringSetValue: list[str] | None = None


class InstanceHealthCheckResult(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None
    status: str | None = None
    statusReason: str | None = None
    lastUpdated: float | None = None
    lastStatusChange: float | None = None


class ContainerInstanceHealthStatus(Struct, kw_only=True, omit_defaults=True, gc=False):
    overallStatus: str | None = None
    details: list[InstanceHealthCheckResult] | None = None


class GpuDevice(Struct, kw_only=True, omit_defaults=True, gc=False):
    gpuId: str | None = None
    sharingMode: str | None = None
    totalMemoryInMiB: Integer | None = None
    remainingMemoryInMiB: Integer | None = None
    containerCount: Integer | None = None


class ContainerInstance(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstanceArn: str | None = None
    ec2InstanceId: str | None = None
    capacityProviderName: str | None = None
    version: Long | None = None
    versionInfo: VersionInfo | None = None
    remainingResources: list[Resource] | None = None
    registeredResources: list[Resource] | None = None
    status: str | None = None
    statusReason: str | None = None
    agentConnected: bool | None = None
    runningTasksCount: Integer | None = None
    pendingTasksCount: Integer | None = None
    agentUpdateStatus: str | None = None
    attributes: list[Attribute] | None = None
    registeredAt: float | None = None
    attachments: list[Attachment] | None = None
    tags: list[Tag] | None = None
    healthStatus: ContainerInstanceHealthStatus | None = None
    gpuDevices: list[GpuDevice] | None = None


class ContainerOverride(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    command: list[str] | None = None
    environment: list[KeyValuePair] | None = None
    environmentFiles: list[EnvironmentFile] | None = None
    cpu: Integer | None = None
    memory: Integer | None = None
    memoryReservation: Integer | None = None
    resourceRequirements: list[ResourceRequirement] | None = None


class ContainerStateChange(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerName: str | None = None
    imageDigest: str | None = None
    runtimeId: str | None = None
    exitCode: Integer | None = None
    networkBindings: list[NetworkBinding] | None = None
    reason: str | None = None
    status: str | None = None


class ContinueServiceDeploymentRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeploymentArn: str = ""
    hookId: str = ""
    action: str | None = None


class ContinueServiceDeploymentResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeploymentArn: str | None = None


class CreateManagedInstancesProviderConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    infrastructureRoleArn: str | None = None
    instanceLaunchTemplate: InstanceLaunchTemplate | None = None
    propagateTags: str | None = None
    infrastructureOptimization: InfrastructureOptimization | None = None
    autoRepairConfiguration: AutoRepairConfiguration | None = None


class CreateCapacityProviderRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str = ""
    cluster: str | None = None
    autoScalingGroupProvider: AutoScalingGroupProvider | None = None
    managedInstancesProvider: CreateManagedInstancesProviderConfiguration | None = None
    tags: list[Tag] | None = None


class CreateCapacityProviderResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProvider: CapacityProvider | None = None


class CreateClusterRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    clusterName: str | None = None
    tags: list[Tag] | None = None
    settings: list[ClusterSetting] | None = None
    configuration: ClusterConfiguration | None = None
    capacityProviders: list[str] | None = None
    defaultCapacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    serviceConnectDefaults: ClusterServiceConnectDefaultsRequest | None = None


class CreateClusterResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: Cluster | None = None


class DaemonAlarmConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    alarmNames: list[str] | None = None
    enable: bool | None = None


class DaemonDeploymentConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    drainPercent: float | None = None
    alarms: DaemonAlarmConfiguration | None = None
    bakeTimeInMinutes: Integer | None = None


class CreateDaemonRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonName: str = ""
    clusterArn: str | None = None
    daemonTaskDefinitionArn: str = ""
    capacityProviderArns: list[str] = []
    deploymentConfiguration: DaemonDeploymentConfiguration | None = None
    tags: list[Tag] | None = None
    propagateTags: str | None = None
    enableECSManagedTags: bool | None = None
    enableExecuteCommand: bool | None = None
    clientToken: str | None = None
    critical: bool | None = None


class CreateDaemonResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str | None = None
    status: str | None = None
    createdAt: float | None = None
    deploymentArn: str | None = None


class ExpressGatewayServiceAwsLogsConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    logGroup: str | None = None
    logStreamPrefix: str | None = None


class ExpressGatewayRepositoryCredentials(Struct, kw_only=True, omit_defaults=True, gc=False):
    credentialsParameter: str | None = None


class ExpressGatewayContainer(Struct, kw_only=True, omit_defaults=True, gc=False):
    image: str | None = None
    containerPort: Integer | None = None
    awsLogsConfiguration: ExpressGatewayServiceAwsLogsConfiguration | None = None
    repositoryCredentials: ExpressGatewayRepositoryCredentials | None = None
    command: list[str] | None = None
    environment: list[KeyValuePair] | None = None
    secrets: list[Secret] | None = None


class ExpressGatewayServiceNetworkConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    securityGroups: list[str] | None = None
    subnets: list[str] | None = None


class ExpressGatewayScalingTarget(Struct, kw_only=True, omit_defaults=True, gc=False):
    minTaskCount: Integer | None = None
    maxTaskCount: Integer | None = None
    autoScalingMetric: str | None = None
    autoScalingTargetValue: Integer | None = None


class CreateExpressGatewayServiceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    executionRoleArn: str | None = None
    infrastructureRoleArn: str = ""
    serviceName: str | None = None
    cluster: str | None = None
    healthCheckPath: str | None = None
    primaryContainer: ExpressGatewayContainer | None = None
    taskRoleArn: str | None = None
    networkConfiguration: ExpressGatewayServiceNetworkConfiguration | None = None
    cpu: str | None = None
    memory: str | None = None
    cpuArchitecture: str | None = None
    scalingTarget: ExpressGatewayScalingTarget | None = None
    tags: list[Tag] | None = None
    taskDefinitionArn: str | None = None


class ExpressGatewayServiceStatus(Struct, kw_only=True, omit_defaults=True, gc=False):
    statusCode: str | None = None
    statusReason: str | None = None


class IngressPathSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    accessType: str | None = None
    endpoint: str | None = None


class ExpressGatewayServiceConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceRevisionArn: str | None = None
    executionRoleArn: str | None = None
    taskRoleArn: str | None = None
    taskDefinitionArn: str | None = None
    cpu: str | None = None
    memory: str | None = None
    cpuArchitecture: str | None = None
    networkConfiguration: ExpressGatewayServiceNetworkConfiguration | None = None
    healthCheckPath: str | None = None
    primaryContainer: ExpressGatewayContainer | None = None
    scalingTarget: ExpressGatewayScalingTarget | None = None
    ingressPaths: list[IngressPathSummary] | None = None
    createdAt: float | None = None


class ECSExpressGatewayService(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    serviceName: str | None = None
    serviceArn: str | None = None
    infrastructureRoleArn: str | None = None
    status: ExpressGatewayServiceStatus | None = None
    currentDeployment: str | None = None
    activeConfigurations: list[ExpressGatewayServiceConfiguration] | None = None
    tags: list[Tag] | None = None
    createdAt: float | None = None
    updatedAt: float | None = None


class CreateExpressGatewayServiceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: ECSExpressGatewayService | None = None


class GatewayElbNetworkConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    inboundSecurityGroup: str | None = None
    subnets: list[str] | None = None
    ipAddressType: str | None = None


class GatewayElbAccessLogS3Destination(Struct, kw_only=True, omit_defaults=True, gc=False):
    bucket: str | None = None
    prefix: str | None = None


class GatewayElbAccessLogDestination(Struct, kw_only=True, omit_defaults=True, gc=False):
    s3: GatewayElbAccessLogS3Destination | None = None


class GatewayElbAccessLogConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    destination: GatewayElbAccessLogDestination | None = None


class GatewayTestTrafficHeader(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    values: list[str] | None = None


class GatewayAlbTestTrafficRules(Struct, kw_only=True, omit_defaults=True, gc=False):
    header: GatewayTestTrafficHeader | None = None


class HostSharedAlbConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    networkConfiguration: GatewayElbNetworkConfiguration | None = None
    scheme: str | None = None
    webACLArn: str | None = None
    accessLogs: GatewayElbAccessLogConfiguration | None = None
    port: Integer | None = None
    protocol: str | None = None
    maxAlbCount: Integer | None = None
    httpDesync: str | None = None
    testTrafficRules: GatewayAlbTestTrafficRules | None = None


class GatewayConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostSharedAlb: HostSharedAlbConfiguration | None = None


class CreateGatewayRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str = ""
    infrastructureRoleArn: str = ""
    clientToken: str | None = None
    deletionProtection: bool | None = None
    configuration: GatewayConfiguration | None = None
    tags: list[Tag] | None = None
    propagateTags: str | None = None


class CreateGatewayResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    name: str | None = None
    status: str | None = None


class LoadBalancer(Struct, kw_only=True, omit_defaults=True, gc=False):
    targetGroupArn: str | None = None
    loadBalancerName: str | None = None
    containerName: str | None = None
    containerPort: Integer | None = None
    advancedConfiguration: AdvancedConfiguration | None = None


class ServiceRegistry(Struct, kw_only=True, omit_defaults=True, gc=False):
    registryArn: str | None = None
    port: Integer | None = None
    containerName: str | None = None
    containerPort: Integer | None = None


class ThresholdConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None
    value: Integer | None = None


class DeploymentCircuitBreaker(Struct, kw_only=True, omit_defaults=True, gc=False):
    enable: bool | None = None
    rollback: bool | None = None
    resetOnHealthyTask: bool | None = None
    thresholdConfiguration: ThresholdConfiguration | None = None


class DeploymentAlarms(Struct, kw_only=True, omit_defaults=True, gc=False):
    alarmNames: list[str] | None = None
    rollback: bool | None = None
    enable: bool | None = None


class DeploymentLifecycleHookTimeoutConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    timeoutInMinutes: Integer | None = None
    action: str | None = None


class DeploymentLifecycleHook(Struct, kw_only=True, omit_defaults=True, gc=False):
    targetType: str | None = None
    hookTargetArn: str | None = None
    roleArn: str | None = None
    lifecycleStages: list[str] | None = None
    hookDetails: Any | None = None
    timeoutConfiguration: DeploymentLifecycleHookTimeoutConfiguration | None = None


class LinearConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    stepPercent: float | None = None
    stepBakeTimeInMinutes: Integer | None = None


class DeploymentEarlySuccessCriteria(Struct, kw_only=True, omit_defaults=True, gc=False):
    enable: bool | None = None
    healthyPercent: Integer | None = None
    sourceServiceRevisionCleanup: str | None = None


class DeploymentConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    deploymentCircuitBreaker: DeploymentCircuitBreaker | None = None
    maximumPercent: Integer | None = None
    minimumHealthyPercent: Integer | None = None
    alarms: DeploymentAlarms | None = None
    strategy: str | None = None
    bakeTimeInMinutes: Integer | None = None
    lifecycleHooks: list[DeploymentLifecycleHook] | None = None
    linearConfiguration: LinearConfiguration | None = None
    canaryConfiguration: CanaryConfiguration | None = None
    earlySuccessCriteria: DeploymentEarlySuccessCriteria | None = None


class PlacementConstraint(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None
    expression: str | None = None


class PlacementStrategy(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None
    field: str | None = None


class NetworkConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    awsvpcConfiguration: AwsVpcConfiguration | None = None


class DeploymentController(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None


class ServiceConnectTestTrafficHeaderMatchRules(Struct, kw_only=True, omit_defaults=True, gc=False):
    exact: str | None = None


class ServiceConnectTestTrafficHeaderRules(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    value: ServiceConnectTestTrafficHeaderMatchRules | None = None


class ServiceConnectTestTrafficRules(Struct, kw_only=True, omit_defaults=True, gc=False):
    header: ServiceConnectTestTrafficHeaderRules | None = None


class ServiceConnectClientAlias(Struct, kw_only=True, omit_defaults=True, gc=False):
    port: Integer | None = None
    dnsName: str | None = None
    testTrafficRules: ServiceConnectTestTrafficRules | None = None


class TimeoutConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    idleTimeoutSeconds: Integer | None = None
    perRequestTimeoutSeconds: Integer | None = None


class ServiceConnectTlsCertificateAuthority(Struct, kw_only=True, omit_defaults=True, gc=False):
    awsPcaAuthorityArn: str | None = None


class ServiceConnectTlsConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    issuerCertificateAuthority: ServiceConnectTlsCertificateAuthority | None = None
    kmsKey: str | None = None
    roleArn: str | None = None


class ServiceConnectService(Struct, kw_only=True, omit_defaults=True, gc=False):
    portName: str | None = None
    discoveryName: str | None = None
    clientAliases: list[ServiceConnectClientAlias] | None = None
    ingressPortOverride: Integer | None = None
    timeout: TimeoutConfiguration | None = None
    tls: ServiceConnectTlsConfiguration | None = None


class ServiceConnectAccessLogConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    format: str | None = None
    includeQueryParameters: str | None = None


class ServiceConnectContainerConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    logLevel: str | None = None


class ServiceConnectConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    enabled: bool | None = None
    namespace: str | None = None
    services: list[ServiceConnectService] | None = None
    logConfiguration: LogConfiguration | None = None
    accessLogConfiguration: ServiceConnectAccessLogConfiguration | None = None
    containerConfigurations: list[ServiceConnectContainerConfiguration] | None = None


class EBSTagSpecification(Struct, kw_only=True, omit_defaults=True, gc=False):
    resourceType: str | None = None
    tags: list[Tag] | None = None
    propagateTags: str | None = None


class ServiceManagedEBSVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    encrypted: bool | None = None
    kmsKeyId: str | None = None
    volumeType: str | None = None
    sizeInGiB: Integer | None = None
    snapshotId: str | None = None
    volumeInitializationRate: Integer | None = None
    iops: Integer | None = None
    throughput: Integer | None = None
    tagSpecifications: list[EBSTagSpecification] | None = None
    roleArn: str | None = None
    filesystemType: str | None = None


class ServiceVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    managedEBSVolume: ServiceManagedEBSVolumeConfiguration | None = None


class VpcLatticeAdvancedConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    alternateTargetGroupArn: str | None = None
    productionListenerRule: str | None = None
    testListenerRule: str | None = None


class VpcLatticeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    roleArn: str | None = None
    targetGroupArn: str | None = None
    portName: str | None = None
    advancedConfiguration: VpcLatticeAdvancedConfiguration | None = None


class GatewayConnectorHealthCheckMatcher(Struct, kw_only=True, omit_defaults=True, gc=False):
    httpCode: str | None = None
    grpcCode: str | None = None


class GatewayConnectorHealthCheck(Struct, kw_only=True, omit_defaults=True, gc=False):
    healthCheckProtocol: str | None = None
    healthCheckPort: Integer | None = None
    healthCheckPath: str | None = None
    healthCheckTimeoutSeconds: Integer | None = None
    healthCheckIntervalSeconds: Integer | None = None
    healthyThresholdCount: Integer | None = None
    unhealthyThresholdCount: Integer | None = None
    matcher: GatewayConnectorHealthCheckMatcher | None = None


class GatewayConnectorFilters(Struct, kw_only=True, omit_defaults=True, gc=False):
    accessTypes: list[str] | None = None


class GatewayConnectorDeregistrationDelay(Struct, kw_only=True, omit_defaults=True, gc=False):
    timeoutSeconds: Integer | None = None


class GatewayConnector(Struct, kw_only=True, omit_defaults=True, gc=False):
    portName: str | None = None
    healthCheck: GatewayConnectorHealthCheck | None = None
    filters: GatewayConnectorFilters | None = None
    deregistrationDelay: GatewayConnectorDeregistrationDelay | None = None


class MetricConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    metricNames: list[str] | None = None
    resolutionSeconds: Integer | None = None


class MonitoringConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    metricConfigurations: list[MetricConfiguration] | None = None


class CreateServiceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    serviceName: str = ""
    taskDefinition: str | None = None
    availabilityZoneRebalancing: str | None = None
    loadBalancers: list[LoadBalancer] | None = None
    serviceRegistries: list[ServiceRegistry] | None = None
    desiredCount: Integer | None = None
    clientToken: str | None = None
    launchType: str | None = None
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    platformVersion: str | None = None
    role: str | None = None
    deploymentConfiguration: DeploymentConfiguration | None = None
    placementConstraints: list[PlacementConstraint] | None = None
    placementStrategy: list[PlacementStrategy] | None = None
    networkConfiguration: NetworkConfiguration | None = None
    healthCheckGracePeriodSeconds: Integer | None = None
    schedulingStrategy: str | None = None
    deploymentController: DeploymentController | None = None
    tags: list[Tag] | None = None
    enableECSManagedTags: bool | None = None
    propagateTags: str | None = None
    enableExecuteCommand: bool | None = None
    serviceConnectConfiguration: ServiceConnectConfiguration | None = None
    volumeConfigurations: list[ServiceVolumeConfiguration] | None = None
    vpcLatticeConfigurations: list[VpcLatticeConfiguration] | None = None
    gatewayConnectors: list[GatewayConnector] | None = None
    monitoring: MonitoringConfiguration | None = None


class Scale(Struct, kw_only=True, omit_defaults=True, gc=False):
    value: float | None = None
    unit: str | None = None


class DeploymentEphemeralStorage(Struct, kw_only=True, omit_defaults=True, gc=False):
    kmsKeyId: str | None = None


class TaskSet(Struct, kw_only=True, omit_defaults=True, gc=False):
    id: str | None = None
    taskSetArn: str | None = None
    serviceArn: str | None = None
    clusterArn: str | None = None
    startedBy: str | None = None
    externalId: str | None = None
    status: str | None = None
    taskDefinition: str | None = None
    computedDesiredCount: Integer | None = None
    pendingCount: Integer | None = None
    runningCount: Integer | None = None
    createdAt: float | None = None
    updatedAt: float | None = None
    launchType: str | None = None
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    platformVersion: str | None = None
    platformFamily: str | None = None
    networkConfiguration: NetworkConfiguration | None = None
    loadBalancers: list[LoadBalancer] | None = None
    serviceRegistries: list[ServiceRegistry] | None = None
    scale: Scale | None = None
    stabilityStatus: str | None = None
    stabilityStatusAt: float | None = None
    tags: list[Tag] | None = None
    fargateEphemeralStorage: DeploymentEphemeralStorage | None = None


class ServiceConnectServiceResource(Struct, kw_only=True, omit_defaults=True, gc=False):
    discoveryName: str | None = None
    discoveryArn: str | None = None


class Deployment(Struct, kw_only=True, omit_defaults=True, gc=False):
    id: str | None = None
    status: str | None = None
    taskDefinition: str | None = None
    desiredCount: Integer | None = None
    pendingCount: Integer | None = None
    runningCount: Integer | None = None
    failedTasks: Integer | None = None
    createdAt: float | None = None
    updatedAt: float | None = None
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    launchType: str | None = None
    platformVersion: str | None = None
    platformFamily: str | None = None
    networkConfiguration: NetworkConfiguration | None = None
    rolloutState: str | None = None
    rolloutStateReason: str | None = None
    serviceConnectConfiguration: ServiceConnectConfiguration | None = None
    serviceConnectResources: list[ServiceConnectServiceResource] | None = None
    volumeConfigurations: list[ServiceVolumeConfiguration] | None = None
    fargateEphemeralStorage: DeploymentEphemeralStorage | None = None
    vpcLatticeConfigurations: list[VpcLatticeConfiguration] | None = None


class ServiceEvent(Struct, kw_only=True, omit_defaults=True, gc=False):
    id: str | None = None
    createdAt: float | None = None
    message: str | None = None


class ServiceCurrentRevisionSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    requestedTaskCount: Integer | None = None
    runningTaskCount: Integer | None = None
    pendingTaskCount: Integer | None = None


class Service(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceArn: str | None = None
    serviceName: str | None = None
    clusterArn: str | None = None
    loadBalancers: list[LoadBalancer] | None = None
    serviceRegistries: list[ServiceRegistry] | None = None
    status: str | None = None
    desiredCount: Integer | None = None
    runningCount: Integer | None = None
    pendingCount: Integer | None = None
    launchType: str | None = None
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    platformVersion: str | None = None
    platformFamily: str | None = None
    taskDefinition: str | None = None
    deploymentConfiguration: DeploymentConfiguration | None = None
    taskSets: list[TaskSet] | None = None
    deployments: list[Deployment] | None = None
    roleArn: str | None = None
    events: list[ServiceEvent] | None = None
    createdAt: float | None = None
    currentServiceDeployment: str | None = None
    currentServiceRevisions: list[ServiceCurrentRevisionSummary] | None = None
    placementConstraints: list[PlacementConstraint] | None = None
    placementStrategy: list[PlacementStrategy] | None = None
    networkConfiguration: NetworkConfiguration | None = None
    healthCheckGracePeriodSeconds: Integer | None = None
    schedulingStrategy: str | None = None
    deploymentController: DeploymentController | None = None
    tags: list[Tag] | None = None
    createdBy: str | None = None
    enableECSManagedTags: bool | None = None
    propagateTags: str | None = None
    enableExecuteCommand: bool | None = None
    availabilityZoneRebalancing: str | None = None
    resourceManagementType: str | None = None


class CreateServiceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: Service | None = None


class CreateTaskSetRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: str = ""
    cluster: str = ""
    externalId: str | None = None
    taskDefinition: str = ""
    networkConfiguration: NetworkConfiguration | None = None
    loadBalancers: list[LoadBalancer] | None = None
    serviceRegistries: list[ServiceRegistry] | None = None
    launchType: str | None = None
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    platformVersion: str | None = None
    scale: Scale | None = None
    clientToken: str | None = None
    tags: list[Tag] | None = None


class CreateTaskSetResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskSet: TaskSet | None = None


class CreatedAt(Struct, kw_only=True, omit_defaults=True, gc=False):
    before: float | None = None
    after: float | None = None


class DaemonCapacityProvider(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    runningCount: Integer | None = None
    withoutDaemonCount: Integer | None = None


class DaemonCircuitBreaker(Struct, kw_only=True, omit_defaults=True, gc=False):
    failureCount: Integer | None = None
    status: str | None = None
    threshold: Integer | None = None


class DaemonLinuxParameters(Struct, kw_only=True, omit_defaults=True, gc=False):
    capabilities: KernelCapabilities | None = None
    devices: list[Device] | None = None
    initProcessEnabled: bool | None = None
    tmpfs: list[Tmpfs] | None = None


class DaemonContainerDefinition(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    image: str | None = None
    memory: Integer | None = None
    memoryReservation: Integer | None = None
    repositoryCredentials: RepositoryCredentials | None = None
    healthCheck: HealthCheck | None = None
    cpu: Integer | None = None
    essential: bool | None = None
    entryPoint: list[str] | None = None
    command: list[str] | None = None
    workingDirectory: str | None = None
    environmentFiles: list[EnvironmentFile] | None = None
    environment: list[KeyValuePair] | None = None
    secrets: list[Secret] | None = None
    readonlyRootFilesystem: bool | None = None
    mountPoints: list[MountPoint] | None = None
    logConfiguration: LogConfiguration | None = None
    firelensConfiguration: FirelensConfiguration | None = None
    privileged: bool | None = None
    user: str | None = None
    ulimits: list[Ulimit] | None = None
    linuxParameters: DaemonLinuxParameters | None = None
    dependsOn: list[ContainerDependency] | None = None
    startTimeout: Integer | None = None
    stopTimeout: Integer | None = None
    systemControls: list[SystemControl] | None = None
    interactive: bool | None = None
    pseudoTerminal: bool | None = None
    restartPolicy: ContainerRestartPolicy | None = None


class DaemonContainerImage(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerName: str | None = None
    imageDigest: str | None = None
    image: str | None = None


class DaemonDeploymentCapacityProvider(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    runningInstanceCount: Integer | None = None
    withoutDaemonInstanceCount: Integer | None = None
    drainingInstanceCount: Integer | None = None


class DaemonDeploymentRevisionDetail(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    capacityProviders: list[DaemonDeploymentCapacityProvider] | None = None
    totalRunningInstanceCount: Integer | None = None
    totalWithoutDaemonInstanceCount: Integer | None = None
    totalDrainingInstanceCount: Integer | None = None


class DaemonDeploymentAlarms(Struct, kw_only=True, omit_defaults=True, gc=False):
    status: str | None = None
    alarmNames: list[str] | None = None
    triggeredAlarmNames: list[str] | None = None


class DaemonRollback(Struct, kw_only=True, omit_defaults=True, gc=False):
    reason: str | None = None
    startedAt: float | None = None
    rollbackTargetDaemonRevisionArn: str | None = None
    rollbackCapacityProviders: list[str] | None = None


class DaemonDeployment(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonDeploymentArn: str | None = None
    clusterArn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    targetDaemonRevision: DaemonDeploymentRevisionDetail | None = None
    sourceDaemonRevisions: list[DaemonDeploymentRevisionDetail] | None = None
    circuitBreaker: DaemonCircuitBreaker | None = None
    alarms: DaemonDeploymentAlarms | None = None
    rollback: DaemonRollback | None = None
    deploymentConfiguration: DaemonDeploymentConfiguration | None = None
    createdAt: float | None = None
    startedAt: float | None = None
    stoppedAt: float | None = None
    finishedAt: float | None = None


class DaemonDeploymentSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonDeploymentArn: str | None = None
    daemonArn: str | None = None
    clusterArn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    targetDaemonRevisionArn: str | None = None
    createdAt: float | None = None
    startedAt: float | None = None
    stoppedAt: float | None = None
    finishedAt: float | None = None


class DaemonRevisionDetail(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    capacityProviders: list[DaemonCapacityProvider] | None = None
    totalRunningCount: Integer | None = None
    totalWithoutDaemonCount: Integer | None = None


class DaemonDetail(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str | None = None
    clusterArn: str | None = None
    status: str | None = None
    currentRevisions: list[DaemonRevisionDetail] | None = None
    deploymentArn: str | None = None
    createdAt: float | None = None
    updatedAt: float | None = None


class DaemonRevision(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonRevisionArn: str | None = None
    clusterArn: str | None = None
    daemonArn: str | None = None
    daemonTaskDefinitionArn: str | None = None
    createdAt: float | None = None
    containerImages: list[DaemonContainerImage] | None = None
    propagateTags: str | None = None
    enableECSManagedTags: bool | None = None
    enableExecuteCommand: bool | None = None
    critical: bool | None = None


class DaemonSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str | None = None
    status: str | None = None
    createdAt: float | None = None
    updatedAt: float | None = None


class HostVolumeProperties(Struct, kw_only=True, omit_defaults=True, gc=False):
    sourcePath: str | None = None


class LogDriverVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    driver: str | None = None


class DaemonVolume(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    host: HostVolumeProperties | None = None
    logDriverVolumeConfiguration: LogDriverVolumeConfiguration | None = None


class DaemonTaskDefinition(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonTaskDefinitionArn: str | None = None
    family: str | None = None
    revision: Integer | None = None
    taskRoleArn: str | None = None
    executionRoleArn: str | None = None
    containerDefinitions: list[DaemonContainerDefinition] | None = None
    volumes: list[DaemonVolume] | None = None
    cpu: str | None = None
    memory: str | None = None
    status: str | None = None
    registeredAt: float | None = None
    deleteRequestedAt: float | None = None
    registeredBy: str | None = None
    pidMode: str | None = None
    ipcMode: str | None = None


class DaemonTaskDefinitionSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    registeredAt: float | None = None
    registeredBy: str | None = None
    deleteRequestedAt: float | None = None
    status: str | None = None


class DeleteAccountSettingRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str = ""
    principalArn: str | None = None


class Setting(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    value: str | None = None
    principalArn: str | None = None
    type: str | None = None


class DeleteAccountSettingResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    setting: Setting | None = None


class DeleteAttributesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    attributes: list[Attribute] = []


class DeleteAttributesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    attributes: list[Attribute] | None = None


class DeleteCapacityProviderRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProvider: str = ""
    cluster: str | None = None


class DeleteCapacityProviderResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProvider: CapacityProvider | None = None


class DeleteClusterRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""


class DeleteClusterResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: Cluster | None = None


class DeleteDaemonRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str = ""


class DeleteDaemonResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str | None = None
    status: str | None = None
    createdAt: float | None = None
    updatedAt: float | None = None
    deploymentArn: str | None = None


class DeleteDaemonTaskDefinitionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonTaskDefinition: str = ""


class DeleteDaemonTaskDefinitionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonTaskDefinitionArn: str | None = None


class DeleteExpressGatewayServiceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceArn: str = ""


class DeleteExpressGatewayServiceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: ECSExpressGatewayService | None = None


class DeleteGatewayRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str = ""


class DeleteGatewayResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    name: str | None = None
    status: str | None = None


class DeleteServiceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    service: str = ""
    force: bool | None = None


class DeleteServiceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: Service | None = None


class DeleteTaskDefinitionsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinitions: list[str] = []


class DockerVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    scope: str | None = None
    autoprovision: bool | None = None
    driver: str | None = None
    driverOpts: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class EFSAuthorizationConfig(Struct, kw_only=True, omit_defaults=True, gc=False):
    accessPointId: str | None = None
    iam: str | None = None


class EFSVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    fileSystemId: str | None = None
    rootDirectory: str | None = None
    transitEncryption: str | None = None
    transitEncryptionPort: Integer | None = None
    authorizationConfig: EFSAuthorizationConfig | None = None


class S3FilesVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    fileSystemArn: str | None = None
    rootDirectory: str | None = None
    transitEncryptionPort: Integer | None = None
    accessPointArn: str | None = None


class FSxWindowsFileServerAuthorizationConfig(Struct, kw_only=True, omit_defaults=True, gc=False):
    credentialsParameter: str | None = None
    domain: str | None = None


class FSxWindowsFileServerVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    fileSystemId: str | None = None
    rootDirectory: str | None = None
    authorizationConfig: FSxWindowsFileServerAuthorizationConfig | None = None


class Volume(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    host: HostVolumeProperties | None = None
    dockerVolumeConfiguration: DockerVolumeConfiguration | None = None
    efsVolumeConfiguration: EFSVolumeConfiguration | None = None
    s3filesVolumeConfiguration: S3FilesVolumeConfiguration | None = None
    fsxWindowsFileServerVolumeConfiguration: FSxWindowsFileServerVolumeConfiguration | None = None
    configuredAtLaunch: bool | None = None


class TaskDefinitionPlacementConstraint(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None
    expression: str | None = None


class RuntimePlatform(Struct, kw_only=True, omit_defaults=True, gc=False):
    cpuArchitecture: str | None = None
    operatingSystemFamily: str | None = None


class InferenceAccelerator(Struct, kw_only=True, omit_defaults=True, gc=False):
    deviceName: str | None = None
    deviceType: str | None = None


class ProxyConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    type: str | None = None
    containerName: str | None = None
    properties: list[KeyValuePair] | None = None


class EphemeralStorage(Struct, kw_only=True, omit_defaults=True, gc=False):
    sizeInGiB: Integer | None = None


class TrustedExecutionConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    isolationMode: str | None = None
    attestationPolicy: str | None = None


class TaskDefinition(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinitionArn: str | None = None
    containerDefinitions: list[ContainerDefinition] | None = None
    family: str | None = None
    taskRoleArn: str | None = None
    executionRoleArn: str | None = None
    networkMode: str | None = None
    revision: Integer | None = None
    volumes: list[Volume] | None = None
    status: str | None = None
    requiresAttributes: list[Attribute] | None = None
    placementConstraints: list[TaskDefinitionPlacementConstraint] | None = None
    compatibilities: list[str] | None = None
    runtimePlatform: RuntimePlatform | None = None
    requiresCompatibilities: list[str] | None = None
    cpu: str | None = None
    memory: str | None = None
    inferenceAccelerators: list[InferenceAccelerator] | None = None
    pidMode: str | None = None
    ipcMode: str | None = None
    proxyConfiguration: ProxyConfiguration | None = None
    registeredAt: float | None = None
    deregisteredAt: float | None = None
    deleteRequestedAt: float | None = None
    registeredBy: str | None = None
    ephemeralStorage: EphemeralStorage | None = None
    enableFaultInjection: bool | None = None
    trustedExecutionConfiguration: TrustedExecutionConfiguration | None = None


class Failure(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    reason: str | None = None
    detail: str | None = None


class DeleteTaskDefinitionsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinitions: list[TaskDefinition] | None = None
    failures: list[Failure] | None = None


class DeleteTaskSetRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    service: str = ""
    taskSet: str = ""
    force: bool | None = None


class DeleteTaskSetResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskSet: TaskSet | None = None


class DeploymentLifecycleHookDetail(Struct, kw_only=True, omit_defaults=True, gc=False):
    hookId: str | None = None
    targetType: str | None = None
    targetArn: str | None = None
    status: str | None = None
    expiresAt: float | None = None
    timeoutAction: str | None = None


class DeregisterContainerInstanceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    containerInstance: str = ""
    force: bool | None = None


class DeregisterContainerInstanceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstance: ContainerInstance | None = None


class DeregisterTaskDefinitionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinition: str = ""


class DeregisterTaskDefinitionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinition: TaskDefinition | None = None


class DescribeCapacityProvidersRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProviders: list[str] | None = None
    cluster: str | None = None
    include: list[str] | None = None
    maxResults: Integer | None = None
    nextToken: str | None = None


class DescribeCapacityProvidersResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProviders: list[CapacityProvider] | None = None
    failures: list[Failure] | None = None
    nextToken: str | None = None


class DescribeClustersRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    clusters: list[str] | None = None
    include: list[str] | None = None


class DescribeClustersResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    clusters: list[Cluster] | None = None
    failures: list[Failure] | None = None


class DescribeContainerInstancesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    containerInstances: list[str] = []
    include: list[str] | None = None


class DescribeContainerInstancesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstances: list[ContainerInstance] | None = None
    failures: list[Failure] | None = None


class DescribeDaemonDeploymentsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonDeploymentArns: list[str] = []


class DescribeDaemonDeploymentsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    failures: list[Failure] | None = None
    daemonDeployments: list[DaemonDeployment] | None = None


class DescribeDaemonRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str = ""


class DescribeDaemonResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemon: DaemonDetail | None = None


class DescribeDaemonRevisionsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonRevisionArns: list[str] = []


class DescribeDaemonRevisionsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonRevisions: list[DaemonRevision] | None = None
    failures: list[Failure] | None = None


class DescribeDaemonTaskDefinitionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonTaskDefinition: str = ""


class DescribeDaemonTaskDefinitionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonTaskDefinition: DaemonTaskDefinition | None = None


class DescribeExpressGatewayServiceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceArn: str = ""
    include: list[str] | None = None


class DescribeExpressGatewayServiceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: ECSExpressGatewayService | None = None


class DescribeGatewayAlbConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    networkConfiguration: GatewayElbNetworkConfiguration | None = None
    scheme: str | None = None
    accessLogs: GatewayElbAccessLogConfiguration | None = None
    webACLArn: str | None = None
    port: Integer | None = None
    protocol: str | None = None
    maxAlbCount: Integer | None = None
    currentAlbCount: Integer | None = None
    httpDesync: str | None = None
    testTrafficRules: GatewayAlbTestTrafficRules | None = None


class DescribeGatewayConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostSharedAlb: DescribeGatewayAlbConfiguration | None = None


class DescribeGatewayRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str = ""


class DescribeGatewayResourcesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str = ""
    maxResults: Integer | None = None
    nextToken: str | None = None


class ElbGatewayResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    loadBalancerArn: str | None = None
    listenerArn: str | None = None
    securityGroup: str | None = None
    gatewayRouteArns: list[str] | None = None


class GatewayInfrastructureResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostSharedAlb: list[ElbGatewayResources] | None = None


class GatewayResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    resources: GatewayInfrastructureResources | None = None


class DescribeGatewayResourcesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayResources: GatewayResources | None = None
    nextToken: str | None = None


class GatewayOperationError(Struct, kw_only=True, omit_defaults=True, gc=False):
    operation: str | None = None
    code: str | None = None
    message: str | None = None


class GatewayResourceFailure(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    errors: list[GatewayOperationError] | None = None


class Gateway(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    name: str | None = None
    status: str | None = None
    statusReason: str | None = None
    failures: list[GatewayResourceFailure] | None = None
    infrastructureRoleArn: str | None = None
    deletionProtection: bool | None = None
    configuration: DescribeGatewayConfiguration | None = None
    accessType: str | None = None
    propagateTags: str | None = None
    tags: list[Tag] | None = None
    createdAt: float | None = None
    updatedAt: float | None = None


class DescribeGatewayResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: Gateway | None = None


class DescribeGatewayRouteRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayRouteArn: str = ""


class GatewayRouteLoadBalancerSecurityGroup(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    ruleArns: list[str] | None = None


class GatewayRouteAlbResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    acmCertificateArn: str | None = None
    loadBalancerArn: str | None = None
    listenerArn: str | None = None
    listenerRuleArn: str | None = None
    testListenerRuleArns: list[str] | None = None
    loadBalancerSecurityGroups: list[GatewayRouteLoadBalancerSecurityGroup] | None = None
    serviceSecurityGroupArn: str | None = None


class GatewayRouteResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostSharedAlb: list[GatewayRouteAlbResources] | None = None


class GatewayRoute(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayRouteArn: str | None = None
    serviceArn: str | None = None
    serviceContainerPortName: str | None = None
    status: str | None = None
    serviceUrl: str | None = None
    resources: GatewayRouteResources | None = None


class DescribeGatewayRouteResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayRoute: GatewayRoute | None = None


class DescribeServiceDeploymentsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeploymentArns: list[str] = []


class ServiceRevisionSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    requestedTaskCount: Integer | None = None
    runningTaskCount: Integer | None = None
    pendingTaskCount: Integer | None = None
    requestedTestTrafficWeight: float | None = None
    requestedProductionTrafficWeight: float | None = None


class Rollback(Struct, kw_only=True, omit_defaults=True, gc=False):
    reason: str | None = None
    startedAt: float | None = None
    serviceRevisionArn: str | None = None


class ServiceDeploymentCircuitBreaker(Struct, kw_only=True, omit_defaults=True, gc=False):
    status: str | None = None
    failureCount: Integer | None = None
    threshold: Integer | None = None


class ServiceDeploymentAlarms(Struct, kw_only=True, omit_defaults=True, gc=False):
    status: str | None = None
    alarmNames: list[str] | None = None
    triggeredAlarmNames: list[str] | None = None


class ServiceDeployment(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeploymentArn: str | None = None
    serviceArn: str | None = None
    clusterArn: str | None = None
    createdAt: float | None = None
    startedAt: float | None = None
    finishedAt: float | None = None
    stoppedAt: float | None = None
    updatedAt: float | None = None
    sourceServiceRevisions: list[ServiceRevisionSummary] | None = None
    targetServiceRevision: ServiceRevisionSummary | None = None
    status: str | None = None
    statusReason: str | None = None
    lifecycleStage: str | None = None
    lifecycleHookDetails: list[DeploymentLifecycleHookDetail] | None = None
    deploymentConfiguration: DeploymentConfiguration | None = None
    rollback: Rollback | None = None
    deploymentCircuitBreaker: ServiceDeploymentCircuitBreaker | None = None
    alarms: ServiceDeploymentAlarms | None = None


class DescribeServiceDeploymentsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeployments: list[ServiceDeployment] | None = None
    failures: list[Failure] | None = None


class DescribeServiceRevisionsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceRevisionArns: list[str] = []


class ServiceRevisionLoadBalancer(Struct, kw_only=True, omit_defaults=True, gc=False):
    targetGroupArn: str | None = None
    productionListenerRule: str | None = None


class ServiceRevisionVpcLatticeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    targetGroupArn: str | None = None
    productionListenerRule: str | None = None


class ResolvedConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    loadBalancers: list[ServiceRevisionLoadBalancer] | None = None
    vpcLatticeConfigurations: list[ServiceRevisionVpcLatticeConfiguration] | None = None


class ManagedLoadBalancer(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None
    scheme: str | None = None
    subnetIds: list[str] | None = None
    securityGroupIds: list[str] | None = None


class ManagedSecurityGroup(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None


class ManagedCertificate(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None
    domainName: str | None = None


class ManagedListener(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None


class ManagedListenerRule(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None


class ManagedTargetGroup(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None
    healthCheckPath: str | None = None
    healthCheckPort: Integer | None = None
    port: Integer | None = None


class ManagedIngressPath(Struct, kw_only=True, omit_defaults=True, gc=False):
    accessType: str | None = None
    endpoint: str | None = None
    loadBalancer: ManagedLoadBalancer | None = None
    loadBalancerSecurityGroups: list[ManagedSecurityGroup] | None = None
    certificate: ManagedCertificate | None = None
    listener: ManagedListener | None = None
    rule: ManagedListenerRule | None = None
    targetGroups: list[ManagedTargetGroup] | None = None


class ManagedScalableTarget(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None
    minCapacity: Integer | None = None
    maxCapacity: Integer | None = None


class ManagedApplicationAutoScalingPolicy(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None
    policyType: str | None = None
    targetValue: float | None = None
    metric: str | None = None


class ManagedAutoScaling(Struct, kw_only=True, omit_defaults=True, gc=False):
    scalableTarget: ManagedScalableTarget | None = None
    applicationAutoScalingPolicies: list[ManagedApplicationAutoScalingPolicy] | None = None


class ManagedMetricAlarm(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None


class ManagedLogGroup(Struct, kw_only=True, omit_defaults=True, gc=False):
    arn: str | None = None
    status: str | None = None
    statusReason: str | None = None
    updatedAt: float | None = None
    logGroupName: str | None = None


class GatewayConnectionAlbResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    acmCertificateArn: str | None = None
    loadBalancerArn: str | None = None
    loadBalancerSecurityGroupArns: list[str] | None = None
    listenerArn: str | None = None
    listenerRuleArn: str | None = None
    testListenerRuleArn: str | None = None
    targetGroupArn: str | None = None
    alternateTargetGroupArn: str | None = None


class GatewayConnectionResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostSharedAlb: list[GatewayConnectionAlbResources] | None = None


class GatewayConnection(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    gatewayRouteArn: str | None = None
    portName: str | None = None
    serviceUrl: str | None = None
    accessType: str | None = None
    status: str | None = None
    resources: GatewayConnectionResources | None = None


class ECSManagedResources(Struct, kw_only=True, omit_defaults=True, gc=False):
    ingressPaths: list[ManagedIngressPath] | None = None
    autoScaling: ManagedAutoScaling | None = None
    metricAlarms: list[ManagedMetricAlarm] | None = None
    serviceSecurityGroups: list[ManagedSecurityGroup] | None = None
    logGroups: list[ManagedLogGroup] | None = None
    gatewayConnections: list[GatewayConnection] | None = None


class RuntimePlatformOverride(Struct, kw_only=True, omit_defaults=True, gc=False):
    cpuArchitecture: str | None = None


class ServiceRevisionOverrides(Struct, kw_only=True, omit_defaults=True, gc=False):
    runtimePlatform: RuntimePlatformOverride | None = None


class ServiceRevision(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceRevisionArn: str | None = None
    serviceArn: str | None = None
    clusterArn: str | None = None
    taskDefinition: str | None = None
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    launchType: str | None = None
    platformVersion: str | None = None
    platformFamily: str | None = None
    loadBalancers: list[LoadBalancer] | None = None
    serviceRegistries: list[ServiceRegistry] | None = None
    networkConfiguration: NetworkConfiguration | None = None
    containerImages: list[ContainerImage] | None = None
    guardDutyEnabled: bool | None = None
    serviceConnectConfiguration: ServiceConnectConfiguration | None = None
    volumeConfigurations: list[ServiceVolumeConfiguration] | None = None
    fargateEphemeralStorage: DeploymentEphemeralStorage | None = None
    createdAt: float | None = None
    vpcLatticeConfigurations: list[VpcLatticeConfiguration] | None = None
    resolvedConfiguration: ResolvedConfiguration | None = None
    ecsManagedResources: ECSManagedResources | None = None
    overrides: ServiceRevisionOverrides | None = None
    gatewayConnectors: list[GatewayConnector] | None = None
    monitoring: MonitoringConfiguration | None = None


class DescribeServiceRevisionsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceRevisions: list[ServiceRevision] | None = None
    failures: list[Failure] | None = None


class DescribeServicesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    services: list[str] = []
    include: list[str] | None = None


class DescribeServicesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    services: list[Service] | None = None
    failures: list[Failure] | None = None


class DescribeTaskDefinitionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinition: str = ""
    include: list[str] | None = None


class DescribeTaskDefinitionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinition: TaskDefinition | None = None
    tags: list[Tag] | None = None


class DescribeTaskSetsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    service: str = ""
    taskSets: list[str] | None = None
    include: list[str] | None = None


class DescribeTaskSetsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskSets: list[TaskSet] | None = None
    failures: list[Failure] | None = None


class DescribeTasksRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    tasks: list[str] = []
    include: list[str] | None = None


class InferenceAcceleratorOverride(Struct, kw_only=True, omit_defaults=True, gc=False):
    deviceName: str | None = None
    deviceType: str | None = None


class TaskOverride(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerOverrides: list[ContainerOverride] | None = None
    cpu: str | None = None
    inferenceAcceleratorOverrides: list[InferenceAcceleratorOverride] | None = None
    executionRoleArn: str | None = None
    memory: str | None = None
    taskRoleArn: str | None = None
    ephemeralStorage: EphemeralStorage | None = None


class TaskEphemeralStorage(Struct, kw_only=True, omit_defaults=True, gc=False):
    sizeInGiB: Integer | None = None
    kmsKeyId: str | None = None


class TrustedExecutionSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    isolationMode: str | None = None
    attestationPolicyStatus: str | None = None


class Task(Struct, kw_only=True, omit_defaults=True, gc=False):
    attachments: list[Attachment] | None = None
    attributes: list[Attribute] | None = None
    availabilityZone: str | None = None
    capacityProviderName: str | None = None
    clusterArn: str | None = None
    connectivity: str | None = None
    connectivityAt: float | None = None
    containerInstanceArn: str | None = None
    containers: list[Container] | None = None
    cpu: str | None = None
    createdAt: float | None = None
    desiredStatus: str | None = None
    enableExecuteCommand: bool | None = None
    executionStoppedAt: float | None = None
    group: str | None = None
    healthStatus: str | None = None
    inferenceAccelerators: list[InferenceAccelerator] | None = None
    lastStatus: str | None = None
    launchType: str | None = None
    memory: str | None = None
    overrides: TaskOverride | None = None
    platformVersion: str | None = None
    platformFamily: str | None = None
    pullStartedAt: float | None = None
    pullStoppedAt: float | None = None
    startedAt: float | None = None
    startedBy: str | None = None
    stopCode: str | None = None
    stoppedAt: float | None = None
    stoppedReason: str | None = None
    stoppingAt: float | None = None
    tags: list[Tag] | None = None
    taskArn: str | None = None
    taskDefinitionArn: str | None = None
    version: Long | None = None
    ephemeralStorage: EphemeralStorage | None = None
    fargateEphemeralStorage: TaskEphemeralStorage | None = None
    trustedExecutionSummary: TrustedExecutionSummary | None = None


class DescribeTasksResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    tasks: list[Task] | None = None
    failures: list[Failure] | None = None


class DisassociateGatewayFromClusterRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str = ""
    cluster: str = ""


class DisassociateGatewayFromClusterResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    clusterArn: str | None = None
    status: str | None = None


class DiscoverPollEndpointRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstance: str | None = None
    cluster: str | None = None


class DiscoverPollEndpointResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    endpoint: str | None = None
    telemetryEndpoint: str | None = None
    serviceConnectEndpoint: str | None = None


class ExecuteCommandRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    container: str | None = None
    command: str = ""
    interactive: bool | None = None
    task: str = ""


class Session(Struct, kw_only=True, omit_defaults=True, gc=False):
    sessionId: str | None = None
    streamUrl: str | None = None
    tokenValue: str | None = None


class ExecuteCommandResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    clusterArn: str | None = None
    containerArn: str | None = None
    containerName: str | None = None
    interactive: bool | None = None
    session: Session | None = None
    taskArn: str | None = None


class GatewayClusterAssociationSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    clusterArn: str | None = None
    status: str | None = None


class GatewayRouteSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayRouteArn: str | None = None
    gatewayArn: str | None = None
    clusterArn: str | None = None
    serviceArn: str | None = None
    serviceContainerPortName: str | None = None
    status: str | None = None


class GatewaySummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    name: str | None = None
    status: str | None = None
    createdAt: float | None = None


class GetTaskProtectionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    tasks: list[str] | None = None


class ProtectedTask(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskArn: str | None = None
    protectionEnabled: bool | None = None
    expirationDate: float | None = None


class GetTaskProtectionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    protectedTasks: list[ProtectedTask] | None = None
    failures: list[Failure] | None = None


class InstanceLaunchTemplateUpdate(Struct, kw_only=True, omit_defaults=True, gc=False):
    ec2InstanceProfileArn: str | None = None
    networkConfiguration: ManagedInstancesNetworkConfiguration | None = None
    storageConfiguration: ManagedInstancesStorageConfiguration | None = None
    instanceMetadataTagsPropagation: bool | None = None
    localStorageConfiguration: ManagedInstancesLocalStorageConfiguration | None = None
    monitoring: str | None = None
    instanceRequirements: InstanceRequirementsRequest | None = None
    capacityReservations: CapacityReservationRequest | None = None


class ListAccountSettingsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    value: str | None = None
    principalArn: str | None = None
    effectiveSettings: bool | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None


class ListAccountSettingsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    settings: list[Setting] | None = None
    nextToken: str | None = None


class ListAttributesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    targetType: str = ""
    attributeName: str | None = None
    attributeValue: str | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None


class ListAttributesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    attributes: list[Attribute] | None = None
    nextToken: str | None = None


class ListClustersRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    nextToken: str | None = None
    maxResults: Integer | None = None


class ListClustersResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    clusterArns: list[str] | None = None
    nextToken: str | None = None


class ListContainerInstancesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    filter: str | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None
    status: str | None = None


class ListContainerInstancesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstanceArns: list[str] | None = None
    nextToken: str | None = None


class ListDaemonDeploymentsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str = ""
    status: list[str] | None = None
    createdAt: CreatedAt | None = None
    maxResults: Integer | None = None
    nextToken: str | None = None


class ListDaemonDeploymentsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    nextToken: str | None = None
    daemonDeployments: list[DaemonDeploymentSummary] | None = None


class ListDaemonTaskDefinitionsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    familyPrefix: str | None = None
    family: str | None = None
    revision: str | None = None
    status: str | None = None
    sort: str | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None


class ListDaemonTaskDefinitionsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonTaskDefinitions: list[DaemonTaskDefinitionSummary] | None = None
    nextToken: str | None = None


class ListDaemonsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    clusterArn: str | None = None
    capacityProviderArns: list[str] | None = None
    maxResults: Integer | None = None
    nextToken: str | None = None


class ListDaemonsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonSummariesList: list[DaemonSummary] | None = None
    nextToken: str | None = None


class ListGatewayClusterAssociationsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str | None = None
    cluster: str | None = None
    status: list[str] | None = None
    maxResults: Integer | None = None
    nextToken: str | None = None


class ListGatewayClusterAssociationsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayClusterAssociations: list[GatewayClusterAssociationSummary] | None = None
    nextToken: str | None = None


class ListGatewayRoutesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str | None = None
    cluster: str | None = None
    service: str | None = None
    serviceContainerPortName: str | None = None
    status: list[str] | None = None
    maxResults: Integer | None = None
    nextToken: str | None = None


class ListGatewayRoutesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayRoutes: list[GatewayRouteSummary] | None = None
    nextToken: str | None = None


class ListGatewaysRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    names: list[str] | None = None
    status: list[str] | None = None
    maxResults: Integer | None = None
    nextToken: str | None = None


class ListGatewaysResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateways: list[GatewaySummary] | None = None
    nextToken: str | None = None


class ListServiceDeploymentsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: str = ""
    cluster: str | None = None
    status: list[str] | None = None
    createdAt: CreatedAt | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None


class ServiceDeploymentBrief(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeploymentArn: str | None = None
    serviceArn: str | None = None
    clusterArn: str | None = None
    startedAt: float | None = None
    createdAt: float | None = None
    finishedAt: float | None = None
    targetServiceRevisionArn: str | None = None
    status: str | None = None
    statusReason: str | None = None


class ListServiceDeploymentsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeployments: list[ServiceDeploymentBrief] | None = None
    nextToken: str | None = None


class ListServicesByNamespaceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    namespace: str = ""
    nextToken: str | None = None
    maxResults: Integer | None = None


class ListServicesByNamespaceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceArns: list[str] | None = None
    nextToken: str | None = None


class ListServicesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None
    launchType: str | None = None
    schedulingStrategy: str | None = None
    resourceManagementType: str | None = None


class ListServicesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceArns: list[str] | None = None
    nextToken: str | None = None


class ListTagsForResourceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    resourceArn: str = ""


class ListTagsForResourceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    tags: list[Tag] | None = None


class ListTaskDefinitionFamiliesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    familyPrefix: str | None = None
    status: str | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None


class ListTaskDefinitionFamiliesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    families: list[str] | None = None
    nextToken: str | None = None


class ListTaskDefinitionsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    familyPrefix: str | None = None
    status: str | None = None
    sort: str | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None


class ListTaskDefinitionsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinitionArns: list[str] | None = None
    nextToken: str | None = None


class ListTasksRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    containerInstance: str | None = None
    family: str | None = None
    nextToken: str | None = None
    maxResults: Integer | None = None
    startedBy: str | None = None
    serviceName: str | None = None
    desiredStatus: str | None = None
    launchType: str | None = None
    daemonName: str | None = None


class ListTasksResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskArns: list[str] | None = None
    nextToken: str | None = None


class ManagedAgentStateChange(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerName: str | None = None
    managedAgentName: str | None = None
    status: str | None = None
    reason: str | None = None


class PlatformDevice(Struct, kw_only=True, omit_defaults=True, gc=False):
    id: str | None = None
    type: str | None = None


class PutAccountSettingDefaultRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str = ""
    value: str = ""


class PutAccountSettingDefaultResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    setting: Setting | None = None


class PutAccountSettingRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str = ""
    value: str = ""
    principalArn: str | None = None


class PutAccountSettingResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    setting: Setting | None = None


class PutAttributesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    attributes: list[Attribute] = []


class PutAttributesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    attributes: list[Attribute] | None = None


class PutClusterCapacityProvidersRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    capacityProviders: list[str] = []
    defaultCapacityProviderStrategy: list[CapacityProviderStrategyItem] = []


class PutClusterCapacityProvidersResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: Cluster | None = None


class RegisterContainerInstanceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    instanceIdentityDocument: str | None = None
    instanceIdentityDocumentSignature: str | None = None
    totalResources: list[Resource] | None = None
    versionInfo: VersionInfo | None = None
    containerInstanceArn: str | None = None
    attributes: list[Attribute] | None = None
    platformDevices: list[PlatformDevice] | None = None
    tags: list[Tag] | None = None


class RegisterContainerInstanceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstance: ContainerInstance | None = None


class RegisterDaemonTaskDefinitionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    family: str = ""
    taskRoleArn: str | None = None
    executionRoleArn: str | None = None
    containerDefinitions: list[DaemonContainerDefinition] = []
    cpu: str | None = None
    memory: str | None = None
    volumes: list[DaemonVolume] | None = None
    tags: list[Tag] | None = None
    pidMode: str | None = None
    ipcMode: str | None = None


class RegisterDaemonTaskDefinitionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonTaskDefinitionArn: str | None = None


class RegisterTaskDefinitionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    family: str = ""
    taskRoleArn: str | None = None
    executionRoleArn: str | None = None
    networkMode: str | None = None
    containerDefinitions: list[ContainerDefinition] = []
    volumes: list[Volume] | None = None
    placementConstraints: list[TaskDefinitionPlacementConstraint] | None = None
    requiresCompatibilities: list[str] | None = None
    cpu: str | None = None
    memory: str | None = None
    tags: list[Tag] | None = None
    pidMode: str | None = None
    ipcMode: str | None = None
    proxyConfiguration: ProxyConfiguration | None = None
    inferenceAccelerators: list[InferenceAccelerator] | None = None
    ephemeralStorage: EphemeralStorage | None = None
    runtimePlatform: RuntimePlatform | None = None
    enableFaultInjection: bool | None = None
    trustedExecutionConfiguration: TrustedExecutionConfiguration | None = None


class RegisterTaskDefinitionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskDefinition: TaskDefinition | None = None
    tags: list[Tag] | None = None


class TaskManagedEBSVolumeTerminationPolicy(Struct, kw_only=True, omit_defaults=True, gc=False):
    deleteOnTermination: bool | None = None


class TaskManagedEBSVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    encrypted: bool | None = None
    kmsKeyId: str | None = None
    volumeType: str | None = None
    sizeInGiB: Integer | None = None
    snapshotId: str | None = None
    volumeInitializationRate: Integer | None = None
    iops: Integer | None = None
    throughput: Integer | None = None
    tagSpecifications: list[EBSTagSpecification] | None = None
    roleArn: str | None = None
    terminationPolicy: TaskManagedEBSVolumeTerminationPolicy | None = None
    filesystemType: str | None = None


class TaskVolumeConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str | None = None
    managedEBSVolume: TaskManagedEBSVolumeConfiguration | None = None


class RunTaskRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    cluster: str | None = None
    count: Integer | None = None
    enableECSManagedTags: bool | None = None
    enableExecuteCommand: bool | None = None
    group: str | None = None
    launchType: str | None = None
    networkConfiguration: NetworkConfiguration | None = None
    overrides: TaskOverride | None = None
    placementConstraints: list[PlacementConstraint] | None = None
    placementStrategy: list[PlacementStrategy] | None = None
    platformVersion: str | None = None
    propagateTags: str | None = None
    referenceId: str | None = None
    startedBy: str | None = None
    tags: list[Tag] | None = None
    taskDefinition: str = ""
    clientToken: str | None = None
    volumeConfigurations: list[TaskVolumeConfiguration] | None = None


class RunTaskResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    tasks: list[Task] | None = None
    failures: list[Failure] | None = None


class StartTaskRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    containerInstances: list[str] = []
    enableECSManagedTags: bool | None = None
    enableExecuteCommand: bool | None = None
    group: str | None = None
    networkConfiguration: NetworkConfiguration | None = None
    overrides: TaskOverride | None = None
    propagateTags: str | None = None
    referenceId: str | None = None
    startedBy: str | None = None
    tags: list[Tag] | None = None
    taskDefinition: str = ""
    volumeConfigurations: list[TaskVolumeConfiguration] | None = None


class StartTaskResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    tasks: list[Task] | None = None
    failures: list[Failure] | None = None


class StopServiceDeploymentRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeploymentArn: str = ""
    stopType: str | None = None


class StopServiceDeploymentResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceDeploymentArn: str | None = None


class StopTaskRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    task: str = ""
    reason: str | None = None


class StopTaskResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    task: Task | None = None


class SubmitAttachmentStateChangesRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    attachments: list[AttachmentStateChange] = []


class SubmitAttachmentStateChangesResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    acknowledgment: str | None = None


class SubmitContainerStateChangeRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    task: str | None = None
    containerName: str | None = None
    runtimeId: str | None = None
    status: str | None = None
    exitCode: Integer | None = None
    reason: str | None = None
    networkBindings: list[NetworkBinding] | None = None


class SubmitContainerStateChangeResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    acknowledgment: str | None = None


class SubmitTaskStateChangeRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    task: str | None = None
    status: str | None = None
    reason: str | None = None
    containers: list[ContainerStateChange] | None = None
    attachments: list[AttachmentStateChange] | None = None
    managedAgents: list[ManagedAgentStateChange] | None = None
    pullStartedAt: float | None = None
    pullStoppedAt: float | None = None
    executionStoppedAt: float | None = None


class SubmitTaskStateChangeResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    acknowledgment: str | None = None


class TagResourceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    resourceArn: str = ""
    tags: list[Tag] = []


class TagResourceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    pass


class UntagResourceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    resourceArn: str = ""
    tagKeys: list[str] = []


class UntagResourceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    pass


class UpdateManagedInstancesProviderConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    infrastructureRoleArn: str | None = None
    instanceLaunchTemplate: InstanceLaunchTemplateUpdate | None = None
    propagateTags: str | None = None
    infrastructureOptimization: InfrastructureOptimization | None = None
    autoRepairConfiguration: AutoRepairConfiguration | None = None


class UpdateCapacityProviderRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    name: str = ""
    cluster: str | None = None
    autoScalingGroupProvider: AutoScalingGroupProviderUpdate | None = None
    managedInstancesProvider: UpdateManagedInstancesProviderConfiguration | None = None


class UpdateCapacityProviderResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    capacityProvider: CapacityProvider | None = None


class UpdateClusterRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    settings: list[ClusterSetting] | None = None
    configuration: ClusterConfiguration | None = None
    serviceConnectDefaults: ClusterServiceConnectDefaultsRequest | None = None


class UpdateClusterResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: Cluster | None = None


class UpdateClusterSettingsRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    settings: list[ClusterSetting] = []


class UpdateClusterSettingsResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: Cluster | None = None


class UpdateContainerAgentRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    containerInstance: str = ""


class UpdateContainerAgentResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstance: ContainerInstance | None = None


class UpdateContainerInstancesStateRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    containerInstances: list[str] = []
    status: str = ""


class UpdateContainerInstancesStateResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    containerInstances: list[ContainerInstance] | None = None
    failures: list[Failure] | None = None


class UpdateDaemonRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str = ""
    daemonTaskDefinitionArn: str = ""
    capacityProviderArns: list[str] = []
    deploymentConfiguration: DaemonDeploymentConfiguration | None = None
    propagateTags: str | None = None
    enableECSManagedTags: bool | None = None
    enableExecuteCommand: bool | None = None
    critical: bool | None = None


class UpdateDaemonResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    daemonArn: str | None = None
    status: str | None = None
    createdAt: float | None = None
    updatedAt: float | None = None
    deploymentArn: str | None = None


class UpdateExpressGatewayServiceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceArn: str = ""
    executionRoleArn: str | None = None
    healthCheckPath: str | None = None
    primaryContainer: ExpressGatewayContainer | None = None
    taskRoleArn: str | None = None
    networkConfiguration: ExpressGatewayServiceNetworkConfiguration | None = None
    cpu: str | None = None
    memory: str | None = None
    cpuArchitecture: str | None = None
    scalingTarget: ExpressGatewayScalingTarget | None = None
    taskDefinitionArn: str | None = None


class UpdatedExpressGatewayService(Struct, kw_only=True, omit_defaults=True, gc=False):
    serviceArn: str | None = None
    cluster: str | None = None
    serviceName: str | None = None
    status: ExpressGatewayServiceStatus | None = None
    targetConfiguration: ExpressGatewayServiceConfiguration | None = None
    createdAt: float | None = None
    updatedAt: float | None = None


class UpdateExpressGatewayServiceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: UpdatedExpressGatewayService | None = None


class UpdateGatewayNetworkConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    inboundSecurityGroup: str | None = None


class UpdateGatewayAlbConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    networkConfiguration: UpdateGatewayNetworkConfiguration | None = None
    maxAlbCount: Integer | None = None
    webACLArn: str | None = None
    accessLogs: GatewayElbAccessLogConfiguration | None = None
    httpDesync: str | None = None
    testTrafficRules: GatewayAlbTestTrafficRules | None = None


class UpdateGatewayConfiguration(Struct, kw_only=True, omit_defaults=True, gc=False):
    hostSharedAlb: UpdateGatewayAlbConfiguration | None = None


class UpdateGatewayRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    gateway: str = ""
    infrastructureRoleArn: str | None = None
    deletionProtection: bool | None = None
    configuration: UpdateGatewayConfiguration | None = None
    propagateTags: str | None = None


class UpdateGatewayResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    gatewayArn: str | None = None
    name: str | None = None
    status: str | None = None


class UpdateServicePrimaryTaskSetRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    service: str = ""
    primaryTaskSet: str = ""


class UpdateServicePrimaryTaskSetResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskSet: TaskSet | None = None


class UpdateServiceRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str | None = None
    service: str = ""
    desiredCount: Integer | None = None
    taskDefinition: str | None = None
    capacityProviderStrategy: list[CapacityProviderStrategyItem] | None = None
    deploymentConfiguration: DeploymentConfiguration | None = None
    availabilityZoneRebalancing: str | None = None
    networkConfiguration: NetworkConfiguration | None = None
    placementConstraints: list[PlacementConstraint] | None = None
    placementStrategy: list[PlacementStrategy] | None = None
    platformVersion: str | None = None
    forceNewDeployment: bool | None = None
    healthCheckGracePeriodSeconds: Integer | None = None
    deploymentController: DeploymentController | None = None
    enableExecuteCommand: bool | None = None
    enableECSManagedTags: bool | None = None
    loadBalancers: list[LoadBalancer] | None = None
    propagateTags: str | None = None
    serviceRegistries: list[ServiceRegistry] | None = None
    serviceConnectConfiguration: ServiceConnectConfiguration | None = None
    volumeConfigurations: list[ServiceVolumeConfiguration] | None = None
    vpcLatticeConfigurations: list[VpcLatticeConfiguration] | None = None
    gatewayConnectors: list[GatewayConnector] | None = None
    monitoring: MonitoringConfiguration | None = None


class UpdateServiceResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    service: Service | None = None


class UpdateTaskProtectionRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    tasks: list[str] = []
    protectionEnabled: bool | None = None
    expiresInMinutes: Integer | None = None


class UpdateTaskProtectionResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    protectedTasks: list[ProtectedTask] | None = None
    failures: list[Failure] | None = None


class UpdateTaskSetRequest(Struct, kw_only=True, omit_defaults=True, gc=False):
    cluster: str = ""
    service: str = ""
    taskSet: str = ""
    scale: Scale | None = None


class UpdateTaskSetResponse(Struct, kw_only=True, omit_defaults=True, gc=False):
    taskSet: TaskSet | None = None
