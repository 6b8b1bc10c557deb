"""ECSDeployments as objects: what a service of a cluster would be, but for one table of differences."""

from typing import Any

import msgspec
import pytest

from kecs.model import shapes
from kecs.model.objects import Meta
from kecs.translate import ecs_deployment as make
from kecs.translate import members
from kecs.translate.options import Options

META = Meta(name="shop", namespace="team", uid="u", labels={"demo": "true", "kecs.io/role": "task"})
FIGURES: Any = {"max_unavailable": 0, "max_surge": 1}


def made(task: Any, service: Any = None, *, options: Options | None = None, meta: Meta = META) -> dict[str, Any]:
    """Return the objects by kind."""
    given = shapes.service(service, name="shop").value if service is not None else None
    one = make.desired(meta, shapes.task_definition(task, family="shop").value, given)
    return {body["kind"]: body for body in make.make_objects(one, options or Options(), **FIGURES)}


def container(**members: Any) -> dict[str, Any]:
    return {"name": "web", "image": "web", "memory": 32, **members}


PORTS = [{"containerPort": 80}, {"containerPort": 443}, {"containerPort": 53, "protocol": "udp"}]
SERVICES: list[tuple[Any, str, list[int]]] = [
    ({}, "ClusterIP", [80, 443, 53]),
    ({"loadBalancers": [{"containerName": "web", "containerPort": 80}]}, "LoadBalancer", [80]),
    (
        {"loadBalancers": [{"containerName": "web", "containerPort": port} for port in (443, 80)]},
        "LoadBalancer",
        [80, 443],
    ),
]


@pytest.mark.parametrize(("service", "kind", "ports"), SERVICES)
def test_load_balancers_are_a_service(service: Any, kind: str, ports: list[int]) -> None:
    spec = made([container(portMappings=PORTS)], service)["Service"]["spec"]
    assert (spec["type"], [port["port"] for port in spec["ports"]]) == (kind, ports)
    assert spec["selector"] == {"kecs.io/service": "shop"}


KINDS: list[tuple[Any, Any, set[str]]] = [
    ([container(portMappings=PORTS)], None, {"Deployment"}),
    ([container()], {}, {"Deployment", "PodDisruptionBudget"}),
    ([container()], {"deploymentConfiguration": {"minimumHealthyPercent": 0}}, {"Deployment"}),
    ([container(portMappings=PORTS)], {"schedulingStrategy": "DAEMON"}, {"DaemonSet", "Service"}),
    ({"networkMode": "none", "containerDefinitions": [container()]}, None, {"Deployment", "NetworkPolicy"}),
    ({"taskRoleArn": "r", "containerDefinitions": [container()]}, None, {"Deployment", "ServiceAccount"}),
]


