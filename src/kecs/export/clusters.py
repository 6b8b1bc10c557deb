"""Several clusters in one tree: each a directory of the base and of every overlay, and a namespace of its own.

base/kustomization.yaml storageclass.yaml CLUSTER/…
overlays/ENVIRONMENT/kustomization.yaml CLUSTER/…
docs/runbook-CLUSTER.md

What is of no namespace stands beside the clusters, as they would have it twice.
"""

from collections.abc import Sequence

import msgspec

from kecs.export import overlays
from kecs.export.application import Application
from kecs.export.choices import Choices
from kecs.export.objects import Made
from kecs.export.report import Report, make_report
from kecs.export.runbook import runbook
from kecs.export.tree import Tree, make_base

_SHARED = "shared"  # of a base: what is of no namespace


def make(
    joined: Sequence[Application], made: Sequence[Sequence[Made]], output: str, choices: Choices
) -> tuple[Tree, Report]:
    """Return the tree of several clusters, and their reports as one; `output` is the tree's directory."""
    whole = Tree()
    classes = {one["metadata"]["name"]: one for found in made for service in found for one in service.classes}
    if classes:
        whole.add(f"base/{_SHARED}/storageclass.yaml", [classes[name] for name in sorted(classes)])
        whole.add_kustomization(f"base/{_SHARED}", {"resources": ["storageclass.yaml"]})
    directories = {one.name: one.namespace if one.namespace != _SHARED else f"{_SHARED}-cluster" for one in joined}
    report = Report([], [])
    for one, services in zip(joined, made, strict=True):
        directory = directories[one.name]
        own = [msgspec.structs.replace(service, classes=[]) for service in services]
        tree = make_base(one, own, choices, f"base/{directory}")
        overlays.add_usual(tree, one, own, directory)
        page = runbook(one, services, list(overlays.ENVIRONMENTS), output, choices, directory)
        tree.files[f"docs/runbook-{directory}.md"] = page
        whole.files.update(tree.files)
        whole.kustomizations.update(tree.kustomizations)
        report = report.and_of(one.name, make_report(one, own, tree, choices))
    shared = [_SHARED] if classes else []
    whole.add_kustomization("base", {"resources": [*shared, *directories.values()]})
    for environment in overlays.ENVIRONMENTS:
        resources = [*(f"../../base/{name}" for name in shared), *directories.values()]
        whole.add_kustomization(f"overlays/{environment}", {"resources": resources})
    return whole, report
