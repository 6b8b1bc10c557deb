"""What a Kubernetes API answers when it does not do what was asked.

    ApiError
    ├── BadRequest            400
    ├── Unauthorized          401
    ├── Forbidden             403   (an exceeded quota is one of these)
    ├── NotFound              404
    ├── MethodNotAllowed      405
    ├── NotAcceptable         406
    ├── AlreadyExists         409
    ├── Conflict              409   (resource version, apply conflicts)
    ├── Gone                  410   (reason Expired)
    ├── PayloadTooLarge       413
    ├── UnsupportedMediaType  415
    ├── Invalid               422
    ├── TooManyRequests       429
    ├── InternalError         500
    │   ├── NotStored               (the disk is full, or fails)
    │   └── Unnamed                 (without a reason)
    ├── Unavailable           503
    └── Timeout               504

Each carries the `Status` object that a real API server sends, so both backends and the HTTP door speak the same words.
"""

from typing import Any, ClassVar

Json = dict[str, Any]

_DENIED = " denied "  # "ValidatingAdmissionPolicy … denied request", "admission webhook … denied the request"
_LACKS_RIGHT = 'is forbidden: User "'


class ApiError(Exception):
    """An answer of the API that is not a success. `details` is the `details` member of the `Status`."""

    code: ClassVar[int] = 500
    reason: ClassVar[str] = "InternalError"

    def __init__(self, message: str, *, details: Json | None = None, code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.http_code = code or self.code

    def status(self) -> Json:
        """Return the `Status` object of the answer."""
        status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = {key: value for key, value in self.details.items() if value not in ("", 0)}
        status["code"] = self.http_code
        return status


class BadRequest(ApiError):
    """The request itself makes no sense: a bad selector, a bad resource version, a body that is no object."""

    code, reason = 400, "BadRequest"


class Unauthorized(ApiError):
    """No token, or an unknown one."""

    code, reason = 401, "Unauthorized"


class Forbidden(ApiError):
    """Known, but not allowed: a quota is exceeded, a namespace is being terminated."""

    code, reason = 403, "Forbidden"

    @property
    def namespace_ends(self) -> bool:
        """Whether nothing can be made because the namespace is being terminated."""
        causes = (self.details or {}).get("causes") or ()
        return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)

    @property
    def lacks_right(self) -> bool:
        """Whether the account has no right to do it; else a quota, a policy or an ending namespace refuses.

        The message says then who cannot do which verb on which resource, and nothing of what was asked.
        """
        return _LACKS_RIGHT in self.message


class NotFound(ApiError):
    """There is no such object or resource."""

    code, reason = 404, "NotFound"


class MethodNotAllowed(ApiError):
    """The resource does not support this verb."""

    code, reason = 405, "MethodNotAllowed"


class NotAcceptable(ApiError):
    """None of the media types that the client accepts can be served."""

    code, reason = 406, "NotAcceptable"


class AlreadyExists(ApiError):
    """Create met an object of that name.

    `maybe_ours`: an attempt of the same request before this answer may have made it. Who can tell its own objects from
    others' should look.
    """

    code, reason = 409, "AlreadyExists"
    maybe_ours = False


class Conflict(ApiError):
    """The object changed meanwhile, or another field manager owns a field."""

    code, reason = 409, "Conflict"


class Gone(ApiError):
    """The resource version or the continue token is older than what is held."""

    code, reason = 410, "Expired"


class PayloadTooLarge(ApiError):
    """The body is larger than the server takes."""

    code, reason = 413, "RequestEntityTooLarge"


class UnsupportedMediaType(ApiError):
    """The body's media type is not served for this verb and resource."""

    code, reason = 415, "UnsupportedMediaType"


class Invalid(ApiError):
    """The object does not hold up to its schema or rules."""

    code, reason = 422, "Invalid"

    @property
    def by_policy(self) -> bool:
        """Whether an admission policy or a webhook of the cluster refuses it, and not what it is."""
        return _DENIED in self.message


class TooManyRequests(ApiError):
    """Try again later: also a refused eviction."""

    code, reason = 429, "TooManyRequests"


class InternalError(ApiError):
    """The server failed: its storage is full, or it has a defect."""

    code, reason = 500, "InternalError"


class NotStored(InternalError):
    """The change could not be kept, and has not happened. The message says why, without a word of the change."""


class Unnamed(InternalError):
    """What Kubernetes has no error of its own for, though it is the request that is wrong: 500 without a reason."""

    reason = ""


class Unavailable(ApiError):
    """The server cannot be reached, or is ending."""

    code, reason = 503, "ServiceUnavailable"


class Timeout(ApiError):
    """The server did not finish in time."""

    code, reason = 504, "Timeout"


_KINDS: tuple[type[ApiError], ...] = (
    *(BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, AlreadyExists, Conflict, Gone),
    *(PayloadTooLarge, UnsupportedMediaType, Invalid, TooManyRequests, InternalError, Unavailable, Timeout),
)
_BY_REASON = {one.reason: one for one in _KINDS} | {"Gone": Gone, "ServerTimeout": Timeout}
_BY_CODE = {one.code: one for one in _KINDS} | {502: Unavailable}


def from_status(code: int, status: Json) -> ApiError:
    """Return the error that an answer means: by the reason of its `Status`, else by its HTTP code."""
    kind = _BY_REASON.get(str(status.get("reason") or "")) or _BY_CODE.get(code)
    if kind is None:
        kind = BadRequest if code < 500 else InternalError
    details = status.get("details")
    message = str(status.get("message") or f"the server answered {code}")
    return kind(message, details=details if isinstance(details, dict) else None, code=code)
