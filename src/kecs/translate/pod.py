"""A task as a pod: the one converter that every door uses."""

from collections.abc import Mapping, Sequence

from kecs.model import arns, marks, names
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate import account, dependencies, network, placement, sizes, storage, unsupported
from kecs.translate.body import Json, to_text
from kecs.translate.container.health import budget
from kecs.translate.container.make import make_container
from kecs.translate.container.part import Part
from kecs.translate.container.ports import Taken, ports_of
from kecs.translate.container.resources import pod_resources, spread
from kecs.translate.container.restart import attempt_period, ignored_exit_codes
from kecs.translate.facts import ContainerFacts, TaskFacts, encode
from kecs.translate.launch import Launch
from kecs.translate.options import DEFAULT, Options


def make_pod_template(definition: TaskDefinitionSpec, launch: Launch, options: Options = DEFAULT) -> Json:
    """Return the pod template (`metadata`, `spec`) of tasks launched so.

    Raises `unsupported.RefusedError` when the definition asks for something without which its tasks must not run, and
    `dependencies.DependencyCycleError`.
    """
    parts = _parts(definition, launch)
    return {"metadata": _metadata(definition, launch, parts), "spec": _spec(definition, launch, parts, options)}


def make_pod(
    definition: TaskDefinitionSpec,
    launch: Launch,
    options: Options = DEFAULT,
    *,
    name: str = "",
    created_at: float = 0.0,
) -> Json:
    """Return the pod of a task that no service looks after; without a `name` the server makes one up.

    `created_at` is epoch seconds, for ECS's milliseconds. Raises as `make_pod_template` does.
    """
    template = make_pod_template(definition, launch, options)
    metadata: Json = template["metadata"]
    spec: Json = template["spec"]
    metadata["namespace"] = launch.namespace
    if name:
        metadata["name"] = name
    else:
        metadata["generateName"] = names.task_prefix(definition.family)
    if created_at:
        annotations: Json = metadata["annotations"]
        annotations[marks.CREATED_AT] = f"{created_at:.3f}"
    spec["restartPolicy"] = "Never"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _parts(definition: TaskDefinitionSpec, launch: Launch) -> list[Part]:
    """Return the containers in the order in which they start."""
    overrides = launch.overrides.containerOverrides if launch.overrides else None
    by_name = {override.name: override for override in overrides or ()}
    return [
        Part(
            definition=place.container,
            override=by_name.get(place.container.name) or ecs.ContainerOverride(),
            kind=place.kind,
            tolerant=place.tolerant,
            gate=place.gate,
            service=bool(launch.service),
            network=definition.networkMode or "",
        )
        for place in dependencies.arrange(definition.containerDefinitions)
    ]


def _metadata(definition: TaskDefinitionSpec, launch: Launch, parts: Sequence[Part]) -> Json:
    labels = {
        marks.CLUSTER: launch.namespace,
        marks.ROLE: marks.ROLE_TASK,
        marks.FAMILY: names.label(definition.family),
        **placement.group_labels(launch),
    }
    if definition.networkMode == "none":
        labels[marks.NETWORK] = network.ISOLATED
    annotations = {marks.TASK: encode(_facts(definition, launch, parts))}
    if launch.service:
        labels[marks.SERVICE] = names.service(launch.service)
        annotations[marks.DEPLOYMENT_ID] = launch.startedBy
    docker_labels = {part.name: part.definition.dockerLabels for part in parts if part.definition.dockerLabels}
    if docker_labels:
        annotations[marks.DOCKER_LABELS] = to_text(docker_labels)
    return {"labels": labels, "annotations": annotations, "finalizers": [marks.TASK_FINALIZER]}


