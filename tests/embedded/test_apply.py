"""Server-side apply: who owns what, conflicts, and what goes when nobody applies it any more."""

from typing import Any

import pytest

from kecs.embedded import ownership
from kecs.embedded.engine import Engine
from kecs.kube.api import Json, Resource
from kecs.kube.errors import ApiError, BadRequest, Conflict, InternalError, Invalid
from kecs.kube.resources import CONFIG_MAPS, DEPLOYMENTS, PODS, ROLES, SERVICE_ACCOUNTS, SERVICES

LABELS = {"app": "web"}


def deployment(**spec: Any) -> Json:
    container = {"name": "web", "image": "nginx:1"}
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template, **spec},
    }


def config(**data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def owners(obj: Json) -> dict[tuple[str, str, str], Json]:
    return {
        (one["manager"], one["operation"], one.get("subresource", "")): one["fieldsV1"]
        for one in obj["metadata"]["managedFields"]
    }


async def test_create_owns_what_it_set_and_the_defaults_as_the_real_server_writes_it(engine: Engine) -> None:
    made = await engine.create(DEPLOYMENTS, "default", deployment(), manager="kubectl-create")
    (entry,) = made["metadata"]["managedFields"]
    assert entry["operation"] == "Update" and entry["apiVersion"] == "apps/v1" and entry["fieldsType"] == "FieldsV1"
    assert entry["fieldsV1"] == {
        "f:spec": {
            "f:progressDeadlineSeconds": {},
            "f:replicas": {},
            "f:revisionHistoryLimit": {},
            "f:selector": {},
            "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
            "f:template": {
                "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                "f:spec": {
                    "f:containers": {
                        'k:{"name":"web"}': {
                            ".": {},
                            "f:image": {},
                            "f:imagePullPolicy": {},
                            "f:name": {},
                            "f:resources": {},
                            "f:terminationMessagePath": {},
                            "f:terminationMessagePolicy": {},
                        }
                    },
                    "f:dnsPolicy": {},
                    "f:restartPolicy": {},
                    "f:schedulerName": {},
                    "f:securityContext": {},
                    "f:terminationGracePeriodSeconds": {},
                },
            },
        }
    }


async def test_apply_owns_exactly_what_it_applied(engine: Engine) -> None:
    made = await engine.apply(DEPLOYMENTS, "default", "web", deployment(replicas=2), manager="a")
    assert owners(made)[("a", "Apply", "")] == {
        "f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:template": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}, "f:name": {}}}},
            },
        }
    }
    again = await engine.apply(DEPLOYMENTS, "default", "web", deployment(replicas=2), manager="a")
    assert again == made


async def test_field_that_is_not_applied_any_more_goes_back_to_its_default(engine: Engine) -> None:
    await engine.apply(DEPLOYMENTS, "default", "web", deployment(replicas=3, paused=True), manager="a")
    left = await engine.apply(DEPLOYMENTS, "default", "web", deployment(), manager="a")
    assert left["spec"]["replicas"] == 1 and "paused" not in left["spec"]


async def test_shared_field_stays_while_another_manager_applies_it(engine: Engine) -> None:
    await engine.apply(CONFIG_MAPS, "default", "c", config(k="v", mine="1"), manager="a")
    both = await engine.apply(CONFIG_MAPS, "default", "c", config(k="v"), manager="b", force=False)
    assert len(owners(both)) == 2
    left = await engine.apply(CONFIG_MAPS, "default", "c", config(), manager="a", force=False)
    assert left["data"] == {"k": "v"}
    assert owners(left)[("a", "Apply", "")] == {"f:data": {}}


async def test_conflict_names_each_manager_and_field(engine: Engine) -> None:
    await engine.apply(CONFIG_MAPS, "default", "c", config(k="1", l="1"), manager="a")
    patch = {"data": {"m": "1"}}
    await engine.patch(CONFIG_MAPS, "default", "c", patch, type="merge", manager="kubectl-edit")
    with pytest.raises(Conflict) as one:
        await engine.apply(CONFIG_MAPS, "default", "c", config(k="2"), manager="b", force=False)
    assert one.value.message == 'Apply failed with 1 conflict: conflict with "a": .data.k'
    with pytest.raises(Conflict) as many:
        await engine.apply(CONFIG_MAPS, "default", "c", config(k="2", l="2", m="2"), manager="b", force=False)
    assert many.value.message == (
        'Apply failed with 3 conflicts: conflicts with "a":\n- .data.k\n- .data.l\n'
        'conflicts with "kubectl-edit" using v1:\n- .data.m'
    )
    assert many.value.details == {
        "causes": [
            {"reason": "FieldManagerConflict", "message": 'conflict with "a"', "field": ".data.k"},
            {"reason": "FieldManagerConflict", "message": 'conflict with "a"', "field": ".data.l"},
            {"reason": "FieldManagerConflict", "message": 'conflict with "kubectl-edit" using v1', "field": ".data.m"},
        ]
    }


