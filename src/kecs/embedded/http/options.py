"""The query parameters and option bodies of the verbs, read and checked with Kubernetes's own errors."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from kecs.embedded.http.request import Request
from kecs.embedded.requests import Validation, VersionMatch
from kecs.embedded.schema import json_name
from kecs.kube.api import Json, Propagation
from kecs.kube.errors import BadRequest, Invalid

_DRY_RUNS = ("All",)
_VALIDATIONS: tuple[Validation, ...] = ("Ignore", "Strict", "Warn")
_PROPAGATIONS: tuple[Propagation, ...] = ("Foreground", "Background", "Orphan")
_MATCHES = ("Exact", "NotOlderThan")
_MAX_MANAGER = 128


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a write is to be carried out. `validation` says what becomes of unknown fields: Ignore, Warn or Strict."""

    manager: str
    dry_run: bool
    validation: Validation
    force: bool


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a list or watch asks for. `seconds` is the client's own limit on a watch."""

    labels: str
    fields: str
    limit: int
    continue_: str
    resource_version: str
    match: VersionMatch
    watch: bool
    bookmarks: bool
    initial_events: bool | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How an object is to be deleted; `uid` and `resource_version` are preconditions."""

    propagation: Propagation | None
    grace_seconds: int | None
    uid: str | None
    resource_version: str | None
    dry_run: bool


def write_options(request: Request, kind: str, *, apply: bool = False) -> WriteOptions:
    """Read the options of a create, update or patch; `kind` is what Kubernetes calls them (`CreateOptions`)."""
    problems: list[tuple[str, str, str]] = []
    manager = request.one("fieldManager")
    if len(manager) > _MAX_MANAGER:
        problems.append(("FieldValueTooLong", "fieldManager", f"Too long: may not be more than {_MAX_MANAGER} bytes"))
    odd = next((i for i, character in enumerate(manager) if not character.isprintable()), None)
    if odd is not None:
        shown = manager.encode("unicode_escape").decode()
        text = f'Invalid value: "{shown}": invalid character U+{ord(manager[odd]):04X} (at position {odd})'
        problems.append(("FieldValueInvalid", "fieldManager", text))
    if apply and not manager:
        problems.append(("FieldValueRequired", "fieldManager", "Required value: is required for apply patch"))
    force = request.flag("force")
    if not apply and "force" in request.query and kind == "PatchOptions":
        problems.append(("FieldValueForbidden", "force", "Forbidden: may not be specified for non-apply patch"))
    dry_run = _dry_run(request.query.get("dryRun", ()), problems)
    asked = request.one("fieldValidation")
    validation: Validation = "Warn"
    if asked in _VALIDATIONS:
        validation = asked
    elif asked:
        problems.append(_unsupported("fieldValidation", f'"{asked}"', ["", *_VALIDATIONS]))
    if problems:
        _refuse(kind, problems)
    return WriteOptions(manager or _agent(request), dry_run, validation, force)


def list_options(request: Request) -> ListOptions:
    """Read the options of a list, watch or delete of a collection."""
    watch = request.flag("watch")
    match, version = request.one("resourceVersionMatch"), request.one("resourceVersion")
    initial = request.flag("sendInitialEvents") if "sendInitialEvents" in request.query else None
    limit, timeout = integer(request, "limit"), integer(request, "timeoutSeconds")
    problems: list[tuple[str, str, str]] = []

    def forbid(member: str, text: str) -> None:
        problems.append(("FieldValueForbidden", member, f"Forbidden: {text}"))

    if match not in ("", *_MATCHES):
        problems.append(_unsupported("resourceVersionMatch", f'"{match}"', [*_MATCHES, ""]))
    elif watch:
        if initial is None and match:
            forbid(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            )
        elif initial is not None and match != "NotOlderThan":
            forbid("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            if match:
                problems.append(_unsupported("resourceVersionMatch", f'"{match}"', ["NotOlderThan"]))
    else:
        if initial is not None:
            forbid("sendInitialEvents", "sendInitialEvents is forbidden for list")
        if match and not version:
            forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
        elif match and request.one("continue"):
            forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
        elif match == "Exact" and version == "0":
            forbid("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if problems:
        _refuse("ListOptions", problems)
    return ListOptions(
        labels=request.one("labelSelector"),
        fields=request.one("fieldSelector"),
        limit=max(limit or 0, 0),
        continue_=request.one("continue"),
        resource_version=version,
        match=cast("VersionMatch", match),
        watch=watch,
        bookmarks=request.flag("allowWatchBookmarks"),
        initial_events=initial,
        seconds=float(timeout) if timeout else None,
    )


def delete_options(request: Request, body: Json | None) -> DeleteOptions:
    """Read the options of a delete from its body, if it has one, else from the query."""
    given = _delete_query(request) if body is None else body
    problems: list[tuple[str, str, str]] = []
    propagation, orphan = given.get("propagationPolicy"), given.get("orphanDependents")
    if propagation is not None and orphan is not None:
        text = f'Invalid value: "{propagation}": orphanDependents and deletionPropagation cannot be both set'
        problems.append(("FieldValueInvalid", "propagationPolicy", text))
    elif propagation is not None and propagation not in _PROPAGATIONS:
        problems.append(_unsupported("propagationPolicy", f'"{propagation}"', [*_PROPAGATIONS, "nil"]))
    elif orphan is not None:
        propagation = "Orphan" if orphan else "Background"
    grace = given.get("gracePeriodSeconds")
    if grace is not None and (isinstance(grace, bool) or not isinstance(grace, int)):
        raise _mistyped(grace, "gracePeriodSeconds", "int64")
    conditions = given.get("preconditions") or {}
    if not isinstance(conditions, dict):
        raise _mistyped(conditions, "preconditions", "v1.Preconditions")
    dry_run = _dry_run(given.get("dryRun") or (), problems)
    if problems:
        _refuse("DeleteOptions", problems)
    return DeleteOptions(propagation, grace, conditions.get("uid"), conditions.get("resourceVersion"), dry_run)


def _mistyped(value: Any, member: str, wanted: str) -> BadRequest:
    return BadRequest(
        f"json: cannot unmarshal {json_name(value)} into Go struct field DeleteOptions.{member} of type {wanted}"
    )


def _delete_query(request: Request) -> Json:
    given: Json = {}
    if "propagationPolicy" in request.query:
        given["propagationPolicy"] = request.one("propagationPolicy")
    if "orphanDependents" in request.query:
        given["orphanDependents"] = request.flag("orphanDependents")
    if "gracePeriodSeconds" in request.query:
        given["gracePeriodSeconds"] = integer(request, "gracePeriodSeconds")
    if "dryRun" in request.query:
        given["dryRun"] = request.query["dryRun"]
    return given


def integer(request: Request, name: str) -> int | None:
    """Return an integer query parameter, None when it is absent."""
    text = request.one(name)
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
    if abs(number) >= 1 << 63:
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": value out of range')
    return number


def _dry_run(values: Iterable[str], problems: list[tuple[str, str, str]]) -> bool:
    values = list(values)
    if any(value not in _DRY_RUNS for value in values):
        shown = ",".join(f'"{value}"' for value in values)
        problems.append(_unsupported("dryRun", f"[{shown}]", _DRY_RUNS))
    return bool(values)


def _unsupported(member: str, shown: str, supported: Iterable[str]) -> tuple[str, str, str]:
    names = ", ".join(f'"{name}"' for name in supported)
    return ("FieldValueNotSupported", member, f"Unsupported value: {shown}: supported values: {names}")


def _refuse(kind: str, problems: list[tuple[str, str, str]]) -> NoReturn:
    texts = [f"{member}: {text}" for _, member, text in problems]
    joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [{"reason": reason, "message": text, "field": member} for reason, member, text in problems]
    raise Invalid(
        f'{kind}.meta.k8s.io "" is invalid: {joined}',
        details={"group": "meta.k8s.io", "kind": kind, "causes": causes},
    )


def _agent(request: Request) -> str:
    """Return the field manager of a client that names none: its User-Agent up to the slash."""
    return (request.headers.get("user-agent", "").partition("/")[0] or "unknown")[:_MAX_MANAGER]
