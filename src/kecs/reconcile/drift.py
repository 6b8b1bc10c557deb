"""What others do to objects that are kecs's: noticed, put back, told, and not fought over in a hot loop."""

from enum import StrEnum

_FIRST, _LONGEST = 1.0, 60.0  # seconds between putting one object back and putting it back again
_CALM = 600.0  # seconds after which an object that was put back counts as left alone


class Drift(StrEnum):
    """What has happened to an object since kecs wrote it; the text is a word of the event that tells of it."""

    NONE = ""
    CHANGED = "changed"
    DELETED = "deleted"


class Patience:
    """How long to wait before one object is put back again: longer each time, as with two managers of one field."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._times = 0

    def wait(self, now: float) -> float:
        """Return for how many seconds an object that has drifted is left as it is; 0 when it is time."""
        if now - self._last > _CALM:
            self._times = 0
        if not self._times:
            return 0.0
        return max(0.0, self._last + min(_LONGEST, _FIRST * 2.0 ** min(self._times - 1, 16)) - now)

    def put_back(self, now: float) -> None:
        """Note that the object is being put back."""
        self._last = now
        self._times += 1