async def test_force_takes_the_field_over(engine: Engine) -> None:
    await engine.apply(CONFIG_MAPS, "default", "c", config(k="1", l="1"), manager="a")
    taken = await engine.apply(CONFIG_MAPS, "default", "c", config(k="2"), manager="b", force=True)
    assert taken["data"] == {"k": "2", "l": "1"}
    assert owners(taken) == {
        ("a", "Apply", ""): {"f:data": {"f:l": {}}},
        ("b", "Apply", ""): {"f:data": {"f:k": {}}},
    }


async def test_update_takes_ownership_of_what_it_changes(engine: Engine) -> None:
    await engine.apply(DEPLOYMENTS, "default", "web", deployment(replicas=1), manager="a")
    scaled = await engine.patch(DEPLOYMENTS, "default", "web", {"spec": {"replicas": 5}}, type="merge", manager="hpa")
    assert owners(scaled)[("hpa", "Update", "")] == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in owners(scaled)[("a", "Apply", "")]["f:spec"]
    kept = await engine.apply(DEPLOYMENTS, "default", "web", deployment(), manager="a", force=False)
    assert kept["spec"]["replicas"] == 5


async def test_status_has_owners_of_its_own(engine: Engine) -> None:
    await engine.create(DEPLOYMENTS, "default", deployment(), manager="m")
    made = await engine.patch(
        DEPLOYMENTS, "default", "web", {"status": {"replicas": 1}}, type="merge", manager="m", subresource="status"
    )
    assert owners(made)[("m", "Update", "status")] == {"f:status": {"f:replicas": {}}}


async def test_elements_of_a_list_are_merged_by_their_keys(engine: Engine) -> None:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}}
    await engine.apply(SERVICES, "default", "s", body, manager="a")
    other = {**body, "spec": {"ports": [{"name": "c", "port": 82, "protocol": "UDP"}]}}
    both = await engine.apply(SERVICES, "default", "s", other, manager="b", force=False)
    assert [one["name"] for one in both["spec"]["ports"]] == ["c", "a", "b"] or [
        one["name"] for one in both["spec"]["ports"]
    ] == ["a", "b", "c"]
    less = {**body, "spec": {"ports": ports[1:]}}
    left = await engine.apply(SERVICES, "default", "s", less, manager="a")
    assert sorted(one["name"] for one in left["spec"]["ports"]) == ["b", "c"]


async def test_quantities_are_compared_by_value(engine: Engine) -> None:
    def pod(cpu: str) -> Json:
        resources = {"limits": {"cpu": cpu}}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": "i", "resources": resources}]},
        }

    made = await engine.apply(PODS, "default", "p", pod("0.5"), manager="a")
    again = await engine.apply(PODS, "default", "p", pod("500m"), manager="b", force=False)
    assert again["spec"] == made["spec"]


async def test_unknown_field_in_apply_is_an_error_of_500(engine: Engine) -> None:
    with pytest.raises(InternalError, match=r"\.spec\.nonsense: field not declared in schema"):
        await engine.apply(DEPLOYMENTS, "default", "web", deployment(nonsense=1), manager="a")


async def test_element_without_its_key_is_refused(engine: Engine) -> None:
    body = deployment()
    body["spec"]["template"]["spec"]["containers"] = [{"image": "nginx"}]
    with pytest.raises(Invalid, match=r"containers\[0\].name: Required value"):
        await engine.apply(DEPLOYMENTS, "default", "web", body, manager="a")


