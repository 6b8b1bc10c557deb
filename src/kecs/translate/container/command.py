"""Entry point, command, working directory.

Kubernetes's `command` is ECS's `entryPoint`, its `args` is ECS's `command`: either alone leaves the image's other one.
"""

import re

from kecs.translate.body import Json
from kecs.translate.container.part import Part

# A dollar before another dollar or a parenthesis means something to Kubernetes (https://kubernetes.io/docs/tasks/
# inject-data-application/define-interdependent-environment-variables/), and nothing to ECS.
_SPECIAL_DOLLAR = re.compile(r"\$(?=[$(])")

_SHELLS = {"sh", "bash", "ash", "dash"}
# Runs the real command, leaves its exit code where the node shows it as the termination message, and ends well.
_TOLERANT = '"$0" "$@"; printf %s "$?" > /dev/termination-log 2>/dev/null; exit 0'


def escape(text: str) -> str:
    """Return `text` so that it comes through Kubernetes's expansion of `$(VAR)` unchanged."""
    return _SPECIAL_DOLLAR.sub("$$", text) if "$" in text else text


def command(part: Part) -> Json:
    """Return `command`, `args` and `workingDir`."""
    entry_point = list(part.definition.entryPoint or ())
    arguments = list(part.override.command or part.definition.command or ())
    if part.tolerant:
        entry_point, arguments = _tolerant(entry_point, arguments)
    made: Json = {}
    if entry_point:
        made["command"] = [escape(word) for word in entry_point]
    if arguments:
        made["args"] = [escape(word) for word in arguments]
    if part.definition.workingDirectory:
        made["workingDir"] = part.definition.workingDirectory
    return made


def forgives(entry_point: list[str], arguments: list[str]) -> bool:
    """Return whether the exit code of this command can be kept from failing the pod: the image has a shell."""
    words = entry_point or arguments
    return bool(words) and words[0].rpartition("/")[2] in _SHELLS


def _tolerant(entry_point: list[str], arguments: list[str]) -> tuple[list[str], list[str]]:
    """Wrap a command that a shell runs so that it always ends well; any other is left as it is."""
    if not forgives(entry_point, arguments):
        return entry_point, arguments
    wrapped = [(entry_point or arguments)[0], "-c", _TOLERANT]
    if entry_point:
        return wrapped + entry_point, arguments
    return entry_point, wrapped + arguments
