"""An ECSDeployment as Kubernetes objects: what a service of `kecs serve` would be, in its user's own namespace.

The objects are those of `workload`, `network`, `account` and `disruption`. Kubernetes alone looks after the tasks, so
this differs from what a service of a cluster gets, and nothing else does:

| | of a cluster's service | of an ECSDeployment |
|---|---|---|
| labels | kecs's own | its user's as well; none by which kecs would take its pods for tasks of a cluster |
| annotations and finalizer of a task | what ECS tells of it, held until its end is recorded | none |
| an essential container that ends | ends the task, another one takes its place | is started again in place |
| `loadBalancers` | kept | the Service is of type LoadBalancer, with their ports alone |
| a rollout that comes to nothing | the circuit breaker | the Deployment's deadline for progress |
| the tag `kecs.io/rbac` | a Role with rules | no Role: whoever may write the object may not give away rights |
| `secrets` | refused | references to the Secret `NAME-secrets`, which its user fills |
| `environmentFiles` | refused | references to ConfigMaps, which its user makes |
| volumes of the EFS driver | made with it | the claim `NAME-VOLUME`, to be made: a volume is no namespace's |
| volumes of the EBS driver | made with their StorageClass | of that StorageClass, which has to be there |
"""

from collections.abc import Iterator

import msgspec

from kecs.model import ecs_deployment as model
from kecs.model import marks, names, objects
from kecs.model import service as services
from kecs.model.ecs_deployment_reading import default_name
from kecs.model.generated import ecs
from kecs.model.objects import Meta, Service, TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.translate import unsupported
from kecs.translate.account import make_account
from kecs.translate.body import Json
from kecs.translate.container.mounts import volume_name
from kecs.translate.disruption import make_disruption_budget
from kecs.translate.environment_files import add_files, config_maps, without_files
from kecs.translate.launch import Launch, for_service
from kecs.translate.members import Row
from kecs.translate.network import ISOLATED, make_isolation, make_service
from kecs.translate.options import DEFAULT, Options
from kecs.translate.secrets import add_references, secret_name, secrets_of, without_secrets
from kecs.translate.workload import make_daemon_set, make_deployment

_PROGRESS_SECONDS = 600  # Kubernetes's own default
_OWN = f"{marks.GROUP}/"
# What a service of a cluster keeps: an ECSDeployment acts on it, or has a reason of its own for keeping it.
_ACTED_ON = ("loadBalancers ", "healthCheckGracePeriodSeconds ")
_NO_TAGS = "nothing that is made carries them"
_NO_BALANCER = "the Service is the load balancer"


def _kept(path: str, reason: str, *quiet: object) -> Row:
    return Row(path, "kept", reason, quiet)


# What kecs does by itself for a cluster's service, and nobody does here.
TASK_DEFINITION = (
    _kept("tags", _NO_TAGS),
    _kept("containerDefinitions[].restartPolicy.restartAttemptPeriod", "the node delays what ends again and again"),
)
SERVICE = (
    _kept("cluster", "an ECSDeployment is in no cluster of ECS"),
    _kept("launchType", "the nodes of Kubernetes run the tasks", "EC2"),
    _kept("platformVersion", "the nodes of Kubernetes run the tasks", "LATEST"),
    _kept("enableECSManagedTags", _NO_TAGS, False),
    _kept("propagateTags", _NO_TAGS, "NONE"),
    _kept("tags", _NO_TAGS),
    _kept("networkConfiguration.awsvpcConfiguration.subnets", "pods have addresses of the cluster"),
    _kept("loadBalancers[].targetGroupArn", _NO_BALANCER),
    _kept("loadBalancers[].loadBalancerName", _NO_BALANCER),
    _kept("loadBalancers[].advancedConfiguration", _NO_BALANCER),
    _kept("healthCheckGracePeriodSeconds", "no load balancer judges the tasks", 0),
    _kept("deploymentConfiguration.deploymentCircuitBreaker", "a rollout that comes to nothing is Degraded", False),
)


