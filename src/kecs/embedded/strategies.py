"""What is special about single kinds: each kind's `Strategy`, looked up by its table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kecs.embedded import access, budgets, configs, definitions, pods, quota_rules, services, workloads
from kecs.embedded.problems import Problems, forbidden, invalid

Json = dict[str, Any]


def _nothing(*_: Any) -> None:
    return None


def _no_problems(*_: Any) -> Problems:
    return []


@dataclass(frozen=True, slots=True)
class Strategy:
    """The rules of one kind.

    `prepare` changes a new object before it is checked, `prepare_update` the new state (old is given too); `check` and
    `check_update` return problems. `returns_object` says that a deletion answers with the object, `graceful` that it
    waits for someone to end what runs, `needs_version` that a replacement must name the version that it replaces.
    """

    prepare: Callable[[Json], None] = _nothing
    prepare_update: Callable[[Json, Json], None] = _nothing
    check: Callable[[Json], Problems] = _no_problems
    check_update: Callable[[Json, Json], Problems] = _no_problems
    returns_object: bool = False
    graceful: bool = False
    needs_version: bool = False


def _prepare_namespace(namespace: Json) -> None:
    metadata = namespace["metadata"]  # a generated name is known only now
    metadata["labels"] = {**metadata.get("labels", {}), "kubernetes.io/metadata.name": metadata.get("name", "")}
    spec = namespace["spec"]
    spec["finalizers"] = [*spec.get("finalizers", ()), *({"kubernetes"} - set(spec.get("finalizers", ())))]
    namespace["status"] = {"phase": "Active"}


def _keep_namespace(new: Json, old: Json) -> None:
    new["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = new["metadata"]["name"]
    new["spec"] = {**new.get("spec", {}), "finalizers": old.get("spec", {}).get("finalizers", [])}
    if not new["spec"]["finalizers"]:
        del new["spec"]["finalizers"]


def _check_namespace(new: Json, _: Json) -> Problems:
    phase, ending = new.get("status", {}).get("phase"), "deletionTimestamp" in new["metadata"]
    if ending and phase != "Terminating":
        return [invalid("status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
    if not ending and phase != "Active":
        return [invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")]
    return []


def _tolerate(pod: Json, _: Json) -> None:
    pods.tolerate(pod["spec"])


def _prepare_claim(claim: Json) -> None:
    claim["status"] = {"phase": "Pending"}


def _fixed(*members: str) -> Callable[[Json, Json], Problems]:
    """Return a check that some members never change."""

    def check(new: Json, old: Json) -> Problems:
        return [
            invalid(member, new.get(member), "field is immutable")
            for member in members
            if new.get(member) != old.get(member)
        ]

    return check


def _check_event(event: Json) -> Problems:
    """Events are where what they are about is; what has no namespace is told of in the default one."""
    here, about = event["metadata"].get("namespace", ""), event.get("involvedObject", {}).get("namespace", "")
    fits = here == about if about else here in ("", "default")
    return [] if fits else [invalid("involvedObject.namespace", about, "does not match event.namespace")]


def _check_lease(lease: Json, _: Json | None = None) -> Problems:
    spec, found = lease.get("spec") or {}, []
    if spec.get("leaseDurationSeconds", 1) < 1:
        found.append(invalid("spec.leaseDurationSeconds", spec["leaseDurationSeconds"], "must be greater than 0"))
    if spec.get("leaseTransitions", 0) < 0:
        detail = "must be greater than or equal to 0"
        found.append(invalid("spec.leaseTransitions", spec["leaseTransitions"], detail))
    return found


def _check_priority_class(priority: Json) -> Problems:
    name = priority["metadata"].get("name", "")
    if name in ("system-cluster-critical", "system-node-critical"):
        return []
    if name.startswith("system-"):
        why = (
            "priority class names with 'system-' prefix are reserved for system use only. error: "
            f"{name} is not a known system priority class"
        )
        return [forbidden("metadata.name", why)]
    if priority.get("value", 0) > _HIGHEST_PRIORITY:
        return [forbidden("value", f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}")]
    return []


_HIGHEST_PRIORITY = 1_000_000_000
_WORKLOAD = Strategy(check=workloads.check, check_update=workloads.check_update)
_ROLE = Strategy(check=access.check_role, check_update=lambda new, _: access.check_role(new))
_BINDING = Strategy(check=access.check_binding, check_update=access.check_binding_update)
_DEFAULT = Strategy()

STRATEGIES: dict[str, Strategy] = {
    definitions.TABLE: Strategy(
        prepare=definitions.prepare,
        prepare_update=definitions.prepare_update,
        check=definitions.check,
        check_update=definitions.check_update,
        needs_version=True,
    ),
    "configmaps": Strategy(
        check=configs.check_config_map, check_update=partial(configs.check_update, configs.check_config_map)
    ),
    "daemonsets.apps": Strategy(
        prepare=workloads.prepare_daemon_set,
        prepare_update=workloads.prepare_daemon_set_update,
        check=workloads.check,
        check_update=workloads.check_update,
    ),
    "deployments.apps": _WORKLOAD,
    "replicasets.apps": _WORKLOAD,
    "events": Strategy(check=_check_event),
    "leases.coordination.k8s.io": Strategy(check=_check_lease, check_update=_check_lease, needs_version=True),
    "namespaces": Strategy(
        prepare=_prepare_namespace, prepare_update=_keep_namespace, check_update=_check_namespace, returns_object=True
    ),
    "persistentvolumeclaims": Strategy(prepare=_prepare_claim, returns_object=True),
    "persistentvolumes": Strategy(returns_object=True),
    "pods": Strategy(
        prepare=pods.prepare,
        prepare_update=lambda new, _: pods.tolerate(new["spec"]),
        check=pods.check,
        check_update=pods.check_update,
        returns_object=True,
        graceful=True,
    ),
    "poddisruptionbudgets.policy": Strategy(check=budgets.check, check_update=budgets.check_update, needs_version=True),
    "priorityclasses.scheduling.k8s.io": Strategy(check=_check_priority_class),
    "controllerrevisions.apps": Strategy(check_update=_fixed("data")),
    "podtemplates": Strategy(returns_object=True),
    "resourcequotas": Strategy(check=quota_rules.check, check_update=quota_rules.check_update, returns_object=True),
    "clusterroles.rbac.authorization.k8s.io": _ROLE,
    "roles.rbac.authorization.k8s.io": _ROLE,
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "secrets": Strategy(check=configs.check_secret, check_update=partial(configs.check_update, configs.check_secret)),
    "serviceaccounts": Strategy(returns_object=True),
    "services": Strategy(
        prepare=services.prepare,
        prepare_update=lambda new, _: services.prepare(new),
        check=services.check,
        check_update=services.check_update,
        returns_object=True,
    ),
}


def strategy_of(table: str) -> Strategy:
    """Return the rules of a kind."""
    return STRATEGIES.get(table, _DEFAULT)
