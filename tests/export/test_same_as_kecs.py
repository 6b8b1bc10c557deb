"""What is exported from a service and what kecs runs for it differ only in what one table names."""

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kecs.export import application, objects, sources
from kecs.export.application import Exported
from kecs.export.choices import Choices
from kecs.export.difference import DIFFERENCES, Row
from kecs.export.objects import carried, carried_service
from kecs.export.readable import DEFAULTS
from kecs.model.objects import TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.translate.account import make_account
from kecs.translate.disruption import make_disruption_budget
from kecs.translate.network import make_service
from kecs.translate.workload import make_daemon_set, make_deployment
from tests.export.cases import CASES

Json = dict[str, Any]
CHOICES = Choices(minor=36)
# One namespace and plain sources: cases with environments or parameters are the same services otherwise.
PLAIN = [case for case in CASES if not (case / "arguments").exists()]


def exported(case: Path) -> Iterator[tuple[Exported, dict[str, Json], TaskDefinitionSpec]]:
    files = [str(one) for one in case.iterdir() if one.name not in ("expected.txt", "source.md")]
    (joined,) = application.join(sources.load(sorted(files)))
    for one in joined.services:
        if one.service:
            made = objects.make(one, joined.namespace, CHOICES, joined.renames)
            bodies = {body["kind"]: body for found in made.files.values() for body in reversed(found)}
            plain = msgspec.structs.replace(one, spec=carried_service(one.spec))
            yield plain, bodies, carried(one.definition.spec)


def of_kecs(one: Exported, definition: TaskDefinitionSpec) -> Iterator[Json]:
    """Yield what kecs makes for a service on a cluster of the user's own."""
    resource = one.resource("shop")
    launch, configuration = one.launch(definition), one.spec.deploymentConfiguration
    if one.is_daemon:
        yield make_daemon_set(resource, definition, launch, CHOICES.options)
    else:
        yield make_deployment(
            resource,
            definition,
            launch,
            CHOICES.options,
            replicas=one.spec.desiredCount or 0,
            max_unavailable=0,
            max_surge=1,
        )
    service = make_service(resource, definition)
    budget = make_disruption_budget(resource, (configuration.minimumHealthyPercent or 0) if configuration else 0)
    yield from (body for body in (service, budget) if body)
    yield from make_account(definition, Scope(), "shop")[:1]


def differing(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Yield where two values are not the same; elements of lists by their place."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            here = f"{path}.{key}" if path else key
            if key not in ours or key not in theirs:
                if {**ours, **theirs}[key] not in (DEFAULTS.get(key, {}), {}):
                    yield here
            else:
                yield from differing(ours[key], theirs[key], here)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from differing(one, other, f"{path}[]")
    elif ours != theirs:
        yield path


def is_named(kind: str, path: str, rows: tuple[Row, ...] = DIFFERENCES) -> bool:
    return any(
        fnmatch.fnmatch(kind, row.kind) and (path == row.path or path.startswith((f"{row.path}.", f"{row.path}[")))
        for row in rows
    )


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_an_exported_service_is_the_one_that_kecs_runs_but_for_the_table(case: Path) -> None:
    for one, bodies, definition in exported(case):
        for theirs in of_kecs(one, definition):
            ours = bodies[theirs["kind"]]
            found = [path for path in differing(ours, theirs) if not is_named(theirs["kind"], path)]
            assert found == [], f"{one.name}: {theirs['kind']}"


def test_no_row_of_the_table_covers_what_is_above_it() -> None:
    """A row for a whole spec would let everything pass."""
    short = ("spec", "spec.template", "spec.template.spec", "spec.template.spec.containers[]")
    assert [row for row in DIFFERENCES if row.path in short or not row.reason] == []


def test_a_difference_that_the_table_does_not_name_is_found() -> None:
    case = next(case for case in PLAIN if case.name == "web")
    for _, bodies, _ in exported(case):
        other = msgspec.json.decode(msgspec.json.encode(bodies["Deployment"]))
        other["spec"]["template"]["spec"]["containers"][0]["image"] = "another"
        found = list(differing(bodies["Deployment"], other))
        assert found == ["spec.template.spec.containers[].image"]
        assert not is_named("Deployment", found[0])
