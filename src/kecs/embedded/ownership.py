"""Who owns which field: `metadata.managedFields` after a write, and conflicts between appliers."""

from collections.abc import Iterable
from typing import Any

import msgspec

from kecs.embedded import fieldsets
from kecs.embedded.catalog import Kind
from kecs.embedded.entry import Owner, Owners, load_owners, shared
from kecs.embedded.fieldsets import Fields
from kecs.embedded.metadata import now_text
from kecs.embedded.requests import Write
from kecs.embedded.schema import Object
from kecs.kube.errors import Conflict

Json = dict[str, Any]

_NOTHING: Fields = {}
_IDENTITY = frozenset({"apiVersion", "kind", "metadata"})
_WITH_METADATA: Json = {"metadata": {}}  # as every object is in Kubernetes, if only with an empty one

# What the server writes into every object; nobody owns it.
UNOWNED = frozenset(
    {"name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion"}
    | {"deletionTimestamp", "deletionGracePeriodSeconds"}
)


def same_but_for_times(some: Owners, others: Owners) -> bool:
    """Say whether two lists have the same owners of the same fields: when they wrote last is no change of its own."""
    if some == others:
        return True
    return sorted(one._replace(time="") for one in some) == sorted(one._replace(time="") for one in others)


def owned_part(kind: Kind, obj: Json, subresource: str) -> Json:
    """Return the part of an object that a write through this door can own."""
    found = {key: value for key, value in obj.items() if key not in _IDENTITY and value is not None}
    if subresource != "status" and kind.has_status:
        found.pop("status", None)
    metadata = {key: value for key, value in obj["metadata"].items() if key not in UNOWNED}
    return {"metadata": metadata, **found} if metadata else found


def given(metadata: Json, owners: Owners) -> Owners:
    """Return the owners that a write begins with: those stored, or those that its body brings, if they can be read.

    An empty list, and one of an empty entry, resets them.
    """
    managed = metadata.pop("managedFields", None)
    if managed is None:
        return owners
    try:
        found = load_owners(msgspec.json.encode(managed))
    except (ValueError, TypeError):
        return owners
    if managed == [{}]:
        return ()
    return found if all(one.operation in ("Apply", "Update") for one in found) else owners


def after_update(kind: Kind, owners: Owners, old: Json | None, new: Json, manager: str, subresource: str) -> Owners:
    """Return the owners after a create, replace or patch: whoever changes a field owns it, alone."""
    before = owned_part(kind, old, subresource) if old else _zero(kind)
    after = owned_part(kind, new, subresource)
    changed, removed = fieldsets.compared(kind.node, _WITH_METADATA | before, _WITH_METADATA | after)
    if old is None:
        removed = _NOTHING
    if not changed and not removed:
        return owners
    touched = fieldsets.union(changed, removed)
    found: list[Owner] = []
    mine: Fields = {}
    for owner in owners:
        fields = fieldsets.parse(owner.fields)
        if _same(owner, manager, "Update", kind.api_version, subresource):
            mine = fieldsets.difference(fields, removed)
            if changed:
                continue
            left = mine
        else:
            left = fieldsets.difference(fields, touched)
        if left:
            found.append(owner if left == fields else _with(owner, left))
    if changed:
        fields = fieldsets.union(mine, changed)
        found.append(
            Owner(manager, "Update", kind.api_version, now_text(), subresource, shared(fieldsets.dump(fields)))
        )
    return _sorted(found)


def _zero(kind: Kind) -> Json:
    """Return what Kubernetes compares a new object with; nobody owns what is there anyway."""
    zero = kind.node.zero if isinstance(kind.node, Object) and not kind.custom else {}
    return {key: value for key, value in zero.items() if key != "status"}


