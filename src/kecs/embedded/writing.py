"""The way of a write: from a body or a patch to a staged change.

Everything up to staging runs without waiting, so what a writer has checked still holds when its change is staged. The
order is Kubernetes's: target, decoding, admission, preparation, validation, ownership, storage.
"""

import asyncio
from typing import Any

import msgspec

from kecs.embedded import checking, definitions, fieldsets, metadata, ownership
from kecs.embedded.admission import Admission
from kecs.embedded.applying import config_of, keep_last_applied
from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.decoding import Undecodable, decode_object
from kecs.embedded.deletion import decide, is_finished
from kecs.embedded.entry import Entry, Owners, tail, text
from kecs.embedded.patch import json_patch, merge_patch
from kecs.embedded.problems import invalid, quoted, refusal, refuse
from kecs.embedded.requests import Deletion, Removed, Stored, Write, Written
from kecs.embedded.schema import Decoding, Object
from kecs.embedded.store import Store
from kecs.embedded.strategic import go_map, strategic_patch
from kecs.embedded.strategies import strategy_of
from kecs.kube.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    Unnamed,
    UnsupportedMediaType,
)

Json = dict[str, Any]
Done = asyncio.Future[None] | None  # None: nothing had to be stored

_decode = msgspec.json.Decoder().decode
SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_COUNTED = {"deployments.apps": ["annotations"], "endpointslices.discovery.k8s.io": ["labels"]}  # by the generation
_SPECIAL_MEMBERS = ("apiVersion", "kind", "metadata")


