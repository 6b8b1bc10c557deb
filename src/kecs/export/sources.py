"""What the files of a command line hold: task definitions, services, clusters, and what stands around services.

| a value with | is read as |
|---|---|
| `containerDefinitions`, or a list of containers | a task definition |
| `serviceName`, or a `taskDefinition` that is a text | a service |
| what `aws ecs describe-*` and `register-*` printed | what is in it |
| `Resources` | a CloudFormation template (`template`) |
| `planned_values` | a plan of Terraform (`terraform`) |
| `services` that are an object | a Compose file (`compose`) |
| `kind: ECSDeployment`, `ECSService`, `ECSTaskDefinition`, `ECSCluster` | what its spec holds |
| what the CLI prints of autoscaling, load balancers, security groups and Cloud Map | `surroundings` |
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kecs.export import compose, stack, template, terraform
from kecs.export.definitions import ClusterSource, Definition, ServiceSource, Sources, Where
from kecs.export.problems import ExportError, PathError, SourceError
from kecs.export.surroundings import is_registry
from kecs.export.text import Document, parse, read
from kecs.model import container_definition, shapes
from kecs.model.coerce import ShapeError, below, coerce
from kecs.model.errors import AwsError
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.model.task_definition_checks import check

_SUFFIXES = (".json", ".yaml", ".yml", ".template")


_OWN_ROLE = "arn:aws:iam::000000000000:role/ecsTaskExecutionRole"  # Compose on ECS made one for itself
_FIGURES = (".mincapacity", ".maxcapacity", ".targetvalue")
# Members of a template whose values mean something to AWS alone: they need not be known.
_AWS_ONLY = ("networkconfiguration", "rolearn", "loadbalancers", "logconfiguration", "tags", ".role", ".cluster")


def load(
    paths: Sequence[str],
    parameters: dict[str, str] | None = None,
    *,
    partial: bool = False,
    output: Path | None = None,
) -> Sources:
    """Read files, and the files in directories. Raises ExportError with one line for each problem.

    `parameters` are values for the parameters of templates. `partial`: there may be services alone.
    Of directories, what is hidden and what is in `output` is no source.
    """
    found = _read_all((functools.partial(read, Path(file), file) for file in _files(paths, output)), parameters or {})
    if not partial and not found.definitions and not any(service.own for service in found.services):
        raise ExportError(f"{', '.join(paths)}: there is no task definition")
    return found


def of_texts(texts: Mapping[str, str]) -> Sources:
    """Read JSON texts by the names of the files that they are to be called. Raises ExportError."""
    return _read_all((functools.partial(parse, text, file) for file, text in texts.items()), {})


def _read_all(readers: Iterable[Callable[[], list[Document]]], parameters: dict[str, str]) -> Sources:
    found = Sources()
    problems: list[str] = []
    for documents in readers:
        try:
            for document in documents():
                found.texts[document.file] = document.text
                _Reader(document, found, parameters).read()
        except SourceError as error:
            problems.append(error.message)
    if problems:
        raise ExportError(problems[0], problems[1:])
    return found


def _files(paths: Sequence[str], output: Path | None) -> Iterator[str]:
    seen: set[Path] = set()
    tree = output.resolve() if output else None
    for given in paths:
        path = Path(given)
        inside = sorted(one for one in path.rglob("*") if one.suffix in _SUFFIXES) if path.is_dir() else [path]
        if not inside:
            raise ExportError(f"{given}: there is no {', '.join(_SUFFIXES)} file in it")
        for one in inside:
            if path.is_dir() and (_is_hidden(one, path) or (tree and one.resolve().is_relative_to(tree))):
                continue
            if one.is_file() and path.is_dir() and not one.resolve().is_relative_to(path.resolve()):
                raise SourceError(str(one), 0, "", "it leads out of the directory that was named")
            if one.resolve() not in seen:
                seen.add(one.resolve())
                yield str(one)


def _is_hidden(file: Path, directory: Path) -> bool:
    return any(step.startswith(".") for step in file.relative_to(directory).parts)


def _keys(value: Any) -> dict[str, str]:
    """Return the keys of an object by their names in lower case."""
    return {str(key).casefold(): key for key in value} if isinstance(value, dict) else {}


class _Reader:
    """Puts what one document holds into `Sources`."""

    def __init__(self, document: Document, found: Sources, parameters: dict[str, str]) -> None:
        self._document = document
        self._found = found
        self._parameters = parameters

    def read(self) -> None:
        before = self._count()
        try:
            self._any(self._document.value, "")
        except ShapeError as error:
            raise self._wrong(error.path, error.reason) from None
        if self._count() == before:
            raise self._wrong("", "it holds neither a task definition nor a service")

    def _count(self) -> int:
        found = self._found
        return len(found.definitions) + len(found.services) + len(found.clusters) + found.around.count

    def _wrong(self, path: str, reason: str) -> SourceError:
        return SourceError(self._document.file, self._document.line_of(path), path, reason)

    def _any(self, value: Any, path: str) -> None:
        if isinstance(value, list):
            self._list(value, path)
            return
        keys = _keys(value)
        if not keys:
            raise self._wrong(path, "an object or a list of objects is due here")
        if isinstance(value.get("Resources"), dict):
            self._template(value, path)
        elif "planned_values" in keys:
            self._plan(value)
        elif compose.is_compose(value):
            self._compose(value)
        elif keys.get("apiversion") and keys.get("kind") and keys.get("spec"):
            self._resource(value, path)
        elif isinstance(value.get(keys.get("properties")), dict):
            self._typed(value, keys, path)
        elif not self._answers(value, keys, path):
            self._bare(value, keys, path)

    def _list(self, values: list[Any], path: str) -> None:
        if values and all({"image", "name"} <= set(_keys(one)) for one in values):
            self._definition(values, path)
            return
        for at, value in enumerate(values):
            self._any(value, f"{path}[{at}]")

    def _typed(self, value: Any, keys: dict[str, str], path: str) -> None:
        """Read a resource of a template, or `Properties` alone."""
        kind = value.get(keys.get("type"))
        inner = set(_keys(value[keys["properties"]]))
        if kind == "AWS::ECS::TaskDefinition" or (kind is None and "containerdefinitions" in inner):
            self._definition(value, path)
        elif kind == "AWS::ECS::Service" or (kind is None and inner & {"servicename", "taskdefinition"}):
            self._services(value, path)
        else:
            raise self._wrong(path, "it holds neither a task definition nor a service")

    def _answers(self, value: Any, keys: dict[str, str], path: str) -> bool:
        """Read what the AWS CLI printed; False when it is nothing of the kind."""
        known: dict[str, Callable[[Any, str], None]] = {
            "taskdefinition": lambda _, where: self._definition(value, path),
            "service": self._services,
            "services": self._services,
            "cluster": self._cluster,
            "clusters": self._cluster,
        }
        if "containerdefinitions" in keys or "servicename" in keys:
            return False
        done = False
        for name, take in known.items():
            inner = value.get(keys.get(name))
            if isinstance(inner, dict | list) and not _of_cloud_map(inner):
                take(inner, below(path, keys[name]))
                done = True
        return self._found.around.take(value, keys, path, self._document) or done

    def _bare(self, value: Any, keys: dict[str, str], path: str) -> None:
        is_definition = "containerdefinitions" in keys
        is_service = "servicename" in keys or "desiredcount" in keys or "taskdefinition" in keys
        if is_definition and is_service:
            other = next(key for name, key in keys.items() if name in ("servicename", "desiredcount", "taskdefinition"))
            raise self._wrong(below(path, other), "a service's member stands in a task definition: give each its own")
        if is_definition:
            self._definition(value, path)
        elif is_service:
            self._services(value, path)
        else:
            raise self._wrong(path, "it holds neither a task definition nor a service")

    def _resource(self, value: Any, path: str) -> None:
        """Read a custom resource of kecs."""
        kind, spec, name = value["kind"], value["spec"], (value.get("metadata") or {}).get("name") or ""
        where = below(path, "spec")
        if kind == "ECSTaskDefinition":
            self._definition(spec, where)
        elif kind == "ECSService":
            self._services(spec, where, name=name)
        elif kind == "ECSCluster":
            self._cluster(spec, where)
        elif kind == "ECSDeployment":
            keys = _keys(spec)
            own = self._make(spec[keys["task"]], below(where, keys["task"]), name) if "task" in keys else None
            if "service" not in keys:
                if own:
                    self._found.definitions.append(own)
            else:
                self._services(spec[keys["service"]], below(where, keys["service"]), name=name, own=own)
        else:
            raise self._wrong(below(path, "kind"), f"{kind} is no kind of kecs")

    def _template(self, value: Any, path: str) -> None:
        try:
            resources = template.resolve(value, self._parameters)
        except PathError as error:
            raise self._wrong(below(path, error.path), error.reason) from None
        for name, resource in resources.items():
            where = below(below(path, "Resources"), name)
            kind = resource.get("Type")
            if kind == "AWS::ECS::TaskDefinition":
                self._found.definitions.append(self._make(resource, where, name))
            elif kind == "AWS::ECS::Service":
                self._services(resource, where, name=name)
            elif kind == "AWS::ECS::Cluster":
                self._cluster({"clusterName": name, **_lower(resource.get("Properties") or {})}, where)
            else:
                self._unresolved_figures(resource, where)
                stack.take(self._found.around, name, resource, where, self._document)

    def _plan(self, value: Any) -> None:
        try:
            for planned in terraform.resources(value):
                if planned.kind == "aws_ecs_task_definition":
                    self._definition(planned.value, planned.path)
                elif planned.kind == "aws_ecs_service":
                    self._services(planned.value, planned.path)
                elif planned.kind == "aws_ecs_cluster":
                    self._cluster(planned.value, planned.path)
                else:
                    self._found.around.keep(planned.kind, planned.value, planned.path, self._document)
        except PathError as error:
            raise self._wrong(error.path, error.reason) from None

    def _compose(self, value: Any) -> None:
        try:
            for task in compose.tasks(value, self._parameters):
                made = self._make(task.definition, task.path, task.definition["family"], role=_OWN_ROLE)
                where = Where(self._document, task.path, task.composed.places)
                own = msgspec.structs.replace(made, where=where, remarks=task.composed.remarks)
                (shaped,) = shapes.services(task.service, name=task.service["serviceName"], path=task.path)
                self._found.services.append(ServiceSource(shaped.value, where, shaped.ignored, {}, own))
                for kind, found in task.around.items():
                    for one in found:
                        self._found.around.keep(kind, one, task.path, self._document)
        except PathError as error:
            raise self._wrong(error.path, error.reason) from None

    def _definition(self, value: Any, path: str) -> None:
        self._found.definitions.append(self._make(value, path, _stem(self._document.file)))

    def _make(self, value: Any, path: str, family: str, *, role: str = "") -> Definition:
        """Return a definition that ECS takes; `role` is one for the execution of tasks that has not to be named."""
        shaped = shapes.task_definition(value, family=family, path=path)
        where = Where(self._document, _inner(value, path, ("taskdefinition",)))
        try:
            check(msgspec.structs.replace(shaped.value, executionRoleArn=shaped.value.executionRoleArn or role or None))
        except AwsError as error:
            raise self._wrong(_told_of(shaped.value, where.path, error.message), error.message) from None
        given = {name: getattr(shaped.value, name) for name in shaped.value.__struct_fields__}
        revision = next((one for one in (_revision(value), _revision(_first(value))) if one), None)
        spec = TaskDefinitionSpec(**given, revision=revision)
        return Definition(spec, where, shaped.ignored, self._unresolved(value, path))

    def _unresolved(self, value: Any, path: str) -> dict[str, str]:
        """Return what AWS alone knows. Raises SourceError for a parameter that matters and was not given."""
        found = template.unresolved(value, path)
        value_of = self._document.value
        declared = (value_of.get("Parameters") if isinstance(value_of, dict) else None) or {}
        for where, text in found.items():
            missing = next((name for name in declared if f"${{{name}}}" in text), "")
            if missing and not any(word in where.casefold() for word in _AWS_ONLY):
                raise self._wrong(where, f"the parameter {missing} has no value: give it with --parameter {missing}=…")
        return found

    def _unresolved_figures(self, value: Any, path: str) -> None:
        """Raise SourceError for a figure that is a parameter without a value: there is none to take instead."""
        for where, text in template.unresolved(value, path).items():
            if where.casefold().endswith(_FIGURES):
                raise self._wrong(where, f"{text} has no value here: give it with --parameter, or write it out")

    def _services(self, value: Any, path: str, *, name: str = "", own: Definition | None = None) -> None:
        if isinstance(value, list):
            for at, one in enumerate(value):
                self._services(one, f"{path}[{at}]", name=name, own=own)
            return
        for shaped in shapes.services(value, name=name or _stem(self._document.file), path=path):
            where = Where(self._document, _inner(value, path, ()))
            unresolved = self._unresolved(value, path)
            self._found.services.append(ServiceSource(shaped.value, where, shaped.ignored, unresolved, own))

    def _cluster(self, value: Any, path: str) -> None:
        for at, one in enumerate(value if isinstance(value, list) else [value]):
            where = f"{path}[{at}]" if isinstance(value, list) else path
            made = coerce(one, ecs.CreateClusterRequest, where, [])
            spec = msgspec.convert(made, ecs.CreateClusterRequest)
            self._found.clusters.append(ClusterSource(spec, Where(self._document, where)))


def _told_of(definition: ecs.RegisterTaskDefinitionRequest, path: str, message: str) -> str:
    """Return the path of the container that a refusal of ECS names, else of the definition."""
    for at, container in enumerate(definition.containerDefinitions):
        try:
            container_definition.check(container, definition)
        except AwsError as error:
            if error.message == message:
                return below(path, f"containerDefinitions[{at}]")
        if container.name and re.search(rf"['\"\s]{re.escape(container.name)}(['\"\s.,]|$)", message):
            return below(path, f"containerDefinitions[{at}]")
    return path


def _of_cloud_map(value: dict[str, Any] | list[Any]) -> bool:
    return any(isinstance(one, dict) and is_registry(one) for one in (value if isinstance(value, list) else [value]))


def _stem(file: str) -> str:
    return Path(file).name.partition(".")[0]


def _first(value: Any) -> Any:
    key = _keys(value).get("taskdefinition")
    return value[key] if key else None


def _revision(value: Any) -> int | None:
    key = _keys(value).get("revision")
    found = value[key] if key else None
    return found if isinstance(found, int) and found > 0 else None


def _inner(value: Any, path: str, wrappers: Sequence[str]) -> str:
    """Return the path of what is inside the wrappers, as its members' paths begin."""
    while isinstance(value, dict):
        keys = _keys(value)
        name = next((name for name in ("properties", *wrappers) if isinstance(value.get(keys.get(name)), dict)), "")
        if not name:
            return path
        path, value = below(path, keys[name]), value[keys[name]]
    return path


def _lower(value: Any) -> dict[str, Any]:
    return {key[:1].lower() + key[1:]: one for key, one in value.items()} if isinstance(value, dict) else {}
