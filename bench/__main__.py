"""`python -m bench [case ...]`: measure and print the table. Exits with 1 when a figure that is wanted was missed.

`python -m bench kubernetes` is the cases that concern real Kubernetes; they start clusters of their own, one by one.
What takes more than some minutes runs only when it is named.
"""

import argparse
import importlib
import sys

from bench.table import Row, render

CASES = ("start", "memory", "requests", "tasks", "containers", "updates", "reads")
KUBERNETES = ("events", "watched", "starting", "writes", "failover", "outage")
LONG = ("deployments",)


def main() -> int:
    """Run the cases that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    choices = [*CASES, *KUBERNETES, *LONG, "kubernetes", []]
    parser.add_argument(
        "case", nargs="*", choices=choices, help="the cases to measure; without one, those of `make bench`"
    )
    named = parser.parse_args().case or CASES
    names = [one for name in named for one in (KUBERNETES if name == "kubernetes" else (name,))]
    rows: list[Row] = []
    for name in names:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.cases.{name}").measure()
    print(render(rows))
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
