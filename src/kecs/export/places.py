"""Where members of a service went in a tree, and what became of them because of what else the service has."""

from typing import Any

import msgspec

from kecs.export.emit import Path
from kecs.export.listening import matches_of
from kecs.export.objects import WORKLOADS, Made
from kecs.export.security import is_known
from kecs.export.tree import Line, Tree
from kecs.export.verdicts import Row, Verdict
from kecs.model import names
from kecs.translate import placement

_OF_ROLLOUTS = tuple(
    f"deploymentConfiguration.{name}"
    for name in ("strategy", "bakeTimeInMinutes", "linearConfiguration", "canaryConfiguration")
)


_SECURITY = "networkConfiguration.awsvpcConfiguration.securityGroups"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One member: of which service or definition, where it came from, what became of it, and where it went."""

    of: str
    member: str
    verdict: Verdict
    reason: str
    source: str
    output: str = ""


class Places:
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
                return "lost", "a listener rule asks for what a route cannot say: set it on the proxy"
            if self._made.exported.listeners.get(value.targetGroupArn or ""):
                return "approximate", "what became of its listeners and rules is told of each"
            return ("approximate", "certificates and listeners are to be set on the route") if rules else None
        if row.path == _SECURITY and is_known(self._made.exported):
            return "approximate", "their rules are the NetworkPolicy's; what became of each is told of it"
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

    @property
    def route(self) -> Line | None:
        """The line of what leads traffic to the service."""
        body = self._body("", "route")
        return self._at(body, ("kind",)) if body else None

    def named(self, file: str, name: str) -> Line | None:
        """Return the line of the object of that name in a file."""
        found = [one for one in self._made.files.get(file, ()) if one["metadata"]["name"] == name]
        return self._at(found[0], ("kind",)) if found else None

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
