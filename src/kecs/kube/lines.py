"""Lines out of a stream that is cut anywhere, as watches send them."""

from collections.abc import Callable
from typing import Generic, TypeVar

from kecs.kube.errors import InternalError

T = TypeVar("T")

_FIRST = 1 << 12  # bytes of a buffer that has never been full
_PIECE = 1 << 18  # bytes: a busy stream is read in pieces that still fit into the CPU's cache, and so few times
_LONGEST = 64 << 20  # bytes; no object of a real server is a tenth of it


class Lines(Generic[T]):
    """A buffer that bytes are received into, and what whole lines of them say.

    `read` is given lines where they lie, as the buffer and where they end in it. The next bytes go over them.
    """

    def __init__(self, read: Callable[[bytearray, int], T]) -> None:
        self._read = read
        self._buffer = bytearray(_FIRST)
        self._length = 0  # of the line that has not ended; it lies at the beginning

    @property
    def is_torn(self) -> bool:
        """Whether a line has begun that has not ended."""
        return self._length > 0

    def room(self) -> memoryview:
        """Return where the next bytes go; there is room for one at least."""
        return memoryview(self._buffer)[self._length :]

    def received(self, count: int) -> T | None:
        """Return what the lines say that so many more bytes have ended, None when they have ended none.

        Raises `InternalError` for an endless line.
        """
        begin, stop = self._length, self._length + count
        end = self._buffer.rfind(b"\n", begin, stop) + 1
        said = self._read(self._buffer, end) if end else None
        was_full = stop == len(self._buffer)
        if end:
            whole = memoryview(self._buffer)
            whole[: stop - end] = whole[end:stop]
        self._length = stop - end
        if self._length > _LONGEST:
            raise InternalError(f"the server sent a line of more than {_LONGEST} bytes")
        if was_full and (not end or stop < _PIECE):
            self._buffer = self._buffer[: self._length] + bytearray(2 * stop - self._length)
        return said

    def feed(self, data: bytes) -> list[T]:
        """Return what the lines say that some bytes end which were received elsewhere. Raises as `received`."""
        said, at = [], 0
        while at < len(data):
            room = self.room()
            count = min(len(room), len(data) - at)
            room[:count] = data[at : at + count]
            if (one := self.received(count)) is not None:
                said.append(one)
            at += count
        return said
