"""Subresources that are more than a part of the object: scale, binding, eviction."""

from dataclasses import replace
from typing import Any

import msgspec

from kecs.embedded import metadata
from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.deletion import is_terminal
from kecs.embedded.entry import Entry, tail, text
from kecs.embedded.metadata import now_text
from kecs.embedded.problems import invalid, refuse, required, unsupported
from kecs.embedded.requests import Deletion, Stored, Write, Written
from kecs.embedded.schema import DecodeError, Decoding
from kecs.embedded.store import Store
from kecs.embedded.writing import Done, Writer, check_preconditions, no_strategic_patch
from kecs.kube.errors import BadRequest, Conflict, InternalError, NotFound, TooManyRequests, Unnamed
from kecs.kube.selectors import format_requirements, object_matcher, object_requirements

Json = dict[str, Any]

_decode = msgspec.json.Decoder().decode
_APPS_SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": "",  # the selector is an object there, not a text
}

_EVICTED = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "EvictionByEvictionAPI",
    "message": "Eviction API: evicting",
}


class Subresources:
    """Answers for the subresources of one store."""

    def __init__(self, store: Store, catalog: Catalog, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._schemas = catalog.builtin
        self._budgets = catalog.find("policy", "v1", "poddisruptionbudgets")
        self._scale = Kind(
            group="autoscaling",
            version="v1",
            kind="Scale",
            plural="scales",
            singular="scale",
            namespaced=True,
            schemas=catalog.builtin,
            schema={"$ref": "#/components/schemas/io.k8s.api.autoscaling.v1.Scale"},
        )

    def read_scale(self, kind: Kind, entry: Entry, *, lenient: bool = False) -> Stored:
        """Return an object as a Scale; one without a number of replicas has none to read, but can be given one."""
        obj = _decode(text(kind.prefix, entry))
        paths = kind.scale or _APPS_SCALE
        if kind.custom and not lenient and _at(obj, paths["specReplicasPath"]) is None:
            field = paths["specReplicasPath"]
            why = f'the spec replicas field "{field}" does not exist'
            raise InternalError(f"Internal error occurred: {why}", details={"causes": [{"message": why}]})
        status: Json = {"replicas": _at(obj, paths["statusReplicasPath"]) or 0}
        selector = self._selector(obj, paths.get("labelSelectorPath", ""))
        if selector:
            status["selector"] = selector
        meta = {
            key: obj["metadata"][key]
            for key in ("name", "namespace", "uid", "creationTimestamp")
            if key in obj["metadata"]
        }
        scale = {
            "metadata": meta,
            "spec": {"replicas": replicas} if (replicas := _at(obj, paths["specReplicasPath"])) else {},
            "status": status,
        }
        return Stored(self._scale, Entry(0, entry.namespace, entry.name, entry.revision, tail(scale), ()))

    def _selector(self, obj: Json, path: str) -> str:
        if path:
            return str(_at(obj, path) or "")
        selector = _at(obj, ".spec.selector")
        return format_requirements(object_requirements(selector)) if isinstance(selector, dict) else ""

    def write_scale(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage a new number of replicas."""
        entry = self._writer.current(kind, write.namespace, write.name)
        if write.verb == "replace":
            scale = write.body
        elif write.verb == "patch":
            if kind.custom and write.patch_type == "strategic":
                raise no_strategic_patch()
            scale = self._writer.patched(self._scale, write, _decode(self.read_scale(kind, entry, lenient=True).json()))
        else:
            raise BadRequest("the scale of an object can be replaced or patched")
        metadata.check_target(self._scale, scale, write.namespace, write.name)
        if not isinstance(scale, dict) or not isinstance(scale.get("spec", {}), dict):
            raise BadRequest("the object provided is unrecognized (must be of type Scale)")
        replicas = scale.get("spec", {}).get("replicas", 0)
        if type(replicas) is not int:
            raise BadRequest(
                'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into Go struct '
                "field "
                "ScaleSpec.spec.replicas of type int32"
            )
        if replicas < 0:
            refuse(self._scale, write.name, [invalid("spec.replicas", replicas, "must be greater than or equal to 0")])
        *parents, last = (kind.scale or _APPS_SCALE)["specReplicasPath"].strip(".").split(".")
        patch: Json = {last: replicas}
        for parent in reversed(parents):
            patch = {parent: patch}
        version = (scale.get("metadata") or {}).get("resourceVersion")
        if version:
            patch["metadata"] = {"resourceVersion": version}
        whole = Write("patch", write.namespace, write.name, patch, write.manager, "scale", dry_run=write.dry_run)
        written, done = self._writer.update(kind, whole)
        assert written.stored  # noqa: S101  # an update shows the object
        return Written(self.read_scale(kind, written.stored.entry), False, written.warnings), done

    def _typed(self, name: str, body: Any) -> Json:
        """Return a body as the type that the subresource speaks. Raises `BadRequest`."""
        kind = name.rpartition(".")[2]
        if not isinstance(body, dict):
            raise BadRequest(f"the object provided is unrecognized (must be of type {kind})")
        given, version = body.get("kind") or kind, body.get("apiVersion") or "v1"
        if given != kind:
            why = f'no kind "{given}" is registered for version "{version}" in scheme "pkg/runtime/scheme.go:111"'
            short = version.rpartition("/")[2]
            raise BadRequest(f'{given} in version "{short}" cannot be handled as a {kind}: {why}')
        try:
            found: Json = self._schemas.named(f"io.k8s.api.{name}").decode(body, Decoding(bare=True))
        except DecodeError as error:
            raise BadRequest(f'{kind} in version "v1" cannot be handled as a {kind}: {error}') from None
        return found

    def bind(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage the binding of a pod to a node."""
        body = self._typed("core.v1.Binding", write.body)
        meta, target = body.get("metadata", {}), body.get("target", {})
        name = _require_name("Binding", write.name, meta)
        _check_target(target)
        entry = self._writer.current(kind, write.namespace, name)
        pod = _decode(text(kind.prefix, entry))
        if meta.get("uid"):
            metadata.check_uid(kind, pod["metadata"], meta["uid"])
        why = ""
        if pod["metadata"].get("deletionTimestamp"):
            why = f"pod {name} is being deleted, cannot be assigned to a host"
        elif pod["spec"].get("nodeName"):
            why = f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
        elif pod["spec"].get("schedulingGates"):
            why = f"pod {name} has non-empty .spec.schedulingGates"
        if why:
            details = {"name": name, "kind": "pods/binding"}
            raise Conflict(f'Operation cannot be fulfilled on pods/binding "{name}": {why}', details=details)
        bound = {
            **pod,
            "metadata": {**pod["metadata"]},
            "spec": {**pod["spec"], "nodeName": target["name"]},
            "status": _with_condition(pod, {"type": "PodScheduled", "status": "True"}),
        }
        for member in ("annotations", "labels"):  # what a scheduler notes of its choice
            if meta.get(member):
                bound["metadata"][member] = {**bound["metadata"].get(member, {}), **meta[member]}
        _, done = self._writer.put(kind, entry, bound, entry.owners, write.dry_run, [], pod)
        return Written(None), done

    def evict(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage the deletion of a pod, as far as disruption budgets allow it."""
        body = self._typed("policy.v1.Eviction", write.body)
        name = _require_name("Eviction", write.name, body.get("metadata", {}))
        entry = self._writer.current(kind, write.namespace, name)
        pod = _decode(text(kind.prefix, entry))
        options = body.get("deleteOptions", {})
        preconditions = options.get("preconditions", {})
        request = Deletion(
            write.namespace,
            name,
            grace_seconds=options.get("gracePeriodSeconds"),
            uid=preconditions.get("uid"),
            resource_version=preconditions.get("resourceVersion"),
            dry_run=write.dry_run or bool(options.get("dryRun")),
        )
        check_preconditions(kind, entry, pod, request)  # before a budget is charged for what does not happen
        waits = not is_terminal(pod) and pod.get("status", {}).get("phase") != "Pending"
        if waits and "deletionTimestamp" not in pod["metadata"]:
            self._take_disruption(pod, dry_run=request.dry_run)
        if not request.dry_run:
            evicted = {**pod, "status": _with_condition(pod, _EVICTED)}
            self._writer.put(kind, entry, evicted, entry.owners, False, [], pod)
        _, done = self._writer.remove(kind, replace(request, resource_version=None))  # it has moved on by the condition
        return Written(None), done

    def _take_disruption(self, pod: Json, *, dry_run: bool) -> None:
        """Charge the budget of a pod that is about to go. Raises `TooManyRequests`."""
        budget = self._budget(pod)
        if budget is None:
            return
        name, status = budget["metadata"]["name"], budget.get("status") or {}
        needed, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
        if not _is_ready(pod):
            always = budget.get("spec", {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow"
            if always or (needed > 0 and healthy >= needed):
                return  # it serves nobody, and nobody waits for it
        if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
            raise _too_many(f"The disruption budget {name} is still being processed by the server.", after=10)
        if status.get("disruptionsAllowed", 0) < 1:
            raise _too_many(f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently")
        taken = {
            "disruptionsAllowed": status["disruptionsAllowed"] - 1,
            "disruptedPods": {pod["metadata"]["name"]: now_text()},
        }
        namespace = pod["metadata"]["namespace"]
        patch = Write("patch", namespace, name, {"status": taken}, "kube-apiserver", "status", dry_run=dry_run)
        self._writer.update(self._budgets, patch)

    def _budget(self, pod: Json) -> Json | None:
        found: list[Json] = []
        for entry in self._store.latest_in(self._budgets.table, pod["metadata"]["namespace"]):
            budget = _decode(text(self._budgets.prefix, entry))
            if object_matcher(budget.get("spec", {}).get("selector"))(pod["metadata"].get("labels")):
                found.append(budget)
        if len(found) > 1:
            raise InternalError(
                "Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction "
                "subresource does not support."
            )
        return found[0] if found else None


def _require_name(kind: str, name: str, metadata: Json) -> str:
    if metadata.get("name", "") != name:
        raise BadRequest(f"name in URL does not match name in {kind} object")
    return name


def _check_target(target: Json) -> None:
    found = []
    if target.get("kind", "") not in ("", "Node"):
        found.append(unsupported("target.kind", target["kind"], ("Node", "<empty>")))
    if not target.get("name"):
        found.append(required("target.name"))
    if found:
        texts = [f"{one.field}: {one.message}" for one in found]
        raise Unnamed(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")


def _with_condition(pod: Json, condition: Json) -> Json:
    """Return the status of a pod with a condition, which is as of now unless it was so already."""
    status = dict(pod.get("status", {}))
    conditions = list(status.get("conditions", ()))
    known = next((one for one in conditions if one.get("type") == condition["type"]), None)
    since = now_text()
    if known is not None and known.get("status") == condition["status"]:
        since = known.get("lastTransitionTime", since)
    new = {**condition, "lastProbeTime": None, "lastTransitionTime": since}
    status["conditions"] = [new if one is known else one for one in conditions] if known else [*conditions, new]
    return status


def _is_ready(pod: Json) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _too_many(message: str, *, after: int = 0) -> TooManyRequests:
    details: Json = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
    if after:
        details["retryAfterSeconds"] = after
    return TooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", details=details)


def _at(obj: Json, path: str) -> Any:
    value: Any = obj
    for part in path.strip(".").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def require(kind: Kind, subresource: str) -> None:
    """Raise `NotFound` for a subresource that the kind has not."""
    if subresource and subresource not in kind.subresources:
        raise NotFound("the server could not find the requested resource", details={})
