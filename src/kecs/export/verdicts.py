"""What becomes of each member of a task definition and a service in a tree: the one table behind the report.

| verdict | |
|---|---|
| exact | the tree does what ECS does |
| approximate | nearly so; the reason says what is otherwise |
| emulated | kecs's own controllers do it, and a plain cluster does not; the reason says what to do instead |
| lost | nothing in the tree does it |

A row covers everything below its path; the longest row counts. `place` is where it went: which file or part (`pod` is
the pod template's spec, `container` the container of that name), then the path in it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from kecs.translate.container.security import is_numeric

Verdict = Literal["exact", "approximate", "emulated", "lost"]
VERDICTS: tuple[Verdict, ...] = ("exact", "approximate", "emulated", "lost")


class Row(msgspec.Struct, frozen=True):
    """One member, what becomes of it, why, and where it went."""

    path: str
    verdict: Verdict
    reason: str = ""
    place: str = ""


def _exact(path: str, place: str, reason: str = "") -> Row:
    return Row(path, "exact", reason, place)


def _near(path: str, reason: str, place: str = "") -> Row:
    return Row(path, "approximate", reason, place)


def _lost(path: str, reason: str, place: str = "") -> Row:
    return Row(path, "lost", reason, place)


_C = "containerDefinitions[]"
_NO_FIELD = "Kubernetes has no field for it"
_TAGS = "tags are annotations of the workload; their keys are spelt as Kubernetes allows"
_RESTARTS = "a container that ends is started again in place, with a growing delay; ECS replaces the whole task"
_WHOLE_POD = "it holds for all containers of the pod"
_CANARY = "every rollout is a rolling update of the Deployment"
_NO_MOUNT = "the volume is empty scratch space: mount the file system with its CSI driver"

TASK_DEFINITION: tuple[Row, ...] = (
    _near("family", "revisions are the workload's: `kubectl rollout history`", "workload/metadata.name"),
    _exact(
        "taskRoleArn", "serviceaccount.yaml/metadata", "EKS reads the annotation; the role has to trust the account"
    ),
    _near(
        "executionRoleArn", "nodes pull images as themselves, and secrets are the cluster's: give those their rights"
    ),
    _exact("networkMode", "pod"),
    _exact(f"{_C}.name", "container/name"),
    _exact(f"{_C}.image", "container/image"),
    _near(f"{_C}.repositoryCredentials", "make the Secret that `imagePullSecrets` names", "pod/imagePullSecrets"),
    _exact(f"{_C}.cpu", "container/resources.requests.cpu", "a share, not a quota: a request without a limit"),
    _exact(f"{_C}.memory", "container/resources.limits.memory"),
    _exact(f"{_C}.memoryReservation", "container/resources.requests.memory"),
    _near(f"{_C}.links", "the containers of a pod share one network: the name leads to the pod", "pod/hostAliases"),
    _exact(f"{_C}.portMappings[].containerPort", "container/ports"),
    _near(f"{_C}.portMappings[].containerPortRange", "each port is written out", "container/ports"),
    _near(
        f"{_C}.portMappings[].hostPort",
        "only a port that bridge or host mode fixes is one of the node",
        "container/ports",
    ),
    _exact(f"{_C}.portMappings[].protocol", "container/ports"),
    _near(f"{_C}.portMappings[].name", "at most 15 characters", "container/ports"),
    _exact(f"{_C}.portMappings[].appProtocol", "service.yaml/spec.ports"),
    _near(f"{_C}.restartPolicy", _RESTARTS, "container"),
    _near(f"{_C}.essential", _RESTARTS, "container"),
    _exact(f"{_C}.entryPoint", "container/command"),
    _exact(f"{_C}.command", "container/args"),
    _exact(f"{_C}.environment[]", "configmap.yaml/data"),
    _lost(f"{_C}.environmentFiles", "put the variables of the file in S3 into the ConfigMap"),
    _exact(f"{_C}.mountPoints[]", "container/volumeMounts"),
    _near(f"{_C}.volumesFrom[]", "the other container's mounts are written out", "container/volumeMounts"),
    _exact(f"{_C}.linuxParameters.capabilities", "container/securityContext.capabilities"),
    _lost(f"{_C}.linuxParameters.devices", "devices of the node need a device plugin"),
    _near(f"{_C}.linuxParameters.initProcessEnabled", _WHOLE_POD, "pod/shareProcessNamespace"),
    _near(f"{_C}.linuxParameters.sharedMemorySize", "a volume in memory at /dev/shm", "pod/volumes"),
    _near(f"{_C}.linuxParameters.tmpfs[]", "a volume in memory", "pod/volumes"),
    _lost(f"{_C}.linuxParameters.tmpfs[].mountOptions", _NO_FIELD),
    _lost(f"{_C}.linuxParameters.maxSwap", _NO_FIELD),
    _lost(f"{_C}.linuxParameters.swappiness", _NO_FIELD),
    _near(f"{_C}.secrets[]", "a reference: its value is not exported, see secrets.yaml", "container/env"),
    _near(f"{_C}.dependsOn[]", "the order of containers and init containers", "container"),
    _near(
        f"{_C}.startTimeout",
        "the budget of the startup probe of a container that others wait for",
        "container/startupProbe",
    ),
    _near(f"{_C}.stopTimeout", _WHOLE_POD, "pod/terminationGracePeriodSeconds"),
    _near(f"{_C}.versionConsistency", "name the image by its digest to keep to one", "container/image"),
    _near(f"{_C}.hostname", _WHOLE_POD, "pod/hostname"),
    _exact(f"{_C}.user", "container/securityContext.runAsUser"),
    _exact(f"{_C}.workingDirectory", "container/workingDir"),
    _lost(f"{_C}.disableNetworking", "the containers of a pod share one network"),
    _exact(f"{_C}.privileged", "container/securityContext.privileged"),
    _exact(f"{_C}.readonlyRootFilesystem", "container/securityContext.readOnlyRootFilesystem"),
    _near(f"{_C}.dnsServers", _WHOLE_POD, "pod/dnsConfig"),
    _near(f"{_C}.dnsSearchDomains", _WHOLE_POD, "pod/dnsConfig"),
    _near(f"{_C}.extraHosts[]", _WHOLE_POD, "pod/hostAliases"),
    _near(f"{_C}.dockerSecurityOptions", "as far as the security context has them", "container/securityContext"),
    _exact(f"{_C}.interactive", "container/stdin"),
    _exact(f"{_C}.pseudoTerminal", "container/tty"),
    _near(
        f"{_C}.dockerLabels",
        "annotations of the pod, where Kubernetes takes their names",
        "template/metadata.annotations",
    ),
    _lost(f"{_C}.ulimits", "the node's container runtime sets limits"),
    _near(
        f"{_C}.logConfiguration",
        "containers' output is on the node (`kubectl logs`): a log agent has to ship it",
        "container",
    ),
    _lost(f"{_C}.logConfiguration.secretOptions", "give the log agent its credentials"),
    _near(
        f"{_C}.healthCheck",
        "a readiness probe, and a slower liveness probe for an essential container",
        "container/readinessProbe",
    ),
    _near(f"{_C}.systemControls[]", f"{_WHOLE_POD}; the node has to allow unsafe ones", "pod/securityContext.sysctls"),
    _exact(f"{_C}.resourceRequirements[]", "container/resources.limits", "needs the device plugin of the vendor"),
    _lost(f"{_C}.resourceRequirements[].sharingStrategy", "the device plugin shares devices"),
    _lost(
        f"{_C}.firelensConfiguration",
        "the container is there, but no logs are routed to it: run a log agent",
        "container",
    ),
    _lost(f"{_C}.credentialSpecs", "Windows: a GMSACredentialSpec in `securityContext.windowsOptions`"),
    _exact("volumes[].name", "pod/volumes"),
    _exact("volumes[].host", "pod/volumes"),
    _near(
        "volumes[].dockerVolumeConfiguration",
        "scratch space of the pod; a shared one is a directory of the node",
        "pod/volumes",
    ),
    _lost("volumes[].dockerVolumeConfiguration.driver", "directories of the node need no driver"),
    _lost("volumes[].dockerVolumeConfiguration.driverOpts", "directories of the node need no driver"),
    _lost("volumes[].dockerVolumeConfiguration.labels", "volumes of a pod carry no labels"),
    _exact("volumes[].efsVolumeConfiguration", "pod/volumes", "needs the EFS CSI driver"),
    _lost("volumes[].s3filesVolumeConfiguration", _NO_MOUNT, "pod/volumes"),
    _lost("volumes[].fsxWindowsFileServerVolumeConfiguration", _NO_MOUNT, "pod/volumes"),
    _exact("volumes[].configuredAtLaunch", "pod/volumes"),
    _near("placementConstraints[]", "nodes need the labels that the affinity names", "pod/affinity"),
    _near("requiresCompatibilities", "nodes are the cluster's"),
    _exact("cpu", "size/requests.cpu"),
    _exact("memory", "size/limits.memory"),
    _near("tags[]", _TAGS, "workload/metadata.annotations"),
    _exact("pidMode", "pod"),
    _near("ipcMode", "the containers of a pod share one IPC namespace", "pod/hostIPC"),
    _lost("proxyConfiguration", "App Mesh does not exist any more: a mesh brings its own"),
    _lost("inferenceAccelerators", "Amazon Elastic Inference does not exist any more"),
    _lost("ephemeralStorage", "ask nodes for it with `ephemeral-storage` requests if they are short of it"),
    _exact("runtimePlatform.cpuArchitecture", "pod/nodeSelector"),
    _near("runtimePlatform.operatingSystemFamily", "Windows versions have to match the node's", "pod/nodeSelector"),
    _lost("enableFaultInjection", "there is no endpoint to inject faults at"),
    _lost("trustedExecutionConfiguration", _NO_FIELD),
)

SERVICE: tuple[Row, ...] = (
    _exact("cluster", "namespace"),
    _exact("serviceName", "workload/metadata.name"),
    _exact("taskDefinition", "workload/spec.template"),
    _near("loadBalancers[]", "hosts, certificates and listeners are to be set on the route", "route"),
    _lost("loadBalancers[].advancedConfiguration", _CANARY),
    _near("serviceRegistries[]", "its name is SERVICE.NAMESPACE.svc: the cluster's DNS, not Cloud Map", "service.yaml"),
    _exact("desiredCount", "workload/spec.replicas"),
    _exact("clientToken", ""),
    _near("launchType", "nodes are the cluster's"),
    _near(
        "capacityProviderStrategy[]",
        "nodes with the label are preferred; base and weights are not kept to",
        "pod/affinity",
    ),
    _near("platformVersion", "nodes are the cluster's"),
    _near("role", "no AWS role is needed"),
    Row(
        "deploymentConfiguration.deploymentCircuitBreaker",
        "emulated",
        "a rollout that stands still for ten minutes is marked as failed and stays: `kubectl rollout undo`",
        "workload/spec.strategy",
    ),
    _near("deploymentConfiguration.maximumPercent", "rounded up, where ECS rounds down", "workload/spec.strategy"),
    _exact("deploymentConfiguration.minimumHealthyPercent", "workload/spec.strategy"),
    _lost("deploymentConfiguration.alarms", "CloudWatch stops no rollout of Kubernetes"),
    _exact("deploymentConfiguration.strategy", "workload/spec.strategy"),
    _lost("deploymentConfiguration.bakeTimeInMinutes", _CANARY),
    _lost("deploymentConfiguration.lifecycleHooks", _CANARY),
    _lost("deploymentConfiguration.linearConfiguration", _CANARY),
    _lost("deploymentConfiguration.canaryConfiguration", _CANARY),
    _lost("deploymentConfiguration.earlySuccessCriteria", "a rollout is over when all pods are available"),
    _near("placementConstraints[]", "nodes need the labels that the affinity names", "pod/affinity"),
    _near("placementStrategy[]", "as even as possible, not strictly", "pod/topologySpreadConstraints"),
    _near("networkConfiguration.awsvpcConfiguration.subnets", "pods have addresses of the cluster's network"),
    _near(
        "networkConfiguration.awsvpcConfiguration.securityGroups",
        "their rules are not among the sources: every port that is mapped is open",
        "networkpolicy.yaml/spec",
    ),
    _near("networkConfiguration.awsvpcConfiguration.assignPublicIp", "pods have addresses of the cluster's network"),
    _near(
        "healthCheckGracePeriodSeconds",
        "the liveness probe waits so long; readiness kills nothing",
        "workload/spec.template",
    ),
    _exact("schedulingStrategy", "workload"),
    _exact("deploymentController", "workload"),
    _near("tags[]", _TAGS, "workload/metadata.annotations"),
    _near("enableECSManagedTags", "labels say as much", "workload/metadata.labels"),
    _near("propagateTags", "tags are annotations of the workload alone"),
    _near("enableExecuteCommand", "`kubectl exec`, for whom RBAC lets"),
    _near("availabilityZoneRebalancing", "the scheduler spreads pods when they start, and moves none later"),
    _lost("serviceConnectConfiguration", "there is no mesh: services call each other by the names of their Services"),
    _exact("volumeConfigurations[]", "pod/volumes", "needs the EBS CSI driver"),
    _lost("volumeConfigurations[].managedEBSVolume.volumeInitializationRate", "volumes begin empty"),
    _lost(
        "volumeConfigurations[].managedEBSVolume.snapshotId",
        "the volume begins empty: add a `dataSource` of a VolumeSnapshot",
    ),
    _lost("volumeConfigurations[].managedEBSVolume.tagSpecifications", "volumes carry no tags of their own"),
    _near("volumeConfigurations[].managedEBSVolume.roleArn", "the driver has a role of its own"),
    _lost("vpcLatticeConfigurations", "the AWS Gateway API controller makes targets of a Service"),
    _lost("gatewayConnectors", "there is nothing like it"),
    _lost("monitoring", "metrics are the cluster's: see --include dashboards"),
)

# Values that ask for nothing, or for what Kubernetes does anyway: no loss.
QUIET: Mapping[str, tuple[Any, ...]] = {
    "volumes[].dockerVolumeConfiguration.driver": ("local",),
    f"{_C}.disableNetworking": (False,),
    f"{_C}.versionConsistency": ("disabled",),
    "enableFaultInjection": (False,),
    "deploymentConfiguration.bakeTimeInMinutes": (0,),
    "enableExecuteCommand": (False,),
    "enableECSManagedTags": (False,),
    "propagateTags": ("NONE",),
    f"{_C}.portMappings[].hostPort": (0,),
}


def judged(path: str, value: Any) -> tuple[Verdict, str] | None:
    """Return what becomes of a member because of its value; None when its row says all."""
    judge = _BY_VALUE.get(path)
    return judge(value) if judge else None


def _network(value: Any) -> tuple[Verdict, str] | None:
    if value == "bridge":
        return "approximate", "every pod has an address of its own, and its containers share it"
    if value == "none":
        return "approximate", "a NetworkPolicy lets nothing in or out"
    return None


def _user(value: Any) -> tuple[Verdict, str] | None:
    return None if is_numeric(str(value)) else ("lost", "Kubernetes knows users by number only: name the uid")


def _constraint(value: Any) -> tuple[Verdict, str] | None:
    return None if value.type == "memberOf" else ("exact", "")


def _strategy(value: Any) -> tuple[Verdict, str] | None:
    return None if value.type == "spread" else ("lost", "nodes are the scheduler's choice")


def _dependency(value: Any) -> tuple[Verdict, str] | None:
    reasons: dict[str, tuple[Verdict, str]] = {
        "SUCCESS": ("approximate", "an init container: it is tried again when it fails"),
        "COMPLETE": ("approximate", "an init container whose shell forgets the exit code"),
        "HEALTHY": ("exact", "a sidecar with a startup probe"),
    }
    return reasons.get(value.condition or "START", ("approximate", "the order in which containers are written"))


def _rolling(value: Any) -> tuple[Verdict, str] | None:
    return None if value == "ROLLING" else ("lost", _CANARY)


def _controller(value: Any) -> tuple[Verdict, str] | None:
    return None if value.type in (None, "ECS") else ("lost", _CANARY)


_BY_VALUE: Mapping[str, Callable[[Any], tuple[Verdict, str] | None]] = {
    "networkMode": _network,
    f"{_C}.user": _user,
    f"{_C}.dependsOn[]": _dependency,
    "placementConstraints[]": _constraint,
    "placementStrategy[]": _strategy,
    "runtimePlatform.operatingSystemFamily": lambda value: ("exact", "") if value == "LINUX" else None,
    "deploymentConfiguration.strategy": _rolling,
    "deploymentController": _controller,
}
