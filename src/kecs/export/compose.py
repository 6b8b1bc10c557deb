"""Compose files as task definitions and services of ECS, as `docker compose` on ECS made them.

| of Compose | becomes |
|---|---|
| a service | a task definition and a service |
| one whose `network_mode` is `service:X` | a container of X's task |
| one that others wait for to be completed | a container before theirs, in their tasks |
| `x-aws-*` | what it named on ECS, where it says something of the task or its service |

Variables (`${NAME:-default}`) are parameters of the export. What a container has is read by `compose_container`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from kecs.export import compose_container
from kecs.export.compose_container import Composed
from kecs.export.naming import shortened
from kecs.export.plan_values import Json
from kecs.export.problems import PathError
from kecs.export.verdicts import Verdict
from kecs.model.coerce import below

_VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}|([A-Za-z_]\w*))")
_CONDITIONS = {
    "service_started": "START",
    "service_healthy": "HEALTHY",
    "service_completed_successfully": "SUCCESS",
}
_SHARES = "service:"
_OF_ALL = ("services", "name", "version", "volumes", "secrets")
_OF_TASKS = ("depends_on", "network_mode", "deploy", "scale", "platform", "pid", "ipc", "networks", "profiles")


_TYPES: Mapping[type, str] = {dict: "an object", list: "a list", str: "a text", int: "a number", bool: "true or false"}
_OF_FILES: Mapping[str, tuple[type, ...]] = {"volumes": (dict,), "secrets": (dict,), "name": (str,)}
_OF_OBJECTS = ("ports", "volumes", "secrets", "deploy.resources.reservations.devices")
_OF_SERVICES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("image", "network_mode", "platform", "user", "working_dir", "hostname", "pid", "ipc"), (str, int)),
    **dict.fromkeys(("command", "entrypoint", "dns", "dns_search", "tmpfs"), (str, list)),
    **dict.fromkeys(("environment", "labels", "extra_hosts", "sysctls", "depends_on", "networks"), (dict, list)),
    **dict.fromkeys(
        ("ports", "expose", "volumes", "secrets", "cap_add", "cap_drop", "devices", "security_opt"), (list,)
    ),
    **dict.fromkeys(("healthcheck", "deploy", "logging", "ulimits"), (dict,)),
    **dict.fromkeys(("privileged", "read_only", "tty", "stdin_open", "init"), (bool,)),
    **dict.fromkeys(("deploy.resources", "deploy.resources.limits", "deploy.resources.reservations"), (dict,)),
    **dict.fromkeys(("deploy.update_config", "logging.options"), (dict,)),
    **dict.fromkeys(("deploy.replicas", "scale", "healthcheck.retries"), (int, str)),
    **dict.fromkeys(("deploy.resources.limits.memory", "deploy.resources.reservations.memory"), (int, str)),
    **dict.fromkeys(("mem_limit", "mem_reservation", "cpus", "shm_size", "stop_grace_period"), (int, str)),
    "healthcheck.test": (str, list),
    "deploy.resources.reservations.devices": (list,),
}


class Task(msgspec.Struct, frozen=True):
    """A task definition and its service in ECS's shapes, and what stands around; `path` is the service in the file.

    `composed` says where members come from and what became of others.
    """

    path: str
    definition: Json
    service: Json
    around: Mapping[str, list[Json]]
    composed: Composed


def is_compose(value: Mapping[str, Any]) -> bool:
    """Say whether a document is a Compose file: its services are an object of objects."""
    services = value.get("services")
    return isinstance(services, dict) and bool(services) and all(isinstance(one, dict) for one in services.values())


def tasks(value: Mapping[str, Any], parameters: Mapping[str, str]) -> Iterator[Task]:
    """Yield the tasks of a file. Raises PathError."""
    whole = _interpolated(value, parameters, "")
    services: dict[str, Json] = whole["services"]
    _check_types(whole, _OF_FILES, "")
    for name, one in services.items():
        _check_types(one, _OF_SERVICES, below("services", name))
        if "extends" in one or "include" in whole:
            path = below(f"services.{name}", "extends") if "extends" in one else "include"
            raise PathError(path, "it refers to another file: export what `docker compose config` prints")
        _check_references(name, one, services)
    once = {target for one in services.values() for target, condition in _waits(one).items() if condition == "SUCCESS"}
    left = set(once)
    for name, one in services.items():
        if name not in once and not _shares(one):
            made = _Task(name, services, once, whole)
            left -= set(made.members)
            yield made.task()
    for name in sorted(left):
        raise PathError(below("services", name), "it is to be completed before services that wait for each other")


def _check_types(value: Json, types: Mapping[str, tuple[type, ...]], path: str) -> None:
    """Refuse what is of another type than Compose has; of lists, also what is in them."""
    for key, kinds in types.items():
        found: Any = value
        for step in key.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        where = f"{path}.{key}".strip(".")
        if found is not None and not isinstance(found, kinds):
            raise PathError(where, f"{' or '.join(_TYPES[kind] for kind in kinds)} is due here")
        if isinstance(found, list):
            inner = (str, int, dict) if key in _OF_OBJECTS else (str, int)
            for at, one in enumerate(found):
                if not isinstance(one, inner):
                    raise PathError(f"{where}[{at}]", "it is of no use there")


def _check_references(name: str, service: Json, services: Mapping[str, Json]) -> None:
    path = f"services.{name}"
    for target, condition in _waits(service).items():
        if target not in services:
            raise PathError(below(path, "depends_on"), f"there is no service {target}")
        if not condition:
            raise PathError(below(path, "depends_on"), f"it waits for {target} in no way that Compose has")
    shared = _shares(service)
    if shared and (shared not in services or _shares(services[shared])):
        raise PathError(below(path, "network_mode"), f"there is no service {shared} with a network of its own")


def _waits(service: Json) -> dict[str, str]:
    """Return whom a service waits for, with ECS's word for how."""
    given = service.get("depends_on") or {}
    if isinstance(given, list):
        return dict.fromkeys(map(str, given), "START")
    return {
        str(name): _CONDITIONS.get(str(one.get("condition", "service_started")) if isinstance(one, dict) else "", "")
        for name, one in given.items()
    }


