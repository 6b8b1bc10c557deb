"""A live Amazon ECS, or an endpoint that speaks as it does, as a source: its services and what stands around them.

Only what services refer to is asked for, and what an endpoint does not serve, or not for these credentials, is kept as
a gap: a value of `Unavailable` in `unavailable.json`, which the report tells of.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from kecs.export import surrounding_calls
from kecs.export.aws import Client
from kecs.export.problems import ExportError
from kecs.export.surrounding_calls import Found
from kecs.model import shapes

_MOST_DESCRIBED = 10  # services in one DescribeServices


def fetch_all(client: Client) -> dict[str, str]:
    """Return the texts of every cluster that has services, each cluster's in a directory of its own."""
    arns = list(_listed(client, "ListClusters", "clusterArns", {}))
    files: dict[str, str] = {}
    for name in sorted(arn.rpartition("/")[2] for arn in arns):
        if next(_listed(client, "ListServices", "serviceArns", {"cluster": name}), ""):
            files.update({f"{name}/{file}": text for file, text in fetch(client, name, []).items()})
    if not files:
        raise ExportError("no cluster has services")
    return files


def fetch_clusters(client: Client, clusters: Sequence[str]) -> dict[str, str]:
    """Return the texts of several clusters, as `fetch_all` does."""
    return {f"{name}/{file}": text for name in clusters for file, text in fetch(client, name, []).items()}


def fetch(client: Client, cluster: str, names: Sequence[str]) -> dict[str, str]:
    """Return JSON texts by file name: of the named services of a cluster, or of all, and what they refer to.

    Only what an export is made of is in them, not what changes from one look to the next. Raises ExportError.
    """
    files: dict[str, str] = {}
    arns = list(names) or list(_listed(client, "ListServices", "serviceArns", {"cluster": cluster}))
    if not arns:
        raise ExportError(f"the cluster {cluster} has no services")
    services = list(_described(client, cluster, arns))
    found = client.call("ecs", "DescribeClusters", {"clusters": [cluster], "include": ["TAGS"]}).get("clusters", ())
    tags = [tag for one in found for tag in one.get("tags", ())]
    files["cluster.json"] = _text({"cluster": {"clusterName": cluster, "tags": tags}})
    for reference in sorted({str(one.get("taskDefinition")) for one in services}):
        answer = client.call("ecs", "DescribeTaskDefinition", {"taskDefinition": reference, "include": ["TAGS"]})
        definition = shapes.task_definition(answer).value
        revision = answer["taskDefinition"].get("revision")
        body = {**msgspec.to_builtins(definition), "revision": revision}
        files[f"task-definition-{definition.family}-{revision}.json"] = _text(body)
    specs = [msgspec.structs.replace(shapes.service(one).value, cluster=cluster) for one in services]
    for spec in specs:
        files[f"service-{spec.serviceName}.json"] = _text(msgspec.to_builtins(spec))
    files.update(_around(surrounding_calls.ask(client, cluster, specs)))
    return files


def _around(found: Found) -> dict[str, str]:
    """Return the texts of what stands around, in an order that is the same each time."""
    return {f"{name}.json": _text({name: sorted(items, key=_text)}) for name, items in found.kinds.items() if items} | (
        {"unavailable.json": _text({"Unavailable": found.gaps})} if found.gaps else {}
    )


def _listed(client: Client, operation: str, member: str, body: Mapping[str, Any]) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        answer = client.call("ecs", operation, {**body, **token})
        yield from answer.get(member, ())
        if not answer.get("nextToken"):
            return
        token = {"nextToken": answer["nextToken"]}


def _described(client: Client, cluster: str, arns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for at in range(0, len(arns), _MOST_DESCRIBED):
        body = {"cluster": cluster, "services": arns[at : at + _MOST_DESCRIBED], "include": ["TAGS"]}
        answer = client.call("ecs", "DescribeServices", body)
        for failure in answer.get("failures", ()):
            raise ExportError(f"{failure.get('arn')}: {failure.get('reason')}")
        yield from (one for one in answer.get("services", ()) if one.get("status") == "ACTIVE")


def _text(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
