"""What a pod takes from its node: resources and host ports."""

from collections.abc import Callable
from typing import NamedTuple

from kecs.embedded.controllers.views import Container, Pod, PodSpec, Quantities, Resources
from kecs.kube.quantity import BadQuantity, milli, value

# What the scheduler assumes of containers that ask for nothing, so that they spread as well.
_ASSUMED = {"cpu": 100, "memory": 200 * 1024 * 1024}
_POD_LEVEL = ("cpu", "memory")

Amounts = dict[str, int]  # cpu in thousandths, everything else in whole units
HostPort = tuple[str, int, str]  # protocol, port, address


class Demand(NamedTuple):
    """What one pod takes. `scored` are cpu and memory with an assumption for containers that ask for nothing."""

    amounts: Amounts
    scored: tuple[int, int]
    ports: tuple[HostPort, ...]


def amounts(quantities: Quantities | None) -> Amounts:
    """Return quantities as whole numbers. A malformed one counts as nothing."""
    found: Amounts = {}
    for name, quantity in (quantities or {}).items():
        try:
            found[name] = milli(quantity) if name == "cpu" else value(quantity)
        except BadQuantity:
            continue
    return found


def demand(pod: Pod) -> Demand:
    """Return what a pod takes from its node."""
    spec = pod.spec
    totals = requests(spec)
    scored = tuple(totals.get(name) or _ASSUMED[name] * len(spec.containers) for name in _POD_LEVEL)
    return Demand(totals, (scored[0], scored[1]), host_ports(spec))


def host_ports(spec: PodSpec) -> tuple[HostPort, ...]:
    """Return the ports of its node that a pod binds."""
    found = []
    for container in (*spec.containers, *(one for one in spec.initContainers if one.restartPolicy == "Always")):
        for port in container.ports:
            number = port.hostPort or (port.containerPort if spec.hostNetwork else 0)
            if number:
                found.append((port.protocol, number, port.hostIP or "0.0.0.0"))  # noqa: S104  # what the API means by ""
    return tuple(found)


def requests(spec: PodSpec) -> Amounts:
    """Return what a pod asks for. What has a limit and no request asks for its limit."""

    def of(resources: Resources) -> Amounts:
        return {**amounts(resources.limits), **amounts(resources.requests)}

    return _effective(spec, of)


def limits(spec: PodSpec) -> Amounts:
    """Return what a pod may use at most."""
    return _effective(spec, lambda resources: amounts(resources.limits))


def _effective(spec: PodSpec, amounts_of: Callable[[Resources], Amounts]) -> Amounts:
    """Sum the containers; init containers run before, one at a time, beside the sidecars started until then."""

    def of(container: Container) -> Amounts:
        return amounts_of(container.resources) if container.resources is not None else {}

    totals: Amounts = {}
    for container in spec.containers:
        _add(totals, of(container))
    if spec.initContainers:
        sidecars: Amounts = {}
        peak: Amounts = {}
        for container in spec.initContainers:
            wanted = of(container)
            if container.restartPolicy == "Always":
                _add(sidecars, wanted)
                wanted = sidecars
            else:
                wanted = {name: wanted.get(name, 0) + sidecars.get(name, 0) for name in {*wanted, *sidecars}}
            for name, amount in wanted.items():
                peak[name] = max(peak.get(name, 0), amount)
        _add(totals, sidecars)
        for name, amount in peak.items():
            totals[name] = max(totals.get(name, 0), amount)
    if spec.resources is not None:
        whole = amounts_of(spec.resources)
        totals.update({name: whole[name] for name in _POD_LEVEL if name in whole})
    if spec.overhead:
        _add(totals, amounts(spec.overhead))
    return totals


def _add(totals: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        totals[name] = totals.get(name, 0) + amount
