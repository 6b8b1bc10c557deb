"""All Kubernetes objects of one service, by the file that they go to."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from kecs.export import dashboards, discovery, environment, rollouts, scaling, security, traffic
from kecs.export.application import Exported
from kecs.export.balancing import balance
from kecs.export.choices import Choices
from kecs.export.listening import backends, listener_of
from kecs.export.naming import renamed, renames
from kecs.export.problems import SourceError
from kecs.export.readable import FAMILY, NAME, PART_OF, tidy, tidy_pod
from kecs.model import names
from kecs.model.generated import ecs
from kecs.model.objects import Service, TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.translate import unsupported
from kecs.translate.account import make_account
from kecs.translate.body import Json
from kecs.translate.dependencies import DependencyCycleError
from kecs.translate.disruption import make_disruption_budget
from kecs.translate.network import make_service
from kecs.translate.pod import make_pod_template
from kecs.translate.secrets import add_references, secret_name, secrets_of, without_secrets
from kecs.translate.storage import make_storage_classes, make_volumes
from kecs.translate.workload import make_daemon_set, make_deployment

_ANNOTATION = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_NEVER = "0 0 1 1 *"  # a schedule, which a suspended CronJob does not follow

Files = dict[str, list[Json]]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one service: objects by file, and the comments above values of them (by file and path)."""

    exported: Exported
    files: Files
    comments: Mapping[str, Mapping[tuple[str | int, ...], list[str]]]
    volumes: list[Json]  # PersistentVolumes, which are no namespace's
    classes: list[Json]
    changes: Mapping[str, str] = {}  # names that kecs gives, and what they are here

    @property
    def workload(self) -> Json:
        """The Deployment, DaemonSet or CronJob."""
        return next(objects[0] for file, objects in self.files.items() if file in WORKLOADS)

    @property
    def workload_pod(self) -> Json:
        """The spec of the workload's pods."""
        spec: Json = _template_of(self.workload)["spec"]
        return spec


WORKLOADS = ("deployment.yaml", "rollout.yaml", "daemonset.yaml", "cronjob.yaml")


def make(exported: Exported, namespace: str, choices: Choices, services: Mapping[str, str]) -> Made:
    """Return the objects of a service; `services` are the names of services that change.

    Raises SourceError when its definition cannot be carried out.
    """
    definition = carried(exported.definition.spec)
    exported = msgspec.structs.replace(exported, spec=carried_service(exported.spec))
    try:
        made = _make(exported, definition, namespace, choices)
    except (unsupported.RefusedError, DependencyCycleError) as error:
        where = exported.definition.where
        raise SourceError(where.file, where.line(), where.path, str(error)) from None
    inside = [container.name or "" for container in definition.containerDefinitions]
    changes = {**renames(inside), **renames(volume.name or "" for volume in definition.volumes or ()), **services}
    changes.update(_storage_names(made))
    return msgspec.structs.replace(
        made,
        files=renamed(made.files, changes),
        volumes=renamed(made.volumes, changes),
        classes=renamed(made.classes, changes),
        comments={
            file: {path: [_in_text(line, changes) for line in lines] for path, lines in found.items()}
            for file, found in made.comments.items()
        },
        changes=changes,
    )


