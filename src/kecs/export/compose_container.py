"""One service of a Compose file as a container of a task definition."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from kecs.export.compose_values import as_map, as_text, as_texts, mebibytes, number, seconds
from kecs.export.plan_values import Json, as_object
from kecs.export.problems import PathError
from kecs.export.verdicts import Verdict
from kecs.model.coerce import below

_PORT = re.compile(
    r"(?:(?:(?P<ip>\[[^]]*\]|[\d.]+):)?(?P<host>[\d-]*):)?(?P<target>\d+(?:-\d+)?)(?:/(?P<protocol>\w+))?"
)
_USUAL_MEMORY, _USUAL_TMPFS = 512, 64  # MiB
_CHECKS = {  # of a health check: ECS's name, least and greatest number
    "interval": ("interval", 5, 300),
    "timeout": ("timeout", 2, 60),
    "start_period": ("startPeriod", 0, 300),
}
_DRIVERS = ("awslogs", "fluentd", "gelf", "journald", "json-file", "splunk", "syslog", "awsfirelens")
_HTTP_PORTS, _HTTP = (80, 443), ("http", "https", "http2", "grpc")
# Members whose values ECS takes as they are.
_PLAIN = {
    "user": "user",
    "working_dir": "workingDirectory",
    "hostname": "hostname",
    "privileged": "privileged",
    "read_only": "readonlyRootFilesystem",
    "tty": "pseudoTerminal",
    "stdin_open": "interactive",
}
_LISTS = {"dns": "dnsServers", "dns_search": "dnsSearchDomains", "security_opt": "dockerSecurityOptions"}
KNOWN = frozenset(
    (
        *_PLAIN,
        *_LISTS,
        *("image", "command", "entrypoint", "environment", "ports", "expose", "volumes", "tmpfs", "healthcheck"),
        *("secrets", "labels", "extra_hosts", "cap_add", "cap_drop", "init", "shm_size", "ulimits", "sysctls"),
        *("stop_grace_period", "logging", "devices", "mem_limit", "mem_reservation", "cpus", "x-aws-pull_credentials"),
        *("x-aws-min_percent", "x-aws-max_percent", "x-aws-autoscaling", "x-aws-protocol"),
    )
)


class Remark(msgspec.Struct, frozen=True):
    """What became of something at a path of the file that no member of ECS tells of."""

    path: str
    verdict: Verdict
    reason: str


class Composed(msgspec.Struct):
    """What the making of a task gathers: where members come from, remarks, volumes by name, published ports."""

    places: dict[str, str] = {}
    remarks: list[Remark] = []
    volumes: dict[str, Json] = {}
    published: dict[str, list[int]] = {}

    def say(self, path: str, verdict: Verdict, reason: str) -> None:
        """Keep a remark."""
        self.remarks.append(Remark(path, verdict, reason))


class Source(msgspec.Struct, frozen=True):
    """A service of a Compose file, where it stands, and the whole file."""

    value: Json
    path: str
    whole: Json


def named(service: str) -> str:
    """Return the name of a service's container, which ECS spells with letters, digits, dashes and underscores."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", service)


def container(name: str, source: Source, prefix: str, made: Composed) -> Json:
    """Return the container; `prefix` is its path in the task definition."""
    value = source.value
    body: Json = {"name": named(name), "image": value.get("image") or _built(name, source)}
    for members in (_plain(value), _program(source), _variables(source, made), _resources(source, made)):
        for key, (member, inner) in members.items():
            body[member] = inner
            made.places[f"{prefix}.{member}"] = below(source.path, key)
    made.places[f"{prefix}.image"] = below(source.path, "image")
    ports = _ports(name, source, made)
    if ports:
        body["portMappings"] = ports
        made.places[f"{prefix}.portMappings"] = below(source.path, "ports" if value.get("ports") else "expose")
    mounts = _mounts(source, made)
    if mounts:
        body["mountPoints"] = mounts
        made.places[f"{prefix}.mountPoints"] = below(source.path, "volumes")
    check = _health(source, made)
    if check:
        body["healthCheck"] = check
        made.places[f"{prefix}.healthCheck"] = below(source.path, "healthcheck")
    linux = _linux(source, made)
    if linux:
        body["linuxParameters"] = linux
    _logging(source, body, made)
    return body


