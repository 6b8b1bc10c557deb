"""What is wrong with a source, and where: file, line and key.

ExportError
├── Refused       an endpoint answered with an error
└── SourceError   one place of one file
"""

from collections.abc import Sequence


class PathError(ValueError):
    """A value that cannot be read. `path` is where, in its file: who knows the file makes it a `SourceError`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ExportError(Exception):
    """The export cannot be made. The message is for its user; `details` are further lines, each one problem."""

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)

    @property
    def lines(self) -> tuple[str, ...]:
        """The message and its details, one problem a line."""
        return (self.message, *self.details)


class Refused(ExportError):
    """An endpoint answered an operation with an error, which `code` is of."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}" if message else f"{operation}: {code}")
        self.code = code


class SourceError(ExportError):
    """A file that is not what it should be. `line` counts from 1, 0 is the whole file; `key` may be empty."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {key}: {reason}" if key else f"{place}: {reason}")
        self.file = file
        self.line = line
        self.key = key
        self.reason = reason
