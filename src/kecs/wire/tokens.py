"""Pagination tokens: a position in a list, sealed so that only the request that it was made for can go on from it.

A token holds the position and a keyed digest over it, the caller's scope, the operation and the request without its
page size. There is no state: with the same key (any secret that outlives a restart) tokens survive restarts and are
good on every replica.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest

import msgspec

from kecs.model.errors import InvalidParameterException
from kecs.model.scope import Scope

_DIGEST_SIZE = 16
_encoder = msgspec.json.Encoder()


class Tokens:
    """Seals and opens tokens with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"kecs pagination " + key).digest()

    def seal(self, position: str, scope: Scope, request: msgspec.Struct) -> str:
        """Return a token for the page that begins after `position`."""
        text = position.encode()
        return urlsafe_b64encode(self._digest(text, scope, request) + text).decode().rstrip("=")

    def open(self, token: str, scope: Scope, request: msgspec.Struct) -> str:
        """Return the position. Raises InvalidParameterException for a token that was not made for this request."""
        try:
            position = urlsafe_b64decode(token + "=" * (-len(token) % 4))[_DIGEST_SIZE:].decode()
            if compare_digest(self.seal(position, scope, request).encode(), token.encode()):
                return position
        except ValueError:
            pass
        raise InvalidParameterException("Invalid token")

    def _digest(self, position: bytes, scope: Scope, request: msgspec.Struct) -> bytes:
        members = {
            name: value
            for name, value in msgspec.structs.asdict(request).items()
            if name not in ("nextToken", "maxResults") and value is not None
        }
        sealed = _encoder.encode([scope.account, scope.region, type(request).__name__, members])
        return hashlib.blake2b(sealed + position, digest_size=_DIGEST_SIZE, key=self._key).digest()
