"""kubectl's own commands print the same on both."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.contract.client import Client
from tests.contract.make import Json, config_map, deployment, obj
from tests.e2e.kubectl import PROGRAM, Kubectl

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="kubectl is not installed")

_AGE = re.compile(r"(?<![\w.-])(\d+[smhd]){1,2}(?![\w.])")
_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_ADDRESS = re.compile(r"\b10\.\d+\.\d+\.\d+\b")
_VERSION = re.compile(r'(resourceVersion"?: "?)\d+')


def _said(kubectl: Kubectl, cluster: Client, *commands: str, stdin: Json | None = None, **environment: str) -> None:
    """Run commands, and note what each prints: words, for columns are as wide as what is in them."""
    for command in commands:
        done = kubectl.run(*shlex.split(command), stdin=stdin or "", **environment)
        text = _VERSION.sub(r"\1VERSION", _ADDRESS.sub("ADDRESS", _DATE.sub("DATE", done.stdout + done.stderr)))
        lines = [" ".join(_AGE.sub("AGE", line).split()) for line in text.splitlines()]
        cluster.note(f"kubectl {command}", done.returncode, lines)


@pytest.fixture
def kubectl(cluster: Client, tmp_path: Path) -> Kubectl:
    return Kubectl(cluster.backend.kubeconfig, cluster.namespace, tmp_path)


def _objects(cluster: Client) -> None:
    """Make one of each of the usual kinds, none of which changes by itself."""
    cluster.quietly("POST", "configmaps", config_map("it", {"app": "it"}, a="two\nlines\n"))
    cluster.quietly("POST", "secrets", obj("v1", "Secret", "it", {"app": "it"}, stringData={"a": "b"}))
    ports: Json = {"selector": {"app": "it"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    cluster.quietly("POST", "services", obj("v1", "Service", "it", {"app": "it"}, spec=ports))
    cluster.quietly("POST", "deployments", deployment("it", paused=True))
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "no"}}}
    cluster.quietly(
        "POST", "poddisruptionbudgets", obj("policy/v1", "PodDisruptionBudget", "it", {"app": "it"}, spec=budget)
    )
    role = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    cluster.quietly("POST", "roles", obj("rbac.authorization.k8s.io/v1", "Role", "it", {"app": "it"}, rules=role))
    for path in ("deployments/it", "poddisruptionbudgets/it"):
        cluster.until(path, lambda found: "conditions" in found.get("status", {}), f"{path} is seen")


KINDS = "configmaps", "secrets", "services", "deployments", "poddisruptionbudgets", "roles"


def test_get(cluster: Client, kubectl: Kubectl) -> None:
    _objects(cluster)
    for kind in KINDS:
        _said(kubectl, cluster, f"get {kind} -l app=it", f"get {kind} it -o wide", f"get {kind} it -o name")
    _said(
        kubectl,
        cluster,
        "get configmap it -o yaml",
        "get configmap it -o json",
        "get configmap,secret,service -l app=it",
        "get configmap it -o jsonpath={.data.a}",
        "get deploy it -o custom-columns=N:.metadata.name,R:.spec.replicas",
        "get cm it --show-labels",
        "get cm -l app=it --no-headers",
        "get cm -l app=it --sort-by=.metadata.name -L app",
        "get configmap missing",
        "get odd",
        "get cm -l app=no",
        "get cm it missing",
        "get cm -l app=it --chunk-size=1",
        "get cm it -o yaml --show-managed-fields",
    )


def test_describe(cluster: Client, kubectl: Kubectl) -> None:
    _objects(cluster)
    _said(kubectl, cluster, *(f"describe {kind} it" for kind in KINDS), "describe cm missing", "describe cm -l app=it")


def test_write(cluster: Client, kubectl: Kubectl) -> None:
    _said(
        kubectl,
        cluster,
        "create configmap it --from-literal=a=b",
        "create configmap it --from-literal=a=b",
        "label cm it x=y",
        "label cm it x=z",
        "label cm it x=z --overwrite",
        "label cm it x-",
        "label cm it x-",
        "annotate cm it note=1",
        "annotate cm --all note=2 --overwrite --field-selector metadata.name=it",
        """patch cm it -p '{"data":{"c":"d"}}'""",
        """patch cm it -p '{"data":{"c":"d"}}'""",
        """patch cm it --type=merge -p '{"data":{"c":null}}'""",
        """patch cm it --type=json -p '[{"op":"remove","path":"/data/zzz"}]'""",
        "patch cm missing -p {}",
        "replace cm it",
        "get cm it -o jsonpath={.data}",
        "create cm dry --dry-run=server -o name",
        "create secret generic s --from-literal=a=b",
        "create quota q --hard=secrets=1",
        "delete quota q",
        "delete cm it",
        "delete cm it",
        "delete cm it --ignore-not-found",
        "delete secret --all",
        "auth can-i create pods",
    )
    _said(kubectl, cluster, "edit cm kept", KUBE_EDITOR="sed -i s/old/new/")
    kubectl("create", "configmap", "kept", "--from-literal=a=old")
    _said(kubectl, cluster, "edit cm kept", KUBE_EDITOR="sed -i s/old/new/")
    _said(kubectl, cluster, "edit cm kept", KUBE_EDITOR="true")
    _said(kubectl, cluster, "get cm kept -o jsonpath={.data}")


def test_apply(cluster: Client, kubectl: Kubectl) -> None:
    body = deployment("it", paused=True)
    changed = deployment("it", paused=True, minReadySeconds=5)
    for command in ("apply -f -", "apply --server-side -f -"):
        _said(kubectl, cluster, f"{command} --dry-run=server", command, command, stdin=body)
        _said(kubectl, cluster, f"diff {command.partition(' ')[2]}" if "server" not in command else command, stdin=body)
        _said(kubectl, cluster, command, stdin=changed)
        _said(kubectl, cluster, "delete deployment it")
    _said(kubectl, cluster, "apply --server-side -f -", stdin=body)
    other = "apply --server-side --field-manager=other"
    _said(kubectl, cluster, f"{other} -f -", stdin=_with(changed, replicas=1))
    _said(kubectl, cluster, f"{other} --force-conflicts -f -", stdin=changed)
    _said(kubectl, cluster, "apply -f -", stdin=_with(body, odd=1))
    _said(kubectl, cluster, "apply -f -", stdin=_with(body, replicas="x"))
    _said(kubectl, cluster, "apply view-last-applied deployment it")


def _with(body: Json, **spec: Any) -> Json:
    return {**body, "spec": {**body["spec"], **spec}}


def test_scale_and_delete(cluster: Client, kubectl: Kubectl) -> None:
    _objects(cluster)
    _said(
        kubectl,
        cluster,
        "scale deployment it --replicas=0",
        "scale deployment it --current-replicas=5 --replicas=1",
        "scale deployment missing --replicas=1",
        "rollout pause deployment it",
        "rollout status deployment it --timeout=1s",
        "rollout history deployment it",
        "wait --for=condition=Available deployment/it --timeout=5s",
        "wait --for=jsonpath={.metadata.name}=it cm/it --timeout=5s",
        "wait --for=delete cm/missing --timeout=5s",
        "delete deployment it --cascade=orphan",
        "delete deployment it --cascade=foreground",
        "delete svc,secret,pdb,role -l app=it",
        "get all",
    )


def test_what_is_there(cluster: Client, kubectl: Kubectl) -> None:
    for group in ("apps", "coordination.k8s.io", "discovery.k8s.io", "policy", "rbac.authorization.k8s.io"):
        _said(kubectl, cluster, f"api-resources --api-group={group} --sort-by=name --no-headers")
    _said(kubectl, cluster, "explain odd", "explain deployment.spec.odd")
    for what in ("deployment.spec.strategy", "service.spec.ports", "configmap"):
        lines = kubectl("explain", what).splitlines()
        shown = [line.split() for line in lines if re.match(r"(GROUP|KIND|VERSION|FIELD)|  \w+\t<", line)]
        cluster.note(f"explain {what}", 0, sorted(shown))
