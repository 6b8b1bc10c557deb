"""An object's metadata: the part that the server writes, and the rules for the part that the client writes."""

import random
import re
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from kecs.embedded.catalog import Kind
from kecs.embedded.problems import Problem, Problems, forbidden, invalid, required
from kecs.embedded.schema import json_name
from kecs.kube.errors import BadRequest, Conflict
from kecs.kube.selectors import label_key_problem, label_value_problem
from kecs.kube.time import rfc3339

Json = dict[str, Any]

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # no vowels and no look-alikes, so that no words come out
_ANNOTATION_BYTES = 256 << 10
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_subdomain = re.compile(_SUBDOMAIN).fullmatch
_label = re.compile(_LABEL).fullmatch
_dns_1035 = re.compile(_DNS_1035).fullmatch
_LABEL_NAMES = frozenset({"namespaces"})
_PATH_NAMES = frozenset(
    f"{plural}.rbac.authorization.k8s.io" for plural in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
)
_FREE_NAMES = frozenset({"events"})


def random_suffix() -> str:
    """Return the five characters that `generateName` appends."""
    return "".join(random.choices(_SUFFIX, k=5))  # noqa: S311  # not a secret


def now_text() -> str:
    """Return the present as Kubernetes writes it; the same text for all that happens in a second."""
    return _second(int(time.time()))


@lru_cache(maxsize=4)
def _second(epoch: int) -> str:
    return rfc3339(epoch)


def label_problem(text: str) -> str:
    """Return why `text` is no DNS label, or an empty text."""
    if len(text) > 63:
        return "must be no more than 63 characters"
    if _label(text):
        return ""
    if _subdomain(text):
        return "must not contain dots"
    return (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
        "end with an "
        f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
    )


def subdomain_problem(text: str) -> str:
    """Return why `text` is no DNS subdomain, or an empty text."""
    if len(text) > 253:
        return "must be no more than 253 characters"
    if _subdomain(text):
        return ""
    return (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        "start and end "
        f"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
    )


def dns_1035_problem(text: str) -> str:
    """Return why `text` is no RFC 1035 label, which the names of services are, or an empty text."""
    if len(text) > 63:
        return "must be no more than 63 characters"
    if _dns_1035(text):
        return ""
    return (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        "character, and "
        f"end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
        f"'{_DNS_1035}')"
    )


def _path_problem(text: str) -> str:
    if text in (".", ".."):
        return f"may not be '{text}'"
    for part in ("/", "%"):
        if part in text:
            return f"may not contain '{part}'"
    return ""


def name_problem(kind: Kind, name: str) -> str:
    """Return why an object of this kind may not have that name, or an empty text."""
    if kind.table in _PATH_NAMES or kind.table in _FREE_NAMES:
        return _path_problem(name)
    if kind.table in _LABEL_NAMES:
        return label_problem(name)
    return subdomain_problem(name)


def require_object(kind: Kind, body: Any) -> Json:
    """Return a body that is an object with metadata, if any, that are one. Raises `BadRequest`."""
    if not isinstance(body, dict):
        raise BadRequest("the object provided is unrecognized (must be of type " + kind.kind + ")")
    metadata = body.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise BadRequest(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: json: cannot unmarshal '
            f"{json_name(metadata).partition(' ')[0]} into Go struct field {kind.kind}.metadata of type v1.ObjectMeta"
        )
    return body


def require_name(body: Json, name: str) -> None:
    """Raise `BadRequest` unless a body says itself which object it is."""
    if not (body.get("metadata") or {}).get("name"):
        raise BadRequest(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")


_FINALIZERS = frozenset({"foregroundDeletion", "kubernetes", "orphan"})  # the others are named as labels are
_FREE_GROUPS = ("apiextensions.k8s.io",)  # except in these


def check_target(kind: Kind, body: Any, namespace: str | None, name: str) -> None:
    """Raise `BadRequest` unless the body is an object of this kind that fits the request's path."""
    metadata = require_object(kind, body).get("metadata")
    api_version, has_kind = body.get("apiVersion"), body.get("kind")
    if api_version and api_version != kind.api_version:
        raise BadRequest(
            f"the API version in the data ({api_version}) does not match the expected API version ({kind.api_version})"
        )
    if has_kind and has_kind != kind.kind:
        wanted = f"{kind.api_version}, Kind={kind.kind}"
        raise BadRequest(
            f'{has_kind} in version "{kind.version}" cannot be handled as a {kind.kind}: expected {wanted}'
        )
    metadata = metadata or {}
    has_namespace = metadata.get("namespace")
    if has_namespace and has_namespace != (namespace or ""):
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
    has_name = metadata.get("name")
    if name and has_name and has_name != name:
        raise BadRequest(f"the name of the object ({has_name}) does not match the name on the URL ({name})")


def set_on_create(
    kind: Kind, obj: Json, namespace: str | None, name: str, taken: Callable[[str], bool] = lambda _: False
) -> None:
    """Write what the server decides about a new object's metadata. A generated name is none that is `taken`."""
    metadata = obj["metadata"]
    for key in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"):
        metadata.pop(key, None)
    if name:
        metadata["name"] = name
    elif not metadata.get("name") and metadata.get("generateName"):
        prefix = metadata["generateName"][:58]
        metadata["name"] = next((name for _ in range(8) if not taken(name := prefix + random_suffix())), name)
    if namespace is not None:
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = now_text()
    if kind.has_generation:
        metadata["generation"] = 1
    drop_empty(metadata)


_SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generateName",
)


