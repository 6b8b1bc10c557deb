"""Objects to send."""

from typing import Any

Json = dict[str, Any]


def obj(api_version: str, kind: str, name: str, labels: dict[str, str] | None = None, **members: Any) -> Json:
    """Return an object of any kind."""
    metadata: Json = {"name": name, "labels": labels} if labels else {"name": name}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **members}


def config_map(name: str, labels: dict[str, str] | None = None, **data: str) -> Json:
    """Return a config map."""
    return obj("v1", "ConfigMap", name, labels, **({"data": data} if data else {}))


def pod(name: str, labels: dict[str, str] | None = None, **spec: Any) -> Json:
    """Return a pod of one container, which no scheduler places."""
    return obj("v1", "Pod", name, labels, spec=pod_spec(**spec))


def pod_spec(**spec: Any) -> Json:
    """Return the spec of a pod of one container."""
    return {
        "containers": [{"name": "main", "image": "kecs.local/busybox:1"}],
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        **spec,
    }


def template(app: str, **spec: Any) -> Json:
    """Return a pod template whose pods have the label `app`."""
    return {"metadata": {"labels": {"app": app}}, "spec": pod_spec(**spec)}


def deployment(name: str, replicas: int = 0, **spec: Any) -> Json:
    """Return a Deployment that selects its pods by the label `app`."""
    return obj(
        "apps/v1",
        "Deployment",
        name,
        {"app": name},
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name),
            **spec,
        },
    )


def custom_definition(token: str, *versions: Json, **spec: Any) -> Json:
    """Return the definition of widgets, in a group of the test's own."""
    group = f"{token}.contract.test"
    return obj(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"widgets.{group}",
        spec={
            "group": group,
            "names": {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"},
            "scope": "Namespaced",
            "versions": list(versions),
            **spec,
        },
    )


def version(name: str, spec: Json, **more: Any) -> Json:
    """Return a version of a custom resource definition whose objects have such a spec."""
    schema = {
        "type": "object",
        "properties": {"spec": spec, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    return {"name": name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **more}
