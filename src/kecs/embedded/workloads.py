"""The rules for Deployments, ReplicaSets and DaemonSets."""

from typing import Any

from kecs.embedded import selecting
from kecs.embedded.defaults import TEMPLATE_GENERATION
from kecs.embedded.pods import check_template
from kecs.embedded.problems import Problems, forbidden, invalid, required
from kecs.kube.selectors import BadSelector, object_matcher

Json = dict[str, Any]


def check(workload: Json) -> Problems:
    """Return what is wrong with a new workload."""
    spec, found = workload["spec"], []
    if spec.get("replicas", 0) < 0:
        found.append(invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0"))
    if spec.get("minReadySeconds", 0) < 0:
        found.append(invalid("spec.minReadySeconds", spec["minReadySeconds"], "must be greater than or equal to 0"))
    selector = spec.get("selector")
    found += selecting.check(selector, "spec.selector")
    template = spec.get("template", {})
    if selector is None:
        if workload["kind"] != "DaemonSet":
            found.append(required("spec.selector"))
    elif not selector:
        found.append(invalid("spec.selector", selector, f"empty selector is invalid for {workload['kind'].lower()}"))
    labels = template.get("metadata", {}).get("labels")
    try:
        if not object_matcher(selector)(labels or {}):
            detail = "`selector` does not match template `labels`"
            found.append(invalid("spec.template.metadata.labels", labels, detail))
    except BadSelector:
        found.append(invalid("spec.selector", selector, "invalid label selector"))
    found += check_template(template, "spec.template")
    return found + _check_strategy(spec)


def prepare_daemon_set(daemon_set: Json) -> None:
    """Begin to count the templates of a new DaemonSet."""
    daemon_set["metadata"]["annotations"] = {**daemon_set["metadata"].get("annotations", {}), TEMPLATE_GENERATION: "1"}


def prepare_daemon_set_update(new: Json, old: Json) -> None:
    """Count a changed template; nobody else may."""
    count = int(old["metadata"].get("annotations", {}).get(TEMPLATE_GENERATION, 1))
    if new["spec"].get("template") != old["spec"].get("template"):
        count += 1
    annotations = new["metadata"].get("annotations", {})
    new["metadata"]["annotations"] = {**annotations, TEMPLATE_GENERATION: str(count)}


def _check_strategy(spec: Json) -> Problems:
    strategy = spec.get("strategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    stuck = _is_zero(rolling.get("maxUnavailable")) and _is_zero(rolling.get("maxSurge"))
    if strategy.get("type") == "RollingUpdate" and stuck:
        detail = "may not be 0 when `maxSurge` is 0"
        return [invalid("spec.strategy.rollingUpdate.maxUnavailable", rolling.get("maxUnavailable"), detail)]
    if strategy.get("type") == "Recreate" and rolling:
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [forbidden("spec.strategy.rollingUpdate", detail)]
    return []


def _is_zero(value: Any) -> bool:
    return value in (0, "0%", "0")


def check_update(new: Json, old: Json) -> Problems:
    """Return what is wrong with a changed workload."""
    if new["spec"] == old["spec"]:
        return []
    found = check(new)
    if new["spec"].get("selector") != old["spec"].get("selector"):
        found.append(invalid("spec.selector", new["spec"].get("selector"), "field is immutable"))
    return found
