"""The addresses of simulated sandboxes: numbers in a network of their own, and as text."""

_NETWORK = 10 << 24 | 244 << 16  # 10.244.0.0
_SIZE = 1 << 18


class Addresses:
    """Which numbers are taken."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._next = 1

    def take(self, wanted: str = "") -> int:
        """Take an address, the one that is wanted if it is free."""
        number = _number(wanted)
        while not number or number in self._taken:
            number, self._next = self._next, self._next % _SIZE + 1
        self._taken.add(number)
        return number

    def give_back(self, number: int) -> None:
        """Let another have an address; 0 is none."""
        self._taken.discard(number)


def text(number: int) -> str:
    """Return an address as text."""
    address = _NETWORK + number
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def _number(ip: str) -> int:
    parts = ip.split(".")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        return 0
    number = sum(int(part) << shift for part, shift in zip(parts, (24, 16, 8, 0), strict=True)) - _NETWORK
    return number if 0 < number <= _SIZE else 0
