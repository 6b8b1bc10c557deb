"""The base of everything that an AWS API answers when it does not do what was asked."""

from typing import Any, Self


class AwsError(Exception):
    """An AWS error answer, named as its class; `http_code` 4xx is the client's fault and 5xx the server's."""

    http_code: int = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def at(self, http_code: int) -> Self:
        """Return the error, to be answered with another HTTP status than is usual for it."""
        self.http_code = http_code
        return self

    @property
    def code(self) -> str:
        """The name that goes over the wire (`__type`)."""
        return type(self).__name__

    def members(self) -> dict[str, Any]:
        """Return what the error carries beside its message, by the published member names."""
        return {}
