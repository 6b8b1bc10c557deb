"""What was asked and answered in a test, and what real Kubernetes answers there: `answers/<module>/<test>.jsonl`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.contract.differences import Difference

Json = Any
ANSWERS = Path(__file__).parent / "answers"
_ABSENT = "(absent)"


class Transcript:
    """The exchanges of one test, in order. `name` is the test's, as `module/test[parameters]`."""

    def __init__(self, name: str) -> None:
        self.exchanges: list[Json] = []
        self._name = name
        self._file = ANSWERS / f"{re.sub(r'[^A-Za-z0-9_./-]+', '-', name).strip('-')}.jsonl"

    def record(self) -> None:
        """Keep the exchanges as what real Kubernetes answers."""
        if not self.exchanges:
            self._file.unlink(missing_ok=True)
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(one, sort_keys=True, ensure_ascii=False) for one in self.exchanges]
        self._file.write_text("\n".join(lines) + "\n")

    def check(self, allowed: list[Difference]) -> None:
        """Fail unless all is as recorded, but for what is allowed; and when something allowed does not differ."""
        recorded = [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []
        found = list(different(recorded, json.loads(json.dumps(self.exchanges)), ""))
        unlisted = [one for one in found if not any(listed.covers(one[0]) for listed in allowed)]
        assert not unlisted, "\n".join(
            [f"{self._name} is answered otherwise than by real Kubernetes:"]
            + [f"{self._asked(path)}{path}\n    real: {real}\n    here: {here}" for path, real, here in unlisted]
        )
        for listed in allowed:
            assert any(listed.covers(path) for path, _, _ in found), f"this is no difference any more: {listed}"

    def _asked(self, path: str) -> str:
        """Return the request that a path into the transcript is about."""
        number = re.match(r"\[(\d+)\]", path)
        if number is None or int(number[1]) >= len(self.exchanges):
            return "  "
        return f"  {self.exchanges[int(number[1])]['asked']}\n  "


def different(real: Json, here: Json, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield where two values differ: the path, and what is there on either side."""
    if isinstance(real, dict) and isinstance(here, dict):
        for key in {**real, **here}:
            if key not in real or key not in here:
                yield f"{path}.{key}", _shown(real, key), _shown(here, key)
            else:
                yield from different(real[key], here[key], f"{path}.{key}")
    elif isinstance(real, list) and isinstance(here, list):
        for position in range(max(len(real), len(here))):
            inner = f"{path}[{position}]"
            if position >= len(real) or position >= len(here):
                yield inner, _element(real, position), _element(here, position)
            else:
                yield from different(real[position], here[position], inner)
    elif real != here or type(real) is not type(here):
        yield path, json.dumps(real), json.dumps(here)


def _element(of: list[Json], position: int) -> str:
    return json.dumps(of[position]) if position < len(of) else _ABSENT


def _shown(of: dict[str, Json], key: str) -> str:
    return json.dumps(of[key]) if key in of else _ABSENT
