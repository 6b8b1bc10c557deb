"""Objects of somebody else's that have the names of kecs's: those are left alone.

A forced apply would take them over. One that names a resource version makes a new object or meets a conflict, in one
request; only then the object has to be looked at.
"""

from typing import Any, TypeVar

import msgspec

from kecs.kube.api import Api, Json, Resource
from kecs.kube.errors import Conflict, NotFound
from kecs.model import marks
from kecs.model.objects import Meta

T = TypeVar("T")

_MARKS = (marks.CLUSTER, marks.SERVICE, marks.ROLE)  # labels that say whose an object is
_NONE = "1"  # no object has this version: etcd begins with it, and each write makes a later one


class NameTaken(Conflict):
    """An object of that name is there already and is somebody else's."""

    def __init__(self, resource: Resource[Any], name: str) -> None:
        super().__init__(f"The {resource.kind} {name} is there already, and is somebody else's.")


class _Seen(msgspec.Struct):
    metadata: Meta


async def apply_new(api: Api, resource: Resource[T], namespace: str | None, name: str, body: Json, uid: str = "") -> T:
    """Apply an object that no cache knows; one that is there all the same has to be kecs's.

    The one with that `uid` is, whatever others have made of it. Raises NameTaken, and ApiError.
    """
    try:
        return await make_by_apply(api, resource, namespace, name, body, marks.MANAGER)
    except Conflict as error:
        try:
            found = await api.get(resource.viewed(_Seen), namespace, name)
        except NotFound:
            raise error from None  # it has gone meanwhile: whoever tries again makes it
        if found.metadata.uid != uid and not _is_ours(found.metadata, body["metadata"]):
            raise NameTaken(resource, name) from None
    return await api.apply(resource, namespace, name, body, manager=marks.MANAGER)


async def make_by_apply(
    api: Api, resource: Resource[T], namespace: str | None, name: str, body: Json, manager: str
) -> T:
    """Apply an object that is not there. Raises Conflict where one is, and ApiError."""
    new = {**body, "metadata": {**body["metadata"], "resourceVersion": _NONE}}
    return await api.apply(resource, namespace, name, new, manager=manager)


def _is_ours(there: Meta, wanted: Json) -> bool:
    """Return whether an object was made for the same as `wanted`: it has kecs's labels, or the same owner."""
    labels = wanted["labels"]
    owners = {one["uid"] for one in wanted.get("ownerReferences", ())}
    return all(there.labels.get(name) == labels[name] for name in _MARKS if name in labels) or any(
        one.uid in owners for one in there.ownerReferences
    )