class Desired(msgspec.Struct, frozen=True, kw_only=True):
    """What shall run: the object's metadata, the definition and the service, with ECS's defaults filled in.

    Without a service there is one task, and nothing in front of it. `replicas` is what `kubectl scale` has set.
    """

    meta: Meta
    definition: TaskDefinitionSpec
    service: ecs.CreateServiceRequest
    is_service: bool
    replicas: int | None = None

    @property
    def name(self) -> str:
        """The name of every object that is made."""
        return names.service(self.meta.name)

    @property
    def count(self) -> int:
        """How many tasks there shall be; 0 where the nodes decide."""
        return self.service.desiredCount or 0

    @property
    def is_daemon(self) -> bool:
        """Whether there shall be a task on each node."""
        return self.service.schedulingStrategy == "DAEMON"

    @property
    def launch(self) -> Launch:
        """How the tasks are launched."""
        launch = for_service(self.service, self.definition, scope=Scope(), cluster="default", deployment_id="")
        return msgspec.structs.replace(launch, own_namespace=self.meta.namespace)


def desired(
    meta: Meta,
    task: ecs.RegisterTaskDefinitionRequest,
    service: ecs.CreateServiceRequest | None,
    replicas: int | None = None,
) -> Desired:
    """Return what shall run. `replicas`, where given, is the count that counts."""
    definition = msgspec.convert({**msgspec.to_builtins(task), "revision": 1}, TaskDefinitionSpec)
    spec = service or ecs.CreateServiceRequest()
    if replicas is not None and spec.schedulingStrategy != "DAEMON":
        spec = msgspec.structs.replace(spec, desiredCount=replicas)
    spec = msgspec.structs.replace(services.effective(spec), serviceName=names.service(meta.name))
    return Desired(meta=meta, definition=definition, service=spec, is_service=service is not None, replicas=replicas)


def make_objects(
    one: Desired,
    options: Options = DEFAULT,
    *,
    max_unavailable: int,
    max_surge: int,
    paused: bool = False,
    min_ready_seconds: int = 0,
) -> Iterator[Json]:
    """Yield every object, the workload last; figures are `make_deployment`'s. Raises as `make_pod_template` does."""
    owner = _owner(one)
    launch = one.launch
    secrets = secrets_of(one.definition)
    definition = without_files(without_secrets(one.definition))
    if one.is_daemon:
        workload = make_daemon_set(owner, definition, launch, options, min_ready_seconds=min_ready_seconds)
    else:
        workload = make_deployment(
            owner,
            definition,
            launch,
            options,
            replicas=one.count,
            max_unavailable=max_unavailable,
            max_surge=max_surge,
            paused=paused,
            min_ready_seconds=min_ready_seconds,
        )
        workload["spec"]["progressDeadlineSeconds"] = _PROGRESS_SECONDS
    template = workload["spec"]["template"]
    add_references(secret_name(one.name), template, secrets)
    add_files(template, one.definition, config_maps(one.name, one.definition))
    _name_claims(one, template)
    account = make_account(one.definition, launch.scope, one.meta.namespace)[:1]
    for body in account:
        labels = {marks.ECS_DEPLOYMENT: ""}  # no one's: several may share it
        references = [_reference(one.meta, controls=False)]
        body["metadata"] = {**body["metadata"], "labels": labels, "ownerReferences": references}
        yield body
    beside = [_service(owner, one), _budget(owner, one), _isolation(one)]
    for body in (*(body for body in beside if body is not None), workload):
        body["metadata"] = _metadata(one)
        yield _unattended(body, one)


def warnings(one: Desired, given: ecs.CreateServiceRequest | None, options: Options = DEFAULT) -> list[str]:
    """Return a sentence for each field that is kept but not acted on."""
    service = given or ecs.CreateServiceRequest()
    found = unsupported.definition_warnings(one.definition, options)
    found += unsupported.launch_warnings(service, one.definition, one.launch)
    found = [sentence for sentence in found if not sentence.startswith(_ACTED_ON)]
    found += unsupported.kept(one.definition, TASK_DEFINITION) + unsupported.kept(service, SERVICE)
    return [*found, *_names_not_used(one, service), *_counts_not_used(one, service)]


def _names_not_used(one: Desired, service: ecs.CreateServiceRequest) -> Iterator[str]:
    """Yield the names that say something else than what the object says."""
    family = (service.taskDefinition or "").rpartition("/")[2].partition(":")[0]
    if family and family != one.definition.family:
        yield f"taskDefinition {service.taskDefinition} is kept but not acted on: the one beside it is."
    own = (default_name(one.meta.name), one.meta.name)
    if service.serviceName and service.serviceName not in own and names.service(service.serviceName) != one.name:
        yield f"serviceName {service.serviceName} is kept but not acted on: the objects are named {one.name}."


