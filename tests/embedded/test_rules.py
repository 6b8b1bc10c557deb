"""What Kubernetes adds, forbids and answers for single kinds."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from kecs.embedded.engine import Engine
from kecs.embedded.entry import Change, Entry
from kecs.embedded.requests import Deletion, Query, Write
from kecs.embedded.store import Store
from kecs.kube.api import Json, Resource
from kecs.kube.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
)
from kecs.kube.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    NAMESPACES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    RESOURCE_QUOTAS,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
)
from tests.embedded.test_apply import deployment

CONTAINER: Json = {"name": "c", "image": "nginx"}


def pod(name: str = "p", *, container: Json | None = None, **spec: Any) -> Json:
    return {"metadata": {"name": name}, "spec": {"containers": [{**CONTAINER, **(container or {})}], **spec}}


def service(name: str = "s", **spec: Any) -> Json:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


async def refusal(engine: Engine, resource: Resource[Any], body: Json) -> str:
    namespace = "default" if resource.namespaced else None
    with pytest.raises(Invalid) as refused:
        await engine.create(resource, namespace, body, manager="m")
    assert refused.value.details and refused.value.details["causes"]
    return refused.value.message


# Pods.


async def test_pod_as_a_real_server_shows_it(engine: Engine) -> None:
    made = await engine.create(
        PODS, "default", pod(container={"resources": {"limits": {"cpu": 1, "memory": "1024Mi"}}}), manager="m"
    )
    spec = made["spec"]
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    assert spec["priority"] == 0 and spec["preemptionPolicy"] == "PreemptLowerPriority"
    assert spec["enableServiceLinks"] is True
    assert spec["tolerations"] == [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    ]
    assert spec["containers"][0]["resources"] == {
        "limits": {"cpu": "1", "memory": "1Gi"},
        "requests": {"cpu": "1", "memory": "1Gi"},
    }
    assert made["status"] == {"phase": "Pending", "qosClass": "Guaranteed"}
    assert made["metadata"]["generation"] == 1


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"metadata": {"name": "p"}, "spec": {"containers": []}}, "spec.containers: Required value"),
        ({"metadata": {"name": "p"}}, "spec.containers: Required value"),
        (pod(container={"name": ""}), "spec.containers[0].name: Required value"),
        (pod(container={"image": ""}), "spec.containers[0].image: Required value"),
        (
            pod(restartPolicy="Sometimes"),
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
        ),
        (
            pod(container={"ports": [{"containerPort": 70000}]}),
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            pod(container={"volumeMounts": [{"name": "v", "mountPath": "/v"}]}),
            'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (
            pod(container={"resources": {"limits": {"cpu": 1}, "requests": {"cpu": 2}}}),
            'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
        ),
        (pod(container={"env": [{"value": "x"}]}), "spec.containers[0].env[0].name: Required value"),
        (pod(volumes=[{"name": "v"}, {"name": "v"}]), 'spec.volumes[1].name: Duplicate value: "v"'),
        (pod(initContainers=[CONTAINER]), 'spec.initContainers[0].name: Duplicate value: "c"'),
    ],
)
async def test_bad_pod_is_refused_in_words_of_kubernetes(engine: Engine, body: Json, text: str) -> None:
    assert await refusal(engine, PODS, body) == f'Pod "p" is invalid: {text}'


async def test_several_problems_are_told_together(engine: Engine) -> None:
    text = await refusal(engine, PODS, pod(container={"name": "", "image": ""}))
    assert text == (
        'Pod "p" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value]'
    )


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({}, "metadata.name: Required value: name or generateName is required"),
        ({"name": "A_b"}, 'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of'),
        ({"name": "p", "labels": {"a b": "c"}}, 'metadata.labels: Invalid value: "a b": name part must consist of'),
        ({"name": "p", "labels": {"a": "b c"}}, 'metadata.labels: Invalid value: "b c": a valid label must be'),
        (
            {"name": "p", "annotations": {"k": "x" * 300_000}},
            "metadata.annotations: Too long: may not be more than 262144 bytes",
        ),
    ],
)
async def test_bad_metadata_is_refused(engine: Engine, metadata: Json, text: str) -> None:
    assert text in await refusal(engine, CONFIG_MAPS, {"metadata": metadata})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            deployment(replicas="x"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            deployment(paused=1),
            "json: cannot unmarshal number into Go struct field DeploymentSpec.spec.paused of type bool",
        ),
        (
            deployment(template=[]),
            "json: cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
        ),
    ],
)
async def test_wrong_types_are_bad_requests_as_go_tells_them(engine: Engine, body: Json, text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await engine.create(DEPLOYMENTS, "default", body, manager="m")
    assert refused.value.message == f'Deployment in version "v1" cannot be handled as a Deployment: {text}'


async def test_generated_name_is_made_of_the_prefix(engine: Engine) -> None:
    body = {**pod(), "metadata": {"generateName": "web-"}}
    names = {(await engine.create(PODS, "default", body, manager="m"))["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3 and all(name.startswith("web-") and len(name) == 9 for name in names)


async def test_spec_of_a_pod_does_not_change(engine: Engine) -> None:
    await engine.create(PODS, "default", pod(), manager="m")
    with pytest.raises(Invalid, match="spec: Forbidden: pod updates may not change fields other than"):
        await engine.patch(PODS, "default", "p", {"spec": {"hostname": "x"}}, type="merge", manager="m")
    image = {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}
    made = await engine.patch(PODS, "default", "p", image, type="strategic", manager="m")
    assert made["spec"]["containers"][0]["image"] == "nginx:2" and made["metadata"]["generation"] == 2


async def test_pod_needs_its_service_account(engine: Engine) -> None:
    with pytest.raises(Forbidden) as refused:
        await engine.create(PODS, "default", pod(serviceAccountName="x"), manager="m")
    assert refused.value.message == (
        'pods "p" is forbidden: error looking up service account default/x: serviceaccount "x" not found'
    )
    await engine.create(SERVICE_ACCOUNTS, "default", {"metadata": {"name": "x"}}, manager="m")
    await engine.create(PODS, "default", pod(serviceAccountName="x"), manager="m")


async def test_binding_assigns_a_pod_once(engine: Engine) -> None:
    await engine.create(PODS, "default", pod(), manager="m")
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}}
    await engine.create(PODS, "default", binding, manager="s", name="p", subresource="binding")
    made = await engine.get(PODS, "default", "p")
    assert made["spec"]["nodeName"] == "n1"
    assert made["status"]["conditions"][0]["type"] == "PodScheduled"
    with pytest.raises(Conflict, match='pod p is already assigned to node "n1"'):
        await engine.create(PODS, "default", binding, manager="s", name="p", subresource="binding")


async def _running(engine: Engine, name: str) -> None:
    body = pod(name, nodeName="n")
    body["metadata"]["labels"] = {"app": "x"}
    await engine.create(PODS, "default", body, manager="m")
    status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    await engine.patch(PODS, "default", name, status, type="merge", manager="m", subresource="status")


async def test_eviction_keeps_to_the_disruption_budget(engine: Engine) -> None:
    await _running(engine, "a")
    await _running(engine, "b")
    budget = {"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "x"}}}}
    await engine.create(POD_DISRUPTION_BUDGETS, "default", budget, manager="m")
    status = {"status": {"disruptionsAllowed": 1, "desiredHealthy": 1, "currentHealthy": 2, "expectedPods": 2}}
    with pytest.raises(TooManyRequests) as refused:
        await engine.create(PODS, "default", {"metadata": {"name": "a"}}, manager="m", name="a", subresource="eviction")
    assert refused.value.details == {
        "causes": [
            {
                "reason": "DisruptionBudget",
                "message": "The disruption budget b is still being processed by the server.",
            }
        ],
        "retryAfterSeconds": 10,
    }
    status["status"]["observedGeneration"] = 1
    await engine.patch(POD_DISRUPTION_BUDGETS, "default", "b", status, type="merge", manager="m", subresource="status")
    await engine.create(PODS, "default", {"metadata": {"name": "a"}}, manager="m", name="a", subresource="eviction")
    evicted = await engine.get(PODS, "default", "a")
    assert evicted["metadata"]["deletionTimestamp"]
    assert [one["reason"] for one in evicted["status"]["conditions"] if one["type"] == "DisruptionTarget"] == [
        "EvictionByEvictionAPI"
    ]
    with pytest.raises(TooManyRequests, match="would violate the pod's disruption budget") as refused:
        await engine.create(PODS, "default", {"metadata": {"name": "b"}}, manager="m", name="b", subresource="eviction")
    assert refused.value.details == {
        "causes": [
            {
                "reason": "DisruptionBudget",
                "message": "The disruption budget b needs 1 healthy pods and has 2 currently",
            }
        ]
    }


# Deletion.


async def test_finished_pod_goes_at_once(engine: Engine) -> None:
    await _running(engine, "a")
    status = {"status": {"phase": "Succeeded"}}
    await engine.patch(PODS, "default", "a", status, type="merge", manager="m", subresource="status")
    await engine.delete(PODS, "default", "a")
    with pytest.raises(NotFound):
        await engine.get(PODS, "default", "a")


async def test_finalizer_holds_a_pod_that_its_node_has_ended(engine: Engine) -> None:
    body = pod(nodeName="n")
    body["metadata"]["finalizers"] = ["x.io/f"]
    await engine.create(PODS, "default", body, manager="m")
    await engine.delete(PODS, "default", "p")
    marked = await engine.get(PODS, "default", "p")
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30 and marked["metadata"]["generation"] == 2
    await engine.patch(PODS, "default", "p", {"metadata": {"finalizers": None}}, type="merge", manager="m")
    assert await engine.get(PODS, "default", "p")  # the node has not yet said that it ended
    await engine.delete(PODS, "default", "p", grace_seconds=0)
    with pytest.raises(NotFound):
        await engine.get(PODS, "default", "p")


async def test_object_being_deleted_takes_no_new_finalizer(engine: Engine) -> None:
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a", "finalizers": ["x.io/f"]}}, manager="m")
    await engine.delete(CONFIG_MAPS, "default", "a")
    with pytest.raises(Invalid, match="no new finalizers can be added if the object is being deleted"):
        patch = {"metadata": {"finalizers": ["x.io/f", "x.io/g"]}}
        await engine.patch(CONFIG_MAPS, "default", "a", patch, type="merge", manager="m")


@pytest.mark.parametrize(
    ("propagation", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan"), ("Background", None)]
)
async def test_propagation_leaves_a_finalizer(engine: Engine, propagation: Any, finalizer: str | None) -> None:
    await engine.create(DEPLOYMENTS, "default", deployment(), manager="m")
    await engine.delete(DEPLOYMENTS, "default", "web", propagation=propagation)
    if finalizer is None:
        with pytest.raises(NotFound):
            await engine.get(DEPLOYMENTS, "default", "web")
    else:
        assert (await engine.get(DEPLOYMENTS, "default", "web"))["metadata"]["finalizers"] == [finalizer]


async def test_a_pod_that_is_not_ready_is_evicted_when_enough_others_are(engine: Engine) -> None:
    await _running(engine, "a")
    unready = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    await engine.patch(PODS, "default", "a", unready, type="merge", manager="m", subresource="status")
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "x"}}}
    await engine.create(POD_DISRUPTION_BUDGETS, "default", {"metadata": {"name": "b"}, "spec": spec}, manager="m")
    body = {"metadata": {"name": "a"}}
    for status, allowed in (({"desiredHealthy": 1, "currentHealthy": 0}, False), ({"currentHealthy": 1}, True)):
        change = {"status": {"observedGeneration": 1, **status}}
        await engine.patch(
            POD_DISRUPTION_BUDGETS, "default", "b", change, type="merge", manager="m", subresource="status"
        )
        if allowed:
            await engine.create(PODS, "default", body, manager="m", name="a", subresource="eviction")
        else:
            with pytest.raises(TooManyRequests, match="disruption budget"):
                await engine.create(PODS, "default", body, manager="m", name="a", subresource="eviction")


@pytest.mark.parametrize(
    ("subresource", "body", "code", "text"),
    [
        ("binding", {}, 400, "name in URL does not match name in Binding object"),
        ("binding", {"metadata": {"name": "q"}}, 400, "name in URL does not match name in Binding object"),
        ("binding", {"metadata": {"name": "p"}}, 500, "target.name: Required value"),
        (
            "binding",
            {"metadata": {"name": "p"}, "target": {"kind": "Pod", "name": "n"}},
            500,
            'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
        ),
        ("binding", {"metadata": {"name": "p", "uid": "x"}, "target": {"name": "n"}}, 409, "UID in precondition: x"),
        ("binding", {"metadata": {"name": "p"}, "target": {"name": "n"}}, 409, "pod p has non-empty .spec.sched"),
        ("eviction", {}, 400, "name in URL does not match name in Eviction object"),
        ("eviction", {"metadata": {"name": "q"}}, 400, "name in URL does not match name in Eviction object"),
    ],
)
async def test_bindings_and_evictions_name_their_pod(
    engine: Engine, subresource: str, body: Json, code: int, text: str
) -> None:
    await engine.create(PODS, "default", pod(schedulingGates=[{"name": "x/a"}]), manager="m")
    with pytest.raises(ApiError) as refused:
        await engine.create(PODS, "default", body, manager="m", name="p", subresource=subresource)
    assert refused.value.status()["code"] == code and text in refused.value.message
    assert ("reason" in refused.value.status()) is (code != 500)


async def test_gates_hold_a_pod_until_they_are_lifted(engine: Engine) -> None:
    gates = [{"name": "x/a"}, {"name": "x/b"}]
    made = await engine.create(PODS, "default", pod(schedulingGates=gates), manager="m")
    condition = made["status"]["conditions"][0]
    assert (condition["type"], condition["status"], condition["reason"]) == ("PodScheduled", "False", "SchedulingGated")

    async def change(**spec: Any) -> Json:
        return await engine.patch(PODS, "default", "p", {"spec": spec}, type="merge", manager="m")

    with pytest.raises(
        Invalid, match=r"spec.schedulingGates\[0\].name: Forbidden: only deletion is allowed, but found"
    ):
        await change(schedulingGates=[{"name": "x/c"}])
    await change(schedulingGates=gates[:1])
    await change(nodeSelector={"a": "b"})
    with pytest.raises(Invalid, match="pod updates may not change fields"):
        await change(nodeSelector={"a": "c"})
    assert "schedulingGates" not in (await change(schedulingGates=None))["spec"]
    with pytest.raises(Invalid, match="pod updates may not change fields"):
        await change(nodeSelector={"a": "b", "c": "d"})
    binding = {"metadata": {"name": "p", "annotations": {"why": "x"}}, "target": {"kind": "Node", "name": "n"}}
    await engine.create(PODS, "default", binding, manager="m", name="p", subresource="binding")
    bound = await engine.get(PODS, "default", "p")
    assert bound["spec"]["nodeName"] == "n" and bound["metadata"]["annotations"] == {"why": "x"}
    assert [one["status"] for one in bound["status"]["conditions"]] == ["True"]


async def test_deletion_keeps_to_its_preconditions(engine: Engine) -> None:
    made = await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    with pytest.raises(Conflict, match=r"UID in the precondition \(other\) does not match"):
        await engine.delete(CONFIG_MAPS, "default", "a", uid="other")
    with pytest.raises(Conflict, match="ResourceVersion in the precondition"):
        await engine.delete(CONFIG_MAPS, "default", "a", resource_version="1")
    await engine.delete(CONFIG_MAPS, "default", "a", uid=made["metadata"]["uid"])


async def test_answer_to_a_deletion_is_the_object_or_a_status(engine: Engine) -> None:
    await engine.create(PODS, "default", pod(), manager="m")
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    removed = await engine.remove(engine.kind(PODS), Deletion("default", "p"))
    assert removed.gone and not removed.status
    removed = await engine.remove(engine.kind(CONFIG_MAPS), Deletion("default", "a"))
    assert removed.gone and removed.status


async def test_collection_is_deleted_by_selector(engine: Engine) -> None:
    for name, app in (("a", "x"), ("b", "y"), ("c", "x")):
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name, "labels": {"app": app}}}, manager="m")
    await engine.delete_collection(CONFIG_MAPS, "default", labels="app=x")
    assert [one["metadata"]["name"] for one in (await engine.list(CONFIG_MAPS, "default")).items] == ["b"]


async def test_collection_is_deleted_a_few_at_a_time(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kecs.embedded.engine._AT_ONCE", 10)
    for number in range(35):
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": f"c{number:02}"}}, manager="m")
    commits: list[int] = []
    replacing: list[asyncio.Future[None]] = []

    def see(changes: list[Change]) -> None:
        commits.append(len(changes))
        if len(commits) == 1:  # a namesake of one that is still to go comes while the first ones go
            replacing.append(asyncio.ensure_future(replace()))

    async def replace() -> None:
        await engine.delete(CONFIG_MAPS, "default", "c34")
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "c34"}}, manager="m")

    engine.store.on_commit(see)
    await engine.delete_collection(CONFIG_MAPS, "default")
    assert max(commits) <= 12 and sum(commits) == 36
    assert [one["metadata"]["name"] for one in (await engine.list(CONFIG_MAPS, "default")).items] == ["c34"]


async def test_collection_is_deleted_under_its_preconditions(engine: Engine) -> None:
    for name in "ab":
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}}, manager="m")
    how = Deletion("default", "", uid="other")
    with pytest.raises(Conflict):
        await engine.remove_all(engine.kind(CONFIG_MAPS), "default", Query(), how)
    assert len((await engine.list(CONFIG_MAPS, "default")).items) == 2


async def test_refused_eviction_charges_no_budget(engine: Engine) -> None:
    """The budget was once charged before the preconditions were looked at."""
    await _running(engine, "a")
    budget = {"metadata": {"name": "b"}, "spec": {"selector": {"matchLabels": {"app": "x"}}, "minAvailable": 0}}
    await engine.create(POD_DISRUPTION_BUDGETS, "default", budget, manager="m")
    status = {"status": {"disruptionsAllowed": 1, "observedGeneration": 1}}
    await engine.patch(POD_DISRUPTION_BUDGETS, "default", "b", status, type="merge", manager="m", subresource="status")
    body = {"metadata": {"name": "a"}, "deleteOptions": {"preconditions": {"uid": "other"}}}
    with pytest.raises(Conflict):
        await engine.create(PODS, "default", body, manager="m", name="a", subresource="eviction")
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "later"}}, manager="m")  # all is stored by now
    assert (await engine.get(POD_DISRUPTION_BUDGETS, "default", "b"))["status"]["disruptionsAllowed"] == 1


async def test_namespace_ends_when_it_is_finalized(engine: Engine) -> None:
    made = await engine.create(NAMESPACES, None, {"metadata": {"name": "n"}}, manager="m")
    assert made["spec"]["finalizers"] == ["kubernetes"] and made["status"]["phase"] == "Active"
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "n"}
    await engine.delete(NAMESPACES, None, "n")
    ending = await engine.get(NAMESPACES, None, "n")
    assert ending["status"]["phase"] == "Terminating"
    with pytest.raises(Forbidden) as refused:
        await engine.create(CONFIG_MAPS, "n", {"metadata": {"name": "a"}}, manager="m")
    assert refused.value.message == (
        'configmaps "a" is forbidden: unable to create new content in namespace n because it is being terminated'
    )
    ending["spec"]["finalizers"] = []
    await engine.replace(NAMESPACES, None, "n", ending, manager="m", subresource="finalize")
    with pytest.raises(NotFound):
        await engine.get(NAMESPACES, None, "n")


# Services.


async def test_service_gets_an_address_of_its_own(engine: Engine) -> None:
    made = [await engine.create(SERVICES, "default", service(f"s{n}"), manager="m") for n in range(3)]
    ips = {one["spec"]["clusterIP"] for one in made}
    assert len(ips) == 3 and all(ip.startswith("10.96.") for ip in ips)
    spec = made[0]["spec"]
    assert spec["clusterIPs"] == [spec["clusterIP"]] and spec["type"] == "ClusterIP"
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert spec["internalTrafficPolicy"] == "Cluster" and spec["ipFamilies"] == ["IPv4"]


async def test_address_is_free_again_when_its_service_is_gone(engine: Engine) -> None:
    await engine.create(SERVICES, "default", service("a", clusterIP="10.96.7.7"), manager="m")
    with pytest.raises(Invalid, match=r"failed to allocate IP 10\.96\.7\.7: provided IP is already allocated"):
        await engine.create(SERVICES, "default", service("b", clusterIP="10.96.7.7"), manager="m")
    await engine.delete(SERVICES, "default", "a")
    await engine.create(SERVICES, "default", service("b", clusterIP="10.96.7.7"), manager="m")


async def test_refused_service_takes_no_address(engine: Engine) -> None:
    with pytest.raises(Invalid, match="not in the valid range"):
        bad = service("a", clusterIP="10.96.7.7", type="NodePort", ports=[{"port": 80, "nodePort": 1}])
        await engine.create(SERVICES, "default", bad, manager="m")
    await engine.create(SERVICES, "default", service("b", clusterIP="10.96.7.7"), manager="m")


async def test_concurrent_services_share_no_port(engine: Engine) -> None:
    bodies = [service(f"s{n}", type="NodePort", ports=[{"port": 80, "nodePort": 30100}]) for n in range(3)]
    results = await asyncio.gather(
        *(engine.create(SERVICES, "default", body, manager="m") for body in bodies), return_exceptions=True
    )
    assert sum(isinstance(one, Invalid) for one in results) == 2


async def test_service_keeps_what_it_got_when_it_is_replaced(engine: Engine) -> None:
    made = await engine.create(SERVICES, "default", service(type="NodePort"), manager="m")
    port = made["spec"]["ports"][0]["nodePort"]
    assert 30000 <= port <= 32767
    again = await engine.replace(SERVICES, "default", "s", service(type="NodePort"), manager="m")
    assert again["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    assert again["spec"]["ports"][0]["nodePort"] == port
    with pytest.raises(Invalid, match="may not change once set"):
        await engine.patch(SERVICES, "default", "s", {"spec": {"clusterIP": "10.96.1.1"}}, type="merge", manager="m")


async def test_headless_service_has_no_address(engine: Engine) -> None:
    made = await engine.create(SERVICES, "default", service(clusterIP="None"), manager="m")
    assert made["spec"]["clusterIPs"] == ["None"]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"ports": []}, "spec.ports: Required value"),
        ({"ports": [{"port": 0}]}, "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"),
        ({"ports": [{"port": 1}, {"port": 2}]}, "spec.ports[0].name: Required value"),
        ({"type": "Nonsense"}, 'spec.type: Unsupported value: "Nonsense": supported values: "ClusterIP"'),
    ],
)
async def test_bad_service_is_refused(engine: Engine, spec: Json, text: str) -> None:
    assert text in await refusal(engine, SERVICES, service(**spec))


# Workloads.


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"selector": {"matchLabels": {"app": "other"}}},
            'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
        ),
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"strategy": {"type": "X"}},
            'spec.strategy.type: Unsupported value: "X": supported values: "Recreate", "RollingUpdate"',
        ),
    ],
)
async def test_bad_deployment_is_refused(engine: Engine, spec: Json, text: str) -> None:
    assert await refusal(engine, DEPLOYMENTS, deployment(**spec)) == f'Deployment.apps "web" is invalid: {text}'


async def test_selector_of_a_deployment_does_not_change(engine: Engine) -> None:
    await engine.create(DEPLOYMENTS, "default", deployment(), manager="m")
    labels = {"app": "web", "more": "x"}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    with pytest.raises(Invalid, match=r"spec\.selector: Invalid value: .*: field is immutable"):
        await engine.patch(DEPLOYMENTS, "default", "web", {"spec": spec}, type="merge", manager="m")


async def test_generation_of_a_deployment_rises_with_spec_and_annotations(engine: Engine) -> None:
    await engine.create(DEPLOYMENTS, "default", deployment(), manager="m")

    async def after(patch: Json, subresource: str = "") -> int:
        made = await engine.patch(
            DEPLOYMENTS, "default", "web", patch, type="merge", manager="m", subresource=subresource
        )
        return int(made["metadata"]["generation"])

    assert await after({"metadata": {"labels": {"a": "b"}}}) == 1
    assert await after({"metadata": {"annotations": {"a": "b"}}}) == 2
    assert await after({"spec": {"replicas": 2}}) == 3
    assert await after({"status": {"replicas": 2}}, "status") == 3


async def test_scale_reads_and_sets_the_replicas(engine: Engine) -> None:
    await engine.create(DEPLOYMENTS, "default", deployment(replicas=2), manager="m")
    scale = await engine.get(DEPLOYMENTS, "default", "web", subresource="scale")
    assert scale["kind"] == "Scale" and scale["apiVersion"] == "autoscaling/v1"
    assert scale["spec"] == {"replicas": 2} and scale["status"] == {"replicas": 0, "selector": "app=web"}
    patch = {"spec": {"replicas": 4}}
    scaled = await engine.patch(DEPLOYMENTS, "default", "web", patch, type="merge", manager="m", subresource="scale")
    assert scaled["spec"] == {"replicas": 4}
    assert (await engine.get(DEPLOYMENTS, "default", "web"))["spec"]["replicas"] == 4
    scale["spec"]["replicas"] = 1
    with pytest.raises(Conflict):
        await engine.replace(DEPLOYMENTS, "default", "web", scale, manager="m", subresource="scale")


async def test_what_is_not_let_in_is_called_by_what_was_asked(engine: Engine) -> None:
    """A name is generated only for what is let in; a controller tells the same error each time, so it counts it."""
    body = pod(serviceAccountName="nobody")
    for metadata, name in (({"generateName": "web-"}, "web-"), ({"name": "web"}, "web")):
        with pytest.raises(Forbidden, match=f'pods "{name}" is forbidden: error looking up service account'):
            await engine.create(PODS, "default", {**body, "metadata": metadata}, manager="m")


_LABEL_SELECTOR = {
    "matchLabels": {"a b": "c", "d": "e f"},
    "matchExpressions": [
        {"key": "a b", "operator": "In", "values": ["x"]},
        {"key": "a", "operator": "X"},
        {"key": "a", "operator": "In"},
        {"key": "a", "operator": "Exists", "values": ["x"]},
    ],
}


@pytest.mark.parametrize(
    ("resource", "body", "fields"),
    [
        (CONFIG_MAPS, {"data": {"a b": ""}}, ["data[a b]"]),
        (CONFIG_MAPS, {"data": {"..": "", "..a": "", "": ""}}, ["data[..]", "data[..a]", "data[]"]),
        (CONFIG_MAPS, {"data": {"a": ""}, "binaryData": {"a": "eA==", "b/": "eA=="}}, ["data[a]", "binaryData[b/]"]),
        (CONFIG_MAPS, {"data": {"a": "x" * (1 << 20), "b": "x"}}, ["[]"]),
        (SECRETS, {"stringData": {"a": "x" * (1 << 20), "b": "x"}}, ["data"]),
        (SECRETS, {"data": {"a b": "eA=="}}, ["data[a b]"]),
        (SECRETS, {"type": "kubernetes.io/tls"}, ["data[tls.crt]", "data[tls.key]"]),
        (SECRETS, {"type": "kubernetes.io/basic-auth"}, ["data[username]", "data[password]"]),
        (SECRETS, {"type": "kubernetes.io/dockerconfigjson"}, ["data[.dockerconfigjson]"]),
        (
            SECRETS,
            {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{"}},
            ["data[.dockerconfigjson]"],
        ),
        (
            SECRETS,
            {"type": "kubernetes.io/service-account-token"},
            ["metadata.annotations[kubernetes.io/service-account.name]"],
        ),
        (POD_DISRUPTION_BUDGETS, {"spec": {"minAvailable": 1, "maxUnavailable": 1}}, ["spec"]),
        (POD_DISRUPTION_BUDGETS, {"spec": {"minAvailable": -1}}, ["spec.minAvailable"]),
        (POD_DISRUPTION_BUDGETS, {"spec": {"maxUnavailable": "110%"}}, ["spec.maxUnavailable"]),
        (POD_DISRUPTION_BUDGETS, {"spec": {"maxUnavailable": "x"}}, ["spec.maxUnavailable"]),
        (
            POD_DISRUPTION_BUDGETS,
            {"spec": {"minAvailable": 1, "selector": _LABEL_SELECTOR}},
            [
                *["spec.selector.matchLabels"] * 2,
                "spec.selector.matchExpressions[0].key",
                "spec.selector.matchExpressions[1].operator",
                "spec.selector.matchExpressions[2].values",
                "spec.selector.matchExpressions[3].values",
            ],
        ),
        (ROLE_BINDINGS, {"roleRef": {"kind": "X", "name": "y"}}, ["roleRef.kind"]),
        (
            ROLE_BINDINGS,
            {
                "roleRef": {"kind": "Role", "name": "y"},
                "subjects": [
                    {"kind": "X", "name": "a"},
                    {"kind": "ServiceAccount"},
                    {"kind": "ServiceAccount", "name": "B_"},
                ],
            },
            ["subjects[0].kind", "subjects[1].name", "subjects[2].name"],
        ),
        (
            ROLES,
            {"rules": [{}, {"verbs": ["get"], "apiGroups": [""], "nonResourceURLs": ["/x"]}]},
            ["rules[0].verbs", "rules[0].apiGroups", "rules[0].resources", *["rules[1].nonResourceURLs"] * 2],
        ),
        (LEASES, {"spec": {"leaseDurationSeconds": 0}}, ["spec.leaseDurationSeconds"]),
        (EVENTS, {"involvedObject": {"namespace": "other"}}, ["involvedObject.namespace"]),
    ],
)
async def test_what_kubernetes_refuses(engine: Engine, resource: Resource[Any], body: Json, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        await engine.create(resource, "default", {"metadata": {"name": "a"}, **body}, manager="m")
    assert [one["field"] for one in (refused.value.details or {})["causes"]] == fields
    assert "xxxx" not in refused.value.message  # of what is large or secret, nothing is said


# Quotas.


def quota(**hard: str) -> Json:
    return {"metadata": {"name": "q"}, "spec": {"hard": {key.replace("_", "."): value for key, value in hard.items()}}}


async def test_quota_of_pods_is_kept_among_concurrent_writers(engine: Engine) -> None:
    await engine.create(RESOURCE_QUOTAS, "default", quota(pods="2"), manager="m")
    results = await asyncio.gather(
        *(engine.create(PODS, "default", pod(f"p{n}"), manager="m") for n in range(5)), return_exceptions=True
    )
    refused = [one for one in results if isinstance(one, Forbidden)]
    assert len(refused) == 3
    assert refused[0].message == (
        'pods "p2" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'
    )
    await engine.delete(PODS, "default", "p0")
    await engine.create(PODS, "default", pod("again"), manager="m")


async def test_quota_of_cpu_counts_requests(engine: Engine) -> None:
    await engine.create(RESOURCE_QUOTAS, "default", quota(requests_cpu="1"), manager="m")
    with pytest.raises(Forbidden, match=r"failed quota: q: must specify requests\.cpu for: c"):
        await engine.create(PODS, "default", pod(), manager="m")
    needs = {"resources": {"requests": {"cpu": "600m"}}}
    await engine.create(PODS, "default", pod("a", container=needs), manager="m")
    with pytest.raises(Forbidden) as refused:
        await engine.create(PODS, "default", pod("b", container=needs), manager="m")
    assert refused.value.message == (
        'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, '
        "limited: requests.cpu=1"
    )


async def test_quota_of_objects_counts_them(engine: Engine) -> None:
    await engine.create(RESOURCE_QUOTAS, "default", quota(configmaps="1"), manager="m")
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    with pytest.raises(Forbidden, match="requested: configmaps=1, used: configmaps=1, limited: configmaps=1"):
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "b"}}, manager="m")


async def test_quota_of_objects_does_not_go_through_them(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each creation once counted all objects of its kind, so that n of them cost n times n."""
    await engine.create(RESOURCE_QUOTAS, "default", quota(configmaps="40"), manager="m")
    gone_through: list[str] = []
    latest_in = Store.latest_in

    def noted(store: Store, table: str, namespace: str) -> Iterator[Entry]:
        gone_through.append(table)
        return latest_in(store, table, namespace)

    monkeypatch.setattr(Store, "latest_in", noted)
    makes = (engine.create(CONFIG_MAPS, "default", {"metadata": {"name": f"c{n}"}}, manager="m") for n in range(45))
    results = await asyncio.gather(*makes, return_exceptions=True)
    assert sum(isinstance(one, Forbidden) for one in results) == 5
    await asyncio.gather(*(engine.delete(CONFIG_MAPS, "default", f"c{n}") for n in range(3)))
    results = await asyncio.gather(
        *(engine.create(CONFIG_MAPS, "default", {"metadata": {"name": f"d{n}"}}, manager="m") for n in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Forbidden) for one in results) == 1
    assert set(gone_through) == {"resourcequotas"}