def _shares(service: Json) -> str:
    mode = str(service.get("network_mode") or "")
    return mode.removeprefix(_SHARES) if mode.startswith(_SHARES) else ""


class _Task:
    """Makes one task of the services that belong to it."""

    def __init__(self, name: str, services: Mapping[str, Json], once: set[str], whole: Json) -> None:
        self._name = name
        self._service = services[name]
        self._services = services
        self._once = once
        self._whole = whole
        self._path = below("services", name)
        self._made = Composed()
        self.members = self._inside()

    def _inside(self) -> list[str]:
        """Return the services whose containers are in this task, the main one first."""
        found = [self._name, *(name for name, one in self._services.items() if _shares(one) == self._name)]
        for name in found:  # it grows
            found += [one for one in _waits(self._services[name]) if one in self._once and one not in found]
        return found

    def task(self) -> Task:
        containers = []
        for at, name in enumerate(self.members):
            prefix, path = f"containerDefinitions[{at}]", below("services", name)
            self._made.places[prefix] = path
            source = compose_container.Source(self._services[name], path, self._whole)
            container = compose_container.container(name, source, prefix, self._made)
            if at:
                container["essential"] = name not in self._once
            self._wait(name, container, prefix)
            containers.append(container)
        definition: Json = {"family": self._name, "containerDefinitions": containers}
        definition["networkMode"] = self._network(containers)
        if self._made.volumes:
            definition["volumes"] = list(self._made.volumes.values())
        self._task_members(definition)
        service = self._ecs_service()
        around = self._scaling(service)
        self._rest()
        return Task(self._path, definition, service, around, self._made)

    def _wait(self, name: str, container: Json, prefix: str) -> None:
        path = below(below("services", name), "depends_on")
        for target, condition in _waits(self._services[name]).items():
            if target in self.members:
                found = container.setdefault("dependsOn", [])
                self._made.places[f"{prefix}.dependsOn[{len(found)}]"] = below(path, target)
                found.append({"containerName": compose_container.named(target), "condition": condition})
            else:
                reason = f"services start in any order: the program has to wait for {target} itself"
                self._made.say(below(path, target), "approximate", reason)

    def _network(self, containers: list[Json]) -> str:
        """Return the network mode: ECS takes some members of containers in that of a bridge alone."""
        mode = str(self._service.get("network_mode") or "")
        self._made.places["networkMode"] = below(self._path, "network_mode")
        if mode in ("host", "none"):
            return mode
        of_bridge = ("hostname", "extraHosts", "dnsServers", "dnsSearchDomains")
        return "bridge" if any(member in one for one in containers for member in of_bridge) else "awsvpc"

    def _task_members(self, definition: Json) -> None:
        service = self._service
        platform = str(service.get("platform") or "")
        if platform:
            system, _, processor = platform.partition("/")
            word = {"arm64": "ARM64", "aarch64": "ARM64"}.get(processor.partition("/")[0], "X86_64")
            if system == "linux":
                definition["runtimePlatform"] = {"cpuArchitecture": word, "operatingSystemFamily": "LINUX"}
            self._made.places["runtimePlatform"] = below(self._path, "platform")
        for key, member in (("pid", "pidMode"), ("ipc", "ipcMode")):
            if service.get(key) == "host":
                definition[member] = "host"
                self._made.places[member] = below(self._path, key)

    def _ecs_service(self) -> Json:
        service, deploy = self._service, self._service.get("deploy") or {}
        made: Json = {"serviceName": self._name, "taskDefinition": self._name}
        self._made.places["desiredCount"] = below(self._path, "deploy.replicas" if deploy else "scale")
        if deploy.get("mode") in ("global", "global-job"):
            made["schedulingStrategy"] = "DAEMON"
            self._made.places["schedulingStrategy"] = below(self._path, "deploy.mode")
        else:
            made["desiredCount"] = deploy.get("replicas", service.get("scale", 1))
        cluster = self._whole.get("x-aws-cluster") or self._whole.get("name")
        if cluster:
            made["cluster"] = str(cluster)
        percents = {
            name: deploy[key] if key in deploy else service.get(key)
            for key, name in (("x-aws-min_percent", "minimumHealthyPercent"), ("x-aws-max_percent", "maximumPercent"))
            if key in deploy or key in service
        }
        update = deploy.get("update_config") or {}
        if update.get("failure_action") == "rollback":
            percents["deploymentCircuitBreaker"] = {"enable": True, "rollback": True}
            self._made.places["deploymentConfiguration"] = below(self._path, "deploy.update_config")
        elif update:
            self._made.say(
                below(self._path, "deploy.update_config"), "approximate", "rolling updates go by percentages"
            )
        if percents:
            made["deploymentConfiguration"] = percents
        balancers = [
            {
                "targetGroupArn": f"arn:aws:elasticloadbalancing:::targetgroup/{self._name}-{port}/0",
                "containerName": compose_container.named(self._name),
                "containerPort": port,
            }
            for port in self._made.published.get(self._name, ())
        ]
        if balancers:
            made["loadBalancers"] = balancers
            self._made.places["loadBalancers"] = below(self._path, "ports")
        return made

    def _scaling(self, service: Json) -> dict[str, list[Json]]:
        """Return the autoscaling of `x-aws-autoscaling`."""
        deploy = self._service.get("deploy") or {}
        given = deploy.get("x-aws-autoscaling") or self._service.get("x-aws-autoscaling")
        if not isinstance(given, dict):
            return {}
        of = {"ResourceId": f"service/{service.get('cluster') or 'default'}/{self._name}"}
        target = {**of, "MinCapacity": given.get("min", 1), "MaxCapacity": given.get("max", 1)}
        policies = [
            {
                **of,
                "PolicyName": f"x-aws-autoscaling.{key}",
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": given[key],
                    "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
                },
            }
            for key, metric in (
                ("cpu", "ECSServiceAverageCPUUtilization"),
                ("memory", "ECSServiceAverageMemoryUtilization"),
            )
            if key in given
        ]
        return {"ScalableTargets": [target], "ScalingPolicies": policies}

    def _rest(self) -> None:
        """Say what became of what is no container's, and of what nothing here reads."""
        called = shortened([self._name])[self._name]
        if called != self._name:
            self._made.say(self._path, "approximate", f"others find it as {called}, which is a name of DNS")
        for name in self.members:
            path, service = below("services", name), self._services[name]
            for key, value in service.items():
                if key in _REMARKS and value not in (None, False, "", [], {}):
                    told = _REMARKS[key]
                    verdict, reason = told(value) if callable(told) else told
                    if reason:
                        self._made.say(below(path, key), verdict, reason)
                elif key not in compose_container.KNOWN and key not in _OF_TASKS and key not in _REMARKS:
                    self._made.say(below(path, key), "lost", "nothing in the tree does it")
            deploy = service.get("deploy") or {}
            for key in deploy:
                if key in _OF_DEPLOYS:
                    verdict, reason = _OF_DEPLOYS[key]
                    self._made.say(below(path, f"deploy.{key}"), verdict, reason)
        if self._name == next(iter(self._services)):
            for key in self._whole:
                if key not in _OF_ALL and key != "x-aws-cluster" and not _is_extension(key):
                    self._made.say(key, *_TOP.get(key, ("lost", "nothing in the tree does it")))


