"""Lines out of a stream that is cut anywhere, as watches send them."""

from kecs.kube.errors import InternalError

_PIECE = 1 << 16  # bytes: what is made of them fits into the CPU's cache, unlike all that a busy stream brings at once
_LONGEST = 64 << 20  # bytes; no object of a real server is a tenth of it


class Lines:
    """Takes bytes as they arrive and gives them back in pieces that are whole lines."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []  # the pieces of the line that has not ended: joined once, however many there are
        self._length = 0

    @property
    def is_torn(self) -> bool:
        """Whether a line has begun that has not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """Return what ends with a line's end, in its order. Raises `InternalError` for an endless line."""
        whole = []
        begin, end = 0, data.rfind(b"\n") + 1
        if self._rest and end:
            begin = data.find(b"\n") + 1
            whole.append(b"".join([*self._rest, data[:begin]]))
            self._rest, self._length = [], 0
        while begin < end:
            stop = data.rfind(b"\n", begin, begin + _PIECE) + 1 if end - begin > _PIECE else end
            whole.append(data[begin : stop or end])
            begin = stop or end
        if end < len(data):
            self._keep(data[end:])
        return whole

    def _keep(self, data: bytes) -> None:
        self._rest.append(data)
        self._length += len(data)
        if self._length > _LONGEST:
            raise InternalError(f"the server sent a line of more than {_LONGEST} bytes")
