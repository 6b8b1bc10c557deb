"""Write the tables of the documentation that come from code: operations, settings, what becomes of members.

python tools/generate_docs.py           writes docs/operations.md, docs/settings.md and docs/mapping.md
python tools/generate_docs.py --check   says whether they are current, and exits with 1 when they are not
"""

import argparse
import sys
from pathlib import Path

from kecs.cli.flags import FLAGS
from kecs.services import registry
from kecs.settings import Settings
from kecs.translate import members

DOCS = Path(__file__).resolve().parent.parent / "docs"


def operations() -> str:
    """Return docs/operations.md."""
    registry.load()
    lines = [
        "# Operations",
        "",
        "Which operations of the AWS APIs kecs answers. The others are refused by name: `UnsupportedFeatureException`",
        "or `ClientException`, whichever the model lists. Made by `tools/generate_docs.py` from the registry.",
    ]
    for name, model in sorted(registry.MODELS.items()):
        handlers = registry.handlers(name)
        lines += [
            "",
            f"## {name}: {len(handlers)} of {len(model.operations)}",
            "",
            "| operation | answered | what it does |",
            "|---|---|---|",
        ]
        for operation in sorted(model.operations):
            handler = handlers.get(operation)
            summary = (handler.__doc__ or "").strip().partition("\n")[0] if handler else ""
            lines.append(f"| {operation} | {'yes' if handler else 'no'} | {summary} |")
    return "\n".join(lines) + "\n"


def settings() -> str:
    """Return docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Every flag is an environment variable as well; the flag wins. Made by `tools/generate_docs.py`.",
        "",
        "| flag | variable | default | commands | meaning |",
        "|---|---|---|---|---|",
    ]
    for flag in FLAGS:
        value = getattr(Settings(), flag.name) or ""
        default = ",".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else value
        meaning = f"{flag.help} ({', '.join(flag.choices)})" if flag.choices else flag.help
        cells = (
            f"`{flag.option} {flag.metavar}`".replace(" `", "`"),
            f"`{flag.variable}`",
            f"`{default}`" if default != "" else "",
            ", ".join(flag.commands),
            meaning,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_INTRODUCTION = """# What becomes of each member

| ECS | Kubernetes |
|---|---|
| cluster | Namespace, default NetworkPolicy, ResourceQuota when asked for |
| service | Deployment (DaemonSet when DAEMON), Service, PodDisruptionBudget |
| task | Pod; its UID is the task's id |
| task definition, container | pod template, container |
| health check, dependency | probes, init container or sidecar |
| task role | ServiceAccount, Role and RoleBinding |
| placement constraint, runtime platform | node affinity and selectors |

The members of a request become part of these objects, but for those below. `emulated`: kecs does it by itself. `kept`:
stored and returned as it was sent, but not acted on; for a service and its task definition an event of each deployment
says so, for RunTask and a cluster an Event (`NotActedOn`) of the ECSTaskDefinition or ECSCluster and a line of the log,
once. `refused`: a task must not run without it, so it is not started, and the reason is told. Made by
`tools/generate_docs.py` from the table that the program itself uses.
"""


def mapping() -> str:
    """Return docs/mapping.md."""
    tables = {
        "RegisterTaskDefinition": members.TASK_DEFINITION,
        "RunTask": members.RUN_TASK,
        "CreateService": members.SERVICE,
        "CreateCluster": members.CLUSTER,
    }
    lines = [_INTRODUCTION.rstrip()]
    for name, rows in tables.items():
        lines += ["", f"## {name}", "", "| member | what becomes of it | how or why |", "|---|---|---|"]
        lines += [f"| `{row.path}` | {row.verdict} | {row.reason} |" for row in rows]
    return "\n".join(lines) + "\n"


FILES = {"operations.md": operations, "settings.md": settings, "mapping.md": mapping}


def main() -> int:
    """Write the files, or with --check compare them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    DOCS.mkdir(exist_ok=True)
    stale = []
    for name, make in FILES.items():
        path = DOCS / name
        text = make()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if not check:
                path.write_text(text)
    if check and stale:
        print(f"not current, run tools/generate_docs.py: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