class Writer:
    """Turns requests into staged changes of one store."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog
        self._admission = Admission(store, catalog)

    def current(self, kind: Kind, namespace: str | None, name: str) -> Entry:
        """Return the newest version of an object. Raises `NotFound`."""
        entry = self._store.latest(kind.table, namespace or "", name)
        if entry is None:
            raise kind.missing(name)
        return entry

    def create(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage a new object."""
        metadata.check_target(kind, write.body, write.namespace, write.name)
        if kind.terminating:
            name = str((write.body.get("metadata") or {}).get("name", ""))
            why = "create not allowed while custom resource definition is terminating"
            raise Forbidden(f'{kind.table} "{name}" is forbidden: {why}', details={"name": name, **kind.details})
        obj, warnings = decode_object(kind, write.body, None, write.validation)
        if obj["metadata"].get("resourceVersion"):
            raise Unnamed("resourceVersion should not be set on objects to be created")
        obj["metadata"].pop("managedFields", None)
        owners = ownership.after_update(kind, (), None, obj, write.manager, "")
        return self._create(kind, write, obj, owners, warnings)

    def _create(self, kind: Kind, write: Write, obj: Json, owners: Owners, warnings: list[str]) -> tuple[Written, Done]:
        space = write.namespace or ""
        metadata.set_on_create(
            kind,
            obj,
            write.namespace,
            write.name,
            lambda taken: self._store.latest(kind.table, space, taken) is not None,
        )
        name = obj["metadata"].get("name", "")
        self._admission.require_namespace(kind, write.namespace, obj["metadata"])
        if kind.has_status:
            reset_status(kind, obj)
        strategy = strategy_of(kind.table)
        strategy.prepare(obj)
        if self._store.latest(kind.table, space, name):
            raise AlreadyExists(f'{kind.table} "{name}" already exists', details={"name": name, **kind.details})
        refuse(kind, name, metadata.check(kind, obj) + checking.check(kind, obj) + strategy.check(obj))
        refuse(kind, name, self._admission.create(kind, obj))
        if kind.table == "namespaces" and not write.dry_run:
            self._create_account(name)
        return self.put(kind, None, obj, owners, write.dry_run, warnings)

    def _create_account(self, namespace: str) -> None:
        """Make the account that pods run as, so that a namespace can be used as soon as it is there."""
        kind = self._catalog.find("", "v1", "serviceaccounts")
        if self._store.latest(kind.table, namespace, "default") is None:
            body: Json = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
            metadata.set_on_create(kind, body, namespace, "default")
            self.put(kind, None, body, (), False, [])

    def update(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage a replacement or a patched object."""
        if write.verb == "replace":
            metadata.check_target(kind, write.body, write.namespace, write.name)
            metadata.require_name(write.body, write.name)
        entry = self.current(kind, write.namespace, write.name)
        old = _decode(text(kind.prefix, entry))
        shown = _decode(text(kind.prefix, entry, managed=True)) if _names_owners(write) else old
        body = self._wanted(kind, write, shown)
        if write.verb == "patch":
            _check_patched(kind, write, body, old)
        _check_version(kind, entry, body)
        try:
            obj, warnings = decode_object(kind, body, old, write.validation)
        except Undecodable as error:
            raise _bad_patch(write, body, error.why) if write.verb == "patch" else error from None
        owners = ownership.given(obj["metadata"], entry.owners)
        self._restrict(kind, write, obj, old)
        owners = ownership.after_update(kind, owners, old, obj, write.manager, write.subresource)
        return self._update(kind, write, entry, old, obj, owners, warnings)

    def _update(
        self, kind: Kind, write: Write, entry: Entry, old: Json, obj: Json, owners: Owners, warnings: list[str]
    ) -> tuple[Written, Done]:
        metadata.set_on_update(kind, obj, old)
        strategy = strategy_of(kind.table)
        if write.subresource != "finalize":
            strategy.prepare_update(obj, old)
        if write.subresource != "status":
            _count_generation(kind, obj, old)
        found = metadata.check_update(kind, obj, old)
        if write.subresource != "status":
            found += self._admission.update(kind, obj, old) + checking.check(kind, obj, old)
        found += strategy.check_update(obj, old)
        refuse(kind, write.name, found)
        return self.put(kind, entry, obj, owners, write.dry_run, warnings, old)

    def apply(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage what server-side apply makes of the body: a new object, or the present one with it merged in."""
        config = config_of(kind, write)
        metadata.check_target(kind, write.body, write.namespace, write.name)
        entry = self._store.latest(kind.table, write.namespace or "", write.name)
        if entry is None:
            metadata.require_name(write.body, write.name)
            if write.subresource:
                raise kind.missing(write.name)
            if uid := _meta(write.body).get("uid"):
                why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                raise conflict(kind, write.name, why)
            _, owners = ownership.after_apply(kind, (), None, config, config, write)
            obj, warnings = decode_object(kind, {**config, "metadata": _meta(write.body)}, None, "Ignore")
            return self._create(kind, write, obj, owners, warnings)
        old = _decode(text(kind.prefix, entry))
        _check_version(kind, entry, write.body)
        if (uid := _meta(write.body).get("uid", "")) not in ("", old["metadata"]["uid"]):
            problem = invalid("metadata.uid", uid, "field is immutable")
            refuse(kind, write.name, [problem, problem])
        live = ownership.owned_part(kind, old, write.subresource)
        merged = fieldsets.merged(kind.node, live, config)
        merged, owners = ownership.after_apply(kind, entry.owners, live, config, merged, write)
        kept = {key: value for key, value in old["metadata"].items() if key in ownership.UNOWNED}
        body = {**merged, "metadata": {**kept, **merged.get("metadata", {})}}
        keep_last_applied(write, body["metadata"])
        obj, warnings = decode_object(kind, body, old, "Ignore")
        self._restrict(kind, write, obj, old)
        return self._update(kind, write, entry, old, obj, owners, warnings)

    def _wanted(self, kind: Kind, write: Write, old: Json) -> Any:
        if write.verb == "replace":
            if strategy_of(kind.table).needs_version or kind.custom:
                _require_version(kind, write)
            return write.body
        return self.patched(kind, write, old)

    def patched(self, kind: Kind, write: Write, old: Json) -> Any:
        """Return an object with the patch of a write."""
        if write.patch_type == "json":
            return json_patch(old, write.body)
        if not isinstance(write.body, dict):
            raise BadRequest("json: cannot unmarshal array into Go value of type map[string]interface {}")
        if write.patch_type == "strategic":
            if kind.custom:
                raise no_strategic_patch()
            return strategic_patch(kind.node, old, write.body)
        return merge_patch(old, write.body)

    def _restrict(self, kind: Kind, write: Write, obj: Json, old: Json) -> None:
        """Let a status write change the status alone, and any other everything else."""
        if write.subresource == "status":
            status, meta = obj.get("status"), dict(old["metadata"])
            if not kind.custom:  # there the metadata comes along, but for what is said below
                meta = obj["metadata"]
                if kind.table == "deployments.apps":
                    _copy_member(old["metadata"], meta, "labels")
            obj.clear()
            obj.update({**old, "metadata": meta})
            if status is not None:
                obj["status"] = status
            else:
                obj.pop("status", None)
        elif write.subresource == "finalize":
            spec = obj.get("spec", {})
            obj.clear()
            obj.update({**old, "metadata": dict(old["metadata"]), "spec": spec})
        elif kind.has_status:
            if "status" in old:
                obj["status"] = old["status"]
            else:
                obj.pop("status", None)

    def put(
        self,
        kind: Kind,
        entry: Entry | None,
        obj: Json,
        owners: Owners,
        dry_run: bool,
        warnings: list[str],
        old: Json | None = None,
    ) -> tuple[Written, Done]:
        """Stage an object as it is, or nothing when that changes nothing; finished deletions end here."""
        meta = obj["metadata"]
        if kind.table == definitions.TABLE and (old is None or obj["spec"] != old["spec"]):
            warnings = [*warnings, *definitions.warnings(obj, self._catalog.rules)]
        namespace, name = meta.get("namespace", ""), meta["name"]
        meta.pop("managedFields", None)
        meta.pop("resourceVersion", None)
        if entry and old is not None:
            old["metadata"].pop("resourceVersion", None)
            if obj == old and ownership.same_but_for_times(owners, entry.owners):
                return Written(Stored(kind, entry), False, warnings), None
        if dry_run:
            shown = Entry(0, namespace, name, entry.revision if entry else 0, tail(obj), owners)
            return Written(Stored(kind, shown), entry is None, warnings), None
        if entry is not None and is_finished(kind, obj):
            last = Entry(entry.number, namespace, name, entry.revision, tail(obj), owners)
            self._admission.quota.note(kind, entry, None)
            return Written(Stored(kind, last), False, warnings), self._store.stage(kind.table, entry, None)
        new = self._store.entry(entry, namespace, name, tail(obj), owners)
        self._admission.quota.note(kind, entry, new)
        return Written(Stored(kind, new), entry is None, warnings), self._store.stage(kind.table, entry, new)

    def remove(self, kind: Kind, request: Deletion) -> tuple[Removed, Done]:
        """Stage a deletion or its mark."""
        entry = self.current(kind, request.namespace, request.name)
        if kind.table == "namespaces" and request.name in SYSTEM_NAMESPACES:
            raise Forbidden(
                f'namespaces "{request.name}" is forbidden: this namespace may not be deleted',
                details={"name": request.name, "kind": "namespaces"},
            )
        old = _decode(text(kind.prefix, entry))
        check_preconditions(kind, entry, old, request)
        verdict = decide(kind, old, request)
        returns = strategy_of(kind.table).returns_object
        if verdict.gone:
            last = self._marked(kind, entry, old, verdict.obj, dry_run=request.dry_run)
            if request.dry_run:
                return Removed(Stored(kind, last), True, not returns), None
            self._admission.quota.note(kind, entry, None)
            staged = self._store.stage(kind.table, last, None)
            shown = Entry(last.number, last.namespace, last.name, self._store.newest, last.tail, last.owners)
            return Removed(Stored(kind, shown), True, not returns), staged
        written, done = self.put(kind, entry, verdict.obj, entry.owners, request.dry_run, [], old)
        assert written.stored  # noqa: S101  # an object that stays is shown
        return Removed(written.stored, False, False), done

    def _marked(self, kind: Kind, entry: Entry, old: Json, obj: Json, *, dry_run: bool) -> Entry:
        """Stage the mark of an object that goes at once, if it gets one, and return its last version."""
        if obj == old:
            return entry
        obj["metadata"].pop("resourceVersion", None)
        if dry_run:
            return Entry(0, entry.namespace, entry.name, entry.revision, tail(obj), entry.owners)
        marked = self._store.entry(entry, entry.namespace, entry.name, tail(obj), entry.owners)
        self._store.stage(kind.table, entry, marked)
        return marked


def no_strategic_patch() -> UnsupportedMediaType:
    """Return the error of a strategic merge patch of a custom resource, whose schema knows no strategies."""
    return UnsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    )


