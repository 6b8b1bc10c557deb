"""What keeps containers from starting, and what their pods say of it meanwhile."""

from typing import Any

import pytest

from tests.contract.pods.watching import STAY, Pods, container, state

Json = dict[str, Any]


def test_a_pod_that_runs(pods: Pods) -> None:
    pods.make(container(name="one"), container(name="two"))
    pods.note(pods.ready())


@pytest.mark.parametrize(
    ("image", "policy", "reason"),
    [
        ("kecs.invalid/none:1", "IfNotPresent", "ErrImagePull"),
        ("kecs.invalid/none:1", "IfNotPresent", "ImagePullBackOff"),
        ("kecs.invalid/none:1", "Never", "ErrImageNeverPull"),
        ("Not/A Name", "IfNotPresent", "InvalidImageName"),
    ],
)
def test_images(pods: Pods, image: str, policy: str, reason: str) -> None:
    pods.make({**container(), "image": image, "imagePullPolicy": policy})
    pods.note(pods.waiting(reason))


def test_one_image_of_two(pods: Pods) -> None:
    pods.make({**container(name="never"), "image": "kecs.invalid/none:1"}, container(name="well"))
    pods.until(lambda pod: "running" in state(pod, 1), "the other one")
    pods.note(pods.waiting("ImagePullBackOff"))


CONFIGURATIONS: dict[str, Json] = {
    "map": {"envFrom": [{"configMapRef": {"name": "missing"}}]},
    "secret": {"envFrom": [{"secretRef": {"name": "missing"}}]},
    "no-map": {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "missing", "key": "a"}}}]},
    "no-key": {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "there", "key": "missing"}}}]},
    "no-secret": {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "missing", "key": "a"}}}]},
    "root-image": {"securityContext": {"runAsNonRoot": True}},
    "root-user": {"securityContext": {"runAsNonRoot": True, "runAsUser": 0}},
}


def test_configurations(pods: Pods) -> None:
    there = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "there"}, "data": {"a": "b"}}
    assert pods.client.quietly("POST", "configmaps", there).status == 201
    pods.make(*(container(name=name, **members) for name, members in CONFIGURATIONS.items()))
    for number in range(len(CONFIGURATIONS)):
        pod = pods.waiting("CreateContainerConfigError", number)
    pods.note(pod)


def test_what_was_missing_comes(pods: Pods) -> None:
    pods.make(container("echo $A; exit 0", envFrom=[{"configMapRef": {"name": "late"}}]), restartPolicy="Never")
    pods.waiting("CreateContainerConfigError")
    late = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "late"}, "data": {"A": "here"}}
    assert pods.client.quietly("POST", "configmaps", late).status == 201
    pods.note(pods.over())
    assert pods.log() == "here\n"


def test_a_volume_from_nothing(pods: Pods) -> None:
    mount = {"name": "data", "mountPath": "/data"}
    pods.make(container(volumeMounts=[mount]), volumes=[{"name": "data", "configMap": {"name": "missing"}}])
    pods.note(pods.waiting("ContainerCreating"))


def test_an_init_container_without_image(pods: Pods) -> None:
    first = {**container("exit 0", "first"), "image": "kecs.invalid/none:1"}
    pods.make(container(STAY), initContainers=[first])
    pods.note(pods.waiting("ImagePullBackOff", init=True))


def test_no_node_for_it(pods: Pods) -> None:
    pods.make(container(), nodeSelector={"kecs.test/none": "here"})
    pods.note(pods.until(lambda pod: pod.get("status", {}).get("conditions"), "a scheduler's word"))