def _spec(definition: TaskDefinitionSpec, launch: Launch, parts: Sequence[Part], options: Options) -> Json:
    unsupported.refuse(definition, launch.overrides)
    unsupported.refuse_launch(launch)
    siblings = {container.name or "": container for container in definition.containerDefinitions}
    containers = _containers(parts, siblings, options)
    cpu, memory = sizes.task_size(definition, launch.overrides)
    made: Json = {"containers": [c for c, part in zip(containers, parts, strict=True) if not part.kind]}
    init = [c for c, part in zip(containers, parts, strict=True) if part.kind]
    if init:
        made["initContainers"] = init
    if options.pod_resources:
        made.update(pod_resources(parts, cpu, memory))
    else:
        spread(containers, parts, cpu, memory)
    volumes = storage.volumes(definition, launch, options)
    if volumes:
        made["volumes"] = volumes
    made.update(network.pod_network(definition))
    made.update(placement.pod_placement(definition, launch))
    made.update(account.pod_account(definition, launch))
    made.update(_namespaces(definition))
    made["enableServiceLinks"] = False  # ECS puts no variables of other services into a container
    timeouts = [part.definition.stopTimeout for part in parts if part.definition.stopTimeout is not None]
    made["terminationGracePeriodSeconds"] = (
        max(timeouts) if len(timeouts) == len(parts) else max(options.stop_timeout, *timeouts, 0)
    )
    return made


def _containers(parts: Sequence[Part], siblings: Mapping[str, ecs.ContainerDefinition], options: Options) -> list[Json]:
    taken = Taken()
    made = [make_container(part, siblings, taken) for part in parts]
    if options.pull_policy:
        for container in made:
            container["imagePullPolicy"] = options.pull_policy
    return made


def _namespaces(definition: TaskDefinitionSpec) -> Json:
    """Return what the whole pod shares: process and IPC namespaces, sysctls."""
    made: Json = {}
    if definition.pidMode == "host":
        made["hostPID"] = True
    wants_init = any(
        container.linuxParameters and container.linuxParameters.initProcessEnabled
        for container in definition.containerDefinitions
    )
    if definition.pidMode != "host" and (definition.pidMode == "task" or wants_init):
        made["shareProcessNamespace"] = True
    if definition.ipcMode == "host":
        made["hostIPC"] = True
    controls = {
        control.namespace or "": control.value or ""
        for container in definition.containerDefinitions
        for control in container.systemControls or ()
    }
    if controls:
        made["securityContext"] = {"sysctls": [{"name": name, "value": value} for name, value in controls.items()]}
    return made


def _facts(definition: TaskDefinitionSpec, launch: Launch, parts: Sequence[Part]) -> TaskFacts:
    cpu, memory = sizes.task_size(definition, launch.overrides)
    by_name = {part.name: part for part in parts}
    ordered = [by_name[container.name or ""] for container in definition.containerDefinitions]
    vpc = launch.network if definition.networkMode == "awsvpc" else None
    platform = definition.runtimePlatform
    return TaskFacts(
        cluster=arns.cluster(launch.scope, launch.cluster),
        definition=f"{definition.family}:{definition.revision or 1}",
        group=launch.group,
        launchType=launch.launchType,
        cpu=str(cpu or sum(part.cpu for part in parts)),
        memory=str(memory or sum(part.memory or part.reservation or 0 for part in parts)),
        containers=[_container_facts(part) for part in ordered],
        startedBy=launch.startedBy,
        capacityProviderName=launch.capacityProviderName,
        platformVersion=sizes.platform_version(launch.launchType, launch.platformVersion),
        platformFamily=sizes.platform_family(definition, launch.launchType),
        architecture="arm64" if platform and platform.cpuArchitecture == "ARM64" else "x86_64",
        ephemeralStorage=sizes.ephemeral_storage(definition, launch.overrides, launch.launchType),
        overrides=launch.overrides,
        tags=list(launch.tags),
        enableExecuteCommand=launch.enableExecuteCommand,
        networkMode=definition.networkMode or "",
        subnets=(vpc.subnets if vpc else None) or [],
        securityGroups=(vpc.securityGroups if vpc else None) or [],
        assignPublicIp=(vpc.assignPublicIp if vpc else None) or "",
    )


def _container_facts(part: Part) -> ContainerFacts:
    bindings = []
    if part.network in ("", "bridge", "host"):
        bindings = [
            ecs.NetworkBinding(containerPort=port.number, hostPort=port.host or None, protocol=port.protocol)
            for port in ports_of(part.definition, part.network)
        ]
    return ContainerFacts(
        name=part.name,
        image=part.definition.image or "",
        pod=part.pod_name if part.pod_name != part.name else "",
        kind=part.kind,
        essential=part.essential and part.kind != "init",
        cpu=part.cpu,
        memory=part.memory,
        memoryReservation=part.reservation,
        health=budget(part.definition),
        restart=attempt_period(part),
        ignoredExitCodes=ignored_exit_codes(part),
        bindings=bindings,
    )
