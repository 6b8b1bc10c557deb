"""An export from its sources to its files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from kecs.export import application, clusters, environments, sources, writing
from kecs.export.choices import Choices
from kecs.export.definitions import Sources
from kecs.export.preview import page
from kecs.export.problems import ExportError
from kecs.export.report import Report


class Result(msgspec.Struct, frozen=True):
    """What an export comes to: the plan of what to write, and the report of it."""

    plan: writing.Plan
    report: Report


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported, and where to. `overwrite`: files that somebody has edited, too.

    `fetched` are the texts of a live source, by the files in the tree that they are kept in.
    `environments` are the paths of sources that environments have of their own; without `paths` production is the base.
    """

    paths: Sequence[str]
    output: Path
    fetched: Mapping[str, str] = {}
    environments: Mapping[str, Sequence[str]] = {}
    namespace: str = ""
    choices: Choices = Choices()
    overwrite: bool = False
    preview: bool = False


def export(request: Request) -> Result:
    """Make an export without writing it. Raises ExportError."""
    parameters = dict(request.choices.parameters)
    own = {
        name: sources.load(paths, parameters, partial=True, output=request.output)
        for name, paths in request.environments.items()
    }
    if request.fetched:
        found = sources.of_texts(request.fetched)
    else:
        found = sources.load(request.paths, parameters, output=request.output) if request.paths else _base_of(own)
    joined = application.join(found, namespace=request.namespace)
    named = environments.applications(own, found, joined, request.namespace)
    files, report = clusters.make(joined, named, request.output.name, request.choices)
    files.files.update(request.fetched)
    files.files["export-report.md"] = report.markdown()
    files.files["export-report.json"] = report.json()
    if request.preview:
        files.files["preview.html"] = page(report, found.texts, files.files)
    plan = writing.plan(request.output, files.files, files.kustomizations, overwrite=request.overwrite)
    return Result(plan, report)


def _base_of(own: Mapping[str, Sources]) -> Sources:
    """Return what the others are compared with where nothing else is named: production, or what came last."""
    found = own.get("production") or list(own.values())[-1]
    if not found.definitions:
        raise ExportError("there is no task definition: name the sources that all environments share")
    return found