def reset_status(kind: Kind, obj: Json) -> None:
    """Give a new object the status that nobody has written yet."""
    obj.pop("status", None)
    if kind.custom:
        return
    node = kind.node.child("status")
    obj["status"] = node.decode({}, Decoding()) if isinstance(node, Object) else {}


def _copy_member(source: Json, target: Json, name: str) -> None:
    if name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)


def _meta(body: Json) -> Json:
    return {key: value for key, value in (body.get("metadata") or {}).items() if key != "resourceVersion"}


def _count_generation(kind: Kind, obj: Json, old: Json) -> None:
    if not kind.has_generation:
        return
    before = old["metadata"].get("generation", 1)
    changed = any(
        obj.get(key) != old.get(key)
        for key in {*obj, *old}
        if key not in _SPECIAL_MEMBERS and not (key == "status" and kind.has_status)
    )
    for member in _COUNTED.get(kind.table, ()):
        changed = changed or obj["metadata"].get(member) != old["metadata"].get(member)
    obj["metadata"]["generation"] = before + 1 if changed else before


def _check_version(kind: Kind, entry: Entry, body: Json) -> None:
    version = (body.get("metadata") or {}).get("resourceVersion")
    if version in (None, "", "0", str(entry.revision)):
        return
    if not (isinstance(version, str) and version.isdecimal()):
        raise Unnamed(f'strconv.ParseUint: parsing "{version}": invalid syntax')
    raise conflict(
        kind, entry.name, "the object has been modified; please apply your changes to the latest version and try again"
    )


