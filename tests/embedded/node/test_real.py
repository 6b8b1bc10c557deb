"""What only real containers show: files, users, limits, networks, signals."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from kecs.embedded.node.docker import DockerEngine
from kecs.embedded.node.engine import EngineEvent, EngineGone
from kecs.kube.api import Json
from kecs.kube.resources import CONFIG_MAPS, SECRETS
from tests.embedded.node.cluster import NAMESPACE, RUN, Cluster, container, state, until


async def config(cluster: Cluster, name: str, data: dict[str, str]) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    await cluster.api.create(CONFIG_MAPS, NAMESPACE, body, manager="test")


async def secret(cluster: Cluster, name: str, data: dict[str, str]) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encoded}
    await cluster.api.create(SECRETS, NAMESPACE, body, manager="test")


async def says(cluster: Cluster, name: str, *containers: Json, **spec: Any) -> str:
    """Run a pod to its end and return what its first container wrote."""
    await cluster.pod(name, *containers, restartPolicy="Never", **spec)
    pod = await cluster.phase(name, "Succeeded", "Failed")
    log = await cluster.log(name, container=containers[0]["name"])
    assert pod["status"]["phase"] == "Succeeded", (log, pod["status"])
    return log


async def test_environment(real: Cluster) -> None:
    await config(real, "settings", {"COLOUR": "green", "SIZE": "4"})
    await secret(real, "keys", {"token": "s3cret"})
    env = [
        {"name": "GREETING", "value": "hello $(COLOUR) $$(COLOUR) $(NONE)"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
    ]
    main = container(
        'echo "$GREETING|$TOKEN|$POD|$MEMORY|$SIZE|$HOSTNAME|$(hostname)"; hostname -i | grep -q "$IP" && echo "mine"',
        env=env,
        envFrom=[{"configMapRef": {"name": "settings"}}],
        resources={"limits": {"memory": "64Mi"}},
    )
    log = await says(real, "vars", main)
    assert log == "hello green $(COLOUR) $(NONE)|s3cret|vars|64|4|vars|vars\nmine\n"


async def test_volumes(real: Cluster) -> None:
    await config(real, "page", {"index.html": "hello", "other": "no"})
    await secret(real, "keys", {"token": "s3cret"})
    volumes = [
        {"name": "scratch", "emptyDir": {}},
        {"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "page", "configMap": {"name": "page", "items": [{"key": "index.html", "path": "a/b.html"}]}},
        {"name": "keys", "secret": {"secretName": "keys", "defaultMode": 0o440}},
        {"name": "facts", "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ]
    mounts = [
        {"name": "scratch", "mountPath": "/scratch"},
        {"name": "memory", "mountPath": "/memory"},
        {"name": "page", "mountPath": "/page"},
        {"name": "keys", "mountPath": "/keys", "readOnly": True},
        {"name": "facts", "mountPath": "/facts"},
        {"name": "page", "mountPath": "/one.html", "subPath": "a/b.html"},
    ]
    first = container(
        "echo from-init > /scratch/file; echo kept > /memory/file; id -u",
        "write",
        volumeMounts=mounts[:2],
        securityContext={"runAsUser": 1234},
    )
    main = container(
        "cat /scratch/file /memory/file /page/a/b.html /one.html /keys/token; echo; cat /facts/labels; echo;"
        " ls /page; stat -c %a /keys/token; touch /page/x 2>/dev/null || echo read-only;"
        " dd if=/dev/zero of=/memory/big bs=1M count=2 2>/dev/null || echo full; df /memory | grep -c tmpfs",
        volumeMounts=mounts,
    )
    log = await says(
        real, "files", main, initContainers=[first], volumes=volumes, metadata={"labels": {"app": "files", "tier": "x"}}
    )
    assert log.splitlines() == [
        "from-init",
        "kept",
        "hellohellos3cret",
        'app="files"',
        'tier="x"',
        "a",
        "440",
        "read-only",
        "full",
        "1",
    ]
    assert await real.log("files", container="write") == "1234\n"
    await real.delete("files")
    await real.gone("files")
    await until(lambda: _true(not list((real.directory / "pods").iterdir())), "the end of the files")
    owner = (real.directory / "id").read_text().strip()
    await until(lambda: _none(real.containers.volumes(owner)), "the end of the volumes")


async def _none(found: Any) -> bool:
    return not await found


async def test_a_volume_that_cannot_be_made(real: Cluster) -> None:
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    await real.pod("claims", container(RUN, volumeMounts=[{"name": "data", "mountPath": "/data"}]), volumes=[claim])
    message = await real.event("claims", "FailedMount")
    assert message.startswith('MountVolume.SetUp failed for volume "data" : ')
    await real.waiting("claims", "ContainerCreating")


async def test_host_paths_and_their_types(real: Cluster) -> None:
    there = real.directory / "there"
    there.mkdir()
    (there / "file").write_text("from the machine\n")
    volume = {"name": "host", "hostPath": {"path": str(there), "type": "Directory"}}
    mount = {"name": "host", "mountPath": "/host"}
    log = await says(
        real, "host", container("cat /host/file; echo back > /host/answer", volumeMounts=[mount]), volumes=[volume]
    )
    assert log == "from the machine\n"
    assert (there / "answer").read_text() == "back\n"
    volume["hostPath"] = {"path": str(there / "none"), "type": "File"}
    await real.pod("absent", container(RUN, volumeMounts=[mount]), volumes=[volume])
    assert "hostPath type check failed" in await real.event("absent", "FailedMount")


async def test_users_capabilities_and_root(real: Cluster) -> None:
    context = {
        "runAsUser": 1000,
        "runAsGroup": 2000,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "allowPrivilegeEscalation": False,
    }
    line = "id -u; id -g; id -G; touch /x 2>&1; grep -E 'CapEff|NoNewPrivs' /proc/self/status; pwd"
    main = container(line, securityContext=context, workingDir="/tmp")
    log = await says(real, "who", main, securityContext={"supplementalGroups": [3000]})
    assert log.splitlines()[:2] == ["1000", "2000"]
    assert "3000" in log.splitlines()[2].split()
    assert "Read-only file system" in log
    assert "CapEff:\t0000000000000000" in log
    assert "NoNewPrivs:\t1" in log
    assert log.endswith("/tmp\n")
    root = container(RUN, securityContext={"runAsNonRoot": True})
    await real.pod("root", root)
    waiting = await real.waiting("root", "CreateContainerConfigError")
    assert waiting["message"].startswith("container has runAsNonRoot and image will run as root (pod: ")


async def test_a_pod_shares_its_network_and_pods_reach_each_other(real: Cluster) -> None:
    server = container("mkdir /www; echo page > /www/index.html; httpd -f -p 8080 -h /www", "server")
    await real.pod("web", server, container(RUN, "beside"))
    pod = await real.phase("web", "Running")
    beside = ["sh", "-c", "until wget -qO- http://127.0.0.1:8080/; do sleep 0.1; done"]
    result = await real.api.exec(NAMESPACE, "web", beside, container="beside")
    assert (result.exit_code, result.output.decode()[-5:]) == (0, "page\n")
    log = await says(real, "client", container(f"wget -qO- http://{pod['status']['podIP']}:8080/"))
    assert log == "page\n"


async def test_host_ports_aliases_and_dns(real: Cluster) -> None:
    ports = [{"containerPort": 8080, "hostPort": 28433, "protocol": "TCP"}]
    server = container("cat /etc/hosts /etc/resolv.conf; httpd -f -p 8080 -h /etc", ports=ports)
    dns = {"nameservers": ["192.0.2.53"], "searches": ["example.test"], "options": [{"name": "ndots", "value": "3"}]}
    aliases = [{"ip": "127.0.0.1", "hostnames": ["database", "cache"]}]
    await real.pod("named", server, hostAliases=aliases, dnsPolicy="None", dnsConfig=dns, hostname="frontend")
    await real.phase("named", "Running")
    log = await real.logged("named", "ndots:3")
    assert "nameserver 192.0.2.53" in log
    assert "search example.test" in log
    assert "database" in log
    assert "cache" in log
    assert "frontend" in log

    async def answers() -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", 28433)
        except OSError:
            return False
        writer.write(b"GET /hosts HTTP/1.0\r\n\r\n")
        found = await reader.read()
        writer.close()
        return b"200 OK" in found

    await until(answers, "an answer on the host port")


async def test_host_network(real: Cluster) -> None:
    await real.pod("close", container(RUN), hostNetwork=True)
    status = (await real.phase("close", "Running"))["status"]
    assert status["podIP"] == status["hostIP"]


async def test_memory_limits_kill(real: Cluster) -> None:
    hog = container("x=a; while true; do x=$x$x; done", resources={"limits": {"memory": "24Mi", "cpu": "500m"}})
    await real.pod("hog", hog, restartPolicy="Never")
    pod = await real.phase("hog", "Failed")
    ended = state(pod["status"])["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


async def test_a_container_killed_from_outside(real: Cluster) -> None:
    await real.pod("victim", container(RUN), restartPolicy="Never")
    status = (await real.phase("victim", "Running"))["status"]
    await real.containers.kill(status["containerStatuses"][0]["containerID"].partition("://")[2])
    ended = state((await real.phase("victim", "Failed"))["status"])["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "Error")


async def test_a_container_removed_from_outside(real: Cluster) -> None:
    await real.pod("stolen", container(RUN), restartPolicy="Never")
    status = (await real.phase("stolen", "Running"))["status"]
    await real.containers.remove(status["containerStatuses"][0]["containerID"].partition("://")[2])
    ended = state((await real.phase("stolen", "Failed"))["status"])["terminated"]
    assert ended["exitCode"] == 137


async def test_a_sandbox_that_dies_is_made_again(real: Cluster) -> None:
    await real.pod("moved", container(RUN))
    status = (await real.phase("moved", "Running"))["status"]
    found = await real.containers_of("moved")
    sandbox = next(each for each in found if each.labels["io.kubernetes.container.name"] == "POD")
    await real.containers.kill(sandbox.id)
    fresh = await real.status("moved", lambda status: status["containerStatuses"][0]["restartCount"] == 1)
    assert state(await real.status("moved", lambda status: "running" in state(status)))
    assert fresh["podIP"]
    assert status["podIP"]
    await real.delete("moved")
    await real.gone("moved")


async def test_a_warm_sandbox_that_is_gone_is_no_obstacle(real: Cluster) -> None:
    await real.stop_node()
    real.settings = replace(real.settings, warm_sandboxes=1)
    await real.start_node()
    await until(lambda: _true(real.node.warm == 1), "a warm sandbox")
    owner = (real.directory / "id").read_text().strip()
    (warm,) = await real.containers.list(owner)
    await real.containers.remove(warm.id)  # the event of its end may come after the pod has taken it
    await real.pod("hasty")
    await real.phase("hasty", "Running")


async def test_an_engine_that_ends_its_stream_is_not_gone(real: Cluster) -> None:
    """Podman does so when it rotates its log of events; warm sandboxes and pods stay as they are."""

    await real.stop_node()
    real.settings = replace(real.settings, warm_sandboxes=1)
    events, streams = real.containers.events, 0

    async def cut_short(owner: str) -> AsyncGenerator[EngineEvent | None, None]:
        nonlocal streams
        streams += 1
        async for event in events(owner):
            yield event
            if event is not None and event.action == "exit" and streams == 1:
                raise EngineGone("the stream ended")

    real.containers.events = cut_short  # type: ignore[method-assign]
    await real.start_node()
    await until(lambda: _true(real.node.warm == 1), "a warm sandbox")
    await real.pod("first", container("exit 0"), restartPolicy="Never")
    await real.phase("first", "Succeeded")
    await until(lambda: _true(streams == 2), "another stream")
    assert (await real.node_condition())["status"] == "True"
    await real.pod("second")
    await real.phase("second", "Running")


async def test_a_command_that_is_not_there(real: Cluster) -> None:
    await real.pod("typo", container(["/no/such/program"]), restartPolicy="Never")
    ended = state((await real.phase("typo", "Failed"))["status"])["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert "/no/such/program" in ended["message"]


async def test_logs(real: Cluster) -> None:
    await real.pod(
        "talks", container("for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2; sleep 1; echo last; exit 1")
    )
    await real.phase("talks", "Running")
    await real.logged("talks", "oops")
    assert await real.log("talks", tail_lines=2) == "line 5\noops\n"
    assert (await real.log("talks", limit_bytes=9)) == "line 1\nli"
    assert (await real.log("talks", follow=True)).endswith("oops\nlast\n")
    stamped = await real.log("talks", timestamps=True)
    assert stamped.splitlines()[0].endswith(" line 1")
    await real.status("talks", lambda status: status["containerStatuses"][0]["restartCount"] >= 1)
    assert (await real.log("talks", previous=True)).endswith("last\n")
    assert await real.log("talks", since_seconds=1000)


async def test_a_terminal(real: Cluster) -> None:
    await real.pod("tty", container("tty; echo done", tty=True, stdin=True), restartPolicy="Never")
    await real.phase("tty", "Succeeded")
    assert (await real.log("tty")).splitlines()[-1] == "done"


async def test_hooks(real: Cluster) -> None:
    hooks = {
        "postStart": {"exec": {"command": ["sh", "-c", "echo begun > /tmp/begun"]}},
        "preStop": {"exec": {"command": ["sh", "-c", "echo stopping > /proc/1/fd/1; sleep 0.2"]}},
    }
    line = "trap 'echo bye; exit 0' TERM; until [ -e /tmp/begun ]; do sleep 0.1; done; echo ready; sleep 1000 & wait"
    await real.pod("hooked", container(line, lifecycle=hooks), metadata={"finalizers": ["example.com/hold"]})
    await real.phase("hooked", "Running")
    await real.logged("hooked", "ready")
    await real.delete("hooked", grace_seconds=10)
    await real.phase("hooked", "Succeeded")
    assert await real.log("hooked") == "ready\nstopping\nbye\n"


async def test_probes(real: Cluster) -> None:
    quick = {"periodSeconds": 1, "failureThreshold": 1}
    probes: Json = {
        "startupProbe": {"exec": {"command": ["test", "-e", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 30},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "web"}, **quick},
        "livenessProbe": {"tcpSocket": {"port": 8080}, **quick},
    }
    line = "mkdir /www; httpd -p 8080 -h /www; sleep 0.5; touch /tmp/up; sleep 1000"
    main = container(line, ports=[{"containerPort": 8080, "name": "web"}], **probes)
    await real.pod("probed", main)
    await real.phase("probed", "Running")
    status = await real.status("probed", lambda status: status["containerStatuses"][0]["started"])
    assert not status["containerStatuses"][0]["ready"]
    await real.event("probed", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404")
    await real.api.exec(NAMESPACE, "probed", ["sh", "-c", "echo ok > /www/ready"])
    await real.status("probed", lambda status: status["containerStatuses"][0]["ready"])
    await real.api.exec(NAMESPACE, "probed", ["killall", "httpd"])
    await real.status("probed", lambda status: status["containerStatuses"][0]["restartCount"] == 1)


async def test_warm_sandboxes_are_taken_and_go_with_the_node(real: Cluster) -> None:
    await real.stop_node()
    real.settings = replace(real.settings, warm_sandboxes=1)
    await real.start_node()
    assert isinstance(real.containers, DockerEngine)
    owner = (real.directory / "id").read_text().strip()

    async def warm() -> list[str]:
        return [each.id for each in await real.containers.list(owner) if "kecs.io/warm" in each.labels]

    (ready,) = await until(warm, "a warm sandbox")
    await until(lambda: _true(real.node.warm == 1), "the pool")
    await real.pod("quick", container("hostname; sleep 1000"))
    await real.phase("quick", "Running")
    (main,) = await real.containers_of("quick")
    assert main.labels["io.kubernetes.sandbox.id"] == ready
    await until(lambda: _true(real.node.warm == 1), "another one")
    await real.stop_node()
    assert await warm() == [ready]
    await real.start_node()
    await until(lambda: _true(real.node.warm == 1), "another one")
    assert (await real.phase("quick", "Running"))["status"]["containerStatuses"][0]["restartCount"] == 0
    assert ready in await warm()
    await real.delete("quick")
    await real.gone("quick")
    await until(lambda: _gone(real, ready), "the end of the sandbox")


async def _true(value: bool) -> bool:
    return value


async def _gone(cluster: Cluster, sandbox: str) -> bool:
    owner = (cluster.directory / "id").read_text().strip()
    return sandbox not in [each.id for each in await cluster.containers.list(owner)]


async def test_termination_messages_at_other_places(real: Cluster) -> None:
    long = container(
        "head -c 5000 /dev/zero | tr '\\0' a > /tmp/why; id -u >> /tmp/why",
        terminationMessagePath="/tmp/why",
        securityContext={"runAsUser": 1234, "readOnlyRootFilesystem": True},
    )
    await real.pod("long", long, restartPolicy="Never")
    pod = await real.phase("long", "Succeeded", "Failed")
    message = state(pod["status"])["terminated"]["message"]
    assert (len(message), message[-6:]) == (4096, "a1234\n")
    (directory,) = (real.directory / "pods").iterdir()
    assert [each.name for each in (directory / "containers").iterdir()] == ["main-0"]
    await real.delete("long")
    await real.gone("long")
    await until(lambda: _true(not directory.exists()), "the end of the file")


async def test_parts_of_a_volume(real: Cluster) -> None:
    volume = {"name": "data", "emptyDir": {}}
    env = [{"name": "PART", "value": "b/c"}]
    mounts = [
        {"name": "data", "mountPath": "/a", "subPath": "a"},
        {"name": "data", "mountPath": "/c", "subPathExpr": "$(PART)"},
        {"name": "data", "mountPath": "/all"},
    ]
    main = container("echo 1 > /a/x; echo 2 > /c/y; cat /all/a/x /all/b/c/y", env=env, volumeMounts=mounts)
    assert await says(real, "parts", main, volumes=[volume]) == "1\n2\n"


async def test_a_part_of_a_volume_does_not_lead_out_of_it(real: Cluster) -> None:
    volume = {"name": "data", "emptyDir": {}}
    first = container("ln -s /etc /data/out", "link", volumeMounts=[{"name": "data", "mountPath": "/data"}])
    main = container("cat /data/hostname", volumeMounts=[{"name": "data", "mountPath": "/data", "subPath": "out"}])
    await real.pod("sly", main, initContainers=[first], volumes=[volume])
    waiting = await real.waiting("sly", "CreateContainerConfigError")
    assert waiting["message"] == "subPath data/out leads out of its volume"
