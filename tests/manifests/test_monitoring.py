"""`k8s/monitoring`: the dashboard and the alerts are about metrics that there are."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.metrics.test_scrape import scraped
from tests.process import KecsProcess
from tests.rig import Cluster
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "k8s" / "monitoring"
_PARTS = re.compile(r"_(bucket|count|sum)$")


def dashboard() -> Any:
    return json.loads((MONITORING / "dashboard.json").read_text())


def rules() -> Any:
    return yaml.safe_load((MONITORING / "rules.yaml").read_text())["spec"]


def expressions() -> Iterator[str]:
    """Yield every query of the dashboard and of the alerts."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]
    for group in rules()["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


def metrics_of(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:kecs|process|python)_[a-z_]+", expression))


def labels_of(expression: str) -> Iterator[tuple[str, str]]:
    """Yield each metric with the labels that it is selected by."""
    for metric, selector in re.findall(r"\b((?:kecs|process)_[a-z_]+)\{([^}]*)\}", expression):
        for label in re.findall(r"(\w+)\s*[=!]", selector):
            yield metric, label


def _labels(server: KecsProcess) -> dict[str, set[str]]:
    """Return the metrics that a server tells, with the labels that each has."""
    there: dict[str, set[str]] = {}
    for name, labels in scraped(server):
        there.setdefault(name, set()).update(label for label, _ in labels)
    return there


def test_every_metric_is_there_and_has_the_labels(
    start_kecs: Callable[..., KecsProcess], kubernetes_control: Cluster
) -> None:
    """On a real cluster, where all of them are: what is asked of its API server is counted there alone."""
    server = start_kecs(cluster=kubernetes_control.kubeconfig)
    ecs = server.client(region="test-monitoring")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="f", containerDefinitions=[{"name": "a", "image": "a", "memory": 32}])
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=0)
    ecs.get_waiter("services_stable").wait(cluster="c", services=["s"], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    until(lambda: "kecs_deployments" in _labels(server), 10, "the service's deployment is counted")
    there = _labels(server)
    ecs.delete_service(cluster="c", service="s", force=True)
    ecs.get_waiter("services_inactive").wait(cluster="c", services=["s"], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    ecs.delete_cluster(cluster="c")
    asked = set().union(*map(metrics_of, expressions()))
    assert len(asked) > 12
    assert asked <= set(there)
    of_prometheus = {"namespace", "pod"}  # every sample gets them as it is scraped
    for metric, label in (each for expression in expressions() for each in labels_of(expression)):
        assert label in there[metric] | of_prometheus, (metric, label)
    shown = {name for name in there if name.startswith("kecs_") and not _PARTS.search(name)}
    assert shown <= asked, "what is not on the dashboard nobody sees"


def test_the_panels_are_whole() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
        assert panel["title"]
        if panel["type"] != "row":
            assert panel["targets"] and panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_every_alert_says_what_it_means() -> None:
    found = [rule for group in rules()["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]
        assert re.fullmatch(r"\d+m", rule["for"])


@pytest.fixture(scope="module")
def promtool() -> str:
    run = subprocess.run([ROOT / "tools" / "promtool"], capture_output=True, text=True, check=False, timeout=120)
    if run.returncode:
        reason = "promtool is not here, and there is no package archive to take it from"
        if os.environ.get("KECS_TEST_NOTHING_LEFT_OUT"):
            pytest.fail(f"{reason}: {run.stderr}")
        pytest.skip(reason)
    return run.stdout.strip()


def test_promtool_accepts_the_alerts(promtool: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(rules()))
    run = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_promtool_accepts_the_queries_of_the_dashboard(promtool: str, tmp_path: Path) -> None:
    """As recording rules, for they are read by the same parser; Grafana's variables stand for something."""
    queries = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]
    filled = [
        query.replace("$__rate_interval", "1m").replace("$namespace", "n").replace("$cluster", "c") for query in queries
    ]
    recorded = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(filled)]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    run = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_page_is_what_prometheus_reads(promtool: str, start_kecs: Callable[..., KecsProcess]) -> None:
    import urllib.request

    server = start_kecs()
    server.client().create_cluster(clusterName="c")
    with urllib.request.urlopen(f"{server.endpoint}/metrics", timeout=10) as answer:
        text = answer.read()
    run = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_it() -> None:
    run = subprocess.run(["kubectl", "kustomize", MONITORING], capture_output=True, text=True, check=True)
    found = {each["kind"]: each for each in yaml.safe_load_all(run.stdout)}
    assert set(found) == {"ConfigMap", "PodMonitor", "PrometheusRule"}
    assert json.loads(found["ConfigMap"]["data"]["kecs.json"]) == dashboard()
