"""Services of Cloud Map as Services of Kubernetes: `NAME.NAMESPACE` becomes `NAME` in the tree's namespace.

A name of Cloud Map leads to the addresses of all tasks, as that of a Service without an address of its own does.
"""

from collections.abc import Iterator

import msgspec

from kecs.export.application import Exported
from kecs.export.surroundings import Fact
from kecs.model import names
from kecs.translate.body import Json


class Registry(msgspec.Struct, frozen=True):
    """A service of Cloud Map: its own name, that of its namespace, and that of the Service."""

    fact: Fact
    name: str
    space: str
    label: str


def registries(exported: Exported) -> Iterator[Registry]:
    """Yield the services of Cloud Map that tasks of a service are told to."""
    for fact, space in exported.registries.values():
        name = fact.text("name") or fact.text("logicalName")
        yield Registry(fact, name, space.text("name") if space else "", names.label(name.lower()))


def make_aliases(exported: Exported, service: Json | None, selector: Json) -> list[Json]:
    """Return a Service for each name of Cloud Map that is not the service's own; `service` is the one it has."""
    taken = {service["metadata"]["name"]} if service else set()
    made = []
    for one in registries(exported):
        if one.label in taken or one.label in exported.taken or "${" in one.name:
            continue
        taken.add(one.label)
        spec: Json = {"clusterIP": "None", "selector": selector}
        if service:
            spec["ports"] = service["spec"]["ports"]
        made.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": one.label}, "spec": spec})
    return made
