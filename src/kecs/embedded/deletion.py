"""What a deletion does: at once, or marked and held by a grace period or finalizers."""

import time
from dataclasses import dataclass
from typing import Any

from kecs.embedded.catalog import Kind
from kecs.embedded.requests import Deletion
from kecs.embedded.strategies import strategy_of
from kecs.kube.api import Propagation
from kecs.kube.time import rfc3339

Json = dict[str, Any]

_FOREGROUND, _ORPHAN = "foregroundDeletion", "orphan"
_LONGEST = 1 << 31  # seconds; an end later than what clocks can tell could not be written down


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the object: `obj` is its new content when it stays, `gone` says that it goes now."""

    obj: Json
    gone: bool


def decide(kind: Kind, old: Json, request: Deletion) -> Verdict:
    """Say what a deletion makes of an object. `old` is not changed."""
    metadata = dict(old["metadata"])
    obj = {**old, "metadata": metadata}
    marked = "deletionTimestamp" in metadata
    finalizers = _finalizers(metadata.get("finalizers", []), request.propagation)
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    grace = _grace(kind, old, request.grace_seconds)
    graceful = strategy_of(kind.table).graceful
    if marked:
        if graceful and grace < metadata.get("deletionGracePeriodSeconds", 0):
            _mark(metadata, grace, shorten=True)
    elif graceful or finalizers or _held(kind, old):  # what is graceful is marked even where it goes at once
        _mark(metadata, grace)
    stays = metadata.get("deletionGracePeriodSeconds", 0) > 0 or bool(finalizers) or _held(kind, old)
    if kind.table == "namespaces" and stays:
        metadata.pop("deletionGracePeriodSeconds", None)  # it has an end of its own, which takes as long as it takes
        obj["status"] = {**old.get("status", {}), "phase": "Terminating"}
    return Verdict(obj, not stays)


def is_finished(kind: Kind, obj: Json) -> bool:
    """Say whether nothing holds an object any more that was marked for deletion."""
    metadata = obj["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers") or _held(kind, obj):
        return False
    return not metadata.get("deletionGracePeriodSeconds")


def is_terminal(pod: Json) -> bool:
    """Say whether all containers of a pod have ended for good."""
    return pod.get("status", {}).get("phase") in ("Failed", "Succeeded")


def _held(kind: Kind, obj: Json) -> bool:
    return kind.table == "namespaces" and bool(obj.get("spec", {}).get("finalizers"))


def _mark(metadata: Json, grace: int, *, shorten: bool = False) -> None:
    began = time.time()
    metadata["deletionTimestamp"] = rfc3339(began + grace)
    metadata["deletionGracePeriodSeconds"] = grace
    if not shorten and metadata.get("generation"):
        metadata["generation"] += 1


def _grace(kind: Kind, obj: Json, asked: int | None) -> int:
    """Return the seconds that are given to a pod that may run; nothing else gets any."""
    if not strategy_of(kind.table).graceful:
        return 0
    spec = obj["spec"]
    if not spec.get("nodeName") or is_terminal(obj):
        return 0
    grace = spec.get("terminationGracePeriodSeconds", 30) if asked is None else asked
    return min(int(grace), _LONGEST) if grace >= 0 else 1


def _finalizers(present: list[str], propagation: Propagation | None) -> list[str]:
    if propagation is None:
        return present
    kept = [one for one in present if one not in (_FOREGROUND, _ORPHAN)]
    added = {"Foreground": [_FOREGROUND], "Orphan": [_ORPHAN]}.get(propagation, [])
    return kept + added
