"""Structured logs on standard error, as JSON lines or as text for people.

    log = logging.getLogger(__name__)
    log.info("request refused", extra={"fields": {"request": id, "error": "ClientException"}})

Never logged: headers, bodies, messages of unexpected exceptions (they may quote either), environment variables.
"""

import logging
import sys
import time
import traceback
from types import TracebackType
from typing import Any, Literal

import msgspec

# What a user has given a name may hold anything; nobody but kecs begins a line of its log.
_ONE_LINE = {code: repr(chr(code))[1:-1] for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}
_encoder = msgspec.json.Encoder()


def configure(form: Literal["json", "text"], level: str) -> None:
    """Send what kecs logs at `level` and above to standard error; other libraries only from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kecs").setLevel(level.upper())


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (epoch seconds), level, logger, message, and the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
            **_fields(record),
        }
        return _encoder.encode(line).decode()


class TextFormatter(logging.Formatter):
    """`12:00:00.000 info  message key=value …`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{clock}.{int(record.msecs):03} {record.levelname.lower():7} {record.getMessage().strip()}{fields}"
        return line.translate(_ONE_LINE)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = dict(getattr(record, "fields", {}))
    if record.exc_info and record.exc_info[1]:
        fields |= described(record.exc_info[1])
    return fields


def described(error: BaseException) -> dict[str, str]:
    """Return an exception as fields: its type, and where it came from as one line, without its message.

    Of a group, the first is described: what went wrong, and not who waited for it.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return {"exception": type(error).__name__, "at": _where(error.__traceback__)}


def _where(trace: TracebackType | None) -> str:
    calls = list(traceback.walk_tb(trace))[-6:]
    return " < ".join(f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in reversed(calls))
