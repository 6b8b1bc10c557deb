"""What each command does: read its settings, hand over to `kecs.compose`, and tell in one line what went wrong."""

import logging
import os
import sys
import traceback
from collections.abc import Coroutine, Sequence
from typing import Any

from kecs.cli.parser import parse, version
from kecs.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["export"]:
        from kecs.cli import export

        try:
            return export.main(given[1:])
        except KeyboardInterrupt:
            return 130
    command, settings = parse(arguments, os.environ)
    if command == "version":
        print(version())
        return 0
    if command == "manifests":
        return _manifests(settings)
    return _run(command, settings)


def _run(command: str, settings: Settings) -> int:
    """Run what `kecs.compose` has for the command to its end."""
    import uvloop

    from kecs import compose
    from kecs.server import log
    from kecs.server.run import StartError

    log.configure(settings.log_format, settings.log_level)
    _raise_file_limit()
    commands = {
        "serve": compose.serve,
        "reset": compose.reset,
        "uninstall": compose.uninstall,
        "controller": compose.controller,
    }
    work: Coroutine[Any, Any, None] = commands[command](settings)
    try:
        uvloop.run(work)
    except StartError as error:
        print(f"kecs: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # A defect. Its traceback is for whoever looks for it, not for whoever runs kecs.
        logging.getLogger("kecs").critical("kecs ends, because a part of it failed", exc_info=error)
        if settings.log_level == "debug":
            traceback.print_exception(error)
        return 1
    return 0


def _manifests(settings: Settings) -> int:
    """Print what installs kecs."""
    from kecs.manifests import tree

    place = tree.Place(settings.namespace or tree.NAMESPACE, settings.image, settings.version, settings.allow_host)
    sys.stdout.write(tree.text(settings.overlay, place))
    return 0


def _raise_file_limit() -> None:
    """Allow as many open files as the system lets us: each client and each real container takes some."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