def _in_text(line: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        line = line.replace(old, new)
    return line


def _storage_names(made: Made) -> dict[str, str]:
    """Return shorter names for claims and storage classes, which keep the hash: services share them."""
    changes = {}
    for body in (*made.volumes, *made.classes):
        name = body["metadata"]["name"]
        kind = body["spec"]["csi"]["volumeHandle"].partition(":")[0] if "spec" in body else body["parameters"]["type"]
        changes[name] = f"{'efs' if 'spec' in body else 'ebs'}-{kind}-{name[-6:]}".lower()
    return changes


def carried(definition: TaskDefinitionSpec) -> TaskDefinitionSpec:
    """Return a definition without what the converter refuses and a tree can do without, which the report tells."""
    made = environment.without_files(without_secrets(definition))
    volumes = [
        msgspec.structs.replace(volume, s3filesVolumeConfiguration=None, fsxWindowsFileServerVolumeConfiguration=None)
        for volume in made.volumes or ()
    ]
    return msgspec.structs.replace(made, volumes=volumes or None)


def carried_service(spec: ecs.CreateServiceRequest) -> ecs.CreateServiceRequest:
    """Return a service without what the converter refuses, which the report tells."""
    made = []
    for volume in spec.volumeConfigurations or ():
        if volume.managedEBSVolume:
            managed = msgspec.structs.replace(volume.managedEBSVolume, snapshotId=None)
            volume = msgspec.structs.replace(volume, managedEBSVolume=managed)
        made.append(volume)
    return msgspec.structs.replace(spec, volumeConfigurations=made or None)


def _make(exported: Exported, definition: TaskDefinitionSpec, namespace: str, choices: Choices) -> Made:
    name = exported.object_name
    resource = exported.resource(namespace)
    body = _workload(exported, resource, definition, choices)
    template = _template_of(body)
    tidy_pod(template)
    _annotate(template, definition)
    tags = tag_annotations([*(definition.tags or ()), *(exported.spec.tags or ())])
    if tags:
        body["metadata"].setdefault("annotations", {}).update(tags)
    files: Files = {}
    comments: dict[str, dict[tuple[str | int, ...], list[str]]] = {}
    maps = environment.move_to_config_maps(name, template)
    secrets = secrets_of(exported.definition.spec)
    add_references(secret_name(name), template, secrets)
    _pull_secrets(name, template, definition)
    balance(exported, template, choices)
    accounts = _accounts(exported, definition, template, namespace)
    autoscaler = scaling.make_autoscaler(exported, name)
    if autoscaler:
        del body["spec"]["replicas"]
    around = _around(exported, resource, definition, choices) if exported.service else {}
    if choices.rollouts == "argo" and body["kind"] == "Deployment":
        body = _rollout(body, exported, choices, around, namespace)
    files[_file_of(body)] = [body]
    files["serviceaccount.yaml"] = accounts
    files["configmap.yaml"] = maps
    if secrets:
        files["secrets.yaml"] = [environment.make_secret(secret_name(name), secrets, choices)]
        if choices.secrets == "empty":
            comments["secrets.yaml"] = {("apiVersion",): environment.instructions(secret_name(name), secrets)}
    files.update(around)
    if autoscaler:
        autoscaler["spec"]["scaleTargetRef"].update(apiVersion=body["apiVersion"], kind=body["kind"])
        files["hpa.yaml"] = [autoscaler]
    volumes = make_volumes(definition, names.cluster(exported.cluster, Scope()), choices.options)
    files["volumes.yaml"] = [one for one in volumes if one["kind"] == "PersistentVolumeClaim"]
    for claim in files["volumes.yaml"]:
        claim["spec"].pop("volumeName")  # the volume says whom it is for, and is another one in each environment
    part_of = names.label(namespace)
    made = {file: [_tidied(one, name, part_of) for one in bodies] for file, bodies in files.items() if bodies}
    return Made(
        exported=exported,
        files=made,
        comments=comments,
        volumes=[tidy(one, part_of=part_of) for one in volumes if one["kind"] == "PersistentVolume"],
        classes=[
            tidy(one, part_of=part_of) for one in make_storage_classes(exported.launch(definition), choices.options)
        ],
    )


def _rollout(body: Json, exported: Exported, choices: Choices, around: Files, namespace: str) -> Json:
    """Return the Rollout in the place of a Deployment, its Services added to those that stand around it."""
    routes = around.get("gateway.yaml") or around.get("ingress.yaml") or []
    made = rollouts.make_rollout(body, exported, choices, routes, namespace)
    own = [one for one in around.get("service.yaml", ()) if one["metadata"]["name"] == names.service(exported.name)]
    if own:
        around["service.yaml"] += rollouts.services_of(made, own[0])
    return made


def _workload(exported: Exported, resource: Service, definition: TaskDefinitionSpec, choices: Choices) -> Json:
    launch, spec = exported.launch(definition), exported.spec
    if exported.service is None:
        template = make_pod_template(definition, launch, choices.options)
        template["spec"]["restartPolicy"] = "Never"
        job = {"backoffLimit": 0, "template": template}
        return {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": exported.object_name},
            "spec": {"schedule": _NEVER, "suspend": True, "jobTemplate": {"spec": job}},
        }
    if exported.is_daemon:
        return make_daemon_set(resource, definition, launch, choices.options)
    body = make_deployment(
        resource,
        definition,
        launch,
        choices.options,
        replicas=spec.desiredCount or 0,
        max_unavailable=0,
        max_surge=1,
    )
    body["spec"]["strategy"] = _strategy(spec.deploymentConfiguration)
    return body


def _strategy(configuration: ecs.DeploymentConfiguration | None) -> Json:
    """Return the rolling update in percent: Kubernetes rounds what may be missing down, as ECS does, and extra up."""
    minimum = 100 if configuration is None else configuration.minimumHealthyPercent or 0
    maximum = 200 if configuration is None else configuration.maximumPercent or 0
    unavailable, surge = max(0, 100 - minimum), max(0, maximum - 100)
    if not unavailable and not surge:  # ECS stalls, and Kubernetes takes no such strategy
        surge = 25
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {
            "maxUnavailable": f"{unavailable}%" if unavailable else 0,
            "maxSurge": f"{surge}%" if surge else 0,
        },
    }