# The rest.


async def test_plain_secrets_are_encoded(engine: Engine) -> None:
    made = await engine.create(SECRETS, "default", {"metadata": {"name": "a"}, "stringData": {"k": "v"}}, manager="m")
    assert made["data"] == {"k": "dg=="} and made["type"] == "Opaque" and "stringData" not in made
    with pytest.raises(Invalid, match="type: Invalid value"):
        await engine.patch(SECRETS, "default", "a", {"type": "x"}, type="merge", manager="m")


async def test_immutable_config_map_stays(engine: Engine) -> None:
    body = {"metadata": {"name": "a"}, "data": {"k": "v"}, "immutable": True}
    await engine.create(CONFIG_MAPS, "default", body, manager="m")
    with pytest.raises(Invalid, match="data: Forbidden: field is immutable when `immutable` is set"):
        await engine.patch(CONFIG_MAPS, "default", "a", {"data": {"k": "w"}}, type="merge", manager="m")


async def test_role_of_a_binding_does_not_change(engine: Engine) -> None:
    role = {"kind": "Role", "name": "r"}
    await engine.create(ROLE_BINDINGS, "default", {"metadata": {"name": "b"}, "roleRef": role}, manager="m")
    with pytest.raises(Invalid, match="cannot change roleRef"):
        await engine.patch(ROLE_BINDINGS, "default", "b", {"roleRef": {"name": "x"}}, type="merge", manager="m")