def set_on_update(kind: Kind, new: Json, old: Json) -> None:
    """Keep what a client may not change. Raises `Conflict` when the body is another object's."""
    metadata, before = new["metadata"], old["metadata"]
    uid = metadata.get("uid")
    if uid:
        check_uid(kind, before, uid)
    for key in _SERVER_OWNED:
        if key in before:
            metadata[key] = before[key]
        else:
            metadata.pop(key, None)
    metadata["name"] = before["name"]
    if "namespace" in before:
        metadata["namespace"] = before["namespace"]
    metadata.pop("selfLink", None)
    drop_empty(metadata)


def check_uid(kind: Kind, metadata: Json, uid: str) -> None:
    """Raise `Conflict` unless an object is the one of that uid."""
    if uid != metadata["uid"]:
        name = metadata["name"]
        key = "/".join(part for part in ("/registry", kind.plural, metadata.get("namespace"), name) if part)
        raise Conflict(
            f'Operation cannot be fulfilled on {kind.table} "{name}": StorageError: invalid object, Code: 4, '
            f"Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, "
            f"UID in object meta: {metadata['uid']}",
            details={"name": name, **kind.details},
        )


def drop_empty(metadata: Json) -> None:
    """Drop empty maps and lists, as Go's encoder does."""
    for key in ("labels", "annotations", "finalizers", "ownerReferences", "generateName"):
        if key in metadata and not metadata[key]:
            del metadata[key]


def check(kind: Kind, obj: Json) -> Problems:
    """Return what is wrong with the client's part of the metadata of a new object."""
    metadata = obj["metadata"]
    found: Problems = []
    name, prefix = metadata.get("name", ""), metadata.get("generateName", "")
    if not name:
        found.append(required("metadata.name", "name or generateName is required"))
    elif detail := name_problem(kind, name):
        where = "metadata.generateName" if prefix and name.startswith(prefix[:58]) and detail else "metadata.name"
        if where == "metadata.generateName":
            found.append(invalid(where, prefix, detail))
        found.append(invalid("metadata.name", name, detail))
    return found + check_labels(metadata) + _check_rest(kind, metadata)


def check_update(kind: Kind, new: Json, old: Json) -> Problems:
    """Return what is wrong with changed metadata."""
    metadata, before = new["metadata"], old["metadata"]
    found: Problems = []
    if metadata.get("labels") != before.get("labels") or metadata.get("annotations") != before.get("annotations"):
        found += check_labels(metadata)
    finalizers = metadata.get("finalizers", [])
    if finalizers != before.get("finalizers", []):
        found += _check_rest(kind, metadata)
        if "deletionTimestamp" in before:
            added = [one for one in finalizers if one not in before.get("finalizers", [])]
            if added:
                shown = "[" + " ".join(f'"{one}"' for one in added) + "]"
                text = "no new finalizers can be added if the object is being deleted, found new finalizers []string{"
                text += ", ".join(shown[1:-1].split(" ")) + "}"
                found += [forbidden("metadata.finalizers", text)] * 2  # looked at twice there
    if metadata.get("ownerReferences") != before.get("ownerReferences"):
        found += _check_owners(metadata)
    return found


def check_labels(metadata: Json, path: str = "metadata") -> Problems:
    """Return what is wrong with labels and annotations."""
    found: Problems = []
    for key, value in metadata.get("labels", {}).items():
        if detail := label_key_problem(key):
            found.append(invalid(f"{path}.labels", key, detail))
        if detail := label_value_problem(value):
            found.append(invalid(f"{path}.labels", value, detail))
    size = 0
    for key, value in metadata.get("annotations", {}).items():
        if detail := label_key_problem(key.lower()):
            found.append(invalid(f"{path}.annotations", key, detail))
        size += len(key) + len(value)
    if size > _ANNOTATION_BYTES:
        found.append(
            Problem(
                f"{path}.annotations", "FieldValueTooLong", f"Too long: may not be more than {_ANNOTATION_BYTES} bytes"
            )
        )
    return found


def _check_rest(kind: Kind, metadata: Json) -> Problems:
    found: Problems = []
    for index, finalizer in enumerate(metadata.get("finalizers", ())):
        if detail := label_key_problem(finalizer):
            detail = detail.replace("a qualified name must", "a valid label key must")
            found.append(invalid("metadata.finalizers", finalizer, detail))
        elif "/" not in finalizer and finalizer not in _FINALIZERS and not (kind.custom or kind.group in _FREE_GROUPS):
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            found.append(invalid(f"metadata.finalizers[{index}]", finalizer, detail))
    return found + _check_owners(metadata)


def _check_owners(metadata: Json) -> Problems:
    found: Problems = []
    controllers = []
    for owner in metadata.get("ownerReferences", ()):
        for key, shown in (("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid")):
            if not owner.get(key):
                detail = "version must not be empty" if shown == "version" else "must not be empty"
                found.append(invalid(f"metadata.ownerReferences.{key}", owner.get(key, ""), detail))
        if owner.get("controller"):
            controllers.append(owner)
    if len(controllers) > 1:
        found.append(
            invalid(
                "metadata.ownerReferences",
                metadata["ownerReferences"],
                "Only one reference can have Controller set to true. Found "
                + f'"true" in references for {controllers[0]["kind"]}/{controllers[0]["name"]} and '
                + f"{controllers[1]['kind']}/{controllers[1]['name']}",
            )
        )
    return found
