"""The task role as a ServiceAccount, with a Role for what the tasks may ask of Kubernetes itself.

An AWS role says nothing of Kubernetes, so the Role is empty unless the task definition asks for rules with the tag
`kecs.io/rbac`: rules set apart by spaces, each `verb+verb:resource+resource`, a resource of a group as
`deployments.apps`. Only then the tasks are given a token.
"""

import re

from kecs.model import arns, marks, names
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.translate.body import Json
from kecs.translate.launch import Launch

RULES_TAG = "kecs.io/rbac"
_ROLE_ARN = "eks.amazonaws.com/role-arn"  # read by the webhook that gives pods AWS credentials on EKS
_VERBS = re.compile(r"(\*|[a-z]+)(\+(\*|[a-z]+))*")
_RESOURCES = re.compile(r"[a-z0-9*./-]+(\+[a-z0-9*./-]+)*")


def role_arn(definition: TaskDefinitionSpec, overrides: ecs.TaskOverride | None = None) -> str:
    """Return the ARN, or the name, of the task role; empty without one."""
    return (overrides.taskRoleArn if overrides else None) or definition.taskRoleArn or ""


def account_name(role: str, scope: Scope) -> str:
    """Return the ServiceAccount's name for a role; one role has one name, two roles never the same."""
    arn = arns.parse(role)
    if arn is None:
        return names.label(f"task-role-{role}")
    path = "/".join(arn.path)
    # A slash always brings a hash, so a role of another account has the name of no other.
    return names.label(
        f"task-role-{path}" if arn.scope.account == scope.account else f"task-role-{arn.scope.account}//{path}"
    )


def pod_account(definition: TaskDefinitionSpec, launch: Launch) -> Json:
    """Return `serviceAccountName` and `automountServiceAccountToken`."""
    role = role_arn(definition, launch.overrides)
    if not role:
        return {"automountServiceAccountToken": False}
    return {
        "serviceAccountName": account_name(role, launch.scope),
        "automountServiceAccountToken": bool(rules(definition)),
    }


def make_account(
    definition: TaskDefinitionSpec, scope: Scope, namespace: str, overrides: ecs.TaskOverride | None = None
) -> list[Json]:
    """Return the ServiceAccount, Role and RoleBinding of the task role; nothing without one."""
    role = role_arn(definition, overrides)
    if not role:
        return []
    name = account_name(role, scope)
    metadata = {"name": name, "namespace": namespace, "labels": {marks.CLUSTER: namespace}}
    annotations = {_ROLE_ARN: role} if role.startswith("arn:") else {}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {**metadata, **({"annotations": annotations} if annotations else {})},
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": rules(definition),
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
    ]


def rules(definition: TaskDefinitionSpec) -> list[Json]:
    """Return the rules that the definition's tag asks for; what is no rule is left out."""
    text = next((tag.value or "" for tag in definition.tags or () if tag.key == RULES_TAG), "")
    made: list[Json] = []
    for entry in text.split():
        verbs, _, resources = entry.partition(":")
        if not _VERBS.fullmatch(verbs) or not _RESOURCES.fullmatch(resources):
            continue
        by_group: dict[str, list[str]] = {}
        for resource in resources.split("+"):
            plural, _, group = resource.partition(".")
            by_group.setdefault(group, []).append(plural)
        made += [
            {"apiGroups": [group], "resources": plurals, "verbs": verbs.split("+")}
            for group, plurals in by_group.items()
        ]
    return made
