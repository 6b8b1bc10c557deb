"""Every member of ECS's requests becomes part of a Kubernetes object, or has a row in the table: nothing is forgotten.

For each leaf of botocore's model a definition (a launch, a service, a cluster) is made with and without that member,
and what becomes of both is compared. A difference in the objects means that the member is mapped; one that shows in
the `kecs.io/task` annotation alone is only reported, and needs a row that says so.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import msgspec
import pytest

from kecs.model import marks
from kecs.model.generated import ecs
from kecs.model.objects import Cluster, Meta, Service, TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.translate import account, cluster, disruption, launch, members, network, pod, storage, unsupported, workload
from kecs.translate.options import Options

Json = dict[str, Any]
SCOPE = Scope()
CSI = Options(storage="csi")

DEFINITION: Json = {
    "family": "web",
    "revision": 1,
    "networkMode": "bridge",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "app:1",
            "dependsOn": [{"containerName": "db", "condition": "HEALTHY"}],
            "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
            "healthCheck": {"command": ["CMD", "true"]},
            "portMappings": [{"containerPort": 80}],
            "restartPolicy": {"enabled": True},
            "linuxParameters": {"tmpfs": [{"containerPath": "/scratch", "size": 8}]},
        },
        {
            "name": "db",
            "image": "db:1",
            "essential": False,
            "healthCheck": {"command": ["CMD", "true"]},
            "mountPoints": [{"sourceVolume": "data", "containerPath": "/db"}],
        },
    ],
    "volumes": [{"name": "data"}, {"name": "disk"}],
}
SERVICE: Json = {
    "serviceName": "web",
    "taskDefinition": "web:1",
    "desiredCount": 2,
    "volumeConfigurations": [{"name": "disk", "managedEBSVolume": {"sizeInGiB": 5, "encrypted": True}}],
}
RUN: Json = {"taskDefinition": "web:1", "volumeConfigurations": SERVICE["volumeConfigurations"]}

# Values of members for which a made-up one would say nothing, by the end of their path.
VALUES: Json = {
    "networkMode": "host",
    "pidMode": "task",
    "ipcMode": "host",
    "runtimePlatform.cpuArchitecture": "ARM64",
    "runtimePlatform.operatingSystemFamily": "LINUX",
    "cpu": 512,
    "memory": 1024,
    "TASK.cpu": "512",
    "TASK.memory": "1024",
    "portMappings[].protocol": "udp",
    "portMappings[].containerPortRange": "8000-8002",
    "portMappings[].appProtocol": "http",
    "essential": False,
    "readOnly": True,
    "restartPolicy.enabled": False,
    "stopTimeout": 100,
    "encrypted": False,
    "containerOverrides[].name": "db",
    "tags[].key": "kecs.io/quota-cpu",
    "tags[].value": "4",
    "dependsOn[].condition": "SUCCESS",
    "healthCheck.command": ["CMD-SHELL", "exit 0"],
    "dockerSecurityOptions": ["no-new-privileges"],
    "resourceRequirements[].type": "GPU",
    "resourceRequirements[].value": "2",
    "placementConstraints[].type": "memberOf",
    "placementConstraints[].expression": "attribute:stack == prod",
    "placementStrategy[].type": "spread",
    "placementStrategy[].field": "attribute:ecs.availability-zone",
    "user": "1000:1000",
    "links": ["db:database"],
    "extraHosts[].ipAddress": "10.0.0.9",
    "dnsServers": ["10.0.0.2"],
    "dockerVolumeConfiguration.scope": "shared",
    "host.sourcePath": "/srv",
    "transitEncryption": "ENABLED",
    "authorizationConfig.iam": "ENABLED",
    "taskRoleArn": "arn:aws:iam::123456789012:role/app",
    "linuxParameters.capabilities.add": ["NET_ADMIN"],
    "linuxParameters.capabilities.drop": ["ALL"],
    "tmpfs[].size": 64,
    "volumesFrom[].sourceContainer": "db",
    "capacityProviderStrategy[].capacityProvider": "third",
    "capacityProviderStrategy[].weight": 1,
    "deploymentConfiguration.minimumHealthyPercent": 50,
    "schedulingStrategy": "DAEMON",
}
# What has to be there for a member to mean anything, by the path that it is for.
COMPANIONS: dict[str, Json] = {
    "placementConstraints[].expression": {"type": "memberOf"},
    "placementConstraints[].type": {"expression": "attribute:stack == prod"},
    "placementStrategy[].type": {"field": "instanceId"},
    "placementStrategy[].field": {"type": "spread"},
    "extraHosts[].hostname": {"ipAddress": "10.0.0.9"},
    "extraHosts[].ipAddress": {"hostname": "cache"},
    "resourceRequirements[].value": {"type": "GPU"},
    "resourceRequirements[].type": {"value": "2"},
    "tmpfs[].size": {"containerPath": "/scratch"},
    "environment[].value": {"name": "MODE"},
    "volumesFrom[].readOnly": {"sourceContainer": "db"},
    "systemControls[].value": {"namespace": "net.core.somaxconn"},
    "portMappings[].hostPort": {"containerPort": 80},
    "portMappings[].containerPortRange": {"containerPort": None},
    "portMappings[].name": {"containerPort": 80},
    "portMappings[].protocol": {"containerPort": 80},
    "portMappings[].appProtocol": {"containerPort": 80},
    "dependsOn[].condition": {"containerName": "db"},
    "dependsOn[].containerName": {"condition": "HEALTHY"},
    "mountPoints[].containerPath": {"sourceVolume": "data"},
    "mountPoints[].sourceVolume": {"containerPath": "/x"},
    "mountPoints[].readOnly": {"sourceVolume": "data", "containerPath": "/x"},
    "restartPolicy.ignoredExitCodes": {"enabled": True},
    "restartPolicy.restartAttemptPeriod": {"enabled": True},
    "healthCheck.interval": {"command": ["CMD", "true"]},
    "healthCheck.timeout": {"command": ["CMD", "true"]},
    "healthCheck.retries": {"command": ["CMD", "true"]},
    "healthCheck.startPeriod": {"command": ["CMD", "true"]},
    "efsVolumeConfiguration.rootDirectory": {"fileSystemId": "fs-1"},
    "efsVolumeConfiguration.transitEncryption": {"fileSystemId": "fs-1"},
    "efsVolumeConfiguration.transitEncryptionPort": {"fileSystemId": "fs-1"},
    "tags[].key": {"value": "4"},
    "tags[].value": {"key": "kecs.io/quota-cpu"},
}
# A base (weight) shows in who gets the later tasks, beside another provider.
OTHER_PROVIDER = {"capacityProvider": "other", "weight": 3}


def leaves(shape: Any, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield each leaf of a request: its path, elements of lists as `[]`, and its shape."""
    if shape.type_name == "structure" and shape.name not in seen and shape.members:
        for name, member in shape.members.items():
            yield from leaves(member, f"{path}.{name}" if path else name, (*seen, shape.name))
    elif shape.type_name == "list" and shape.member.type_name == "structure":
        yield from leaves(shape.member, f"{path}[]", seen)
    else:
        yield path, shape


