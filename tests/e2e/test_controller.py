"""`kecs controller`, alone on a cluster with a real node and with the rights of k8s/controller: real containers."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.e2e.kubectl import PROGRAM, Kubectl
from tests.e2e.test_ecs_deployment import SAMPLE, gone
from tests.engine import IMAGE
from tests.process import environment, kecs
from tests.rig import Cluster
from tests.waiting import until

INSTALLED = SAMPLE.parents[1] / "k8s" / "controller"
_numbers = count()


@pytest.fixture(scope="module")
def controller(kubernetes_node: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, with the process at work on it."""
    if PROGRAM is None:
        pytest.skip("kubectl is not installed")
    place = tmp_path_factory.mktemp("controller")
    kubeconfig = _as_the_controller(Kubectl(kubernetes_node.kubeconfig, "kecs-controller", place), place)
    command = [sys.executable, "-m", "kecs", "controller", "--kubeconfig", str(kubeconfig)]
    options = ["--namespace", "kecs-controller", "--lease-duration", "3"]
    with (place / "out").open("w") as out, (place / "err").open("w") as err:
        process = subprocess.Popen([*command, *options], env=environment(), stdout=out, stderr=err, cwd=place)
    until(lambda: "kecs controller ready, cluster https://" in (place / "out").read_text(), 30, "it is ready")
    yield kubernetes_node
    process.send_signal(signal.SIGTERM)
    said = (place / "err").read_text()
    assert process.wait(20) == 0, said
    assert "Traceback" not in said
    assert "forbidden" not in said


def _as_the_controller(kubectl: Kubectl, place: Path) -> Path:
    """Give the controller what it is installed with, but for its Deployment; return the kubeconfig of its account."""
    for name in ("namespace.yaml", "crds.yaml", "rbac.yaml"):
        kubectl("apply", "--server-side", "--force-conflicts", "-f", str(INSTALLED / name))
    config = kubectl.json("config", "view", "--raw")
    token = kubectl("create", "token", "kecs-controller").strip()
    config["users"] = [{**user, "user": {"token": token}} for user in config["users"]]
    path = place / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture
def kubectl(controller: Cluster, tmp_path: Path) -> Iterator[Kubectl]:
    found = Kubectl(controller.kubeconfig, f"ecs-deployments-{next(_numbers)}", tmp_path)
    found("create", "namespace", found.namespace)
    yield found
    found("delete", "namespace", found.namespace, "--wait=false")


def test_the_sample_with_real_containers(kubectl: Kubectl) -> None:
    """The images of the sample are not at hand: this one listens on the port, and stands for either."""
    sample = json.loads(SAMPLE.read_text())
    wordpress, mysql = sample["spec"]["Task"]["Properties"]["ContainerDefinitions"]
    wordpress |= {
        "Image": IMAGE,
        "Command": ["sh", "-c", "mkdir /w; echo $WORDPRESS_DB_HOST >/w/index.html; httpd -f -p 80 -h /w"],
    }
    mysql |= {"Image": IMAGE, "Command": ["sleep", "600"]}
    for one in (wordpress, mysql):
        one["StopTimeout"] = 2
    kubectl("create", "-f", "-", stdin=sample)
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/ecs-demo-deploy", "--timeout=25s")
    (pod,) = kubectl.rows("get", "pods", "-l", "demo=true")[1:]
    assert pod[1:3] == ["2/2", "Running"]
    kubectl("rollout", "status", "deployment/ecs-demo-deploy", "--timeout=10s")
    service = kubectl.json("get", "service", "ecs-demo-deploy")["spec"]
    assert (service["type"], [port["port"] for port in service["ports"]]) == ("LoadBalancer", [80])
    asked = ("exec", pod[0], "-c", "mysql", "--", "wget", "-qO-", f"http://{service['clusterIP']}")
    assert kubectl.until(lambda shown: bool(shown), *asked).strip() == "127.0.0.1"
    mysql["Command"] = ["sleep", "601"]
    sample["spec"]["Service"]["DeploymentConfiguration"] = {"MinimumHealthyPercent": 0, "MaximumPercent": 100}
    kubectl("apply", "-f", "-", stdin=sample)
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/ecs-demo-deploy", "--timeout=25s")
    kubectl("rollout", "status", "deployment/ecs-demo-deploy", "--timeout=10s")
    (newer,) = kubectl.rows("get", "pods", "-l", "demo=true", "--field-selector=status.phase=Running")[1:]
    assert newer[0] != pod[0]
    kubectl("delete", "ecsdeployment", "ecs-demo-deploy")
    gone(kubectl)


def test_it_has_to_be_told_which_cluster(tmp_path: Path) -> None:
    done = kecs("controller", KECS_DATA=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "kecs: on which cluster? Say --kubeconfig FILE or --context NAME\n"