async def test_lease_is_replaced_only_by_version(engine: Engine) -> None:
    await engine.create(LEASES, "default", {"metadata": {"name": "l"}, "spec": {"holderIdentity": "a"}}, manager="m")
    with pytest.raises(Invalid, match=r"metadata\.resourceVersion: Invalid value: 0: must be specified for an update"):
        await engine.replace(LEASES, "default", "l", {"metadata": {"name": "l"}}, manager="m")


async def test_dry_run_stores_nothing(engine: Engine) -> None:
    made = await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m", dry_run=True)
    assert made["metadata"]["name"] == "a"
    with pytest.raises(NotFound):
        await engine.get(CONFIG_MAPS, "default", "a")
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    with pytest.raises(AlreadyExists):
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m", dry_run=True)
    await engine.delete(CONFIG_MAPS, "default", "a", dry_run=True)
    assert await engine.get(CONFIG_MAPS, "default", "a")


async def test_unknown_members_are_told_as_asked(engine: Engine) -> None:
    kind = engine.kind(NODES)
    body = {"metadata": {"name": "n"}, "spec": {"nonsense": 1}, "more": 1}
    with pytest.raises(BadRequest) as refused:
        await engine.write(kind, Write("create", None, "", body, "m", validation="Strict"))
    assert refused.value.message == (
        'Node in version "v1" cannot be handled as a Node: strict decoding error: unknown field "spec.nonsense", '
        'unknown field "more"'
    )
    written = await engine.write(kind, Write("create", None, "", body, "m", validation="Warn"))
    assert written.warnings == ['unknown field "spec.nonsense"', 'unknown field "more"']


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"kind": "Pod", "metadata": {"name": "a"}}, "cannot be handled as a ConfigMap"),
        ({"apiVersion": "v2", "metadata": {"name": "a"}}, r"the API version in the data \(v2\) does not match"),
        ({"metadata": {"name": "a", "namespace": "x"}}, "the namespace of the provided object does not match"),
        ([], "the object provided is unrecognized"),
        ({"metadata": []}, "cannot unmarshal array into Go struct field ConfigMap.metadata"),
    ],
)
async def test_body_must_fit_its_path(engine: Engine, body: Any, text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        await engine.create(CONFIG_MAPS, "default", body, manager="m")


async def test_system_namespaces_stay(engine: Engine) -> None:
    with pytest.raises(Forbidden, match='namespaces "default" is forbidden: this namespace may not be deleted'):
        await engine.delete(NAMESPACES, None, "default")


async def test_of_very_many_events_the_oldest_go(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._events, "_most", 3)
    for number in range(6):
        body = {"metadata": {"name": f"e{number}"}, "involvedObject": {"kind": "Pod", "namespace": "default"}}
        await engine.create(EVENTS, "default", body, manager="m")
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    names = [one["metadata"]["name"] for one in (await engine.list(EVENTS, "default")).items]
    assert names == ["e3", "e4", "e5"]


async def test_priority_comes_from_its_class(engine: Engine) -> None:
    made = await engine.create(PODS, "default", pod(priorityClassName="system-node-critical"), manager="m")
    assert made["spec"]["priority"] == 2_000_001_000
    with pytest.raises(Forbidden, match="no PriorityClass with name x was found"):
        await engine.create(PODS, "default", pod("q", priorityClassName="x"), manager="m")


async def test_a_pod_with_time_without_end_can_be_deleted(engine: Engine) -> None:
    body = pod()
    body["spec"] |= {"nodeName": "n", "terminationGracePeriodSeconds": 10**18}
    await engine.create(PODS, "default", body, manager="m")
    await engine.delete(PODS, "default", body["metadata"]["name"])
    marked = await engine.get(PODS, "default", body["metadata"]["name"])
    assert marked["metadata"]["deletionTimestamp"]