def requests() -> dict[str, list[tuple[str, Any]]]:
    model = botocore.session.get_session().get_service_model("ecs")
    names = ("RegisterTaskDefinition", "RunTask", "CreateService", "CreateCluster")
    return {name: list(leaves(model.operation_model(name).input_shape)) for name in names}


LEAVES = requests()
TABLES = {
    "RegisterTaskDefinition": members.TASK_DEFINITION,
    "RunTask": members.RUN_TASK,
    "CreateService": members.SERVICE,
    "CreateCluster": members.CLUSTER,
}


def by_suffix(table: Json, path: str) -> Any:
    """Return the entry of the longest suffix of `path` in the table, or None."""
    parts = path.split(".")
    for at in range(len(parts)):
        found = table.get(".".join(parts[at:]))
        if found is not None:
            return found
    return None


def made_up(path: str, shape: Any) -> Any:
    if path in ("cpu", "memory") or (path.startswith("overrides.") and path.count(".") == 1 and path[10:] in VALUES):
        return VALUES.get(f"TASK.{path.rpartition('.')[2]}", VALUES[path.rpartition(".")[2]])
    known = by_suffix(VALUES, path)
    if known is not None:
        return known
    if shape.type_name == "list":
        return [made_up("", shape.member)]
    simple = {"integer": 7, "long": 7, "double": 7.0, "boolean": True, "map": {"key": "value"}}
    return simple.get(shape.type_name, "something")


def with_member(base: Json, path: str, value: Any) -> Json:
    """Return `base` with the member set; new elements of lists and structures get their companions."""
    changed = copy.deepcopy(base)
    here: Any = changed
    steps = path.split(".")
    for at, step in enumerate(steps[:-1]):
        name = step.removesuffix("[]")
        companions = copy.deepcopy(by_suffix(COMPANIONS, path) or {}) if at == len(steps) - 2 else {}
        if step.endswith("[]"):
            elements = here.setdefault(name, [])
            if not elements or (companions and "mountPoints" in step):
                elements.append({})
            # A start timeout is that of the container which another one waits for, the last.
            here = elements[-1] if "mountPoints" in step or steps[-1] == "startTimeout" else elements[0]
        else:
            here = here.setdefault(name, {})
        here.update(companions)
    here[steps[-1]] = value
    return changed


