"""Several clusters in one tree: each has its directories and its namespaces, and names may be the same in both."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.cli import export
from tests.export.test_cases import build

Json = dict[str, Any]
APP: Json = {"name": "app", "image": "example/app:1", "memory": 64, "portMappings": [{"containerPort": 80}]}
DISK: Json = {"name": "data", "configuredAtLaunch": True}
DEFINITION: Json = {"family": "app", "networkMode": "awsvpc", "volumes": [DISK], "containerDefinitions": [APP]}
MANAGED: Json = {"name": "data", "managedEBSVolume": {"roleArn": "arn:aws:iam::1:role/ebs", "sizeInGiB": 5}}
SERVICE: Json = {"serviceName": "web", "taskDefinition": "app", "desiredCount": 2, "volumeConfigurations": [MANAGED]}
LONE: Json = {"family": "nightly", "containerDefinitions": [{"name": "job", "image": "example/job:1", "memory": 64}]}


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    services = [{**SERVICE, "cluster": name} for name in ("Shop", "shop", "arn:aws:ecs:us-east-1:1:cluster/jobs")]
    target = {"ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 1, "MaxCapacity": 4}
    tracking = {
        "TargetValue": 50,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    policy = {
        "ResourceId": "service/jobs/web",
        "PolicyName": "cpu",
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
    beside = [{"ScalableTargets": [{**target, "ResourceId": "service/jobs/web"}]}, {"ScalingPolicies": [policy]}]
    Path("all.json").write_text(json.dumps([DEFINITION, LONE, *services, *beside]))
    return "all.json"


def test_each_cluster_has_namespaces_of_its_own(sources: str, tmp_path: Path) -> None:
    assert export.main([sources, "-o", "k8s", "--namespace", "acme"]) == 0
    assert export.main([sources, "-o", "k8s", "--namespace", "acme", "--check"]) == 0
    for environment in ("dev", "staging", "production"):
        built = list(yaml.safe_load_all(build(tmp_path / "k8s/overlays" / environment)))
        spaces = {one["metadata"]["name"] for one in built if one["kind"] == "Namespace"}
        assert len(spaces) == 3
        assert f"acme-jobs-{environment}" in spaces
        assert {one["metadata"]["namespace"] for one in built if one["kind"] == "Deployment"} == spaces
        assert len([one for one in built if one["kind"] == "StorageClass"]) == 1
        assert len([one for one in built if one["kind"] == "CronJob"]) == 1
    scaled = list(yaml.safe_load_all(build(tmp_path / "k8s/base")))
    assert [one["metadata"]["namespace"] for one in scaled if one["kind"] == "HorizontalPodAutoscaler"] == ["acme-jobs"]
    report = json.loads(Path("k8s/export-report.json").read_text())
    assert {entry["of"].partition("/")[0] for entry in report["entries"]} == {"Shop", "shop", "jobs"}
    assert min(one.name for one in Path("k8s/docs").iterdir()) == "runbook-acme-jobs.md"
    assert "k8s/overlays/dev/acme-jobs" in Path("k8s/docs/runbook-acme-jobs.md").read_text()


def test_a_cluster_that_is_no_more_leaves_the_tree(sources: str, tmp_path: Path) -> None:
    assert export.main([sources, "-o", "k8s"]) == 0
    Path(sources).write_text(json.dumps([DEFINITION, {**SERVICE, "cluster": "jobs"}]))
    assert export.main([sources, "-o", "k8s"]) == 0
    assert not Path("k8s/base/jobs").exists()
    assert {one.name for one in Path("k8s/overlays/dev").iterdir()} >= {"kustomization.yaml"}
    build(tmp_path / "k8s/overlays/dev")


def test_environments_of_their_own_hold_what_each_cluster_has_otherwise(sources: str, tmp_path: Path) -> None:
    """The base has the service in three clusters; development says something of one of them alone."""
    Path("dev.json").write_text(json.dumps([{**SERVICE, "cluster": "shop", "desiredCount": 1}]))
    assert export.main([sources, "--env", "dev=dev.json", "--env", f"production={sources}", "-o", "k8s"]) == 0
    assert sorted(one.name for one in Path("k8s/overlays").iterdir()) == ["dev", "production"]
    kustomizations = Path("k8s/overlays/dev").glob("*/kustomization.yaml")
    assert [one.parent.name for one in kustomizations if "patches" in one.read_text()] == ["shop"]
    built = list(yaml.safe_load_all(build(tmp_path / "k8s/overlays/dev")))
    assert len({one["metadata"]["namespace"] for one in built if one["kind"] == "Deployment"}) == 3
    assert len([one for one in built if one["kind"] == "StorageClass"]) == 1


def test_an_environment_has_no_cluster_that_the_base_has_not(
    sources: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("dev.json").write_text(json.dumps([{**SERVICE, "cluster": "other"}]))
    assert export.main([sources, "--env", "dev=dev.json", "-o", "k8s"]) == 1
    assert "the environment dev names clusters that the base has not: other" in capsys.readouterr().err


def test_names_that_are_too_long_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    long = "a" * 70
    services = [{**SERVICE, "cluster": name} for name in (f"{long}b", f"{long}c")]
    Path("all.json").write_text(json.dumps([DEFINITION, *services]))
    assert export.main(["all.json", "-o", "k8s"]) == 0
    built = list(yaml.safe_load_all(build(tmp_path / "k8s/overlays/dev")))
    assert len({one["metadata"]["name"] for one in built if one["kind"] == "Namespace"}) == 2
