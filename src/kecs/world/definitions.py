"""The registered task definitions, by family: the latest of each, and the lists of families and revisions in order."""

from collections.abc import Sequence

from kecs.kube.informer import Informer
from kecs.model import names, objects, task_definition
from kecs.model.scope import Scope
from kecs.model.task_definition import ACTIVE, DELETED, DELETING, INACTIVE
from kecs.world.listing import SortedKeys


class _Family:
    """The revisions of one family, by status."""

    def __init__(self) -> None:
        self.statuses: dict[int, str] = {}
        self.totals: dict[str, int] = {}  # revisions of each status
        self.highest = 0

    def set(self, revision: int, status: str | None) -> None:
        """Note the status of a revision; None when it is gone."""
        before = self.statuses.pop(revision, None)
        if before is not None:
            self.totals[before] -= 1
        if status is not None:
            self.statuses[revision] = status
            self.totals[status] = self.totals.get(status, 0) + 1
            self.highest = max(self.highest, revision)
        elif revision == self.highest:
            self.highest = max(self.statuses, default=0)

    def has(self, status: str) -> bool:
        """Say whether a revision has a status."""
        return self.totals.get(status, 0) > 0

    def latest(self, status: str) -> int | None:
        """Return the highest revision of a status."""
        if self.statuses.get(self.highest) == status:
            return self.highest
        return max((revision for revision, found in self.statuses.items() if found == status), default=None)


class Definitions:
    """What is known of all task definitions. Heads of families (objects without a revision) are none."""

    def __init__(self, informer: Informer[objects.TaskDefinition]) -> None:
        self._informer = informer
        self._families: dict[tuple[Scope, str], _Family] = {}
        self._given: dict[tuple[Scope, str], int] = {}  # the highest revision of each family that is being stored
        self._active = SortedKeys()  # by (scope, active?): families that have, or have not, an ACTIVE revision
        informer.subscribe(self._on_change)

    def _on_change(self, old: objects.TaskDefinition | None, new: objects.TaskDefinition | None) -> None:
        before, after = _place(old), _place(new)
        if before is not None and before != after:  # it is gone, or somebody has made another one of it
            self._set(*before, None)
        if after is not None and new is not None:
            self._set(*after, task_definition.status_of(new))

    def _set(self, scope: Scope, name: str, revision: int, status: str | None) -> None:
        """Note the status of a revision; None when it is gone."""
        family = self._families.setdefault((scope, name), _Family())
        family.set(revision, status)
        if self._given.get((scope, name), 0) <= family.highest:
            self._given.pop((scope, name), None)
        self._relist(scope, name, family)

    def _relist(self, scope: Scope, name: str, family: _Family) -> None:
        shown = any(family.has(status) for status in (ACTIVE, INACTIVE, DELETING))
        for active in (True, False):
            if shown and active == family.has(ACTIVE):
                self._active.add((scope, active), name)
            else:
                self._active.discard((scope, active), name)
        if not family.statuses:
            del self._families[(scope, name)]

    def get(self, scope: Scope, family: str, revision: int) -> objects.TaskDefinition | None:
        """Return a revision; None when there is none, or none any more."""
        found = self._informer.get(None, names.task_definition(family, revision, scope))
        if found is None or found.spec.family != family or found.spec.revision != revision or not is_accepted(found):
            return None
        return None if task_definition.status_of(found) == DELETED else found

    def made_from(self, origin: str) -> objects.TaskDefinition | None:
        """Return the revision that was made from one generation of a head (`kecs.io/head`)."""
        return next(iter(self._informer.by("head", origin)), None)

    def latest(self, scope: Scope, family: str) -> objects.TaskDefinition | None:
        """Return the latest ACTIVE revision of a family."""
        known = self._families.get((scope, family))
        revision = known.latest(ACTIVE) if known else None
        return self.get(scope, family, revision) if revision else None

    def find(self, scope: Scope, text: str) -> objects.TaskDefinition | None:
        """Return what a caller names: `family` (latest ACTIVE), `family:revision`, or an ARN.

        Raises InvalidParameterException for the ARN of another region or account.
        """
        reference = task_definition.parse_reference(text, scope)
        if reference is None:
            return None
        if reference.revision is None:
            return self.latest(scope, reference.family)
        return self.get(scope, reference.family, reference.revision)

    def highest(self, scope: Scope, family: str) -> int:
        """Return the highest revision that a family ever had, 0 for none. Numbers never come again."""
        known = self._families.get((scope, family))
        return known.highest if known else 0

    def next_revision(self, scope: Scope, family: str) -> int:
        """Return a number behind every one that is stored, and that nobody in this process was given before.

        Whoever is first to store it has it: another replica may come first. Who does not store it gives it back.
        """
        key = (scope, family)
        revision = self._given[key] = max(self.highest(scope, family), self._given.get(key, 0)) + 1
        return revision

    def give_back(self, scope: Scope, family: str, revision: int) -> None:
        """Take back a number that could not be stored, if it is the last that was given; the next may have it."""
        if self._given.get((scope, family)) == revision:
            del self._given[scope, family]

    def families(self, scope: Scope, *, active: bool) -> Sequence[str]:
        """Return the families with an ACTIVE revision, or those that have none any more, in order."""
        return self._active.all((scope, active))

    def revisions(self, scope: Scope, family: str, status: str) -> list[int]:
        """Return the revisions of a family that have a status, in order."""
        known = self._families.get((scope, family))
        return sorted(number for number, found in known.statuses.items() if found == status) if known else []


def _place(definition: objects.TaskDefinition | None) -> tuple[Scope, str, int] | None:
    """Return where a revision is listed, None where it is not."""
    if definition is None or definition.spec.revision is None or not is_accepted(definition):
        return None
    return objects.scope_of(definition.metadata), definition.spec.family, definition.spec.revision


def is_accepted(definition: objects.TaskDefinition) -> bool:
    """Say whether an object is named as its spec demands, and not known to be one that ECS refuses."""
    spec = definition.spec
    wanted = names.task_definition(spec.family, spec.revision or 0, objects.scope_of(definition.metadata))
    return definition.metadata.name == wanted and task_definition.is_good(definition)
