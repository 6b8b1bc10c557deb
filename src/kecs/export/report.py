"""What became of each member of the sources: `export-report.md` for people, `export-report.json` for programs."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kecs.export import around_report, verdicts
from kecs.export.application import Application, Exported
from kecs.export.choices import Choices
from kecs.export.definitions import Definition, ServiceSource
from kecs.export.objects import Made
from kecs.export.places import Entry, Places
from kecs.export.tree import Tree
from kecs.export.verdicts import VERDICTS, Row, Verdict
from kecs.model.coerce import NO_MEMBER, below
from kecs.translate import unsupported


class Report(msgspec.Struct, frozen=True):
    """All entries, in the order of the sources, and what is worth a word beside them."""

    entries: Sequence[Entry]
    notes: Sequence[str]

    @property
    def totals(self) -> dict[str, int]:
        """How many members came to each verdict."""
        counts = Counter(entry.verdict for entry in self.entries)
        return {verdict: counts[verdict] for verdict in VERDICTS}

    @property
    def lost(self) -> list[Entry]:
        """What nothing in the tree does."""
        return [entry for entry in self.entries if entry.verdict == "lost"]

    def with_environment(self, name: str, other: "Report") -> "Report":
        """Return the report with what an environment says otherwise, in sources of its own."""
        known = {(entry.of, entry.member, entry.source) for entry in self.entries}
        own = [
            msgspec.structs.replace(entry, of=f"{entry.of} in {name}", output=f"overlays/{name}")
            for entry in other.entries
            if (entry.of, entry.member, entry.source) not in known
        ]
        return Report([*self.entries, *own], [*self.notes, *(note for note in other.notes if note not in self.notes)])

    def and_of(self, cluster: str, other: "Report") -> "Report":
        """Return the report with that of another cluster, whose name stands before what its entries are of."""
        own = [msgspec.structs.replace(entry, of=f"{cluster}/{entry.of}") for entry in other.entries]
        return Report([*self.entries, *own], [*self.notes, *(f"{cluster}/{note}" for note in other.notes)])

    def json(self) -> str:
        """Return the report for programs."""
        body = {"totals": self.totals, "entries": self.entries, "notes": self.notes}
        return json.dumps(msgspec.to_builtins(body), indent=2, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """Return the report for people: what needs them first."""
        totals = ", ".join(f"{count} {verdict}" for verdict, count in self.totals.items())
        lines = ["# What became of each member", "", f"{len(self.entries)} members: {totals}.", ""]
        for verdict in reversed(VERDICTS):
            found = [entry for entry in self.entries if entry.verdict == verdict]
            if found:
                lines += [f"## {verdict.capitalize()}", "", _MEANING[verdict], ""]
                lines += ["| of | member | where it was | where it is | why |", "|---|---|---|---|---|"]
                lines += [_row(entry) for entry in found]
                lines.append("")
        if self.notes:
            lines += ["## Notes", "", *(f"- {_cell(note)}" for note in self.notes), ""]
        return "\n".join(lines)


_MEANING = {
    "exact": "The tree does what ECS does.",
    "approximate": "The tree does nearly what ECS does.",
    "emulated": "kecs does it by itself, a plain cluster does not.",
    "lost": "Nothing in the tree does it.",
}


def _row(entry: Entry) -> str:
    cells = (entry.of, f"`{entry.member}`", entry.source, entry.output, entry.reason)
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def make_report(application: Application, made: Sequence[Made], tree: Tree, choices: Choices) -> Report:
    """Return the report of an export."""
    entries: list[Entry] = []
    notes: list[str] = []
    for one in made:
        placed = Places(one, tree)
        exported = one.exported
        entries += _members(exported.definition.spec, exported.definition, verdicts.TASK_DEFINITION, placed)
        if exported.service:
            entries += _members(exported.service.spec, exported.service, verdicts.SERVICE, placed)
            entries += around_report.entries(exported, placed, choices)
        else:
            notes.append(
                f"{exported.name}: no service refers to this task definition ({exported.definition.where}), so it is a "
                f"suspended CronJob: kubectl create job --from=cronjob/{exported.object_name} NAME runs a task."
            )
        entries += _unknown(exported)
        entries += _remarks(exported.definition, exported.name)
        notes += [f"{exported.name}: {one}" for one in _warnings(exported, choices)]
    entries += around_report.entries_of_all(application, choices)
    return Report(entries, list(dict.fromkeys(notes)))


def _members(
    value: msgspec.Struct, source: Definition | ServiceSource, rows: Sequence[Row], placed: "Places"
) -> Iterator[Entry]:
    where = source.where
    by_path = {row.path: row for row in rows}
    for pattern, path, found in _walk(value, by_path, "", ""):
        row = by_path[pattern]
        verdict, reason = _judged(row, found, below(where.path, path), source, placed)
        output = placed.line(row, path, value, found)
        yield Entry(placed.name, path, verdict, reason, f"{where.file}:{where.line(path)}", str(output or ""))


def _judged(
    row: Row, value: Any, path: str, source: Definition | ServiceSource, placed: "Places"
) -> tuple[Verdict, str]:
    for where, text in source.unresolved.items():
        if where.casefold().startswith(path.casefold()) and row.verdict == "exact":
            return "lost", f"only AWS knows {text}: put its value there"
    if value in verdicts.QUIET.get(row.path, ()):
        return "exact", ""
    return placed.judged(row, value) or verdicts.judged(row.path, value) or (row.verdict, row.reason)


def _walk(value: Any, rows: dict[str, Row], pattern: str, path: str) -> Iterator[tuple[str, str, Any]]:
    """Yield the members that rows are for, with their patterns, as deep as rows go."""
    for field in msgspec.structs.fields(value):
        found = getattr(value, field.name)
        if found is None or found in ("", [], {}):
            continue
        here = f"{pattern}.{field.name}" if pattern else field.name
        there = f"{path}.{field.name}" if path else field.name
        if isinstance(found, list) and any(key.startswith(f"{here}[]") for key in rows):
            for at, one in enumerate(found):
                yield from _node(one, rows, f"{here}[]", f"{there}[{at}]")
        else:
            yield from _node(found, rows, here, there)


def _node(value: Any, rows: dict[str, Row], pattern: str, path: str) -> Iterator[tuple[str, str, Any]]:
    if pattern in rows:
        yield pattern, path, value
    if isinstance(value, msgspec.Struct) and any(key.startswith(f"{pattern}.") for key in rows):
        yield from _walk(value, rows, pattern, path)


def _unknown(exported: Exported) -> Iterator[Entry]:
    """Yield what ECS has no member for."""
    for source in (exported.definition, exported.service):
        for one in source.ignored if source else ():
            if one.reason is NO_MEMBER and source:
                place = f"{source.where.file}:{source.where.document.line_of(one.path)}"
                yield Entry(exported.name, one.path, "lost", one.reason, place)


def _remarks(definition: Definition, name: str) -> Iterator[Entry]:
    """Yield what became of what a source says in words of its own."""
    for one in definition.remarks:
        source = f"{definition.where.file}:{definition.where.document.line_of(one.path)}"
        yield Entry(name, one.path, one.verdict, one.reason, source)


def _warnings(exported: Exported, choices: Choices) -> list[str]:
    """Return what the converter has to say of ports that meet and the like."""
    found = unsupported.definition_warnings(exported.definition.spec, choices.options)
    return [one for one in found if "is kept but not acted on" not in one]
