"""The one table of request members that become no part of a Kubernetes object, and what comes of each.

- `emulated`: kecs does it by itself, as the reason says.
- `kept`: stored and returned, but not acted on; events of a service tell its user (`unsupported`).
- `refused`: a task must not run without it, so tasks are not started; the reason goes to the user.

A row covers everything below its path. What has no row becomes part of an object; a test walks ECS's model and demands
that this is so, and that no row is stale.
"""

from typing import Literal

import msgspec

Verdict = Literal["emulated", "kept", "refused"]


class Row(msgspec.Struct, frozen=True):
    """One member of a request. Of `quiet` values the user is not told: they ask for nothing that is not done."""

    path: str
    verdict: Verdict
    reason: str
    quiet: tuple[object, ...] = ()


def _emulated(path: str, reason: str) -> Row:
    return Row(path, "emulated", reason)


def _kept(path: str, reason: str, *quiet: object) -> Row:
    return Row(path, "kept", reason, quiet)


def _refused(path: str, reason: str) -> Row:
    return Row(path, "refused", reason)


_NO_SECRETS = "there is no Secrets Manager or Parameter Store yet to read it from"
_NO_S3 = "there is no S3 to read the file from"
_NO_METRICS = "no metrics are collected"
_NO_BALANCER = "there are no load balancers yet"
_NO_REGISTRY = "there is no Cloud Map yet"
_NO_MESH = "Service Connect is not carried out yet"
_NO_EXEC = "ExecuteCommand is not served yet"
_ROLLING = "every deployment is a rolling update"
_OUTPUT = "what a container writes is kept as its log, whatever the log driver"
_NO_KUBERNETES = "Kubernetes has no field for it"
_NO_SUCH_DEVICE = "Amazon Elastic Inference does not exist any more"
_SHOWN = "shown by DescribeTasks"

_VOLUME = (
    _kept("volumeConfigurations[].managedEBSVolume.volumeInitializationRate", "the volumes begin empty"),
    _refused("volumeConfigurations[].managedEBSVolume.snapshotId", "volumes are not made from snapshots"),
    _kept("volumeConfigurations[].managedEBSVolume.tagSpecifications", "volumes carry no tags"),
    _emulated("volumeConfigurations[].managedEBSVolume.roleArn", "no AWS role is needed to make the volume"),
)
_AWSVPC = (
    _emulated("networkConfiguration.awsvpcConfiguration.subnets", "the task's zone and attachment name one of them"),
    _kept(
        "networkConfiguration.awsvpcConfiguration.securityGroups",
        "their rules are known to EC2 alone; tasks of a cluster reach each other",
    ),
    _kept("networkConfiguration.awsvpcConfiguration.assignPublicIp", "tasks have addresses of the cluster", "DISABLED"),
)
_LAUNCH = (
    _emulated("cluster", "names the namespace"),
    _emulated("taskDefinition", "names the definition"),
    _emulated("clientToken", "a repeated request finds what the first one made"),
    _emulated("launchType", _SHOWN),
    _emulated("platformVersion", _SHOWN),
    _emulated("enableECSManagedTags", "the tasks carry the tags aws:ecs:*"),
    _emulated("propagateTags", "the tasks carry the tags"),
    _emulated("tags", "kept on the object, and returned"),
    _kept("enableExecuteCommand", _NO_EXEC, False),
    *_AWSVPC,
)

TASK_DEFINITION: tuple[Row, ...] = (
    _emulated("executionRoleArn", "images are pulled with the node's credentials; the containers never see it"),
    _emulated("requiresCompatibilities", "checked when the definition is registered"),
    _emulated("tags", "kept on the object, returned, and passed on to tasks that ask for it"),
    _kept("ephemeralStorage", "nodes are not asked for scratch space"),
    _kept("inferenceAccelerators", _NO_SUCH_DEVICE),
    _kept("proxyConfiguration", "App Mesh does not exist any more"),
    _kept("enableFaultInjection", "there is no endpoint to inject faults at", False),
    _kept("trustedExecutionConfiguration", _NO_KUBERNETES),
    _kept("volumes[].dockerVolumeConfiguration.autoprovision", "shared volumes are made where there are none", True),
    _kept("volumes[].dockerVolumeConfiguration.driver", "shared volumes are directories of the node", "local"),
    _kept("volumes[].dockerVolumeConfiguration.driverOpts", "shared volumes are directories of the node"),
    _kept("volumes[].dockerVolumeConfiguration.labels", "volumes carry no labels"),
    _refused("volumes[].s3filesVolumeConfiguration", "S3 file systems cannot be mounted"),
    _refused("volumes[].fsxWindowsFileServerVolumeConfiguration", "FSx file systems cannot be mounted"),
    _emulated("volumes[].configuredAtLaunch", "the launch says what the volume is"),
    _kept("containerDefinitions[].repositoryCredentials", f"{_NO_SECRETS}; the image is pulled without"),
    _emulated("containerDefinitions[].restartPolicy.restartAttemptPeriod", "one that ends sooner ends the task"),
    _refused("containerDefinitions[].environmentFiles", _NO_S3),
    _refused("containerDefinitions[].secrets", _NO_SECRETS),
    _kept("containerDefinitions[].linuxParameters.devices", "containers are given no devices of the host"),
    _kept("containerDefinitions[].linuxParameters.tmpfs[].mountOptions", _NO_KUBERNETES),
    _kept("containerDefinitions[].linuxParameters.maxSwap", _NO_KUBERNETES),
    _kept("containerDefinitions[].linuxParameters.swappiness", _NO_KUBERNETES),
    _kept("containerDefinitions[].versionConsistency", "the node resolves an image when it pulls it", "disabled"),
    _kept("containerDefinitions[].disableNetworking", "the containers of a pod share one network", False),
    _kept("containerDefinitions[].ulimits", _NO_KUBERNETES),
    _emulated("containerDefinitions[].logConfiguration.logDriver", _OUTPUT),
    _emulated("containerDefinitions[].logConfiguration.options", _OUTPUT),
    _kept("containerDefinitions[].logConfiguration.secretOptions", _NO_SECRETS),
    _kept("containerDefinitions[].resourceRequirements[].sharingStrategy", _NO_KUBERNETES),
    _kept("containerDefinitions[].firelensConfiguration", "logs are not routed through the container"),
    _kept("containerDefinitions[].credentialSpecs", "containers do not join a domain"),
)

