"""The rules for ConfigMaps and Secrets: their keys, their size, and what secrets of a type have to hold."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any

from kecs.embedded.problems import Problems, forbidden, invalid, required, too_long

Json = dict[str, Any]

_BYTES = 1 << 20
_KEY = r"[-._a-zA-Z0-9]+"
_is_key = re.compile(_KEY).fullmatch
_ACCOUNT = "kubernetes.io/service-account.name"
_REQUIRED = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}
_JSON_TYPES = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")


def _key_problem(key: str) -> str:
    if len(key) > 253:
        return "must be no more than 253 characters"
    if not _is_key(key):
        return (
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
            f"'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY}')"
        )
    if key in (".", ".."):
        return f"must not be '{key}'"
    return "must not start with '..'" if key.startswith("..") else ""


def _check_keys(member: str, keys: Iterable[str]) -> Problems:
    return [invalid(f"{member}[{key}]", key, detail) for key in keys if (detail := _key_problem(key))]


def check_config_map(config: Json) -> Problems:
    """Return what is wrong with a ConfigMap."""
    data, binary = config.get("data") or {}, config.get("binaryData") or {}
    found: Problems = []
    for key in data:
        found += _check_keys("data", [key])
        if key in binary:
            found.append(invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
    found += _check_keys("binaryData", binary)
    size = sum(len(value.encode()) for value in data.values()) + sum(len(value) * 3 // 4 for value in binary.values())
    if size > _BYTES:
        found.append(too_long("[]", _BYTES))
    return found


def check_secret(secret: Json) -> Problems:
    """Return what is wrong with a Secret; no message holds a word of what is secret."""
    data, kind = secret.get("data") or {}, secret.get("type", "")
    found = _check_keys("data", data)
    if sum(len(value) * 3 // 4 for value in data.values()) > _BYTES:
        found.append(too_long("data", _BYTES))
    for key in _REQUIRED.get(kind, ()):
        if key not in data:
            found.append(required(f"data[{key}]"))
        elif kind in _JSON_TYPES and (detail := _json_problem(data[key])):
            found.append(invalid(f"data[{key}]", "<secret contents redacted>", detail))
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        found += [required(f"data[{key}]") for key in ("username", "password")]
    annotations = secret["metadata"].get("annotations") or {}
    if kind == "kubernetes.io/service-account-token" and not annotations.get(_ACCOUNT):
        found.append(required(f"metadata.annotations[{_ACCOUNT}]"))
    return found


def _json_problem(value: str) -> str:
    text = base64.b64decode(value)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text.rstrip()) or error.msg.startswith(("Unterminated", "Expecting property name"))
        return "unexpected end of JSON input" if at_end else "invalid character in JSON"
    except ValueError:
        return "invalid character in JSON"
    return ""


def check_update(check: Any, new: Json, old: Json) -> Problems:
    """Return what is wrong with a changed one: what is immutable stays, and the new content has to be right."""
    found: Problems = []
    if old.get("immutable"):
        text = "field is immutable when `immutable` is set"
        for member in ("data", "binaryData", "immutable"):
            if new.get(member) != old.get(member):
                found.append(forbidden(member, text))
    if new.get("type") != old.get("type"):
        found.append(invalid("type", new.get("type"), "field is immutable"))
    checked: Problems = check(new)
    return found + checked