def after_apply(
    kind: Kind,
    owners: Owners,
    live: Json | None,
    config: Json,
    merged: Json,
    write: Write,
) -> tuple[Json, Owners]:
    """Return the applied object and its owners.

    Raises `Conflict` for fields of other managers, unless the write is forced and takes them over.

    What the manager applied before and does not any more goes, unless someone else owns it too.
    """
    node = kind.node
    if live is not None and not owners:
        owners = (_before_first_apply(kind, live),)
    wanted = fieldsets.applied(node, config)
    last: Fields = {}
    others: list[Owner] = []
    before: Owner | None = None
    for owner in owners:
        if _same(owner, write.manager, "Apply", "", write.subresource):
            last, before = fieldsets.parse(owner.fields), owner
        else:
            others.append(owner)
    if last:
        owned = wanted
        for owner in others:
            owned = fieldsets.union(owned, fieldsets.parse(owner.fields))
        dropped = fieldsets.difference(
            fieldsets.with_named_parents(node, last), fieldsets.with_named_parents(node, owned)
        )
        merged = fieldsets.without(node, merged, dropped)
    if live is None:
        changed, removed = wanted, _NOTHING
    else:
        changed, removed = fieldsets.compared(node, live, merged)
    left = _without_conflicts(others, changed, removed, force=write.force)
    if not wanted:
        return merged, _sorted(left)
    unchanged = not changed and not removed
    time = (before.time if before else "") if unchanged else now_text()  # only who changes something is given the time
    mine = Owner(write.manager, "Apply", kind.api_version, time, write.subresource, shared(fieldsets.dump(wanted)))
    return merged, _sorted([*left, mine])


def _before_first_apply(kind: Kind, live: Json) -> Owner:
    """Return the owner of what an object has that nobody owns: an applier must not take it over unasked."""
    fields, _ = fieldsets.compared(kind.node, _WITH_METADATA | _zero(kind), _WITH_METADATA | live)
    return Owner("before-first-apply", "Update", kind.api_version, now_text(), "", shared(fieldsets.dump(fields)))


def _without_conflicts(others: Iterable[Owner], changed: Fields, removed: Fields, *, force: bool) -> list[Owner]:
    left: list[Owner] = []
    conflicts: list[tuple[Owner, str]] = []
    for owner in others:
        fields = fieldsets.parse(owner.fields)
        taken = fieldsets.intersection(fields, changed)
        conflicts += [(owner, path) for path in fieldsets.paths(taken)]
        kept = fieldsets.difference(fieldsets.difference(fields, taken), removed)
        if kept:
            left.append(owner if kept == fields else _with(owner, kept))
    if conflicts and not force:
        raise _conflict(sorted(conflicts, key=lambda one: (one[0].manager, one[1])))
    return left


def _conflict(conflicts: list[tuple[Owner, str]]) -> Conflict:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {_shown(owner)}", "field": path}
        for owner, path in conflicts
    ]
    if len(conflicts) == 1:
        owner, path = conflicts[0]
        text = f"Apply failed with 1 conflict: conflict with {_shown(owner)}: {path}"
    else:
        lines: list[str] = []
        for shown in dict.fromkeys(_shown(owner) for owner, _ in conflicts):
            lines.append(f"conflicts with {shown}:")
            lines += [f"- {path}" for owner, path in conflicts if _shown(owner) == shown]
        text = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    return Conflict(text, details={"causes": causes})


def _shown(owner: Owner) -> str:
    text = f'"{owner.manager}"'
    if owner.subresource:
        text += f' with subresource "{owner.subresource}"'
    return f"{text} using {owner.api_version}" if owner.operation == "Update" else text


def _same(owner: Owner, manager: str, operation: str, api_version: str, subresource: str) -> bool:
    return (
        owner.manager == manager
        and owner.operation == operation
        and owner.subresource == subresource
        and (not api_version or owner.api_version == api_version)
    )


def _with(owner: Owner, fields: Fields) -> Owner:
    return owner._replace(fields=shared(fieldsets.dump(fields)))


def _sorted(owners: list[Owner]) -> Owners:
    return tuple(
        sorted(owners, key=lambda one: (one.operation, one.time, one.manager, one.api_version, one.subresource))
    )