RUN_TASK: tuple[Row, ...] = (
    *_LAUNCH,
    *_VOLUME,
    _emulated("count", "as many pods"),
    _emulated("startedBy", f"{_SHOWN}, and a filter of ListTasks"),
    _kept("referenceId", "it has no meaning outside AWS"),
    _refused("overrides.containerOverrides[].environmentFiles", _NO_S3),
    _kept("overrides.containerOverrides[].resourceRequirements[].sharingStrategy", _NO_KUBERNETES),
    _kept("overrides.inferenceAcceleratorOverrides", _NO_SUCH_DEVICE),
    _emulated("overrides.executionRoleArn", "images are pulled with the node's credentials"),
    _kept("overrides.ephemeralStorage", "nodes are not asked for scratch space"),
    _kept("volumeConfigurations[].managedEBSVolume.terminationPolicy", "the volume goes when the task has ended", True),
)

SERVICE: tuple[Row, ...] = (
    *_LAUNCH,
    *_VOLUME,
    _emulated("availabilityZoneRebalancing", "the scheduler spreads tasks over zones when they start"),
    _kept("capacityProviderStrategy[].base", "all tasks of a service go to the provider of the largest weight", 0),
    _kept("loadBalancers", _NO_BALANCER),
    _kept("serviceRegistries", _NO_REGISTRY),
    _emulated("desiredCount", "the reconciler scales"),
    _emulated("role", "no AWS role is needed"),
    _emulated("deploymentConfiguration.deploymentCircuitBreaker", "the reconciler counts failed tasks"),
    _emulated("deploymentConfiguration.maximumPercent", "the reconciler rounds it to whole tasks"),
    _kept("deploymentConfiguration.alarms", "there is no CloudWatch", False),
    _kept("deploymentConfiguration.strategy", _ROLLING, "ROLLING"),
    _kept("deploymentConfiguration.bakeTimeInMinutes", _ROLLING, 0),
    _kept("deploymentConfiguration.lifecycleHooks", _ROLLING),
    _kept("deploymentConfiguration.linearConfiguration", _ROLLING),
    _kept("deploymentConfiguration.canaryConfiguration", _ROLLING),
    _kept("deploymentConfiguration.earlySuccessCriteria", "a deployment is complete when all of its tasks are healthy"),
    _kept("healthCheckGracePeriodSeconds", _NO_BALANCER, 0),
    _emulated("schedulingStrategy", "chooses between a Deployment and a DaemonSet"),
    _kept("deploymentController", "the scheduler of ECS itself is carried out", "ECS"),
    _kept("serviceConnectConfiguration", _NO_MESH, False),
    _kept("vpcLatticeConfigurations", "there is no VPC Lattice"),
    _kept("gatewayConnectors", "there are no gateways yet"),
    _kept("monitoring", _NO_METRICS),
)

CLUSTER: tuple[Row, ...] = (
    _emulated("clusterName", "names the namespace"),
    _emulated("capacityProviders", "tasks name the one that they were given to"),
    _emulated("defaultCapacityProviderStrategy", "used by launches that name neither a strategy nor a launch type"),
    _kept("settings", _NO_METRICS, "containerInsights", "disabled"),
    _kept("configuration.executeCommandConfiguration", _NO_EXEC, "DEFAULT"),
    _kept("configuration.managedStorageConfiguration", "there is no KMS"),
    _kept("serviceConnectDefaults", _NO_MESH),
)
