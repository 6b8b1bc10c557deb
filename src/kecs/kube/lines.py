"""Lines out of a stream that is cut anywhere, as watches send them."""

from kecs.kube.errors import InternalError

_LONGEST = 64 << 20  # bytes; no object of a real server is a tenth of it


class Lines:
    """Takes bytes as they arrive and gives whole lines, without their ends and without empty ones."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []  # the pieces of the line that has not ended: joined once, however many there are
        self._length = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that end in `data`. Raises `InternalError` for a line that does not end."""
        end = data.rfind(b"\n")
        if end < 0:
            self._keep(data)
            return []
        head = data[:end]
        if self._rest:
            head = b"".join([*self._rest, head])
            self._rest, self._length = [], 0
        if end + 1 < len(data):
            self._keep(data[end + 1 :])
        return [line for line in head.split(b"\n") if line.strip()]

    def _keep(self, data: bytes) -> None:
        self._rest.append(data)
        self._length += len(data)
        if self._length > _LONGEST:
            raise InternalError(f"the server sent a line of more than {_LONGEST} bytes")