def _built(name: str, source: Source) -> str:
    return f"{source.whole.get('name') or 'app'}-{name}"


def _plain(value: Json) -> dict[str, tuple[str, Any]]:
    found = {key: (member, value[key]) for key, member in _PLAIN.items() if value.get(key) not in (None, "")}
    found |= {key: (member, as_texts(value[key])) for key, member in _LISTS.items() if value.get(key)}
    if value.get("labels"):
        found["labels"] = ("dockerLabels", as_map(value["labels"]))
    if value.get("extra_hosts"):
        hosts = as_map(value["extra_hosts"], separators="=:")
        entries = [{"hostname": host, "ipAddress": address} for host, address in hosts.items()]
        found["extra_hosts"] = ("extraHosts", entries)
    if value.get("ulimits"):
        limits = [
            {
                "name": name,
                "softLimit": one.get("soft") if isinstance(one, dict) else one,
                "hardLimit": one.get("hard") if isinstance(one, dict) else one,
            }
            for name, one in value["ulimits"].items()
        ]
        found["ulimits"] = ("ulimits", limits)
    if value.get("sysctls"):
        controls = [{"namespace": name, "value": one} for name, one in as_map(value["sysctls"]).items()]
        found["sysctls"] = ("systemControls", controls)
    if value.get("x-aws-pull_credentials"):
        parameter = {"credentialsParameter": value["x-aws-pull_credentials"]}
        found["x-aws-pull_credentials"] = ("repositoryCredentials", parameter)
    return found


def _program(source: Source) -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    value = source.value
    for key, member in (("entrypoint", "entryPoint"), ("command", "command")):
        given = value.get(key)
        if given:
            found[key] = (member, _words(given, below(source.path, key)))
    if value.get("stop_grace_period"):
        path = below(source.path, "stop_grace_period")
        found["stop_grace_period"] = ("stopTimeout", round(seconds(value["stop_grace_period"], path)))
    return found


def _words(given: Any, path: str) -> list[str]:
    try:
        return shlex.split(given) if isinstance(given, str) else as_texts(given)
    except ValueError:
        raise PathError(path, "a quotation is not closed") from None


def _variables(source: Source, made: Composed) -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    variables = []
    given = source.value.get("environment") or {}
    pairs = given.items() if isinstance(given, dict) else (str(one).partition("=")[::2] for one in given)
    missing = [str(one) for one in given if isinstance(given, list) and "=" not in str(one)]
    for key, value in pairs:
        if value is None or key in missing:
            reason = f"its value is of the shell that starts Compose: put {key} into the ConfigMap"
            made.say(below(source.path, "environment"), "lost", reason)
        else:
            variables.append({"name": str(key), "value": as_text(value)})
    if variables:
        found["environment"] = ("environment", variables)
    secrets = []
    for one in source.value.get("secrets") or ():
        name = str(one.get("source") if isinstance(one, dict) else one)
        declared = as_object(as_object(source.whole.get("secrets")).get(name))
        variable = re.sub(r"\W", "_", name).upper()
        secrets.append({"name": variable, "valueFrom": str(declared.get("name") or name)})
        reason = f"it is the variable {variable}: mount the Secret where the program reads /run/secrets/{name}"
        made.say(below(source.path, "secrets"), "approximate", reason)
    if secrets:
        found["secrets"] = ("secrets", secrets)
    return found


