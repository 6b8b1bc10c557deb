"""An export from its sources to its files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from kecs.export import application, clusters, environments, objects, overlays, sources, tree, writing
from kecs.export.choices import Choices
from kecs.export.definitions import Sources
from kecs.export.preview import page
from kecs.export.problems import ExportError, SourceError
from kecs.export.report import Report, make_report
from kecs.export.runbook import runbook


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
    if len(joined) == 1:
        files, report = _one(joined[0], found, own, request)
    elif own:
        names = ", ".join(one.name for one in joined)
        raise ExportError(f"--env is for one cluster, and the sources name several: {names}")
    else:
        files, report = clusters.make(
            joined, [make_all(one, request.choices) for one in joined], request.output.name, request.choices
        )
    files.files.update(request.fetched)
    files.files["export-report.md"] = report.markdown()
    files.files["export-report.json"] = report.json()
    if request.preview:
        files.files["preview.html"] = page(report, found.texts, files.files)
    plan = writing.plan(request.output, files.files, files.kustomizations, overwrite=request.overwrite)
    return Result(plan, report)


def _one(
    joined: application.Application, found: Sources, own: Mapping[str, Sources], request: Request
) -> tuple[tree.Tree, Report]:
    """Return the tree of one cluster, and its report."""
    made = make_all(joined, request.choices)
    files = tree.make_base(joined, made, request.choices)
    report = make_report(joined, made, files, request.choices)
    if own:
        named = environments.applications(own, found, joined.namespace)
        for name, mine in environments.add(files, joined, made, named, request.choices).items():
            report = report.with_environment(name, make_report(named[name], mine, files, request.choices))
    else:
        overlays.add_usual(files, joined, made)
    names = list(own) or list(overlays.ENVIRONMENTS)
    files.files["docs/runbook.md"] = runbook(joined, made, names, request.output.name, request.choices)
    return files, report


def _base_of(own: Mapping[str, Sources]) -> Sources:
    """Return what the others are compared with where nothing else is named: production, or what came last."""
    found = own.get("production") or list(own.values())[-1]
    if not found.definitions:
        raise ExportError("there is no task definition: name the sources that all environments share")
    return found


def make_all(joined: application.Application, choices: Choices) -> list[objects.Made]:
    """Return the objects of every service. Raises ExportError with a line for each that cannot be made."""
    made, problems = [], []
    for service in joined.services:
        try:
            made.append(objects.make(service, joined.namespace, choices, joined.renames))
        except SourceError as error:
            problems.append(error.message)
    if problems:
        raise ExportError(problems[0], problems[1:])
    return made
