"""The caller's account and region out of an AWS signature, version 4.

Nothing is verified: whoever can reach kecs may use it, and the key only says in whose name. A key id of twelve digits
is an account. The region is any name of letters, digits and dashes.
"""

import re
from urllib.parse import parse_qs

from kecs.model.errors import IncompleteSignature
from kecs.model.scope import Scope

_SCHEME = b"AWS4-"
_CREDENTIAL = b"Credential="
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_CACHED = 1024  # credentials change once a day per caller, so this many are more than enough


class Callers:
    """Tells a request's scope. Scopes are cached by credential, because a session sends the same one all day."""

    def __init__(self, default: Scope) -> None:
        self._default = default
        self._scopes: dict[bytes, Scope] = {}

    def scope(self, authorization: bytes, query: bytes = b"") -> Scope:
        """Return the scope of a request with this `Authorization` header and query string (either may be empty).

        Raises IncompleteSignature when a credential is given that is none, in AWS's words.
        """
        if authorization.startswith(_SCHEME):
            credential = authorization.partition(_CREDENTIAL)[2].partition(b",")[0]
        elif b"X-Amz-Credential=" in query:
            values = parse_qs(query.decode("ascii", "replace")).get("X-Amz-Credential", [""])
            credential = values[0].encode()
        else:
            return self._default
        return self._scopes.get(credential) or self._read(credential)

    def _read(self, credential: bytes) -> Scope:
        text = credential.strip().decode("ascii", "replace")
        parts = text.split("/")
        if len(parts) != 5 or not _REGION.fullmatch(parts[2]):
            raise IncompleteSignature(
                "Credential must have exactly 5 slash-delimited elements, "
                f"e.g. keyid/date/region/service/term, got '{text[:256]}'"
            )
        account = parts[0] if _ACCOUNT.fullmatch(parts[0]) else self._default.account
        if len(self._scopes) >= _CACHED:
            self._scopes.clear()
        scope = self._scopes[credential] = Scope(account, parts[2])
        return scope