@pytest.mark.parametrize(("task", "service", "kinds"), KINDS)
def test_there_is_what_is_needed_and_no_more(task: Any, service: Any, kinds: set[str]) -> None:
    found = made(task, service)
    assert set(found) == kinds
    for kind, body in found.items():
        (owner,) = body["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("ECSDeployment", "shop", "u")
        assert owner.get("controller", False) is (kind != "ServiceAccount")  # which others may use as well
        assert body["metadata"]["namespace"] == "team"


def test_nothing_makes_kecs_take_its_pods_for_tasks_of_a_cluster() -> None:
    found = made([container(dockerLabels={"a": "b"}, portMappings=PORTS)], {})
    template = found["Deployment"]["spec"]["template"]["metadata"]
    own = {"demo": "true", "kecs.io/service": "shop", "kecs.io/ecsdeployment": "shop"}
    assert template["labels"] == {**own, "kecs.io/family": "shop"}
    assert set(template) == {"labels", "annotations"}
    assert set(template["annotations"]) == {"kecs.io/docker-labels"}
    assert [body["metadata"]["labels"] for body in found.values()] == [own] * len(found)


def test_what_ends_is_started_again_in_place_unless_it_may_end() -> None:
    helper = {"name": "helper", "image": "h", "memory": 32, "essential": False}
    first = {"name": "first", "image": "f", "memory": 32, "essential": False}
    web = container(dependsOn=[{"containerName": "first", "condition": "SUCCESS"}])
    spec = made([web, helper, first])["Deployment"]["spec"]["template"]["spec"]
    assert {one["name"]: one.get("restartPolicy") for one in spec["containers"]} == {"web": None, "helper": "Never"}
    assert [one.get("restartPolicy") for one in spec["initContainers"]] == [None]


def test_secrets_are_references_and_never_values() -> None:
    secrets = [{"name": "A", "valueFrom": "arn:one"}, {"name": "B.c", "valueFrom": "two"}]
    other = {"name": "other", "image": "o", "memory": 32, "secrets": [{"name": "A", "valueFrom": "arn:three"}]}
    environment = [{"name": "A", "value": "plain"}, {"name": "C", "value": "c"}]
    task = {
        "executionRoleArn": "e",
        "containerDefinitions": [container(secrets=secrets, environment=environment), other],
    }
    web, second = made(task)["Deployment"]["spec"]["template"]["spec"]["containers"]

    def reference(key: str) -> dict[str, Any]:
        return {"secretKeyRef": {"name": "shop-secrets", "key": key}}

    assert web["env"] == [
        {"name": "C", "value": "c"},
        {"name": "A", "valueFrom": reference("A")},
        {"name": "B.c", "valueFrom": reference("B.c")},
    ]
    assert second["env"] == [{"name": "A", "valueFrom": reference("other.A")}]


def test_volumes_of_the_drivers_are_references() -> None:
    """A volume and its class are no namespace's, so nothing of the sort is made for whoever may write the object."""
    ebs = {"name": "scratch", "managedEBSVolume": {"sizeInGiB": 9, "roleArn": "r"}}
    task = {
        "containerDefinitions": [container()],
        "volumes": [
            {"name": "My Data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/x"}},
            {"name": "scratch", "configuredAtLaunch": True},
        ],
    }
    found = made(task, {"volumeConfigurations": [ebs]}, options=Options(storage="csi"))
    assert set(found) == {"Deployment", "PodDisruptionBudget"}
    data, scratch = found["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert data["persistentVolumeClaim"]["claimName"].startswith("shop-my-data-")  # with a hash: it is no DNS label
    claim = scratch["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert claim["resources"] == {"requests": {"storage": "9Gi"}}
    assert claim["storageClassName"].startswith("ebs-")
    assert make.claim_name("shop", "data") == "shop-data"


def test_files_of_variables_are_references() -> None:
    paths = ("prod/web.env", "more/Web_2.env", "dev/web.env")
    files = [{"type": "s3", "value": f"arn:aws:s3:::bucket/{path}"} for path in paths]
    plain = {"name": "A", "value": "a"}
    task = [container(environmentFiles=files, environment=[plain]), container(name="other", image="i")]
    web, other = made(task)["Deployment"]["spec"]["template"]["spec"]["containers"]
    first, second, third = (one["configMapRef"]["name"] for one in web["envFrom"])
    assert (first, second) == ("shop-web-env", "shop-web-2-env")
    assert third.startswith("shop-web-env-")  # another file of the same name
    assert web["env"] == [plain]
    assert "envFrom" not in other


def test_a_service_that_code_deploy_would_deploy_is_deployed() -> None:
    task = shapes.task_definition([container()], family="shop").value
    given = shapes.service({"deploymentController": {"type": "CODE_DEPLOY"}}, name="shop").value
    assert make.warnings(make.desired(META, task, given), given) == [
        "deploymentController is kept but not acted on: the scheduler of ECS itself is carried out."
    ]


def test_rights_are_not_given_away() -> None:
    task = {
        "taskRoleArn": "r",
        "containerDefinitions": [container()],
        "tags": [{"key": "kecs.io/rbac", "value": "*:*"}],
    }
    found = made(task)
    assert set(found) == {"Deployment", "ServiceAccount"}
    one = make.desired(META, shapes.task_definition(task, family="f").value, None)
    assert make.warnings(one, None) == ["tags is kept but not acted on: nothing that is made carries them."]


# What a cluster's service has from kecs itself, and an ECSDeployment has as well, or needs not.
AS_THERE = {
    "clientToken",
    "taskDefinition",
    "availabilityZoneRebalancing",
    "desiredCount",
    "role",
    "schedulingStrategy",
    "executionRoleArn",
    "requiresCompatibilities",
    "deploymentConfiguration.maximumPercent",
    "volumes[].configuredAtLaunch",
    "volumeConfigurations[].managedEBSVolume.roleArn",
    "containerDefinitions[].logConfiguration.logDriver",
    "containerDefinitions[].logConfiguration.options",
}


@pytest.mark.parametrize("door", ["TASK_DEFINITION", "SERVICE"])
def test_what_only_a_clusters_service_has_is_told(door: str) -> None:
    emulated = {row.path for row in getattr(members, door) if row.verdict == "emulated"}
    told = {row.path for row in getattr(make, door)}
    assert emulated <= told | AS_THERE
    assert not told & AS_THERE


def test_names_and_counts_that_say_something_else_are_told() -> None:
    service = {
        "serviceName": "other",
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/else:3",
        "desiredCount": 2,
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": False}},
        "loadBalancers": [{"containerName": "web", "containerPort": 80, "targetGroupArn": "arn"}],
    }
    given = shapes.service(service).value
    task = shapes.task_definition([container(portMappings=PORTS)], family="shop").value
    told = make.warnings(make.desired(META, task, given, 3), given)
    assert [one.split(" is kept")[0] for one in told] == [
        "loadBalancers[0].targetGroupArn",
        "deploymentConfiguration.deploymentCircuitBreaker",
        "taskDefinition arn:aws:ecs:us-east-1:123456789012:task-definition/else:3",
        "serviceName other",
        "desiredCount",
    ]
    quiet = shapes.service({"taskDefinition": "shop:2", "launchType": "EC2", "desiredCount": 3}, name="shop").value
    assert make.warnings(make.desired(META, task, quiet, 3), quiet) == []


def test_the_name_that_a_service_has_from_its_object_is_not_told_of() -> None:
    dotted = msgspec.structs.replace(META, name="shop.eu")
    given = shapes.service({"desiredCount": 1}, name="shop-eu").value  # as it is read where it has none
    task = shapes.task_definition([container()], family="shop-eu").value
    assert make.warnings(make.desired(dotted, task, given), given) == []


def test_volumes_that_tasks_share_are_those_of_the_namespace() -> None:
    docker = {"name": "v", "dockerVolumeConfiguration": {"scope": "shared"}}
    task = {"containerDefinitions": [container()], "volumes": [docker]}
    (volume,) = made(task)["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert volume["hostPath"]["path"].endswith("/volumes/team/v")


def test_names_that_are_no_label_are_made_ones() -> None:
    found = made([container()], {}, meta=Meta(name="shop.example", namespace="team", uid="u"))
    (name,) = {body["metadata"]["name"] for body in found.values()}
    assert name.startswith("shop-example-")
    assert found["Deployment"]["spec"]["selector"] == {"matchLabels": {"kecs.io/service": name}}


def test_containers_that_are_linked_find_each_other() -> None:
    """As in AWS's published example of WordPress and MySQL."""
    links = [container(links=["mysql"]), {"name": "mysql", "image": "mysql", "memory": 500}]
    spec = made({"family": "hello_world", "containerDefinitions": links})["Deployment"]["spec"]["template"]["spec"]
    assert spec["hostAliases"] == [{"ip": "127.0.0.1", "hostnames": ["mysql"]}]