def _check_patched(kind: Kind, write: Write, body: Json, old: Json) -> None:
    """Refuse a patch that makes another object of one."""
    for member in ("apiVersion", "kind"):
        if body.get(member) != old[member]:
            raise _bad_patch(write, body, f"{member} cannot be changed")
    metadata.check_target(kind, body, write.namespace, write.name)
    uid = (body.get("metadata") or {}).get("uid")
    if uid and uid != old["metadata"]["uid"]:
        refuse(kind, write.name, [invalid("metadata.uid", uid, "field is immutable")] * 2)


def _bad_patch(write: Write, body: Json, why: str) -> Invalid:
    """Return the error of a patch that leaves something that is no object of its kind."""
    problem = invalid("patch", go_map(write.body) if write.patch_type == "strategic" else quoted(body), why)
    causes = [{"reason": problem.reason, "message": problem.message, "field": problem.field}]
    return Invalid(f' "" is invalid: {problem.field}: {problem.message}', details={"causes": causes})


def _names_owners(write: Write) -> bool:
    """Tell whether a JSON patch works on the managed fields, as kubectl's does when it moves to server-side apply."""
    if write.patch_type != "json" or not isinstance(write.body, list):
        return False
    return any(isinstance(one, dict) and "managedFields" in str(one.get("path")) for one in write.body)


def _require_version(kind: Kind, write: Write) -> None:
    if not (write.body.get("metadata") or {}).get("resourceVersion"):
        raise refusal(
            kind.table,
            {"name": write.name, **kind.details},
            [invalid("metadata.resourceVersion", 0, "must be specified for an update")],
        )


def check_preconditions(kind: Kind, entry: Entry, old: Json, request: Deletion) -> None:
    """Raise `Conflict` unless an object is the one, in the version, that a deletion is about."""
    if request.uid and request.uid != old["metadata"]["uid"]:
        raise _other_object(kind, entry, "UID", request.uid, old["metadata"]["uid"], "deleted and then recreated")
    if request.resource_version and request.resource_version != str(entry.revision):
        raise _other_object(kind, entry, "ResourceVersion", request.resource_version, entry.revision, "modified")


def _other_object(kind: Kind, entry: Entry, what: str, wanted: str, found: object, why: str) -> ApiError:
    """Return the error of a deletion that was meant for another object; it names the kind as no other conflict does."""
    named = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    return Conflict(
        f'Operation cannot be fulfilled on {named} "{entry.name}": the {what} in the precondition ({wanted}) does not '
        f"match the {what} in record ({found}). The object might have been {why}",
        details={"name": entry.name, **kind.details, "kind": kind.kind},
    )


def conflict(kind: Kind, name: str, why: str) -> ApiError:
    """Return the error of a write that met another one."""
    return Conflict(
        f'Operation cannot be fulfilled on {kind.table} "{name}": {why}', details={"name": name, **kind.details}
    )
