"""The rules for roles and their bindings. Nothing here grants or refuses: whoever holds the token may do all."""

from typing import Any

from kecs.embedded.metadata import subdomain_problem
from kecs.embedded.problems import Problems, invalid, required, unsupported

Json = dict[str, Any]

_SUBJECTS = ("ServiceAccount", "User", "Group")


def check_role(role: Json) -> Problems:
    """Return what is wrong with a Role or a ClusterRole."""
    found: Problems = []
    for index, rule in enumerate(role.get("rules") or ()):
        found += _check_rule(rule, f"rules[{index}]", namespaced=role["kind"] == "Role")
    return found


def _check_rule(rule: Json, path: str, *, namespaced: bool) -> Problems:
    found: Problems = []
    urls = rule.get("nonResourceURLs")
    if not rule.get("verbs"):
        found.append(required(f"{path}.verbs", "verbs must contain at least one value"))
    if urls:
        where = f"{path}.nonResourceURLs"
        if namespaced:
            found.append(invalid(where, urls, "namespaced rules cannot apply to non-resource URLs"))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            found.append(invalid(where, urls, why))
        return found
    if not rule.get("apiGroups"):
        found.append(required(f"{path}.apiGroups", "resource rules must supply at least one api group"))
    if not rule.get("resources"):
        found.append(required(f"{path}.resources", "resource rules must supply at least one resource"))
    return found


def check_binding(binding: Json) -> Problems:
    """Return what is wrong with a RoleBinding or a ClusterRoleBinding."""
    roles = ("Role", "ClusterRole") if binding["kind"] == "RoleBinding" else ("ClusterRole",)
    role, found = binding.get("roleRef") or {}, []
    if role.get("kind") not in roles:
        found.append(unsupported("roleRef.kind", role.get("kind", ""), roles))
    if not role.get("name"):
        found.append(required("roleRef.name"))
    for index, subject in enumerate(binding.get("subjects") or ()):
        found += _check_subject(subject, f"subjects[{index}]", namespaced=binding["kind"] == "RoleBinding")
    return found


def _check_subject(subject: Json, path: str, *, namespaced: bool) -> Problems:
    found: Problems = []
    kind, name = subject.get("kind", ""), subject.get("name", "")
    if not name:
        found.append(required(f"{path}.name"))
    if kind == "ServiceAccount":
        if name and (detail := subdomain_problem(name)):
            found.append(invalid(f"{path}.name", name, detail))
        if not namespaced and not subject.get("namespace"):
            found.append(required(f"{path}.namespace"))
    elif kind not in _SUBJECTS:
        found.append(unsupported(f"{path}.kind", kind, _SUBJECTS))
    return found


def check_binding_update(new: Json, old: Json) -> Problems:
    """Return what is wrong with a changed binding: it stays with its role."""
    changed = new.get("roleRef") != old.get("roleRef")
    found = [invalid("roleRef", new.get("roleRef"), "cannot change roleRef")] if changed else []
    return found + check_binding(new)