def _is_extension(key: str) -> bool:
    return key.startswith("x-") and not key.startswith("x-aws-")


def _networks(value: Any) -> tuple[Verdict, str]:
    names = list(value)
    return "approximate", "" if names == ["default"] else "pods reach all others: keep them apart with NetworkPolicies"


def _restart(value: Any) -> tuple[Verdict, str]:
    if value in ("always", "unless-stopped"):
        return "exact", ""
    return "approximate", "the containers of a service are always started again"


_Told = tuple[Verdict, str]
_REMARKS: Mapping[str, _Told | Callable[[Any], _Told]] = {
    "networks": _networks,
    "restart": _restart,
    "build": ("lost", "nothing is built here: push what is built to a registry, as the `image` that is named"),
    "env_file": ("lost", "put the variables of the file into the ConfigMap"),
    "container_name": ("approximate", "pods are named by their Deployment"),
    "profiles": ("approximate", "it is exported, whatever profiles are active"),
    "configs": ("lost", "put the file into a ConfigMap, and mount it"),
    "links": ("approximate", "services reach each other by their names"),
    "pull_policy": ("approximate", "Kubernetes pulls a tag that is not `latest` when the node has none"),
    "domainname": ("lost", "pods have names in the cluster's domain"),
    "group_add": ("lost", "add `supplementalGroups` to the pod's security context"),
    "stop_signal": ("approximate", "containers are told to stop by SIGTERM, or by what their image says"),
    "develop": ("approximate", "it is for the developer's machine"),
    "x-aws-role": ("lost", "grant what it allows to the ServiceAccount"),
    "x-aws-policies": ("lost", "grant what they allow to the ServiceAccount"),
    "x-aws-logs_retention": ("lost", "the cluster's log agent keeps logs as it is told"),
}
_OF_DEPLOYS: Mapping[str, _Told] = {
    "restart_policy": ("approximate", "the containers of a service are always started again"),
    "placement": ("lost", "give nodes labels, and the pods a node selector"),
    "rollback_config": ("approximate", "an undone rollout is a rolling update as any other"),
    "endpoint_mode": ("approximate", "a Service has one address for all pods"),
    "labels": ("lost", "put them into the metadata of the workload"),
}
_TOP: Mapping[str, _Told] = {
    "networks": ("approximate", "all pods of the cluster are in one network: keep them apart with NetworkPolicies"),
    "configs": ("lost", "put each file into a ConfigMap"),
    "x-aws-vpc": ("approximate", "pods have addresses of the cluster's network"),
    "x-aws-loadbalancer": ("approximate", "the Ingress controller of the cluster is in its place"),
    "x-aws-cloudformation": ("lost", "it is about resources of AWS"),
}


def _interpolated(value: Any, parameters: Mapping[str, str], path: str) -> Any:
    """Return a value with its variables replaced. Raises PathError for one that has no value."""
    if isinstance(value, dict):
        return {key: _interpolated(one, parameters, below(path, str(key))) for key, one in value.items()}
    if isinstance(value, list):
        return [_interpolated(one, parameters, f"{path}[{at}]") for at, one in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value

    def put(match: re.Match[str]) -> str:
        dollar, braced, operator, other, plain = match.groups()
        if dollar:
            return "$"
        name = braced or plain
        given = parameters.get(name)
        is_there = bool(given) if (operator or "").startswith(":") else given is not None
        if operator and operator.endswith("+"):
            return other if is_there else ""
        if is_there:
            return str(given)
        if operator and operator.endswith("-"):
            return str(_interpolated(other, parameters, path))
        raise PathError(path, f"the variable {name} has no value: give it with --parameter {name}=…")

    return _VARIABLE.sub(put, value)
