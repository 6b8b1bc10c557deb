"""What a simulated container does: pure, from a script or from a plain command.

A script is JSON, in the pod's annotation `simulation.kecs.io/<container>` or in the container's variable
`KECS_SIMULATION`:

    {"startDelay": 0.5, "runSeconds": 10, "exitCode": 3, "oomKilled": false,
     "logs": ["at once", {"after": 2, "line": "two seconds later"}],
     "health": [{"after": 0, "healthy": true}, {"after": 5, "healthy": false}],
     "stopSeconds": 1, "stopExitCode": 0, "ignoresTerm": false, "startError": "exec format error",
     "terminationMessage": "no more work"}

All members may be left out. Without `runSeconds` the container runs until it is stopped. Without a script it does
what a plain command says: `sleep N`, `true`, `false`, and in an `sh -c` line `echo`, `sleep` and `exit N` joined by
`;` or `&&`; an `echo` may go to /dev/termination-log.
"""

import re
import shlex
from collections.abc import Sequence
from functools import lru_cache

import msgspec

VARIABLE = "KECS_SIMULATION"
NO_END = float("inf")
_TERM = 143
_OWN_CODE = re.compile(r"\bexit (\d{1,3})\s*$", re.ASCII)
_MESSAGE = "/dev/termination-log"
_LEAVES_CODE = f'"$?" > {_MESSAGE}'
_SHELLS = ("sh", "bash", "ash", "dash")


class BadScript(ValueError):
    """A script that cannot be understood; the message says where."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of the log, `after` seconds from the start."""

    line: str
    after: float = 0.0


class Health(msgspec.Struct, frozen=True, gc=False):
    """What probes find from `after` seconds on."""

    healthy: bool
    after: float = 0.0


class Script(msgspec.Struct, frozen=True, gc=False, rename="camel", forbid_unknown_fields=True):
    """What a container does. Times are seconds from its start (`stop_seconds`: from being asked to stop)."""

    start_delay: float = 0.0
    run_seconds: float = NO_END
    exit_code: int = 0
    oom_killed: bool = False
    logs: tuple[Line | str, ...] = ()
    health: tuple[Health, ...] = ()
    stop_seconds: float = 0.0
    stop_exit_code: int = _TERM
    ignores_term: bool = False
    start_error: str = ""
    termination_message: str = ""

    def healthy(self, after: float) -> bool:
        """Tell what a probe finds `after` seconds from the start."""
        answer = True
        for each in self.health:
            if each.after <= after:
                answer = each.healthy
        return answer

    def turns(self, after: float) -> float:
        """Return when a probe's answer changes next, in seconds from the start."""
        return min((each.after for each in self.health if each.after > after), default=NO_END)

    def lines(self) -> list[Line]:
        """Return what is written, in order."""
        lines = [Line(each) if isinstance(each, str) else each for each in self.logs]
        return sorted(lines, key=lambda line: line.after)


FOREVER = Script()


@lru_cache(maxsize=1024)
def _decoded(text: str) -> Script:
    try:
        return msgspec.json.decode(text, type=Script)
    except msgspec.MsgspecError as error:
        raise BadScript(f"simulation script: {error}") from error


@lru_cache(maxsize=1024)
def _commanded(words: tuple[str, ...]) -> Script:
    return command(words) or FOREVER


def script_for(text: str, words: Sequence[str]) -> Script:
    """Return the script of a container: `text` when there is one, else what its command says. Raises `BadScript`."""
    return _decoded(text) if text else _commanded(tuple(words))


def command(words: Sequence[str]) -> Script | None:
    """Return what a command does; None when it is not one of the plain ones."""
    if not words:
        return None
    program = words[0].rpartition("/")[2]
    if program in _SHELLS and len(words) == 3 and words[1] in ("-c", "-ec"):
        return _shell(words[2])
    if program in _SHELLS and len(words) > 3 and words[1] == "-c":
        return _wrapped(words[2], words[3:])
    return _steps([list(words)], [])


def _wrapped(line: str, words: Sequence[str]) -> Script | None:
    """Return what a line does that runs its arguments (`"$0" "$@"`), and may end with an exit code of its own."""
    run, _, rest = line.partition(";")
    inner = command(words) if run.strip() == '"$0" "$@"' else None
    last = _OWN_CODE.search(rest)
    if inner is None or (rest and last is None):
        return None
    if _LEAVES_CODE in rest:
        inner = msgspec.structs.replace(inner, termination_message=str(inner.exit_code))
    return msgspec.structs.replace(inner, exit_code=int(last[1]) % 256) if last else inner


def _shell(line: str) -> Script | None:
    """Return what a shell line does, if it consists of nothing but plain commands."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        return None
    if any(mark in line for mark in "$`*?\\\n"):
        return None
    steps: list[list[str]] = [[]]
    joints: list[str] = []
    for word in tokens:
        if word in (";", "&&"):
            joints.append(word)
            steps.append([])
        elif word != ">" and set(word) <= set(";&|()<>"):
            return None
        else:
            steps[-1].append(word)
    if not steps[-1] and joints and joints[-1] == ";":
        steps.pop()
        joints.pop()
    return _steps(steps, joints)


def _steps(steps: list[list[str]], joints: list[str]) -> Script | None:
    clock, code, message, lines = 0.0, 0, "", []
    for number, step in enumerate(steps):
        if not step:
            return None
        if number and joints[number - 1] == "&&" and code != 0:
            continue
        program, arguments = step[0].rpartition("/")[2], step[1:]
        if ">" in step:
            if program != "echo" or arguments[-2:] != [">", _MESSAGE]:
                return None
            message, code = " ".join(arguments[:-2]) + "\n", 0
            continue
        match program, arguments:
            case "true", _:
                code = 0
            case "false", _:
                code = 1
            case "echo", _:
                lines.append(Line(" ".join(arguments), clock))
                code = 0
            case "exit", []:
                return _done(clock, code, message, lines)
            case "exit", [number_text] if number_text.isdecimal() and len(number_text) < 10:
                return _done(clock, int(number_text) % 256, message, lines)
            case "sleep", [*spans] if spans:
                seconds = [_seconds(span) for span in spans]
                clock += sum(each for each in seconds if each is not None)
                code = 0
                if None in seconds:
                    return None
            case _:
                return None
    return _done(clock, code, message, lines)


def _done(clock: float, code: int, message: str, lines: list[Line]) -> Script:
    return Script(run_seconds=clock, exit_code=code, logs=tuple(lines), termination_message=message)


def _seconds(text: str) -> float | None:
    """Return the seconds that `sleep` reads in a word; None when it is no span."""
    if text in ("infinity", "inf"):
        return NO_END
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:], 0)
    number = text[:-1] if unit else text
    try:
        value = float(number) if number.replace(".", "", 1).isdecimal() else None
    except ValueError:
        return None
    return None if value is None else value * (unit or 1)
