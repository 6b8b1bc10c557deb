"""Users, privileges and Linux parameters of a container."""

import re

from kecs.translate.body import Json
from kecs.translate.container.part import Part

_NUMERIC_USER = re.compile(r"(\d+)(?::(\d+))?")


def security(part: Part) -> Json:
    """Return `securityContext`, `tty` and `stdin`."""
    definition = part.definition
    context: Json = {}
    user = _NUMERIC_USER.fullmatch(definition.user or "")
    if user:
        context["runAsUser"] = int(user[1])
        if user[2]:
            context["runAsGroup"] = int(user[2])
    if definition.privileged:
        context["privileged"] = True
    if definition.readonlyRootFilesystem:
        context["readOnlyRootFilesystem"] = True
    capabilities = definition.linuxParameters.capabilities if definition.linuxParameters else None
    if capabilities:
        named = {"add": _capabilities(capabilities.add), "drop": _capabilities(capabilities.drop)}
        if any(named.values()):
            context["capabilities"] = {verb: values for verb, values in named.items() if values}
    context.update(_options(definition.dockerSecurityOptions or [], privileged=bool(definition.privileged)))
    made: Json = {"securityContext": context} if context else {}
    if definition.pseudoTerminal:
        made["tty"] = True
    if definition.interactive:
        made["stdin"] = True
    return made


def is_numeric(user: str) -> bool:
    """Return whether a user is given by numbers, `uid` or `uid:gid`; names are known to the image alone."""
    return _NUMERIC_USER.fullmatch(user) is not None


def _capabilities(names: list[str] | None) -> list[str]:
    return [name.upper().removeprefix("CAP_") for name in names or ()]


def _options(options: list[str], *, privileged: bool) -> Json:
    """Return what Docker's `--security-opt` values become."""
    made: Json = {}
    selinux: dict[str, str] = {}
    for option in options:
        kind, separator, value = option.replace("=", ":", 1).partition(":")
        if kind == "no-new-privileges" and value != "false":
            if not privileged:  # Kubernetes refuses the two together
                made["allowPrivilegeEscalation"] = False
        elif kind == "seccomp" and value == "unconfined":
            made["seccompProfile"] = {"type": "Unconfined"}
        elif kind == "apparmor" and separator:
            made["appArmorProfile"] = (
                {"type": "Unconfined"} if value == "unconfined" else {"type": "Localhost", "localhostProfile": value}
            )
        elif kind == "label":
            name, _, label = value.partition(":")
            if name in ("user", "role", "type", "level") and label:
                selinux[name] = label
    if selinux:
        made["seLinuxOptions"] = selinux
    return made
