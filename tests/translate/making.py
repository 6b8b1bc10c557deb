"""Making everything that the converter makes, out of plain JSON, for the tests."""

from collections.abc import Callable
from typing import Any

import msgspec

from kecs.model.generated import ecs
from kecs.model.objects import Cluster, Meta, Service, TaskDefinitionSpec
from kecs.model.scope import Scope
from kecs.translate import account, cluster, disruption, launch, network, pod, storage, unsupported, workload
from kecs.translate.options import Options

Json = dict[str, Any]

SCOPE = Scope()
CLUSTER = "shop"
NAMESPACE = "shop-us-east-1"
DEPLOYMENT = "ecs-svc/1234567890123456789"


def definition(body: Json) -> TaskDefinitionSpec:
    """Return a task definition; family and revision are made up where they are missing, names and images too."""
    containers = [
        {"name": f"c{at}" if at else "app", "image": "nginx:1", **container}
        for at, container in enumerate(body.get("containerDefinitions", [{}]))
    ]
    return msgspec.convert(
        {"family": "web", "revision": 1, **body, "containerDefinitions": containers}, TaskDefinitionSpec
    )


class Case:
    """One input: a definition, and how it is launched (`run` or `service`), or a cluster."""

    def __init__(self, body: Json) -> None:
        self.definition = definition(body.get("definition", {}))
        self.options = msgspec.convert(body.get("options", {}), Options)
        self.run = msgspec.convert({"taskDefinition": "web", **body.get("run", {})}, ecs.RunTaskRequest)
        self.service = Service(
            Meta(name="web", namespace=NAMESPACE, uid="5e0f0f1c-0000-4000-8000-000000000001"),
            msgspec.convert({"serviceName": "web", **body.get("service", {})}, ecs.CreateServiceRequest),
        )
        self.cluster = Cluster(
            Meta(name=NAMESPACE),
            msgspec.convert({"clusterName": CLUSTER, **body.get("cluster", {})}, ecs.CreateClusterRequest),
        )
        self.is_service = "service" in body

    @property
    def launch(self) -> launch.Launch:
        if self.is_service:
            return launch.for_service(
                self.service.spec, self.definition, scope=SCOPE, cluster=CLUSTER, deployment_id=DEPLOYMENT
            )
        return launch.for_run(self.run, self.definition, scope=SCOPE, cluster=CLUSTER)

    def make(self, what: str) -> Any:
        """Return what is named: an object, a list of objects, or sentences."""
        makers: dict[str, Callable[[], Any]] = {
            "pod": lambda: pod.make_pod(self.definition, self.launch, self.options, created_at=1.5),
            "template": lambda: pod.make_pod_template(self.definition, self.launch, self.options),
            "deployment": lambda: workload.make_deployment(
                self.service,
                self.definition,
                self.launch,
                self.options,
                replicas=2,
                max_unavailable=0,
                max_surge=2,
                min_ready_seconds=40,
            ),
            "daemon": lambda: workload.make_daemon_set(self.service, self.definition, self.launch, self.options),
            "service": lambda: network.make_service(self.service, self.definition),
            "budget": lambda: disruption.make_disruption_budget(self.service, 50),
            "account": lambda: account.make_account(self.definition, SCOPE, NAMESPACE, self.run.overrides),
            "volumes": lambda: storage.make_volumes(self.definition, NAMESPACE, self.options),
            "classes": lambda: storage.make_storage_classes(self.launch, self.options),
            "namespace": lambda: cluster.make_namespace(self.cluster),
            "policies": lambda: cluster.make_network_policies(NAMESPACE),
            "quota": lambda: cluster.make_quota(self.cluster),
            "warnings": lambda: [
                *unsupported.definition_warnings(self.definition, self.options),
                *unsupported.launch_warnings(
                    self.service.spec if self.is_service else self.run, self.definition, self.launch
                ),
                *unsupported.cluster_warnings(self.cluster.spec),
            ],
            "refusal": lambda: _refusal(self.definition, self.run),
        }
        return makers[what]()


def _refusal(spec: TaskDefinitionSpec, run: ecs.RunTaskRequest) -> str:
    try:
        unsupported.refuse(spec, run.overrides)
        unsupported.refuse_launch(run)
    except unsupported.RefusedError as error:
        return str(error)
    return ""
