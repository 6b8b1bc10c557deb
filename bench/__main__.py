"""`python -m bench [case ...]`: measure and print the table. Exits with 1 when a figure that is wanted was missed."""

import argparse
import importlib
import sys

from bench.table import Row, render

CASES = ("start", "memory", "requests", "tasks", "containers", "updates", "reads")


def main() -> int:
    """Run the cases that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[*CASES, []], help="the cases to measure; all when none is named")
    names = parser.parse_args().case or CASES
    rows: list[Row] = []
    for name in names:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.cases.{name}").measure()
    print(render(rows))
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
