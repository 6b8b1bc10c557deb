"""Environments: what of the base each has otherwise.

| | dev | staging | production |
|---|---|---|---|
| tasks of a service | 1 | half of production's, 2 at least where the base has as many | 3 at least |
| autoscaling | none | the service's own, its greatest number halved | its own, else 3 to 20 at 70 % CPU |
| spread over zones and nodes | as in the base | as in the base | where the base says nothing |

An environment of its own is a namespace of its own, so that one cluster can hold all of them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from kecs.export import rollouts, scaling
from kecs.export.application import Application
from kecs.export.emit import emit
from kecs.export.objects import Made
from kecs.export.readable import NAME, tidy
from kecs.export.tree import Tree
from kecs.model import names
from kecs.translate.body import Json

ENVIRONMENTS = ("dev", "staging", "production")
_LEAST, _MOST = 3, 20  # tasks of a service in production
_ZONE, _HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def add_usual(tree: Tree, application: Application, made: Sequence[Made], cluster: str = "") -> None:
    """Add the overlays of the three usual environments to a tree; `cluster` is the directory of one of several."""
    patchers = {"dev": _dev, "staging": _staging, "production": _production}
    for environment, patcher in patchers.items():
        patches: list[Json] = []
        extra: list[tuple[str, Json]] = []
        for service in made:
            if service.workload["kind"] in ("Deployment", "Rollout"):
                patcher(service, patches, extra)
        add(tree, application, made, environment, patches, extra, cluster=cluster)


def space_of(application: Application, environment: str) -> str:
    """Return the namespace of an environment."""
    return names.label(f"{application.namespace}-{environment}")


def add(
    tree: Tree,
    application: Application,
    made: Sequence[Made],
    environment: str,
    patches: Sequence[Json],
    extra: Sequence[tuple[str, Json]],
    operations: Sequence[tuple[Json, Sequence[Json]]] = (),
    cluster: str = "",
) -> None:
    """Write an overlay: patches of objects of the base, objects of its own (with their files), and its volumes.

    `operations` are JSON patches, each with the object that it is for.
    """
    directory = f"overlays/{environment}/{cluster}".rstrip("/")
    base = f"../../../base/{cluster}" if cluster else "../../base"
    space = space_of(application, environment)
    body: Json = {"namespace": space, "resources": [base]}
    for file, found in _by_file(extra).items():
        tree.add(f"{directory}/{file}", found)
        body["resources"].append(file)
    volumes = _volumes(application, made, space)
    if volumes:
        tree.add(f"{directory}/volumes.yaml", volumes)
        body["resources"].append("volumes.yaml")
    body["patches"] = []
    for patch in [*patches, *_namespaces(made, space)]:
        service = _service_of(made, patch)
        file = f"{service}/{patch['kind'].lower()}.yaml"
        if f"{directory}/{file}" in tree.files:
            file = f"{service}/{patch['kind'].lower()}-{patch['metadata']['name']}.yaml"
        tree.files[f"{directory}/{file}"] = emit(patch).text
        body["patches"].append({"path": file})
    for target, steps in operations:
        kind, name = target["kind"], target["metadata"]["name"]
        file = f"{_service_of(made, target)}/{kind.lower()}-{name}-lists.yaml"
        tree.files[f"{directory}/{file}"] = "".join(
            f"- {emit(one).text.replace(chr(10), chr(10) + '  ').rstrip()}\n" for one in steps
        )
        body["patches"].append({"path": file, "target": {"kind": kind, "name": name}})
    tree.add_kustomization(directory, body)


def _namespaces(made: Sequence[Made], space: str) -> Iterator[Json]:
    """Yield patches of what names its own namespace where Kustomize does not look."""
    for service in made:
        strategy = rollouts.patch_of_namespace(service.workload, space)
        if strategy:
            yield patch_of(service.workload, spec={"strategy": strategy})


def _by_file(extra: Sequence[tuple[str, Json]]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for file, body in extra:
        found.setdefault(file, []).append(body)
    return found


def _service_of(made: Sequence[Made], patch: Json) -> str:
    for service in made:
        for bodies in service.files.values():
            if any(
                one["kind"] == patch["kind"] and one["metadata"]["name"] == patch["metadata"]["name"] for one in bodies
            ):
                return service.exported.object_name
    return "shared"


def _volumes(application: Application, made: Sequence[Made], space: str) -> list[Json]:
    """Return the volumes of an environment: each is for the claim of one namespace."""
    found: dict[str, Json] = {}
    for service in made:
        for volume in service.volumes:
            claim = volume["metadata"]["name"]
            body = tidy(volume, part_of=names.label(application.namespace))
            body["metadata"]["name"] = names.label(f"{space}-{claim}")
            body["spec"] = {**volume["spec"], "claimRef": {"namespace": space, "name": claim}}
            found.setdefault(body["metadata"]["name"], body)
    return [found[name] for name in sorted(found)]


def patch_of(body: Json, **members: Any) -> Json:
    """Return a strategic merge patch of an object."""
    return {
        "apiVersion": body["apiVersion"],
        "kind": body["kind"],
        "metadata": {"name": body["metadata"]["name"]},
        **members,
    }


def _replicas(service: Made) -> int:
    return service.exported.spec.desiredCount or 0


def _dev(service: Made, patches: list[Json], extra: list[tuple[str, Json]]) -> None:
    patches += [{**patch_of(body), "$patch": "delete"} for body in service.files.get("hpa.yaml", ())]
    if _replicas(service) > 1 or "replicas" not in service.workload["spec"]:
        patches.append(patch_of(service.workload, spec={"replicas": 1}))


def _staging(service: Made, patches: list[Json], extra: list[tuple[str, Json]]) -> None:
    count = _replicas(service)
    smaller = min(count, max(2, -(-max(count, _LEAST) // 2)))
    for body in service.files.get("hpa.yaml", ()):
        least, most = body["spec"]["minReplicas"], body["spec"]["maxReplicas"]
        fewer = max(1, -(-most // 2))
        spec = {"minReplicas": min(least, fewer), "maxReplicas": fewer}
        if fewer != most:
            patches.append(patch_of(body, spec={key: one for key, one in spec.items() if one != body["spec"][key]}))
    if "replicas" in service.workload["spec"] and smaller != count:
        patches.append(patch_of(service.workload, spec={"replicas": smaller}))


def _production(service: Made, patches: list[Json], extra: list[tuple[str, Json]]) -> None:
    name, workload = service.exported.object_name, service.workload
    count = _replicas(service)
    spec: Json = {}
    own = service.files.get("hpa.yaml", ())
    for body in own:
        least, most = body["spec"]["minReplicas"], body["spec"]["maxReplicas"]
        if least < _LEAST:
            changed = {"minReplicas": _LEAST, **({"maxReplicas": _LEAST} if most < _LEAST else {})}
            patches.append(patch_of(body, spec=changed))
    if not own and count and scaling.has_cpu_request(workload["spec"]["template"]):
        least = max(_LEAST, count)
        body = scaling.autoscaler(workload, least, max(_MOST, least), [scaling.cpu_metric(scaling.USUAL_CPU)])
        body["metadata"]["labels"] = dict(workload["metadata"]["labels"])
        extra.append((f"{name}/hpa.yaml", body))
        spec["replicas"] = None  # they belong to the autoscaler
    elif not own and 0 < count < _LEAST:
        spec["replicas"] = _LEAST
    if "topologySpreadConstraints" not in workload["spec"]["template"]["spec"]:
        spec["template"] = {"spec": {"topologySpreadConstraints": [_spread(name, key) for key in (_ZONE, _HOST)]}}
    if spec:
        patches.append(patch_of(workload, spec=spec))


def _spread(name: str, key: str) -> Json:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {NAME: name}},
    }
