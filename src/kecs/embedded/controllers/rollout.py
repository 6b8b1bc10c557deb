"""How a deployment gets from one replica set to the next: pure functions of what the cache holds and the time."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kecs.embedded.controllers.kinds import Deployment, ReplicaSet
from kecs.embedded.controllers.template_hash import HASH_LABEL
from kecs.embedded.controllers.views import Json

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
# What a replica set does not take over from its deployment's annotations.
_OWN = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "deprecated.deployment.rollback.to",
        REVISION,
        HISTORY,
        DESIRED,
        MAXIMUM,
    }
)


@dataclass(slots=True)
class Step:
    """What to do now. `sizes` are the replica sets to resize, by name."""

    create: int | None = None  # the size of the new replica set, where it has to be made
    sizes: dict[str, int] = field(default_factory=dict)
    delete: list[ReplicaSet] = field(default_factory=list)


def scaled(amount: int | str | None, total: int, *, up: bool) -> int:
    """Return a count, or a percentage of `total` rounded up or down. What is malformed counts as 0."""
    if amount is None:
        return 0
    if isinstance(amount, int):
        return amount
    try:
        percent = int(amount.removesuffix("%"))
    except ValueError:
        return 0
    return -(-total * percent // 100) if up else total * percent // 100


def max_surge(one: Deployment) -> int:
    """Return how many pods there may be above the replicas."""
    return _bounds(one)[0]


def max_unavailable(one: Deployment) -> int:
    """Return how many of the replicas may be missing."""
    if one.spec.replicas == 0:
        return 0
    return min(_bounds(one)[1], one.spec.replicas)


def _bounds(one: Deployment) -> tuple[int, int]:
    if one.spec.strategy.type != "RollingUpdate":
        return 0, 0
    rolling = one.spec.strategy.rollingUpdate
    surge = scaled(rolling.maxSurge if rolling else "25%", one.spec.replicas, up=True)
    unavailable = scaled(rolling.maxUnavailable if rolling else "25%", one.spec.replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1  # both percentages came to nothing; without one pod of leeway nothing would ever move
    return surge, unavailable


def same_template(one: Json, other: Json) -> bool:
    """Say whether two pod templates are equal but for the hash that the controller adds."""
    return _bare(one) == _bare(other)


def _bare(template: Json) -> Json:
    metadata = dict(template.get("metadata") or {})
    labels = {key: value for key, value in (metadata.pop("labels", None) or {}).items() if key != HASH_LABEL}
    metadata.pop("creationTimestamp", None)
    return {"labels": labels, "metadata": metadata, "spec": template.get("spec")}


def split(one: Deployment, owned: Iterable[ReplicaSet]) -> tuple[ReplicaSet | None, list[ReplicaSet]]:
    """Return the replica set of the deployment's template (of several the oldest), and all others by age."""
    by_age = sorted(owned, key=_age)
    new = next((each for each in by_age if same_template(each.spec.template, one.spec.template)), None)
    return new, [each for each in by_age if each is not new]


def _age(one: ReplicaSet) -> tuple[str, int, str]:
    return one.metadata.creationTimestamp, revision(one), one.metadata.name


def revision(one: Any) -> int:
    """Return an object's revision, 0 where it has none."""
    try:
        return int((one.metadata.annotations or {}).get(REVISION, "0"))
    except ValueError:
        return 0


def annotations_for(one: Deployment, known: ReplicaSet | None, number: int) -> dict[str, str]:
    """Return the annotations of the new replica set, made (`known` is None) or found, at revision `number`."""
    wanted = {key: value for key, value in (one.metadata.annotations or {}).items() if key not in _OWN}
    if known is not None:
        wanted = {**(known.metadata.annotations or {}), **wanted}
        before = wanted.get(REVISION, "")
        if before and revision(known) < number:
            history = [past for past in wanted.get(HISTORY, "").split(",") if past]
            wanted[HISTORY] = ",".join([*history, before])
    if known is None or revision(known) < number:
        wanted[REVISION] = str(number)
    return {**wanted, **size_annotations(one)} if known is None else wanted


def size_annotations(one: Deployment) -> dict[str, str]:
    """Return the annotations that tell for which size of the deployment a replica set was last scaled."""
    return {DESIRED: str(one.spec.replicas), MAXIMUM: str(one.spec.replicas + max_surge(one))}


def was_scaled(one: Deployment, owned: Iterable[ReplicaSet]) -> bool:
    """Say whether the deployment's size has changed since its replica sets were last scaled."""
    for each in owned:
        if each.spec.replicas > 0:
            desired = (each.metadata.annotations or {}).get(DESIRED)
            if desired is not None and desired != str(one.spec.replicas):
                return True
    return False


