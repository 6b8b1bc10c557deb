"""The names of the Kubernetes objects that stand for ECS ones. Nothing parses a name back: objects carry the facts.

ECS allows names of 255 characters with capitals and underscores; Kubernetes wants DNS labels of 63. A name that is a
DNS label already is kept, any other gets a hash of the whole as suffix, so that two never meet.
"""

import hashlib
import re
from functools import lru_cache

from kecs.model.scope import DEFAULT_ACCOUNT, Scope

# A Service's name has to begin with a letter (older servers refuse a digit), so every name keeps to the strict form.
_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_HASH_LENGTH = 10


@lru_cache(maxsize=1024)  # the same few families, services and regions are named again and again
def label(name: str, *, limit: int = 63) -> str:
    """Return `name` as a DNS label of at most `limit` characters that begins with a letter.

    Two different names never give one label: where the name has to change, a hash of the original is appended.
    """
    if len(name) <= limit and _LABEL.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not stem or not stem[0].isalpha():
        stem = f"x{'-' if stem else ''}{stem}"
    return f"{stem[: limit - _HASH_LENGTH - 1].rstrip('-')}-{digest}"


def _scoped(name: str, scope: Scope) -> str:
    parts = [name, scope.region] if scope.account == DEFAULT_ACCOUNT else [name, scope.region, scope.account]
    return label("-".join(parts))


def cluster(name: str, scope: Scope) -> str:
    """Return the name of a cluster's ECSCluster object and of its namespace: `<cluster>-<region>[-<account>]`."""
    return _scoped(name, scope)


def task_definition(family: str, revision: int, scope: Scope) -> str:
    """Return the name of the ECSTaskDefinition object of one revision: `<family>.<revision>.<region>[.<account>]`.

    A family has no dots, so the dots keep `a-1` revision 2 and `a` revision 1 apart.
    """
    parts = [label(family), str(revision), label(scope.region)]
    if scope.account != DEFAULT_ACCOUNT:
        parts.append(scope.account)
    return ".".join(parts)


def service(name: str) -> str:
    """Return the name of a service's ECSService, Deployment (or DaemonSet) and Service objects."""
    return label(name)


def service_record(name: str, uid: str) -> str:
    """Return the name of the ECSService that tells of a deleted one: the dot keeps it apart from every other."""
    return f"{service(name)}.{uid[:8]}"


def task_prefix(family: str) -> str:
    """Return the `generateName` of the pods of standalone tasks."""
    return f"{label(family, limit=50)}-"


def container(name: str) -> str:
    """Return the name of a container in a pod."""
    return label(name)


def port(number: int, protocol: str) -> str:
    """Return the name of a container port without a name of its own, unique within the pod."""
    return f"{protocol}-{number}"
