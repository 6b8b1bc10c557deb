"""Environments that have sources of their own: each overlay holds what differs from the base."""

from collections.abc import Mapping, Sequence

import msgspec

from kecs.export import application, objects, overlays
from kecs.export.application import Application
from kecs.export.choices import Choices
from kecs.export.definitions import ClusterSource, ServiceSource, Sources
from kecs.export.objects import Made
from kecs.export.patches import Difference
from kecs.export.problems import ExportError
from kecs.export.tree import Tree
from kecs.translate.body import Json


def _inherited(own: Sources, base: Sources) -> Sources:
    """Return the sources of an environment of one cluster: what it does not say itself is as in the base."""
    services = {one.spec.serviceName for one in own.services}
    clusters = {one.spec.cluster for one in own.services if one.spec.cluster}
    named = {one.spec.clusterName for one in own.clusters if one.spec.clusterName} or clusters
    cluster = min(named, default=None)
    taken = [one for one in base.services if one.spec.serviceName not in services]
    if cluster:
        taken = [msgspec.structs.replace(one, spec=msgspec.structs.replace(one.spec, cluster=cluster)) for one in taken]
    return _with(own, base, taken, own.clusters or ([] if cluster else base.clusters))


def _inherited_of_several(own: Sources, base: Sources) -> Sources:
    """Return the sources of an environment of several clusters, each as in the base where it says nothing."""

    def place(one: ServiceSource) -> tuple[str, str]:
        return application.cluster_name(one.spec.cluster), one.spec.serviceName

    services, named = {place(one) for one in own.services}, {one.spec.clusterName for one in own.clusters}
    taken = [one for one in base.services if place(one) not in services]
    return _with(
        own, base, taken, [*own.clusters, *(one for one in base.clusters if one.spec.clusterName not in named)]
    )


def _with(own: Sources, base: Sources, taken: list[ServiceSource], clusters: list[ClusterSource]) -> Sources:
    families = {one.spec.family for one in own.definitions}
    return Sources(
        definitions=[*own.definitions, *(one for one in base.definitions if one.spec.family not in families)],
        services=[*own.services, *taken],
        clusters=clusters,
        around=own.around.or_of(base.around),
    )


def add(
    tree: Tree,
    base: Application,
    made: Sequence[Made],
    environments: Mapping[str, Application],
    choices: Choices,
    cluster: str = "",
) -> dict[str, list[Made]]:
    """Add an overlay for each environment, and return what its services became. Raises SourceError."""
    found = {}
    for name, own in environments.items():
        mine = [objects.make(service, base.namespace, choices, own.renames) for service in own.services]
        _add(tree, base, made, name, mine, cluster)
        found[name] = mine
    return found


def _add(
    tree: Tree, base: Application, made: Sequence[Made], environment: str, mine: Sequence[Made], cluster: str
) -> None:
    old, new = _by_place(made), _by_place(mine)
    patches: list[Json] = []
    operations: list[tuple[Json, list[Json]]] = []
    for place, (_, body) in old.items():
        if place not in new:
            patches.append({**overlays.patch_of(body), "$patch": "delete"})
            continue
        difference = Difference(body, new[place][1])
        patch = difference.patch
        if patch:
            patches.append(patch)
        if difference.operations:
            operations.append((body, difference.operations))
    extra = [(file, body) for place, (file, body) in new.items() if place not in old]
    overlays.add(tree, base, [*made, *mine], environment, patches, extra, operations, cluster)


def _by_place(made: Sequence[Made]) -> dict[tuple[str, str], tuple[str, Json]]:
    """Return objects by kind and name, with the file below an overlay where they would stand."""
    return {
        (body["kind"], body["metadata"]["name"]): (f"{service.exported.object_name}/{file}", body)
        for service in made
        for file, bodies in service.files.items()
        for body in bodies
    }


def applications(
    sources: Mapping[str, Sources], base: Sources, joined: Sequence[Application], namespace: str
) -> dict[str, dict[str, Application]]:
    """Return the applications of each environment by the names of their clusters in the base. Raises ExportError."""
    found = {}
    for name, own in sources.items():
        if len(joined) == 1:
            mine = application.join(_inherited(own, base), namespace=joined[0].namespace)
            known = {joined[0].name: mine[0]}
        else:
            mine = application.join(_inherited_of_several(own, base), namespace=namespace)
            known = {one.name: one for one in mine if one.name in {two.name for two in joined}}
        if len(mine) > len(known):
            others = ", ".join(sorted(one.name for one in mine if one not in known.values()))
            raise ExportError(f"the environment {name} names clusters that the base has not: {others}")
        found[name] = known
    return found
