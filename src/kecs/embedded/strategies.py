"""What is special about single kinds: each kind's `Strategy`, looked up by its table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kecs.embedded import definitions
from kecs.embedded.problems import Problems

Json = dict[str, Any]


def _nothing(*_: Any) -> None:
    return None


def _no_problems(*_: Any) -> Problems:
    return []


@dataclass(frozen=True, slots=True)
class Strategy:
    """The rules of one kind.

    `prepare` changes a new object before it is checked, `prepare_update` the new state (old is given too); `check` and
    `check_update` return problems. `returns_object` says that a deletion answers with the object, `graceful` that it waits
    for someone to end what runs.
    """

    prepare: Callable[[Json], None] = _nothing
    prepare_update: Callable[[Json, Json], None] = _nothing
    check: Callable[[Json], Problems] = _no_problems
    check_update: Callable[[Json, Json], Problems] = _no_problems
    returns_object: bool = False
    graceful: bool = False


_DEFAULT = Strategy()


def _pod_prepare(pod: Json) -> None:
    pod["status"] = {"phase": "Pending", "qosClass": "BestEffort"}


STRATEGIES: dict[str, Strategy] = {
    definitions.TABLE: Strategy(
        prepare=definitions.prepare,
        prepare_update=definitions.prepare_update,
        check=definitions.check,
        check_update=lambda new, _: definitions.check(new),
    ),
    "pods": Strategy(prepare=_pod_prepare, returns_object=True, graceful=True),
    "services": Strategy(returns_object=True),
    "serviceaccounts": Strategy(returns_object=True),
}


def strategy_of(table: str) -> Strategy:
    """Return the rules of a kind."""
    return STRATEGIES.get(table, _DEFAULT)
