"""The AWS JSON 1.1 protocol: bodies to request shapes, response shapes and errors to bodies.

Decoders are made when an operation is first called, because most never are in the life of a process. What cannot be
decoded is looked at a second time, slowly, by `kecs.wire.mismatch`, which finds what AWS says about it or reads it as
leniently as AWS does.
"""

from typing import Generic, TypeVar

import msgspec

from kecs.model.errors import AwsError, SerializationException
from kecs.wire import mismatch

CONTENT_TYPE = b"application/x-amz-json-1.1"

S = TypeVar("S", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


class Decoder(Generic[S]):
    """Reads the body of one operation's requests."""

    __slots__ = ("_decode", "_type")

    def __init__(self, request: type[S]) -> None:
        self._type = request
        self._decode = msgspec.json.Decoder(request).decode

    def decode(self, body: bytes) -> S:
        """Return the request shape. Raises SerializationException with the text that AWS has for it.

        Malformed JSON has no text at AWS: the services built on its framework answer with the bare type.
        """
        try:
            return self._decode(body)
        except msgspec.ValidationError:
            return self._decode_leniently(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise SerializationException("") from None

    def _decode_leniently(self, body: bytes) -> S:
        try:
            return msgspec.convert(mismatch.settle(msgspec.json.decode(body), self._type), self._type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise SerializationException("") from None


def encode(answer: msgspec.Struct | None) -> bytes:
    """Return the body of an answer; an operation without an output has the empty object."""
    return b"{}" if answer is None else _encoder.encode(answer)


def encode_error(error: AwsError) -> bytes:
    """Return the body of an error: `__type` and `message`, as ECS writes them, and the error's own members."""
    body = {"__type": error.code}
    if error.message:
        body["message"] = error.message
    return _encoder.encode(body | {name: value for name, value in error.members().items() if value is not None})
