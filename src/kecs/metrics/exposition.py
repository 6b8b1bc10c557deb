"""Families in Prometheus's text format, with what the process costs, by prometheus_client.

Its own counters are not used: noting something in them costs several times what a plain number does.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from kecs.kube.figures import BOUNDS, Durations, Family

_BOUNDS = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")


def text(families: Callable[[], Iterable[Family]]) -> bytes:
    """Return what the families and the process say now."""
    registry = CollectorRegistry(auto_describe=False)
    GCCollector(registry)
    ProcessCollector(registry=registry)
    registry.register(_Families(families))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, families: Callable[[], Iterable[Family]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families():
            yield _metric(family)


def _metric(family: Family) -> Metric:
    name, labels = family.name, family.labels
    if family.kind == "histogram":
        histogram = HistogramMetricFamily(name, family.help, labels=labels)
        for values, durations in family.samples:
            if isinstance(durations, Durations):
                histogram.add_metric(values, _buckets(durations), durations.total)
        return histogram
    made = (CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily)(name, family.help, labels=labels)
    for values, value in family.samples:
        if not isinstance(value, Durations):
            made.add_metric(values, value)
    return made


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    return list(zip(_BOUNDS, accumulate(durations.counts), strict=True))
