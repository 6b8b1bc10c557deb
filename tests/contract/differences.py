"""The one table of what the embedded cluster answers otherwise than real Kubernetes, and why it may.

`tests` names tests, with spaces between, as `module/test[parameters]`, `where` the path of what differs in their
transcripts, as a failure shows it; `*` in them stands for anything. A test fails when a difference that is listed for
it is none any more.
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


_NO_PROTECTION = "claims are not protected while pods use them: who deletes one here means it"
_NEW_VERSION = (
    "there, a write that changes nothing of a claim makes a new version of it, which the next one then misses"
)
_REVISION = "there, any patch of a ControllerRevision is taken for a change of its data, and refused"
_GO_DIFF = "what differs in a pod's spec is not shown as Go prints its structs"
_QUOTED = "the object that a bad patch leaves is quoted as it is stored, not in the order of Go's structs"
_AT_ONCE = "a definition is served at once: its creation answers with the names accepted, and the end prepared"
_DEFINING = (
    "custom/validation custom/writing custom/subresources custom/versions custom/selectable_fields "
    "custom/a_definition_goes_with_its_objects custom/definitions_that_cannot_be[kind]"
)
_SCALED = "the time of a write through the scale is told, as that of any other"

DIFFERENCES = (
    Difference("kinds/*[persistentvolumeclaims]", "*.finalizers", _NO_PROTECTION),
    Difference(
        "kinds/removed[persistentvolumeclaims] kinds/listed[persistentvolumeclaims]", "*.deletion*", _NO_PROTECTION
    ),
    Difference("kinds/listed[persistentvolumeclaims]", "[8].events[*]", _NO_PROTECTION),
    Difference(
        "kinds/written[persistentvolumeclaims] kinds/applied[persistentvolumeclaims] "
        "kinds/status[persistentvolumeclaims]",
        "*.resourceVersion",
        _NEW_VERSION,
    ),
    Difference("kinds/written[persistentvolumeclaims]", "[4]", _NEW_VERSION),
    Difference("kinds/written[pods] kinds/patched[pods]", "*message", _GO_DIFF),
    Difference(
        "kinds/status[pods]",
        "[6].body.status.conditions[0].last*Time",
        "times of a condition that are not known are left out, not null: each costs a megabyte in 10,000 pods",
    ),
    Difference(
        "kinds/listed[daemonsets]",
        "*.metadata.annotations",
        "this annotation is shown with metadata alone, too",
    ),
    *(Difference("kinds/patched[controllerrevisions]", where, _REVISION) for where in ("[1]", "[2]", "[3]")),
    *(Difference("kinds/listed[controllerrevisions]", where, _REVISION) for where in ("[6]", "[8].events")),
    Difference(
        "pod_starts/a_volume_from_nothing",
        "[0].body.containerStatuses[0].state.waiting.message",
        "why a pod waits is in its status, too: there, who wants to know has to read events",
    ),
    Difference(
        "objects/patch",
        "[7].body*message",
        _QUOTED,
    ),
    Difference(
        "requests/bodies",
        "[*].body.message",
        "a body of another kind, and YAML that does not parse, are refused in other words",
    ),
    Difference(
        "requests/unknown_fields[Strict] ownership/managed_fields_as_a_body_gives_them", "[*].body*message", _QUOTED
    ),
    Difference(
        "subresources/scaling_is_owned_by_who_scales",
        "*.managedFields[*].time",
        _SCALED,
    ),
    *(Difference(_DEFINING, one, _AT_ONCE) for one in ("[0].body.metadata.finalizers", "[0].body.status")),
    Difference("custom/validation", "[6].body", "a fraction for a whole number is told once"),
    Difference("custom/validation", "[7].body.spec.size", "a whole number is kept as it was sent: 1.0"),
    Difference("custom/definitions_that_cannot_be[*-storage]", "[0].body*", _QUOTED),
    Difference("custom/definitions_that_cannot_be[same-version]", "[0].body*message", _QUOTED),
    Difference("custom/writing custom/selectable_fields", "*.continue", "no list that is whole has an empty token"),
    Difference("custom/subresources", "*.managedFields[*].time", _SCALED),
    Difference("custom/versions", "*.storageVersionHash", "custom resources tell no hash of their storage version"),
    Difference("kubectl/describe", "[4].body", "no event is told of a budget that selects no pod"),
    Difference("kubectl/apply", "[*].body[1]", _QUOTED),
    Difference("kubectl/what_is_there", "[0].body", "StatefulSets have no controller here, so they are not served"),
    Difference("selection/tokens", "*.message", "a token for the next page is refused in words of one's own"),
    Difference("requests/strangers", "[2]", "nobody is anonymous here: who has no token is told so, whatever is asked"),
    Difference("requests/patches", "[*].body*message", _QUOTED),
    Difference(
        "objects/shapes", "[4].body.message", "nothing is answered in protobuf: clients that like it take JSON as well"
    ),
    Difference(
        "pod_endpoints/a_pod_that_has_ended_is_not_ready",
        "[1].body.*",
        "there, its phase changes after its readiness, and what changes last is not looked at: it stays listed",
    ),
)


def allowed(test: str) -> list[Difference]:
    """Return the differences that are listed for a test."""
    return [one for one in DIFFERENCES if any(re.fullmatch(_expression(name), test) for name in one.tests.split())]


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*")
