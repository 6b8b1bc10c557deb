"""`docs/runbook.md` of a tree: how to deploy, look at, undo and scale what is in that very tree."""

from collections.abc import Sequence

from kecs.export import traffic
from kecs.export.application import Application
from kecs.export.choices import Choices
from kecs.export.listening import listener_of
from kecs.export.objects import Made
from kecs.export.overlays import space_of

_KINDS = {"Deployment": "deployment", "DaemonSet": "daemonset", "Rollout": "rollout", "CronJob": "cronjob"}


def runbook(
    application: Application,
    made: Sequence[Made],
    environments: Sequence[str],
    output: str,
    choices: Choices,
    cluster: str = "",
) -> str:
    """Return the page; `output` is the directory of the tree, `cluster` that of one of several in its overlays."""
    of = f"/{cluster}" if cluster else ""
    spaces = {name: space_of(application, name) for name in environments}
    first = environments[0]
    lines = ["# Runbook", "", "| environment | namespace | overlay |", "|---|---|---|"]
    lines += [f"| {name} | `{space}` | `{output}/overlays/{name}{of}` |" for name, space in spaces.items()]
    lines += ["", f"The commands are for {first}; another environment has its own overlay and namespace.", ""]
    lines += _before(application, made, spaces[first], choices)
    lines += ["## Deploy", "", "```", f"kubectl apply -k {output}/overlays/{first}{of}"]
    lines += [f"kubectl diff -k {output}/overlays/{first}{of}    # later: what applying would change", "```", ""]
    for service in made:
        lines += _service(service, spaces[first])
    lines += ["## Remove", "", "```", f"kubectl delete --ignore-not-found -k {output}/overlays/{first}{of}", "```", ""]
    return "\n".join(lines)


def _before(application: Application, made: Sequence[Made], space: str, choices: Choices) -> list[str]:
    """Return what has to be there before the first rollout."""
    needs = []
    for service in made:
        name = service.exported.object_name
        if "secrets.yaml" in service.files:
            how = "filled as its file says" if choices.secrets == "empty" else f"filled by {choices.secret_store}"
            needs.append(f"the Secret `{name}-secrets`, {how}")
        create = f"`kubectl -n {space} create secret docker-registry"
        words = "--docker-server=… --docker-username=… --docker-password=…`"
        needs += [f"{create} {one['name']} {words}" for one in service.workload_pod.get("imagePullSecrets", ())]
        if service.volumes:
            needs.append("the EFS CSI driver")
        if service.classes:
            needs.append("the EBS CSI driver")
        if service.workload["kind"] == "Rollout":
            needs.append("Argo Rollouts and its kubectl plugin")
        if "hpa.yaml" in service.files:
            needs.append("metrics-server")
        if "ingress.yaml" in service.files:
            own = f"of the class `{choices.ingress_class}`" if choices.ingress_class else "whose class is the default"
            needs.append(f"an Ingress controller {own}")
            for body in service.files["ingress.yaml"]:
                needs += [_certificate(space, one["secretName"]) for one in body["spec"].get("tls", ())]
        if "gateway.yaml" in service.files:
            own = f"the Gateway `{choices.gateway}`" if choices.gateway else f"a GatewayClass `{choices.gateway_class}`"
            needs.append("Istio" if choices.traffic == "istio" else own)
            if not choices.gateway and any(listener_of(one).protocol == "HTTPS" for one in application.listeners):
                needs.append(_certificate(space, traffic.CERTIFICATE))
    if not needs:
        return []
    return ["## Before the first time", "", *(f"- {one}" for one in dict.fromkeys(needs)), ""]


def _certificate(space: str, name: str) -> str:
    return f"a certificate: `kubectl -n {space} create secret tls {name} --cert=… --key=…`, or cert-manager"


def _service(service: Made, space: str) -> list[str]:
    name, kind = service.exported.object_name, service.workload["kind"]
    what = f"{_KINDS[kind]}/{name}"
    lines = [f"## {service.exported.name}", "", "```"]
    if kind == "CronJob":
        lines += [f"kubectl -n {space} create job --from={what} {name}-1    # run a task, as RunTask does"]
        lines += [f"kubectl -n {space} wait --for=condition=Complete job/{name}-1", "```", ""]
        return lines
    rollout = f"kubectl argo rollouts -n {space}" if kind == "Rollout" else f"kubectl -n {space} rollout"
    target = name if kind == "Rollout" else what
    lines += [
        f"{rollout} status {target}    # wait for it",
        f"kubectl -n {space} get pods -l app.kubernetes.io/name={name}",
        f"kubectl -n {space} logs -l app.kubernetes.io/name={name} --all-containers --tail=100",
        f"{rollout} undo {target}    # the revision before; variables are the ConfigMap's: apply the tree of before",
        f"{rollout} restart {target}    # new pods, as forceNewDeployment does",
    ]
    if kind == "Rollout":
        lines += [f"{rollout} promote {name}", f"{rollout} abort {name}"]
    if "hpa.yaml" in service.files:
        lines.append(f"kubectl -n {space} get hpa {name}    # it scales: change its bounds in an overlay")
    elif kind != "DaemonSet":
        lines.append(f"kubectl -n {space} scale {what} --replicas=2    # until the next apply: see the overlay")
    return [*lines, "```", ""]
