"""The one table of what the embedded cluster answers otherwise than real Kubernetes, and why it may.

`tests` names tests as `module/test[parameters]`, `where` the path of what differs in their transcripts, as a failure
shows it; `*` in them stands for anything. A test fails when a difference that is listed for it is none any more.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One thing that may differ."""

    tests: str
    where: str
    reason: str

    def covers(self, path: str) -> bool:
        """Tell whether a path is the one that is meant, or in it."""
        return re.fullmatch(f"{_expression(self.where)}([.\\[].*)?", path) is not None


DIFFERENCES = (
    Difference(
        "objects/patch",
        "[7].body*message",
        "the object that a bad patch leaves is quoted as it is stored, not in the order of Go's structs",
    ),
    Difference(
        "objects/shapes", "[4].body.message", "nothing is answered in protobuf: clients that like it take JSON as well"
    ),
)


def allowed(test: str) -> list[Difference]:
    """Return the differences that are listed for a test."""
    return [one for one in DIFFERENCES if re.fullmatch(_expression(one.tests), test)]


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*")
