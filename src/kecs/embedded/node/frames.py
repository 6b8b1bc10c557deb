"""The frames in which the Docker API mixes standard output and errors of a container without a terminal. Pure."""

import struct
from collections.abc import Iterator

_HEADER = struct.Struct(">BxxxL")


class Frames:
    """Takes the frames apart, however the bytes are cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the contents of the frames that are complete."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= _HEADER.size:
            _, size = _HEADER.unpack_from(buffer, at)
            if len(buffer) - at - _HEADER.size < size:
                break
            yield bytes(buffer[at + _HEADER.size : at + _HEADER.size + size])
            at += _HEADER.size + size
        del buffer[:at]

    def rest(self) -> bytes:
        """Return what no frame was made of: a stream that is none."""
        return bytes(self._buffer)
