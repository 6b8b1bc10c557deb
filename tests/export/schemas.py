"""The schemas of a version of Kubernetes, from the package kubernetes-validate, each read once for all tests."""

import re
from functools import lru_cache
from typing import Any

from kubernetes_validate.utils import schema_contents

Json = dict[str, Any]


@lru_cache
def _registry(folder: str, version: str) -> Any:
    from referencing import Registry, Resource

    definitions = Resource.from_contents(schema_contents(f"{folder}/_definitions.json", version))
    return (definitions @ Registry()).crawl()


@lru_cache
def _validator(kind: str, api_version: str, minor: int) -> Any:
    import jsonschema

    version = f"1.{minor}"
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    schema = schema_contents(f"{folder}/{kind.lower()}-{group}.json", version)
    return jsonschema.Draft202012Validator(schema, registry=_registry(folder, version))


def validate(body: Json, minor: int) -> None:
    """Demand of an object that it has no unknown member, no wrong type, and nothing missing that is required."""
    _validator(body["kind"], body["apiVersion"], minor).validate(body)
