"""Lines out of a stream that is cut anywhere, as watches send them."""

from kecs.kube.errors import InternalError

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

    def feed(self, data: bytes) -> list[bytes | memoryview]:
        """Return what ends with a line's end, uncopied where it can be. Raises `InternalError` for an endless line."""
        whole: list[bytes | memoryview] = []
        begin, end = 0, data.rfind(b"\n") + 1
        if self._rest and end:
            begin = data.find(b"\n") + 1
            whole.append(b"".join([*self._rest, data[:begin]]))
            self._rest, self._length = [], 0
        if begin < end:
            whole.append(memoryview(data)[begin:end])
        if end < len(data):
            self._keep(data[end:])
        return whole

    def _keep(self, data: bytes) -> None:
        self._rest.append(data)
        self._length += len(data)
        if self._length > _LONGEST:
            raise InternalError(f"the server sent a line of more than {_LONGEST} bytes")
