"""The clusters of a tree, each with its environments.

Of several each has a directory of the base and of every overlay, and a namespace of its own:

base/kustomization.yaml storageclass.yaml CLUSTER/…
overlays/ENVIRONMENT/kustomization.yaml CLUSTER/…
docs/runbook-CLUSTER.md

What is of no namespace stands beside the clusters, as they would have it twice.
"""

from collections.abc import Mapping, Sequence

import msgspec

from kecs.export import environments, objects, overlays
from kecs.export.application import Application
from kecs.export.choices import Choices
from kecs.export.objects import Made
from kecs.export.problems import ExportError, SourceError
from kecs.export.report import Report, make_report
from kecs.export.runbook import runbook
from kecs.export.tree import Tree, make_base

_SHARED = "shared"  # of a base: what is of no namespace


def make(
    joined: Sequence[Application],
    named: Mapping[str, Mapping[str, Application]],
    output: str,
    choices: Choices,
) -> tuple[Tree, Report]:
    """Return the tree of all clusters, and their reports as one; `output` is the tree's directory.

    `named` are environments with sources of their own, by the base's names of their clusters. Raises ExportError.
    """
    made = [_all(one, choices) for one in joined]
    own = [{name: found[one.name] for name, found in named.items()} for one in joined]
    if len(joined) == 1:
        tree, report, page = _cluster(joined[0], made[0], own[0], output, choices)
        tree.files["docs/runbook.md"] = page
        return tree, report
    whole = Tree()
    classes = {one["metadata"]["name"]: one for found in made for service in found for one in service.classes}
    if classes:
        whole.add(f"base/{_SHARED}/storageclass.yaml", [classes[name] for name in sorted(classes)])
        whole.add_kustomization(f"base/{_SHARED}", {"resources": ["storageclass.yaml"]})
    report = Report([], [])
    directories = [one.namespace if one.namespace != _SHARED else f"{_SHARED}-cluster" for one in joined]
    for one, services, mine, directory in zip(joined, made, own, directories, strict=True):
        services = [msgspec.structs.replace(service, classes=[]) for service in services]
        tree, told, page = _cluster(one, services, mine, output, choices, directory)
        tree.files[f"docs/runbook-{directory}.md"] = page
        whole.files.update(tree.files)
        whole.kustomizations.update(tree.kustomizations)
        report = report.and_of(one.name, told)
    shared = [_SHARED] if classes else []
    whole.add_kustomization("base", {"resources": [*shared, *directories]})
    for environment in named or overlays.ENVIRONMENTS:
        resources = [*(f"../../base/{name}" for name in shared), *directories]
        whole.add_kustomization(f"overlays/{environment}", {"resources": resources})
    return whole, report


def _cluster(
    application: Application,
    made: Sequence[Made],
    own: Mapping[str, Application],
    output: str,
    choices: Choices,
    directory: str = "",
) -> tuple[Tree, Report, str]:
    """Return the tree of one cluster, its report, and its runbook; `directory` is its own among several."""
    tree = make_base(application, made, choices, f"base/{directory}".rstrip("/"))
    report = make_report(application, made, tree, choices)
    if own:
        for name, mine in environments.add(tree, application, made, own, choices, directory).items():
            report = report.with_environment(name, make_report(own[name], mine, tree, choices))
    else:
        overlays.add_usual(tree, application, made, directory)
    names = list(own) or list(overlays.ENVIRONMENTS)
    return tree, report, runbook(application, made, names, output, choices, directory)


def _all(application: Application, choices: Choices) -> list[Made]:
    """Return the objects of every service. Raises ExportError with a line for each that cannot be made."""
    made, problems = [], []
    for service in application.services:
        try:
            made.append(objects.make(service, application.namespace, choices, application.renames))
        except SourceError as error:
            problems.append(error.message)
    if problems:
        raise ExportError(problems[0], problems[1:])
    return made
