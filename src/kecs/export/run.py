"""An export from its sources to its files."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from kecs.export import application, objects, overlays, sources, tree, writing
from kecs.export.choices import Choices
from kecs.export.problems import ExportError, SourceError
from kecs.export.report import Report, make_report


class Result(msgspec.Struct, frozen=True):
    """What an export comes to: the plan of what to write, and the report of it."""

    plan: writing.Plan
    report: Report


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported, and where to. `overwrite`: files that somebody has edited, too."""

    paths: Sequence[str]
    output: Path
    namespace: str = ""
    choices: Choices = Choices()
    overwrite: bool = False


def export(request: Request) -> Result:
    """Make an export without writing it. Raises ExportError."""
    found = sources.load(request.paths, dict(request.choices.parameters))
    joined = application.join(found, namespace=request.namespace)
    made = make_all(joined, request.choices)
    files = tree.make_base(joined, made, request.choices)
    overlays.add_usual(files, joined, made)
    report = make_report(joined, made, files, request.choices)
    files.files["export-report.md"] = report.markdown()
    files.files["export-report.json"] = report.json()
    plan = writing.plan(request.output, files.files, files.kustomizations, overwrite=request.overwrite)
    return Result(plan, report)


def make_all(joined: application.Application, choices: Choices) -> list[objects.Made]:
    """Return the objects of every service. Raises ExportError with a line for each that cannot be made."""
    made, problems = [], []
    for service in joined.services:
        try:
            made.append(objects.make(service, joined.namespace, choices))
        except SourceError as error:
            problems.append(error.message)
    if problems:
        raise ExportError(problems[0], problems[1:])
    return made
