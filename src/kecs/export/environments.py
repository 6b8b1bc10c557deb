"""Environments that have sources of their own: each overlay holds what differs from the base."""

from collections.abc import Mapping, Sequence

import msgspec

from kecs.export import application, objects, overlays
from kecs.export.application import Application
from kecs.export.choices import Choices
from kecs.export.definitions import Sources
from kecs.export.objects import Made
from kecs.export.patches import Difference
from kecs.export.problems import ExportError
from kecs.export.tree import Tree
from kecs.translate.body import Json


def inherited(own: Sources, base: Sources) -> Sources:
    """Return the sources of an environment: what it does not say itself is as in the base."""
    families = {one.spec.family for one in own.definitions}
    services = {one.spec.serviceName for one in own.services}
    clusters = {one.spec.cluster for one in own.services if one.spec.cluster}
    named = {one.spec.clusterName for one in own.clusters if one.spec.clusterName} or clusters
    cluster = min(named, default=None)
    taken = [one for one in base.services if one.spec.serviceName not in services]
    if cluster:
        taken = [msgspec.structs.replace(one, spec=msgspec.structs.replace(one.spec, cluster=cluster)) for one in taken]
    return Sources(
        definitions=[*own.definitions, *(one for one in base.definitions if one.spec.family not in families)],
        services=[*own.services, *taken],
        clusters=own.clusters or ([] if cluster else base.clusters),
        around=own.around.or_of(base.around),
    )


def add(
    tree: Tree,
    base: Application,
    made: Sequence[Made],
    environments: Mapping[str, Application],
    choices: Choices,
) -> dict[str, list[Made]]:
    """Add an overlay for each environment, and return what its services became. Raises SourceError."""
    found = {}
    for name, own in environments.items():
        mine = [objects.make(service, base.namespace, choices, own.renames) for service in own.services]
        _add(tree, base, made, name, mine)
        found[name] = mine
    return found


def _add(tree: Tree, base: Application, made: Sequence[Made], environment: str, mine: Sequence[Made]) -> None:
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
    overlays.add(tree, base, [*made, *mine], environment, patches, extra, operations)


def _by_place(made: Sequence[Made]) -> dict[tuple[str, str], tuple[str, Json]]:
    """Return objects by kind and name, with the file below an overlay where they would stand."""
    return {
        (body["kind"], body["metadata"]["name"]): (f"{service.exported.object_name}/{file}", body)
        for service in made
        for file, bodies in service.files.items()
        for body in bodies
    }


def applications(sources: Mapping[str, Sources], base: Sources, namespace: str) -> dict[str, Application]:
    """Return the application of each environment. Raises ExportError."""
    found = {name: application.join(inherited(own, base), namespace=namespace) for name, own in sources.items()}
    for name, joined in found.items():
        if len(joined) > 1:
            raise ExportError(f"the environment {name} names several clusters, and --env is for one")
    return {name: joined[0] for name, joined in found.items()}