def _resources(source: Source, made: Composed) -> dict[str, tuple[str, Any]]:
    value = source.value
    resources = as_object(as_object(value.get("deploy")).get("resources"))
    limits, reserved = as_object(resources.get("limits")), as_object(resources.get("reservations"))
    of_limits, of_reserved = "deploy.resources.limits", "deploy.resources.reservations"
    found: dict[str, tuple[str, Any]] = {}
    for key, size, member in (
        (f"{of_limits}.memory", limits.get("memory"), "memory"),
        ("mem_limit", value.get("mem_limit"), "memory"),
        (f"{of_reserved}.memory", reserved.get("memory"), "memoryReservation"),
        ("mem_reservation", value.get("mem_reservation"), "memoryReservation"),
    ):
        if size and member not in [one for one, _ in found.values()]:
            found[key] = (member, mebibytes(size, below(source.path, key)))
    if not found:
        found[f"{of_reserved}.memory"] = ("memoryReservation", _USUAL_MEMORY)
        reason = f"it names no memory, and ECS wants to know: {_USUAL_MEMORY} MiB are asked for"
        made.say(source.path, "approximate", reason)
    cpus = reserved.get("cpus") or limits.get("cpus") or value.get("cpus")
    if cpus:
        path = below(source.path, f"{of_reserved}.cpus")
        found[f"{of_reserved}.cpus"] = ("cpu", round(number(cpus, path) * 1024))
    if limits.get("cpus") or value.get("cpus"):
        made.say(source.path, "approximate", "CPU is a request, without a limit: add one if others suffer")
    for device in reserved.get("devices") or ():
        if "gpu" in as_texts(as_object(device).get("capabilities") or []):
            count = {"value": str(device.get("count", 1)), "type": "GPU"}
            found["deploy.resources.reservations.devices"] = ("resourceRequirements", [count])
    return found


def _ports(name: str, source: Source, made: Composed) -> list[Json]:
    found: dict[tuple[int, str], Json] = {}
    for at, one in enumerate(source.value.get("ports") or ()):
        path = f"{below(source.path, 'ports')}[{at}]"
        for target, protocol, member, host in _mapping(one, path, made):
            mapping = {"containerPort": target, "protocol": protocol}
            if member:
                mapping["appProtocol"] = {"https": "http", "http2": "http2", "grpc": "grpc"}.get(member, "http")
            found[target, protocol] = mapping
            if host == "local":
                continue
            if target in _HTTP_PORTS or member:
                made.published.setdefault(name, []).append(target)
            else:
                reason = "a port of the Service in the cluster: `type: LoadBalancer` lets others reach it"
                made.say(path, "approximate", reason)
    for one in source.value.get("expose") or ():
        match = _PORT.fullmatch(str(one))
        for target in _span(match["target"]) if match else ():
            protocol = (match["protocol"] if match else "") or "tcp"
            found.setdefault((target, protocol), {"containerPort": target, "protocol": protocol})
    return list(found.values())


def _mapping(one: Any, path: str, made: Composed) -> Iterator[tuple[int, str, str, str]]:
    """Yield the ports of an entry: target, protocol, HTTP's kind if it is some, and whether they are local."""
    if isinstance(one, dict):
        member = str(one.get("x-aws-protocol") or one.get("app_protocol") or "")
        local = "local" if str(one.get("host_ip") or "").startswith("127.") or not one.get("published") else ""
        for target in _span(str(one.get("target") or "")):
            yield target, str(one.get("protocol") or "tcp"), member if member in _HTTP else "", local
        return
    match = _PORT.fullmatch(str(one))
    if not match:
        made.say(path, "lost", "it is no port")
        return
    local = "local" if (match["ip"] or "").startswith(("127.", "[::1")) or match["host"] is None else ""
    for target in _span(match["target"]):
        yield target, match["protocol"] or "tcp", "", local


def _span(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1)) if first.isdecimal() else []


def _mounts(source: Source, made: Composed) -> list[Json]:
    mounts = []
    for at, one in enumerate(source.value.get("volumes") or ()):
        path = f"{below(source.path, 'volumes')}[{at}]"
        kind, origin, target, read_only = _volume(one)
        if kind == "tmpfs" or not target:
            continue  # `_linux` has the first
        name = _volume_of(kind, origin, path, source, made)
        mounts.append({"sourceVolume": name, "containerPath": target, **({"readOnly": True} if read_only else {})})
    return mounts


def _volume(one: Any) -> tuple[str, str, str, bool]:
    """Return an entry's kind, source, target, and whether it is read only."""
    if isinstance(one, dict):
        kind, origin = str(one.get("type") or "volume"), str(one.get("source") or "")
        return kind, origin, str(one.get("target") or ""), one.get("read_only") is True
    parts = str(one).split(":")
    if len(parts) == 1:
        return "volume", "", parts[0], False
    kind = "bind" if parts[0].startswith((".", "/", "~")) else "volume"
    return kind, parts[0], parts[1], len(parts) > 2 and "ro" in parts[2].split(",")