def _counts_not_used(one: Desired, service: ecs.CreateServiceRequest) -> Iterator[str]:
    if one.is_daemon and (one.replicas is not None or service.desiredCount):
        yield "desiredCount is kept but not acted on: a daemon has a task on each node."
    elif one.replicas is not None and service.desiredCount not in (None, one.replicas):
        yield "desiredCount is kept but not acted on: spec.replicas counts more."  # no figures: each would be an event


def claim_name(workload: str, volume: str) -> str:
    """Return the name of the claim that a volume of the EFS driver is."""
    return names.label(f"{workload}-{names.label(volume)}")


def _name_claims(one: Desired, template: Json) -> None:
    """Name the claims of EFS volumes by what their users know: nobody here may make the volumes for them."""
    claims = {volume_name(volume.name or ""): volume.name or "" for volume in one.definition.volumes or ()}
    for volume in template["spec"].get("volumes", ()):
        if "persistentVolumeClaim" in volume:
            volume["persistentVolumeClaim"]["claimName"] = claim_name(one.name, claims[volume["name"]])


def _owner(one: Desired) -> Service:
    """Return the object as the makers want the owner of a workload told."""
    return objects.Service(metadata=one.meta, spec=one.service, apiVersion=model.API_VERSION, kind=model.KIND)


def _reference(meta: Meta, *, controls: bool) -> Json:
    made = {"apiVersion": model.API_VERSION, "kind": model.KIND, "name": meta.name, "uid": meta.uid}
    return {**made, "controller": True, "blockOwnerDeletion": True} if controls else made


def _labels(one: Desired) -> dict[str, str]:
    """Return its user's labels with kecs's own; what kecs says by labels is nobody else's to say."""
    users = {name: value for name, value in one.meta.labels.items() if not name.startswith(_OWN)}
    return {**users, marks.SERVICE: one.name, marks.ECS_DEPLOYMENT: names.label(one.meta.name)}


def _metadata(one: Desired) -> Json:
    return {
        "name": one.name,
        "namespace": one.meta.namespace,
        "labels": _labels(one),
        "ownerReferences": [_reference(one.meta, controls=True)],
    }


def _service(owner: Service, one: Desired) -> Json | None:
    """Return the Service: of the load balancers' ports where there are load balancers, else of all."""
    if not one.is_service:
        return None
    body = make_service(owner, one.definition)
    balanced = {balancer.containerPort for balancer in one.service.loadBalancers or ()}
    if body is not None and balanced:
        body["spec"]["type"] = "LoadBalancer"
        body["spec"]["ports"] = [port for port in body["spec"]["ports"] if port["targetPort"] in balanced]
    return body


def _budget(owner: Service, one: Desired) -> Json | None:
    if not one.is_service:
        return None
    configuration = one.service.deploymentConfiguration
    return make_disruption_budget(owner, (configuration.minimumHealthyPercent if configuration else None) or 0)


def _isolation(one: Desired) -> Json | None:
    if one.definition.networkMode != "none":
        return None
    body = make_isolation(one.meta.namespace)
    body["spec"]["podSelector"]["matchLabels"] = {marks.NETWORK: ISOLATED, marks.SERVICE: one.name}
    return body


def _unattended(body: Json, one: Desired) -> Json:
    """Take out of a workload's template what tells kecs of a task, and let the node start again what ends."""
    template = body["spec"].get("template")
    if template is None:
        return body
    meta = template["metadata"]
    kept = {name: value for name, value in meta["labels"].items() if name in (marks.FAMILY, marks.NETWORK)}
    notes = {name: value for name, value in meta["annotations"].items() if name == marks.DOCKER_LABELS}
    template["metadata"] = {"labels": {**_labels(one), **kept}, **({"annotations": notes} if notes else {})}
    essential = {
        names.container(container.name or "")
        for container in one.definition.containerDefinitions
        if container.essential is not False
    }
    for container in template["spec"]["containers"]:
        if container["name"] in essential:
            _restart(container)
    for container in template["spec"].get("initContainers", ()):
        if container.get("restartPolicy") == "Never":
            _restart(container)
    return body


def _restart(container: Json) -> None:
    """Leave it to the pod's own policy, which is to start every container again."""
    container.pop("restartPolicy", None)
    container.pop("restartPolicyRules", None)