def results(request: str, body: Json, definition: Json = DEFINITION) -> list[tuple[Json, str]]:
    """Return the objects that a request leads to, and the task's annotation, under every kind of launch."""
    if request == "CreateCluster":
        item = Cluster(Meta(name="c-us-east-1"), msgspec.convert(body, ecs.CreateClusterRequest))
        return [({"namespace": cluster.make_namespace(item), "quota": cluster.make_quota(item)}, "")]
    found = []
    for base in (definition, {**definition, "networkMode": "awsvpc"}):
        if request == "RegisterTaskDefinition":
            given = {**body, "networkMode": base["networkMode"]} if body.get("networkMode") == "bridge" else body
            spec = msgspec.convert(given, TaskDefinitionSpec)
            found += [_task(spec, RUN), _service(spec, SERVICE)]
        else:
            spec = msgspec.convert(base, TaskDefinitionSpec)
            found += (
                [_task(spec, body, index) for index in (0, 1, 5)] if request == "RunTask" else [_service(spec, body)]
            )
    return found


def _apart(template: Json) -> tuple[Json, str]:
    annotations = template["metadata"]["annotations"]
    return template, annotations.pop(marks.TASK)


def _task(definition: TaskDefinitionSpec, body: Json, index: int = 0) -> tuple[Json, str]:
    request = msgspec.convert(body, ecs.RunTaskRequest)
    how = launch.for_run(request, definition, scope=SCOPE, cluster="c", index=index)
    made, facts = _apart(pod.make_pod(definition, how, CSI))
    extra = {
        "accounts": account.make_account(definition, SCOPE, "c-us-east-1", how.overrides),
        "volumes": storage.make_volumes(definition, "c-us-east-1", CSI),
        "classes": storage.make_storage_classes(how, CSI),
    }
    return {"pod": made, **extra}, facts


def _service(definition: TaskDefinitionSpec, body: Json) -> tuple[Json, str]:
    spec = msgspec.convert(body, ecs.CreateServiceRequest)
    service = Service(Meta(name="web", namespace="c-us-east-1", uid="1"), spec)
    how = launch.for_service(spec, definition, scope=SCOPE, cluster="c", deployment_id="ecs-svc/1")
    daemon = workload.make_daemon_set(service, definition, how, CSI)
    made, facts = _apart(pod.make_pod_template(definition, how, CSI))
    daemon["spec"].pop("template")
    minimum = (spec.deploymentConfiguration.minimumHealthyPercent if spec.deploymentConfiguration else None) or 100
    return {
        "template": made,
        "daemon": daemon,
        "service": network.make_service(service, definition),
        "budget": disruption.make_disruption_budget(service, minimum),
        "classes": storage.make_storage_classes(how, CSI),
    }, facts


def row_for(request: str, path: str) -> members.Row | None:
    for row in TABLES[request]:
        if path == row.path or path.startswith((f"{row.path}.", f"{row.path}[]")):
            return row
    return None


BASES: dict[str, Json] = {
    "RegisterTaskDefinition": DEFINITION,
    "RunTask": RUN,
    "CreateService": SERVICE,
    "CreateCluster": {"clusterName": "c"},
}


def effect(request: str, path: str, shape: Any) -> str:
    """Return what a member changes: "object", "facts", "refused" or "nothing"."""
    base = BASES[request]
    if path.startswith("capacityProviderStrategy"):
        base = {**base, "capacityProviderStrategy": [{"capacityProvider": "mine", "weight": 4}, OTHER_PROVIDER]}
    if path.startswith("overrides.containerOverrides"):
        base = {**base, "overrides": {"containerOverrides": [{"name": "app", "command": ["run"]}]}}
    value = made_up(path, shape)
    try:
        after = results(request, with_member(base, path, value))
    except unsupported.RefusedError:
        return "refused"
    before = results(request, base)
    if [made for made, _ in before] != [made for made, _ in after]:
        return "object"
    return "facts" if before != after else "nothing"


ALL = [(request, path, shape) for request, found in LEAVES.items() for path, shape in found]


@pytest.mark.parametrize(("request_name", "path", "shape"), ALL, ids=[f"{one}-{path}" for one, path, _ in ALL])
def test_every_member_is_mapped_or_has_a_row(request_name: str, path: str, shape: Any) -> None:
    row = row_for(request_name, path)
    what = effect(request_name, path, shape)

    if row is None:
        assert what == "object", f"{path} changes {what}, and no row says what comes of it"
    elif row.verdict == "kept":
        assert what != "object", f"the row of {row.path} is stale: {path} is mapped"
    elif row.verdict == "refused":
        assert what == "refused", f"{path} should be refused, and changes {what}"


@pytest.mark.parametrize("request_name", list(TABLES))
def test_every_row_is_about_members_that_there_are(request_name: str) -> None:
    paths = [path for path, _ in LEAVES[request_name]]
    for row in TABLES[request_name]:
        assert any(row_for(request_name, path) is row for path in paths), f"no member is at {row.path}"


def test_the_model_has_what_the_table_is_about() -> None:
    assert len(LEAVES["RegisterTaskDefinition"]) > 100
    assert json.dumps([path for path, _ in LEAVES["CreateService"]]).count("volumeConfigurations") > 5
