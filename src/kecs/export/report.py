"""What became of each member of the sources: `export-report.md` for people, `export-report.json` for programs."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kecs.export import verdicts
from kecs.export.application import Application, Exported
from kecs.export.choices import Choices
from kecs.export.emit import Path
from kecs.export.objects import WORKLOADS, Made
from kecs.export.scaling import metric_of
from kecs.export.sources import Definition, ServiceSource
from kecs.export.traffic import matches_of
from kecs.export.tree import Line, Tree
from kecs.export.verdicts import VERDICTS, Row, Verdict
from kecs.model import names
from kecs.model.coerce import NO_MEMBER, below
from kecs.translate import placement, unsupported

_OF_ROLLOUTS = tuple(
    f"deploymentConfiguration.{name}"
    for name in ("strategy", "bakeTimeInMinutes", "linearConfiguration", "canaryConfiguration")
)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One member: of which service or definition, where it came from, what became of it, and where it went."""

    of: str
    member: str
    verdict: Verdict
    reason: str
    source: str
    output: str = ""


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
        placed = _Places(one, tree)
        exported = one.exported
        entries += _members(exported.definition.spec, exported.definition, verdicts.TASK_DEFINITION, placed)
        if exported.service:
            entries += _members(exported.service.spec, exported.service, verdicts.SERVICE, placed)
            entries += _policies(exported, placed)
            entries += _groups(exported, placed)
        else:
            notes.append(
                f"{exported.name}: no service refers to this task definition ({exported.definition.where}), so it is a "
                f"suspended CronJob: kubectl create job --from=cronjob/{exported.object_name} NAME runs a task."
            )
        entries += _unknown(exported)
        notes += [f"{exported.name}: {one}" for one in _warnings(exported, choices)]
    return Report(entries, list(dict.fromkeys(notes)))


def _members(
    value: msgspec.Struct, source: Definition | ServiceSource, rows: Sequence[Row], placed: "_Places"
) -> Iterator[Entry]:
    where = source.where
    by_path = {row.path: row for row in rows}
    for pattern, path, found in _walk(value, by_path, "", ""):
        row = by_path[pattern]
        verdict, reason = _judged(row, found, below(where.path, path), source, placed)
        output = placed.line(row, path, value, found)
        yield Entry(placed.name, path, verdict, reason, f"{where.file}:{where.line(path)}", str(output or ""))