def _template_of(body: Json) -> Json:
    spec = body["spec"]
    template: Json = spec["jobTemplate"]["spec"]["template"] if body["kind"] == "CronJob" else spec["template"]
    return template


def _file_of(body: Json) -> str:
    return f"{body['kind'].lower()}.yaml"


def _annotate(template: Json, definition: TaskDefinitionSpec) -> None:
    """Keep Docker labels as annotations, where Kubernetes takes their names."""
    labels = {
        key: value
        for container in definition.containerDefinitions
        for key, value in (container.dockerLabels or {}).items()
        if _ANNOTATION.fullmatch(key) and "kubernetes.io/" not in key
    }
    if labels:
        template["metadata"]["annotations"].update(labels)


def tag_annotations(tags: Sequence[ecs.Tag]) -> dict[str, str]:
    """Return tags as annotations; those whose keys Kubernetes cannot spell are left out."""
    made = {}
    for tag in tags:
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", tag.key or "")
        if _ANNOTATION.fullmatch(name):
            made[f"ecs-tag/{name}"] = tag.value or ""
    return made


def _pull_secrets(name: str, template: Json, definition: TaskDefinitionSpec) -> None:
    if any(container.repositoryCredentials for container in definition.containerDefinitions):
        template["spec"]["imagePullSecrets"] = [{"name": f"{name}-registry"}]


def _accounts(exported: Exported, definition: TaskDefinitionSpec, template: Json, namespace: str) -> list[Json]:
    """Return the account of the service, under its own name; its Role only where that allows something."""
    made = make_account(definition, Scope(), namespace)
    if not made:
        return []
    name = exported.object_name
    template["spec"]["serviceAccountName"] = name
    kept = []
    for body in made:
        if body["kind"] == "Role" and not body["rules"]:
            break
        body["metadata"] = {**body["metadata"], "name": name}
        if body["kind"] == "RoleBinding":
            body["roleRef"]["name"] = name
            body["subjects"] = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
        kept.append(body)
    return kept


def _around(exported: Exported, resource: Service, definition: TaskDefinitionSpec, choices: Choices) -> Files:
    """Return what stands before and beside the tasks of a service."""
    name = exported.object_name
    files: Files = {}
    service = make_service(resource, definition)
    ports = [port["port"] for port in service["spec"]["ports"]] if service else []
    if service:
        if any(one.is_connection for one in backends(exported)):
            service["spec"]["type"] = "LoadBalancer"
        traffic.add_listeners(service, backends(exported))
    selector = {"matchLabels": {NAME: name}}
    aliases = discovery.make_aliases(exported, service, selector["matchLabels"])
    files["service.yaml"] = [*([service] if service else []), *aliases]
    routes = traffic.make_routes(exported, ports, choices, [listener_of(one) for one in exported.gateway])
    files["ingress.yaml" if choices.traffic == "ingress" else "gateway.yaml"] = routes
    configuration = exported.spec.deploymentConfiguration
    minimum = (configuration.minimumHealthyPercent if configuration else None) or 0
    budget = make_disruption_budget(resource, minimum)
    files["pdb.yaml"] = [budget] if budget else []
    policy = security.make_policy(name, selector, exported, definition)
    files["networkpolicy.yaml"] = [policy] if policy else []
    monitor = dashboards.make_pod_monitor(name, definition) if choices.dashboards else None
    files["podmonitor.yaml"] = [monitor] if monitor else []
    return files


def _tidied(body: Json, name: str, part_of: str) -> Json:
    made = tidy(body, part_of=part_of)
    if made["kind"] != "PersistentVolumeClaim":  # which services share
        made["metadata"]["labels"] = {NAME: name, PART_OF: part_of}
    if _file_of(made) in WORKLOADS:
        labels = _template_of(made)["metadata"]["labels"]
        labels[PART_OF] = part_of
        if made["kind"] != "CronJob":  # its pods are a family's, and found by that
            labels.pop(FAMILY, None)
    return made
