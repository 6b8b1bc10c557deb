"""Subresources that are more than a part of the object: scale, binding, eviction."""

from typing import Any

import msgspec

from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.deletion import is_terminal
from kecs.embedded.entry import Entry, tail, text
from kecs.embedded.metadata import now_text
from kecs.embedded.problems import invalid, refuse, required
from kecs.embedded.requests import Deletion, Stored, Write, Written
from kecs.embedded.schema import DecodeError, Decoding
from kecs.embedded.store import Store
from kecs.embedded.writing import Done, Writer, check_preconditions
from kecs.kube.errors import BadRequest, Conflict, InternalError, NotFound, TooManyRequests
from kecs.kube.selectors import format_requirements, object_matcher, object_requirements

Json = dict[str, Any]

_decode = msgspec.json.Decoder().decode
_APPS_SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": "",  # the selector is an object there, not a text
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

    def read_scale(self, kind: Kind, entry: Entry) -> Stored:
        """Return an object as a Scale."""
        obj = _decode(text(kind.prefix, entry))
        paths = kind.scale or _APPS_SCALE
        status: Json = {"replicas": _at(obj, paths["statusReplicasPath"]) or 0}
        selector = self._selector(obj, paths.get("labelSelectorPath", ""))
        if selector:
            status["selector"] = selector
        metadata = {
            key: obj["metadata"][key]
            for key in ("name", "namespace", "uid", "creationTimestamp")
            if key in obj["metadata"]
        }
        scale = {
            "metadata": metadata,
            "spec": {"replicas": _at(obj, paths["specReplicasPath"]) or 0},
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
            scale = self._writer.patched(self._scale, write, _decode(self.read_scale(kind, entry).json()))
        else:
            raise BadRequest("the scale of an object can be replaced or patched")
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
        try:
            found: Json = self._schemas.named(f"io.k8s.api.{name}").decode(body, Decoding(bare=True))
        except DecodeError as error:
            raise BadRequest(f'{kind} in version "v1" cannot be handled as a {kind}: {error}') from None
        return found

    def bind(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage the binding of a pod to a node."""
        body = self._typed("core.v1.Binding", write.body)
        name = write.name or body.get("metadata", {}).get("name", "")
        entry = self._writer.current(kind, write.namespace, name)
        pod = _decode(text(kind.prefix, entry))
        node = body.get("target", {}).get("name", "")
        if not node:
            refuse(kind, name, [required("target.name")])
        why = ""
        if pod["metadata"].get("deletionTimestamp"):
            why = f"pod {name} is being deleted, cannot be assigned to a host"
        elif pod["spec"].get("nodeName"):
            why = f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
        if why:
            details = {"name": name, "kind": "pods/binding"}
            raise Conflict(f'Operation cannot be fulfilled on pods/binding "{name}": {why}', details=details)
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now_text()}
        status = dict(pod.get("status", {}))
        if "generation" in pod["metadata"]:
            scheduled["observedGeneration"] = pod["metadata"]["generation"]
        others = [one for one in status.get("conditions", ()) if one.get("type") != "PodScheduled"]
        status["conditions"] = [*others, scheduled]
        bound = {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status}
        _, done = self._writer.put(kind, entry, bound, entry.owners, write.dry_run, [], pod)
        return Written(None), done

    def evict(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        """Stage the deletion of a pod, as far as disruption budgets allow it."""
        body = self._typed("policy.v1.Eviction", write.body)
        name = write.name or body.get("metadata", {}).get("name", "")
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
            dry_run=write.dry_run,
        )
        check_preconditions(kind, entry, pod, request)  # before a budget is charged for what does not happen
        waits = not is_terminal(pod) and pod.get("status", {}).get("phase") != "Pending"
        if waits and "deletionTimestamp" not in pod["metadata"]:
            self._take_disruption(pod, dry_run=write.dry_run)
        _, done = self._writer.remove(kind, request)
        return Written(None), done

    def _take_disruption(self, pod: Json, *, dry_run: bool) -> None:
        namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels")
        found: list[Json] = []
        for entry in self._store.latest_in(self._budgets.table, namespace):
            budget = _decode(text(self._budgets.prefix, entry))
            if object_matcher(budget.get("spec", {}).get("selector"))(labels):
                found.append(budget)
        if len(found) > 1:
            raise InternalError(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            )
        if not found:
            return
        (budget,) = found
        name, status = budget["metadata"]["name"], budget.get("status") or {}
        if status.get("disruptionsAllowed", 0) < 1:
            needed, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
            message = f"The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
            raise TooManyRequests(
                "Cannot evict pod as it would violate the pod's disruption budget.",
                details={"causes": [{"reason": "DisruptionBudget", "message": message}]},
            )
        taken = {
            "disruptionsAllowed": status["disruptionsAllowed"] - 1,
            "disruptedPods": {pod["metadata"]["name"]: now_text()},
        }
        patch = Write("patch", namespace, name, {"status": taken}, "kube-apiserver", "status", dry_run=dry_run)
        self._writer.update(self._budgets, patch)


def _at(obj: Json, path: str) -> Any:
    value: Any = obj
    for part in path.strip(".").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def require(kind: Kind, subresource: str) -> None:
    """Raise `NotFound` for a subresource that the kind has not."""
    if subresource and subresource not in kind.subresources:
        raise NotFound("the server could not find the requested resource", details={})