def _judged(
    row: Row, value: Any, path: str, source: Definition | ServiceSource, placed: "_Places"
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


class _Places:
    """Finds where members of one service went."""

    def __init__(self, made: Made, tree: Tree) -> None:
        self.name = made.exported.name
        self._made = made
        self._tree = tree

    def judged(self, row: Row, value: Any) -> tuple[Verdict, str] | None:
        """Return what became of a member because of what else the service has."""
        if row.path == "desiredCount" and "hpa.yaml" in self._made.files:
            return "approximate", "how many there are is the HorizontalPodAutoscaler's to say"
        if row.path in _OF_ROLLOUTS and self._made.workload["kind"] == "Rollout":
            return "approximate", "Argo Rollouts carries it out"
        if row.path == "loadBalancers[]":
            rules = self._made.exported.rules.get(value.targetGroupArn or "", ())
            if any(not matches_of(rule) for rule in rules):
                return "lost", "a listener rule asks for more than hosts and paths: set it on the route"
            return ("approximate", "certificates and listeners are to be set on the route") if rules else None
        if row.path == "placementConstraints[]":
            exported = self._made.exported
            wanted = placement.expressions(exported.definition.spec, exported.launch(exported.definition.spec))
            reason = placement.inexpressible(wanted) if wanted else ""
            return ("lost", reason) if reason and value.type == "memberOf" else None
        if row.place.startswith("size/") and not self._pod_resources:
            return "approximate", "what the containers do not ask for themselves is shared among them"
        return None

    @property
    def _pod_resources(self) -> bool:
        spec: Any = self._made.workload
        for step in self._pod:
            spec = spec[step]
        return "resources" in spec

    def line(self, row: Row, path: str, root: Any, value: Any) -> Line | None:
        """Return the line that a member became; None where it became none."""
        if not row.place:
            return None
        part, _, rest = row.place.partition("/")
        steps: Path = tuple(rest.split(".")) if rest else ()
        container = _container_of(path, root)
        if part == "namespace":
            return Line("base/namespace.yaml", 1)
        if part == "configmap.yaml":
            return self._variable(container, value)
        if part == "container":
            steps = self._container(container, steps, value)
        elif part == "size":
            own: Path = () if self._pod_resources else ("containers", 0)
            steps = (*self._pod, *own, "resources", *steps)
        elif part == "pod":
            steps = (*self._pod, *steps)
        elif part == "template":
            steps = (*self._pod[:-1], *steps)
        file = {"route": "", "workload": "", "pod": "", "template": "", "container": "", "size": ""}.get(part, part)
        body = self._body(file, part)
        return self._at(body, steps) if body else None

    def at(self, file: str, steps: Path) -> Line | None:
        """Return the line of a path of the first object of a file."""
        body = self._body(file, "")
        return self._at(body, steps) if body else None

    def _named(self, container: str) -> str:
        made = names.container(container)
        return self._made.changes.get(made, made)

    @property
    def workload_file(self) -> str:
        """The file of the workload."""
        return next(file for file in self._made.files if file in WORKLOADS)

    @property
    def _pod(self) -> Path:
        job: Path = ("jobTemplate", "spec") if self._made.workload["kind"] == "CronJob" else ()
        return ("spec", *job, "template", "spec")

    def _body(self, file: str, part: str) -> Any:
        files = self._made.files
        if part == "route":
            bodies = files.get("ingress.yaml") or files.get("gateway.yaml") or files.get("service.yaml")
        else:
            bodies = files.get(file) if file else [self._made.workload]
        return bodies[0] if bodies else None

    def _at(self, body: Any, steps: Path) -> Line | None:
        lines = self._tree.lines.get((body["kind"], body["metadata"]["name"]), {})
        for length in range(len(steps), 0, -1):
            if steps[:length] in lines:
                return lines[steps[:length]]
        return lines.get(("kind",))

    def _container(self, name: str, steps: Path, value: Any) -> Path:
        spec: Any = self._made.workload
        for step in self._pod:
            spec = spec[step]
        for part in ("containers", "initContainers"):
            for at, one in enumerate(spec.get(part, ())):
                if one["name"] == self._named(name):
                    return (*self._pod, part, at, *_named(one, steps, value))
        return self._pod

    def _variable(self, container: str, value: Any) -> Line | None:
        for body in self._made.files.get("configmap.yaml", ()):
            own = f".{self._named(container)}-env"
            if (body["metadata"]["name"].endswith(own) or len(self._made.files["configmap.yaml"]) == 1) and (
                value.name in body["data"]
            ):
                return self._at(body, ("data", value.name))
        return self._at(self._made.workload, self._container(container, ("env",), value))


def _named(container: Any, steps: Path, value: Any) -> Path:
    """Return the steps to the element of a list that a member became: variables by name, mounts by path."""
    name = getattr(value, "name", None) or getattr(value, "containerPath", None)
    if len(steps) == 1 and name:
        for at, one in enumerate(container.get(steps[0], ())):
            if isinstance(one, dict) and name in (one.get("name"), one.get("mountPath")):
                return (*steps, at)
    return steps


def _container_of(path: str, root: Any) -> str:
    if not path.startswith("containerDefinitions["):
        return ""
    at = int(path.partition("[")[2].partition("]")[0])
    return root.containerDefinitions[at].name or ""


def _policies(exported: Exported, placed: _Places) -> Iterator[Entry]:
    """Yield what became of a service's autoscaling."""
    scaling = exported.scaling
    if scaling is None:
        return
    target = scaling.target
    for member, path in (("minCapacity", ("spec", "minReplicas")), ("maxCapacity", ("spec", "maxReplicas"))):
        line = placed.at("hpa.yaml", path)
        verdict: Verdict = "exact" if line else "lost"
        reason = "" if line else "no policy of the service can be an autoscaler's metric"
        if line and not target.number(member):
            verdict, reason = "approximate", "an autoscaler keeps one pod at least"
        source = f"{target.document.file}:{target.line(member)}"
        yield Entry(exported.name, f"scalableTarget.{member}", verdict, reason, source, str(line or ""))
    for policy in scaling.policies:
        name = policy.text("policyName") or "scalingPolicy"
        source = f"{policy.document.file}:{policy.line()}"
        line = placed.at("hpa.yaml", ("spec", "metrics"))
        if metric_of(policy) and line:
            yield Entry(exported.name, name, "exact", "", source, str(line))
        else:
            reason = "only average CPU and memory are metrics of every cluster: an adapter brings others"
            yield Entry(exported.name, name, "lost", reason, source)


def _groups(exported: Exported, placed: _Places) -> Iterator[Entry]:
    """Yield what became of the target groups of a service."""
    for group in exported.groups:
        name = group.text("targetGroupName") or "targetGroup"
        line = placed.at(placed.workload_file, ("spec", "template", "spec", "containers"))
        reason = "its health check is a readiness probe where no container has one, its delay a pause before the end"
        source = f"{group.document.file}:{group.line()}"
        yield Entry(exported.name, f"targetGroup {name}", "approximate", reason, source, str(line or ""))


def _unknown(exported: Exported) -> Iterator[Entry]:
    """Yield what ECS has no member for."""
    for source in (exported.definition, exported.service):
        for one in source.ignored if source else ():
            if one.reason is NO_MEMBER and source:
                place = f"{source.where.file}:{source.where.document.line_of(one.path)}"
                yield Entry(exported.name, one.path, "lost", one.reason, place)


def _warnings(exported: Exported, choices: Choices) -> list[str]:
    """Return what the converter has to say of ports that meet and the like."""
    found = unsupported.definition_warnings(exported.definition.spec, choices.options)
    return [one for one in found if "is kept but not acted on" not in one]