async def test_managed_fields_cannot_be_applied(engine: Engine) -> None:
    body = config()
    body["metadata"]["managedFields"] = []
    with pytest.raises(BadRequest, match="managedFields must be nil"):
        await engine.apply(CONFIG_MAPS, "default", "c", body, manager="a")


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"apiVersion": None, "kind": None}, 400, "invalid object type: /, Kind="),
        ({"kind": None}, 400, "invalid object type: /v1, Kind="),
        ({"kind": "Secret"}, 400, "invalid object type: /v1, Kind=Secret"),
        ({"apiVersion": "apps/v1"}, 400, "invalid object type: apps/v1, Kind=ConfigMap"),
        (
            {"metadata": None},
            400,
            "the name of the object (c based on URL) was undeterminable: name must be provided",
        ),
        ({"metadata": {"name": "d"}}, 400, "the name of the object (d) does not match the name on the URL (c)"),
        (
            {"metadata": {"name": "c", "uid": "x"}},
            409,
            'Operation cannot be fulfilled on configmaps "c": uid mismatch: the provided object specified uid x, and '
            "no existing object was found",
        ),
        (
            {"more": 1},
            500,
            "failed to create typed patch object (/c; /v1, Kind=ConfigMap): .more: field not declared in schema",
        ),
    ],
)
async def test_what_is_applied_says_what_it_is(engine: Engine, change: Json, code: int, text: str) -> None:
    body = {key: value for key, value in {**config(k="v"), **change}.items() if value is not None}
    with pytest.raises(ApiError) as refused:
        await engine.apply(CONFIG_MAPS, "default", "c", body, manager="m")
    assert (refused.value.http_code, refused.value.message) == (code, text)


async def test_an_object_is_applied_to_the_one_of_that_uid(engine: Engine) -> None:
    made = await engine.apply(CONFIG_MAPS, "default", "c", config(k="v"), manager="m")
    body = config(k="w")
    with pytest.raises(
        Invalid, match=r'ConfigMap "c" is invalid: metadata\.uid: Invalid value: "x": field is immutable$'
    ):
        await engine.apply(CONFIG_MAPS, "default", "c", {**body, "metadata": {"name": "c", "uid": "x"}}, manager="m")
    same = {**body, "metadata": {"name": "c", "uid": made["metadata"]["uid"]}}
    assert (await engine.apply(CONFIG_MAPS, "default", "c", same, manager="m"))["data"] == {"k": "w"}


async def test_both_ways_of_kubectl_to_apply_take_turns(engine: Engine) -> None:
    key = "kubectl.kubernetes.io/last-applied-configuration"
    body = config(k="v")
    made = {**body, "metadata": {"name": "c", "annotations": {key: "old", "note": "n"}}}
    await engine.create(CONFIG_MAPS, "default", made, manager="kubectl-client-side-apply")
    changed = {**config(k="<w>"), "metadata": {"name": "c", "annotations": {"own": "x"}}}
    await engine.apply(CONFIG_MAPS, "default", "c", changed, manager="another")
    assert (await engine.get(CONFIG_MAPS, "default", "c"))["metadata"]["annotations"][key] == "old"
    applied = await engine.apply(CONFIG_MAPS, "default", "c", changed, manager="kubectl")
    assert applied["metadata"]["annotations"] == {
        "note": "n",
        "own": "x",
        key: '{"apiVersion":"v1","data":{"k":"\\u003cw\\u003e"},"kind":"ConfigMap",'
        '"metadata":{"annotations":{"own":"x"},"name":"c"}}\n',
    }


NOTHING_SAID: list[tuple[Resource[Json], Json]] = [
    (ROLES, {"rules": []}),
    (SERVICE_ACCOUNTS, {"imagePullSecrets": []}),
    (CONFIG_MAPS, {"data": {}}),
]


@pytest.mark.parametrize(("resource", "members"), NOTHING_SAID, ids=lambda value: getattr(value, "kind", ""))
async def test_what_is_applied_again_a_second_later_is_no_change(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, resource: Resource[Json], members: Json
) -> None:
    """Also where it is empty, and so not what is stored: a time alone makes no new version, as in Kubernetes."""
    body = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": "n", "labels": LABELS},
        **members,
    }
    versions = []
    for second in range(3):
        monkeypatch.setattr(ownership, "now_text", lambda second=second: f"2026-01-01T00:00:0{second}Z")
        applied = await engine.apply(resource, "default", "n", body, manager="m")
        versions.append((applied["metadata"]["resourceVersion"], applied["metadata"]["managedFields"][0]["time"]))
    assert versions == versions[:1] * 3
