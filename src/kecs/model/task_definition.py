"""Task definitions: how they are named, what ECS fills in, and how one is shown.

What is refused on registration is in `task_definition_checks`, `container_definition` and `fargate`.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import msgspec

from kecs.model import arns, container_definition, fargate, marks, objects
from kecs.model.constraints import is_name, own_arn
from kecs.model.errors import ClientException
from kecs.model.generated import ecs
from kecs.model.scope import Scope

ACTIVE, INACTIVE, DELETING = "ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"
DELETED = "DELETED"  # kecs's own: gone for the API, kept because its number must not come again

_CPU = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(vcpu)?", re.IGNORECASE)
_MEMORY = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(gb|mb)?", re.IGNORECASE)


class Reference(NamedTuple):
    """A task definition as a caller names it; without a revision, the latest ACTIVE one."""

    family: str
    revision: int | None


def parse_reference(text: str, scope: Scope) -> Reference | None:
    """Read `family`, `family:revision` or an ARN of one's own; None when it is none of these.

    Raises InvalidParameterException for an ARN of another region or account.
    """
    if text.startswith("arn:"):
        arn = own_arn(text, scope, "task-definition")
        text = "/".join(arn.path)
    family, colon, revision = text.partition(":")
    if not is_name(family):
        return None
    if not colon:
        return Reference(family, None)
    if not (revision.isascii() and revision.isdigit()) or int(revision) < 1:
        return None
    return Reference(family, int(revision))


def cpu_units(text: str | None) -> int | None:
    """Return the CPU units (1024 a vCPU) of `256`, `.25 vCPU`, `1 vcpu`; None when none are given.

    Raises ClientException when it is neither.
    """
    return _amount(text, _CPU, "cpu")


def memory_mib(text: str | None) -> int | None:
    """Return the MiB of `512`, `1GB`, `0.5 GB`; None when none are given. Raises ClientException when it is neither."""
    return _amount(text, _MEMORY, "memory")


@lru_cache(maxsize=256)  # the sizes of tasks are few
def _amount(text: str | None, pattern: re.Pattern[str], member: str) -> int | None:
    if not text:
        return None
    match = pattern.fullmatch(text.strip())
    amount = float(match[1]) if match else 0.0
    if match and match[2] and match[2].lower() != "mb":
        amount *= 1024
    if not 0 < amount < 2**31 or amount != int(amount):
        raise ClientException(
            f"Invalid '{member}' setting for task. For more information, see the Troubleshooting section of the "
            f"Amazon ECS "
            "Developer Guide."
        )
    return int(amount)


def status_of(definition: objects.TaskDefinition) -> str:
    """Return ACTIVE, INACTIVE, DELETE_IN_PROGRESS, or DELETED."""
    return definition.status.status or ACTIVE


def is_judged(definition: objects.TaskDefinition) -> bool:
    """Say whether a revision has been checked as it is: on its registration, or by whoever reconciles definitions.

    What kubectl makes or edits comes past the registration.
    """
    if _verdict(definition, definition.metadata.generation):
        return True
    return definition.metadata.generation <= 1 and marks.CREATED_AT in definition.metadata.annotations


def is_good(definition: objects.TaskDefinition) -> bool:
    """Say whether tasks may be made of a revision: one made with kubectl only once it has been found to be good.

    A registered one stays so while a change of it (of its tags, mostly) is looked at.
    """
    verdict = _verdict(definition, definition.metadata.generation)
    return verdict == "True" or (not verdict and marks.CREATED_AT in definition.metadata.annotations)


def _verdict(definition: objects.TaskDefinition, generation: int) -> str:
    """Return the status of the condition `Accepted`; empty when it says nothing of that generation."""
    for condition in definition.status.conditions:
        if condition.type == "Accepted" and condition.observedGeneration == generation:
            return condition.status
    return ""


def arn_of(definition: objects.TaskDefinition, scope: Scope) -> str:
    """Return the ARN of a revision."""
    return arns.task_definition(scope, definition.spec.family, definition.spec.revision or 0)


def network_mode(spec: ecs.RegisterTaskDefinitionRequest) -> str | None:
    """Return the network mode as ECS shows it: absent means bridge, and is shown as it was given."""
    return spec.networkMode


def filled(spec: ecs.RegisterTaskDefinitionRequest) -> list[ecs.ContainerDefinition]:
    """Return the container definitions with what ECS fills in."""
    return [container_definition.filled(container, spec.networkMode) for container in spec.containerDefinitions]


def described(definition: objects.TaskDefinition, scope: Scope) -> ecs.TaskDefinition:
    """Return a revision as ECS describes it, all its defaults filled in; tags are shown beside it, not in it."""
    spec, status = definition.spec, definition.status
    cpu, memory = cpu_units(spec.cpu), memory_mib(spec.memory)
    given = {
        name: getattr(spec, name)
        for name in (
            "family",
            "networkMode",
            "runtimePlatform",
            "requiresCompatibilities",
            "inferenceAccelerators",
            "proxyConfiguration",
            "ephemeralStorage",
            "enableFaultInjection",
            "trustedExecutionConfiguration",
        )
    }
    return ecs.TaskDefinition(
        **given,
        taskDefinitionArn=arn_of(definition, scope),
        containerDefinitions=filled(spec),
        taskRoleArn=spec.taskRoleArn or None,
        executionRoleArn=spec.executionRoleArn or None,
        pidMode=spec.pidMode or None,
        ipcMode=spec.ipcMode or None,
        revision=spec.revision,
        volumes=[_filled_volume(volume) for volume in spec.volumes or ()],
        status=status_of(definition),
        requiresAttributes=required_attributes(spec),
        placementConstraints=spec.placementConstraints or [],
        compatibilities=compatibilities(spec),
        cpu=str(cpu) if cpu else None,
        memory=str(memory) if memory else None,
        registeredAt=status.registeredAt or objects.created_at(definition.metadata),
        registeredBy=status.registeredBy or f"arn:{scope.partition}:iam::{scope.account}:root",
        deregisteredAt=status.deregisteredAt,
        deleteRequestedAt=status.deleteRequestedAt,
    )


def _filled_volume(volume: ecs.Volume) -> ecs.Volume:
    kinds = (
        volume.host,
        volume.dockerVolumeConfiguration,
        volume.efsVolumeConfiguration,
        volume.s3filesVolumeConfiguration,
        volume.fsxWindowsFileServerVolumeConfiguration,
        volume.configuredAtLaunch,
    )
    if any(kinds):
        docker = volume.dockerVolumeConfiguration
        if docker and docker.scope is None:
            filled_docker = msgspec.structs.replace(docker, scope="task")
            return msgspec.structs.replace(volume, dockerVolumeConfiguration=filled_docker)
        return volume
    return msgspec.structs.replace(volume, host=ecs.HostVolumeProperties())


def compatibilities(spec: ecs.RegisterTaskDefinitionRequest) -> list[str]:
    """Return the launch types for which a task definition is good."""
    if spec.networkMode == "awsvpc":
        return ["EC2", "FARGATE"] if runs_on_fargate(spec) else ["EC2"]
    return ["EXTERNAL", "EC2"]


def runs_on_fargate(spec: ecs.RegisterTaskDefinitionRequest) -> bool:
    """Say whether Fargate takes a task definition."""
    try:
        fargate.check(spec, cpu_units(spec.cpu), memory_mib(spec.memory))
    except ClientException:
        return False
    return True


_CAPABILITY = "com.amazonaws.ecs.capability."
_SINCE_LOG_DRIVERS = "docker-remote-api.1.19"


def required_attributes(spec: ecs.RegisterTaskDefinitionRequest) -> list[ecs.Attribute]:
    """Return the attributes that a container instance needs for a task definition."""
    names: dict[str, None] = {}
    for container in spec.containerDefinitions:
        for name in _container_attributes(container, spec):
            names[name] = None
    if spec.taskRoleArn:
        names[_CAPABILITY + ("task-iam-role-network-host" if spec.networkMode == "host" else "task-iam-role")] = None
    names[_CAPABILITY + "docker-remote-api.1.18"] = None
    if spec.networkMode == "awsvpc":
        names["ecs.capability.task-eni"] = None
    if spec.pidMode or spec.ipcMode:
        names["ecs.capability.pid-ipc-namespace-sharing"] = None
    if spec.proxyConfiguration:
        names["ecs.capability.aws-appmesh"] = None
    for volume in spec.volumes or ():
        if volume.efsVolumeConfiguration:
            names["ecs.capability.efs"] = None
            names[_CAPABILITY + "docker-remote-api.1.25"] = None
        if volume.dockerVolumeConfiguration:
            names[f"ecs.capability.docker-plugin.{volume.dockerVolumeConfiguration.driver or 'local'}"] = None
    return [ecs.Attribute(name=name) for name in names]


def _container_attributes(container: ecs.ContainerDefinition, spec: ecs.RegisterTaskDefinitionRequest) -> list[str]:
    names: list[str] = []
    log = container.logConfiguration
    if log:
        names += [f"{_CAPABILITY}logging-driver.{log.logDriver}", _CAPABILITY + _SINCE_LOG_DRIVERS]
        if log.logDriver == "awslogs" and spec.executionRoleArn:
            names.append("ecs.capability.execution-role-awslogs")
    if ".dkr.ecr." in (container.image or ""):
        names += [_CAPABILITY + "ecr-auth", _CAPABILITY + _SINCE_LOG_DRIVERS]
        if spec.executionRoleArn:
            names.append("ecs.capability.execution-role-ecr-pull")
    if container.privileged:
        names.append(_CAPABILITY + "privileged-container")
    if container.memoryReservation:
        names.append(_CAPABILITY + "docker-remote-api.1.21")
    if container.healthCheck:
        names += ["ecs.capability.container-health-check", _CAPABILITY + "docker-remote-api.1.29"]
    if container.dependsOn:
        names.append("ecs.capability.container-ordering")
    if container.environmentFiles:
        names.append("ecs.capability.env-files.s3")
    if container.repositoryCredentials:
        names.append("ecs.capability.private-registry-authentication.secretsmanager")
    if container.firelensConfiguration:
        names.append(f"ecs.capability.firelens.{container.firelensConfiguration.type}")
    for secret in container.secrets or ():
        store = "asm" if ":secretsmanager:" in (secret.valueFrom or "") else "ssm"
        names.append(f"ecs.capability.secrets.{store}.environment-variables")
    return names