def _volume_of(kind: str, origin: str, path: str, source: Source, made: Composed) -> str:
    """Return the name of the volume of a mount, which is made if it is not there."""
    if kind == "bind" or not origin:
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", origin).strip("-") or f"scratch-{len(made.volumes)}"
        if origin.startswith("/"):
            made.volumes[name] = {"name": name, "host": {"sourcePath": origin}}
        else:
            made.volumes[name] = {"name": name}
            if origin:
                reason = f"{origin} is on the machine of whoever runs Compose: put it into the image, or a ConfigMap"
                made.say(path, "lost", reason)
        return name
    declared = as_object(as_object(source.whole.get("volumes")).get(origin))
    name = re.sub(r"[^A-Za-z0-9_-]", "-", origin)
    ident = str(declared.get("name") or "")
    if ident.startswith("fs-"):
        made.volumes[name] = {"name": name, "efsVolumeConfiguration": {"fileSystemId": ident}}
    else:
        made.volumes[name] = {"name": name, "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True}}
        if declared.get("driver") not in (None, "local") or declared.get("driver_opts"):
            made.say(f"volumes.{origin}", "lost", "the volume is a directory of the node: its driver is not asked")
    return name


def _health(source: Source, made: Composed) -> Json | None:
    given = as_object(source.value.get("healthcheck"))
    test = given.get("test")
    if not test or given.get("disable") is True or test == ["NONE"]:
        return None
    check: Json = {"command": ["CMD-SHELL", test] if isinstance(test, str) else [str(one) for one in test]}
    for key, (member, least, most) in _CHECKS.items():
        if key in given:
            wanted = round(seconds(given[key], below(source.path, f"healthcheck.{key}")))
            check[member] = min(max(wanted, least), most)
            if check[member] != wanted:
                reason = f"ECS takes {least} to {most} seconds: {check[member]}"
                made.say(below(source.path, f"healthcheck.{key}"), "approximate", reason)
    if "retries" in given:
        wanted = round(number(given["retries"], below(source.path, "healthcheck.retries")))
        check["retries"] = min(max(wanted, 1), 10)
    return check


def _linux(source: Source, made: Composed) -> Json:
    value = source.value
    linux: Json = {}
    capabilities = {name: as_texts(value[f"cap_{name}"]) for name in ("add", "drop") if value.get(f"cap_{name}")}
    if capabilities:
        linux["capabilities"] = capabilities
    if value.get("init") is True:
        linux["initProcessEnabled"] = True
    if value.get("shm_size"):
        linux["sharedMemorySize"] = mebibytes(value["shm_size"], below(source.path, "shm_size"))
    if value.get("devices"):
        paths = [str(one).split(":") for one in value["devices"] if isinstance(one, str)]
        linux["devices"] = [{"hostPath": one[0], "containerPath": one[-1] if len(one) < 3 else one[1]} for one in paths]
    tmpfs: list[tuple[str, Any, str]] = []
    for one in as_texts(value.get("tmpfs") or []):
        target, _, options = one.partition(":")
        given = next((word[5:] for word in options.split(",") if word.startswith("size=")), "")
        tmpfs.append((target, given, "tmpfs"))
    tmpfs += [
        (str(entry.get("target") or ""), as_object(entry.get("tmpfs")).get("size"), "volumes")
        for entry in map(as_object, value.get("volumes") or ())
        if entry.get("type") == "tmpfs"
    ]
    if tmpfs:
        linux["tmpfs"] = [
            {
                "containerPath": target,
                "size": mebibytes(size, below(source.path, key)) if size else _USUAL_TMPFS,
            }
            for target, size, key in tmpfs
        ]
    return linux


def _logging(source: Source, body: Json, made: Composed) -> None:
    logging = as_object(source.value.get("logging"))
    driver = logging.get("driver") or ("json-file" if logging else "")
    if driver in _DRIVERS:
        body["logConfiguration"] = {"logDriver": driver, "options": as_map(logging.get("options") or {})}
    elif driver:
        made.say(below(source.path, "logging"), "approximate", "containers' output is on the node: `kubectl logs`")