def resize(one: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> Step:
    """Return what a changed size of the deployment (or a paused one) means, without going on with the rollout."""
    owned = [*old, *([new] if new is not None else [])]
    active = [each for each in owned if each.spec.replicas > 0]
    wanted = one.spec.replicas
    if len(active) <= 1:
        only = active[0] if active else (new or (max(old, key=_age) if old else None))
        return Step() if only is None else Step(sizes={only.metadata.name: wanted})
    if new is not None and _saturated(one, new):
        return Step(sizes={each.metadata.name: 0 for each in old if each.spec.replicas > 0})
    if one.spec.strategy.type != "RollingUpdate":
        return Step()
    return Step(sizes=_proportional(one, active))


def _saturated(one: Deployment, new: ReplicaSet) -> bool:
    desired = (new.metadata.annotations or {}).get(DESIRED)
    return new.spec.replicas == one.spec.replicas == new.status.availableReplicas and desired == str(one.spec.replicas)


def _proportional(one: Deployment, active: Sequence[ReplicaSet]) -> dict[str, int]:
    """Share a change of size among replica sets by their own sizes; what rounding leaves goes to the largest first."""
    allowed = one.spec.replicas + max_surge(one) if one.spec.replicas > 0 else 0
    to_add = allowed - sum(each.spec.replicas for each in active)
    newest_first = to_add > 0
    by_size = sorted(active, key=_age, reverse=newest_first)
    by_size.sort(key=lambda each: -each.spec.replicas)  # keeps the order by age among equals
    sizes: dict[str, int] = {}
    added = 0
    for each in by_size:
        share = 0 if to_add == added else _share(one, each)
        left = to_add - added
        share = min(share, left) if to_add > 0 else max(share, left)
        sizes[each.metadata.name] = each.spec.replicas + share
        added += share
    for each in by_size:
        name = each.metadata.name
        corrected = max(0, sizes[name] + to_add - added)
        added += corrected - sizes[name]
        sizes[name] = corrected
    return sizes


def _share(one: Deployment, each: ReplicaSet) -> int:
    if one.spec.replicas == 0:
        return -each.spec.replicas
    try:
        before = int((each.metadata.annotations or {})[MAXIMUM])
    except (KeyError, ValueError):
        before = one.status.replicas
    if before <= 0:
        return 0
    size = each.spec.replicas * (one.spec.replicas + max_surge(one)) / before
    return math.floor(size + 0.5) - each.spec.replicas


def roll(one: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> Step:
    """Return the next step of a rolling update: never more pods than allowed, never fewer available."""
    step = Step()
    wanted, total = one.spec.replicas, sum(each.spec.replicas for each in old)
    size = new.spec.replicas if new is not None else 0
    if size > wanted:
        step.sizes[new.metadata.name] = size = wanted  # type: ignore[union-attr]  # a size above 0 is a replica set's
    elif size < wanted or new is None:
        room = wanted + max_surge(one) - total - size
        grown = size + max(0, min(room, wanted - size))
        if new is None:
            step.create = grown
        elif grown != size:
            step.sizes[new.metadata.name] = grown
        size = grown
    if total:
        step.sizes |= _shrink(one, new, old, size)
    return step


def _shrink(one: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet], new_size: int) -> dict[str, int]:
    """Return the sizes of old replica sets: what is not available goes first, then as many as can be spared."""
    sizes = {each.metadata.name: each.spec.replicas for each in old}
    least = one.spec.replicas - max_unavailable(one)
    new_available = min(new.status.availableReplicas, new_size) if new is not None else 0
    spare = sum(sizes.values()) + new_size - least - max(0, new_size - new_available)
    if spare <= 0:
        return {}
    changed: dict[str, int] = {}
    for each in old:
        sick = sizes[each.metadata.name] - each.status.availableReplicas
        less = min(sick, spare)
        if less > 0:
            changed[each.metadata.name] = sizes[each.metadata.name] = sizes[each.metadata.name] - less
            spare -= less
    spare = sum(min(each.status.availableReplicas, sizes[each.metadata.name]) for each in old) + new_available - least
    for each in old:
        less = min(sizes[each.metadata.name], spare)
        if less > 0:
            changed[each.metadata.name] = sizes[each.metadata.name] = sizes[each.metadata.name] - less
            spare -= less
    return changed


def recreate(one: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet], *, old_pods: bool) -> Step:
    """Return the next step where all old pods have to be gone before the first new one."""
    sizes = {each.metadata.name: 0 for each in old if each.spec.replicas > 0}
    if sizes:
        return Step(sizes=sizes)
    if old_pods:
        return Step()
    if new is None:
        return Step(create=one.spec.replicas)
    return Step(sizes={} if new.spec.replicas == one.spec.replicas else {new.metadata.name: one.spec.replicas})


def history_to_drop(one: Deployment, old: Sequence[ReplicaSet]) -> list[ReplicaSet]:
    """Return the old replica sets beyond the history limit, the oldest revisions first."""
    limit = one.spec.revisionHistoryLimit
    if limit is None or limit >= 2**31 - 1:
        return []
    kept = [each for each in old if each.metadata.deletionTimestamp is None]
    surplus = len(kept) - limit
    return [
        each
        for each in sorted(kept, key=lambda each: (revision(each), _age(each)))[: max(0, surplus)]
        if each.status.replicas == 0
        and each.spec.replicas == 0
        and each.metadata.generation <= each.status.observedGeneration
    ]
