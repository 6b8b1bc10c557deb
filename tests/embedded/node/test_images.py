"""Image names, pull policies and logins."""

import asyncio
import base64
import json
from collections.abc import Coroutine

import pytest

from kecs.embedded.node.container_views import Container
from kecs.embedded.node.engine import Credentials, Image
from kecs.embedded.node.images import Images, credentials, policy_of, registry_of, valid
from kecs.embedded.node.simulated import SimulatedEngine
from kecs.embedded.node.views import Meta, Pod, PodSpec, Secret
from tests.embedded.node.cluster import Cluster, container


@pytest.mark.parametrize(
    "name",
    [
        "nginx",
        "nginx:1",
        "library/nginx",
        "localhost:5000/a/b:tag",
        "host.example/a@sha256:" + "0" * 64,
        "[::1]:5000/a",
    ],
)
def test_names(name: str) -> None:
    assert valid(name)


@pytest.mark.parametrize("name", ["", "Nginx", "nginx:", "a b", "http://nginx", "a//b", "-a", "a@sha256:1", "x" * 1025])
def test_what_is_no_name(name: str) -> None:
    assert not valid(name)


@pytest.mark.parametrize(
    ("image", "policy", "found"),
    [
        ("nginx", "", "Always"),
        ("nginx:latest", "", "Always"),
        ("nginx:1", "", "IfNotPresent"),
        ("host:5000/nginx", "", "Always"),
        ("nginx@sha256:" + "0" * 64, "", "IfNotPresent"),
        ("nginx:1", "Always", "Always"),
        ("nginx", "Never", "Never"),
    ],
)
def test_policies(image: str, policy: str, found: str) -> None:
    assert policy_of(Container("a", image=image, imagePullPolicy=policy)) == found


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("nginx", "docker.io"),
        ("me/nginx", "docker.io"),
        ("quay.example/nginx", "quay.example"),
        ("localhost/nginx", "localhost"),
        ("host:5000/nginx", "host:5000"),
    ],
)
def test_registries(image: str, registry: str) -> None:
    assert registry_of(image) == registry


def secret(auths: object, key: str = ".dockerconfigjson") -> Secret:
    document = {"auths": auths} if key == ".dockerconfigjson" else auths
    return Secret({key: base64.b64encode(json.dumps(document).encode()).decode()})


AUTH = base64.b64encode(b"me:pass:word").decode()


@pytest.mark.parametrize(
    ("given", "image", "logins"),
    [
        (secret({"host.example": {"auth": AUTH}}), "host.example/a", [Credentials("me", "pass:word", "host.example")]),
        (secret({"host.example": {"username": "u", "password": "p"}}), "host.example/a",
         [Credentials("u", "p", "host.example")]),
        (secret({"host.example": {"auth": AUTH}}), "other.example/a", []),
        (secret({"https://index.docker.io/v1/": {"auth": AUTH}}), "nginx",
         [Credentials("me", "pass:word", "https://index.docker.io/v1/")]),
        (secret({"https://host.example/v1/": {"auth": AUTH}}), "host.example/a",
         [Credentials("me", "pass:word", "https://host.example/v1/")]),
        (secret({"host.example": {"auth": AUTH}}, ".dockercfg"), "host.example/a",
         [Credentials("me", "pass:word", "host.example")]),
        (secret("nonsense"), "nginx", []),
        (secret({"docker.io": {"auth": "!"}}), "nginx", []),
        (Secret({".dockerconfigjson": "!"}), "nginx", []),
        (Secret(), "nginx", []),
    ],
)  # fmt: skip
def test_logins(given: Secret, image: str, logins: list[Credentials]) -> None:
    assert credentials(given, image) == logins


def test_a_password_is_not_shown() -> None:
    assert "word" not in repr(Credentials("me", "pass:word"))


async def test_an_image_is_pulled_once_for_all_that_wait(simulated: Cluster) -> None:
    pulls = 0

    class Slow(SimulatedEngine):
        async def pull(self, name: str, credentials: object) -> Image:
            nonlocal pulls
            pulls += 1
            await asyncio.sleep(0.05)
            return Image("sha256:1")

    class Silent:
        def normal(self, *_: object) -> None: ...

        warning = normal

    images = Images(Slow(), Silent())  # type: ignore[arg-type]  # nobody listens to events here
    given = Pod(Meta(name="p", namespace="n", uid="u"), PodSpec([Container("a", image="nginx")]))

    def ensure(*logins: Credentials) -> Coroutine[object, object, Image]:
        return images.ensure(given, given.spec.containers[0], logins)

    found = await asyncio.gather(*(ensure() for _ in range(5)))
    assert (pulls, {each.id for each in found}) == (1, {"sha256:1"})
    right, wrong = Credentials("me", "right"), Credentials("me", "wrong")
    await asyncio.gather(ensure(), ensure(right), ensure(wrong), ensure(right))
    assert pulls == 4  # nobody has an image by another's password


async def test_a_name_that_is_none(simulated: Cluster) -> None:
    await simulated.pod("odd", container() | {"image": "Not/A Name"})
    waiting = await simulated.waiting("odd", "InvalidImageName")
    assert waiting["message"].endswith("invalid reference format: repository name (A Name) must be lowercase")
