"""What the makers share: JSON bodies, and the metadata of what an ECSService owns."""

from typing import Any, TypeAlias

import msgspec

from kecs.model import marks
from kecs.model.objects import Service

Json: TypeAlias = dict[str, Any]


def to_text(value: object) -> str:
    """Return JSON for an annotation."""
    return msgspec.json.encode(value).decode()


def owned(service: Service, name: str) -> Json:
    """Return the metadata of an object that belongs to a service and goes when it goes."""
    meta = service.metadata
    made: Json = {
        "name": name,
        "namespace": meta.namespace,
        "labels": {marks.CLUSTER: meta.namespace, marks.SERVICE: meta.name, marks.ROLE: marks.ROLE_SERVICE},
    }
    arns = {mark: meta.annotations[mark] for mark in (marks.CLUSTER_ARN, marks.SERVICE_ARN) if mark in meta.annotations}
    if arns:
        made["annotations"] = arns
    if meta.uid:
        made["ownerReferences"] = [
            {
                "apiVersion": service.apiVersion,
                "kind": service.kind,
                "name": meta.name,
                "uid": meta.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    return made
