"""The text of a scrape, read with prometheus_client's own parser."""

import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

from kecs.kube.figures import BOUNDS, Durations, Family
from kecs.metrics.page import Page


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample of a page, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def page(*families: Family) -> Page:
    made = Page()
    made.add(lambda: families)
    return made


def test_every_kind() -> None:
    durations = Durations()
    for seconds in (0.0004, 0.0005, 0.3, 99.0):
        durations.add(seconds)
    found = samples(
        page(
            Family("kecs_a_total", "counter", "A.", ("x",), ((("1",), 3), (('"quoted"\n',), 4))),
            Family("kecs_b", "gauge", "B.", (), (((), 0.5),)),
            Family("kecs_c_seconds", "histogram", "C.", ("x",), ((("1",), durations),)),
            Family("kecs_none", "gauge", "Nothing.", ("x",), ()),
        ).render()
    )
    assert found["kecs_a_total", (("x", "1"),)] == 3
    assert found["kecs_a_total", (("x", '"quoted"\n'),)] == 4
    assert found["kecs_b", ()] == 0.5
    buckets = {dict(labels)["le"]: value for (name, labels), value in found.items() if name == "kecs_c_seconds_bucket"}
    assert len(buckets) == len(BOUNDS) + 1
    assert (buckets["0.0005"], buckets["0.25"], buckets["0.5"], buckets["30"], buckets["+Inf"]) == (2, 2, 3, 3, 4)
    assert found["kecs_c_seconds_count", (("x", "1"),)] == 4
    assert found["kecs_c_seconds_sum", (("x", "1"),)] == durations.total


def test_a_page_asks_again_each_time() -> None:
    values = [1.0]
    made = Page()
    made.add(lambda: (Family("kecs_a", "gauge", "A.", (), (((), values[0]),)),))
    assert samples(made.render())["kecs_a", ()] == 1
    values[0] = 2.0
    assert samples(made.render())["kecs_a", ()] == 2


def test_it_tells_what_the_process_costs() -> None:
    names = {name for name, _ in samples(page().render())}
    assert {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"} <= names


def test_the_library_is_imported_by_the_first_scrape() -> None:
    script = "import sys, kecs.compose; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
