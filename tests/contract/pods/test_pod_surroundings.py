"""What a container finds around it: variables, names, users, limits, its termination message."""

from typing import Any

from tests.contract.pods.watching import STAY, Pods, container, state

Json = dict[str, Any]


def _says(pods: Pods, line: str, spec: Json | None = None, **members: Any) -> str:
    """Run a pod to its end, and return what it wrote."""
    pods.make(
        container(line, **members),
        restartPolicy="Never",
        metadata={"labels": {"app": "it"}, "annotations": {"note": "yes"}},
        **(spec or {}),
    )
    pods.over()
    return pods.log()


def _field(name: str, path: str) -> Json:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def test_fields_of_the_pod(pods: Pods) -> None:
    env = [
        _field("NAME", "metadata.name"),
        _field("LABEL", "metadata.labels['app']"),
        _field("NONE", "metadata.labels['none']"),
        _field("NOTE", "metadata.annotations['note']"),
        _field("ACCOUNT", "spec.serviceAccountName"),
        _field("IP", "status.podIP"),
        _field("HOST", "status.hostIP"),
    ]
    line = 'echo "$NAME|$LABEL|$NONE|$NOTE|$ACCOUNT"; hostname -i | grep -qw "$IP" && echo mine; echo ${HOST:+host}'
    assert _says(pods, line, env=env) == "it|it||yes|default\nmine\nhost\n"


def test_amounts(pods: Pods) -> None:
    def amount(name: str, resource: str, divisor: str = "1") -> Json:
        return {"name": name, "valueFrom": {"resourceFieldRef": {"resource": resource, "divisor": divisor}}}

    env = [
        amount("A", "limits.memory", "1Mi"),
        amount("B", "requests.memory"),
        amount("C", "limits.cpu", "1m"),
        amount("D", "limits.cpu"),
    ]
    resources = {"limits": {"memory": "64Mi", "cpu": "250m"}, "requests": {"memory": "32Mi"}}
    assert _says(pods, 'echo "$A $B $C $D"', env=env, resources=resources) == "64 33554432 250 1\n"


def test_values_in_values(pods: Pods) -> None:
    env = [
        {"name": "A", "value": "a"},
        {"name": "B", "value": "$(A)b $$(A) $(LATER) $(NONE)"},
        {"name": "LATER", "value": "x"},
        {"name": "A", "value": "again $(A)"},
    ]
    pods.make(
        {
            "name": "main",
            "image": "kecs.local/busybox:1",
            "command": ["sh", "-c", 'echo "$B|$A|$0|$1"', "$(A)", "$$(A)"],
            "env": env,
        },
        restartPolicy="Never",
    )
    pods.over()
    assert pods.log() == "ab $(A) $(LATER) $(NONE)|again a|again a|$(A)\n"


def test_names(pods: Pods) -> None:
    spec = {"hostAliases": [{"ip": "10.1.2.3", "hostnames": ["far", "far.example"]}]}
    line = "hostname; echo $HOSTNAME; grep 10.1.2.3 /etc/hosts | tr -s '\\t ' ' '"
    assert _says(pods, line, spec) == "it\nit\n10.1.2.3 far far.example\n"


def test_a_host_name_of_its_own(pods: Pods) -> None:
    assert _says(pods, "hostname; echo $HOSTNAME", {"hostname": "other"}) == "other\nother\n"


def test_users(pods: Pods) -> None:
    line = 'echo "$(id -u):$(id -g)"'
    wanted: dict[str, tuple[Json, str]] = {
        "image": ({}, "1234:99"),
        "user": ({"runAsUser": 5}, "5:99"),
        "both": ({"runAsUser": 5, "runAsGroup": 6}, "5:6"),
    }
    pods.make(
        *(container(line, name, securityContext=context) for name, (context, _) in wanted.items()),
        securityContext={"runAsUser": 1234, "runAsGroup": 99},
        restartPolicy="Never",
    )
    pods.over()
    assert {name: pods.log(container=name) for name in wanted} == {
        name: f"{ids}\n" for name, (_, ids) in wanted.items()
    }


def test_users_of_a_pod_that_names_none(pods: Pods) -> None:
    line = 'echo "$(id -u):$(id -g)"'
    pods.make(
        container(line, "image"), container(line, "user", securityContext={"runAsUser": 1234}), restartPolicy="Never"
    )
    pods.over()
    assert (pods.log(container="image"), pods.log(container="user")) == ("0:0\n", "1234:0\n")


def test_groups(pods: Pods) -> None:
    spec = {
        "securityContext": {"supplementalGroups": [77], "fsGroup": 88},
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
    mounts = [{"name": "data", "mountPath": "/data"}]
    line = "id -G | tr ' ' '\\n' | sort | grep -c -e '^77$' -e '^88$'; touch /data/x; stat -c '%g %A' /data /data/x"
    found = _says(pods, line, spec, volumeMounts=mounts, securityContext={"runAsUser": 1234})
    assert found == "2\n88 drwxrwsrwx\n88 -rw-r--r--\n"


def test_powers(pods: Pods) -> None:
    context = {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}, "allowPrivilegeEscalation": False}
    line = "grep -e CapEff -e CapBnd -e NoNewPrivs /proc/self/status | tr -s '\\t' ' '"
    found = _says(pods, line, securityContext=context)
    assert found == "CapEff: 0000000000000400\nCapBnd: 0000000000000400\nNoNewPrivs: 1\n"


def test_a_root_that_is_read_only(pods: Pods) -> None:
    context = {"readOnlyRootFilesystem": True}
    assert _says(pods, "touch /x 2>/dev/null || echo no", securityContext=context) == "no\n"


def test_limits(pods: Pods) -> None:
    resources = {"limits": {"memory": "64Mi", "cpu": "500m"}}
    line = (
        "for f in memory/memory.limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us memory.max cpu.max; do "
        "cat /sys/fs/cgroup/$f 2>/dev/null; done"
    )
    pods.make(container(line, resources=resources), restartPolicy="Never")
    pods.over()
    pods.client.note("the limits", 200, pods.log())


def test_one_namespace_for_all_processes(pods: Pods) -> None:
    main = container("sleep 2; ps | grep -c '[s]leep 777'", "main")
    pods.make(main, container("exec sleep 777", "other"), shareProcessNamespace=True)
    assert pods.logged("1", container="main") == "1\n"


def test_its_containers_share_a_network(pods: Pods) -> None:
    serve = f"mkdir /www; echo hello > /www/index.html; httpd -p 8080 -h /www; {STAY}"
    ask = f"until wget -q -O - http://127.0.0.1:8080/ 2>/dev/null; do sleep 0.2; done; {STAY}"
    pods.make(container(serve, "server"), container(ask, "asker"))
    assert pods.logged("hello", container="asker") == "hello\n"


def test_the_start_hook_is_run(pods: Pods) -> None:
    hook = {"postStart": {"exec": {"command": ["sh", "-c", "echo begun > /tmp/begun"]}}}
    line = f"until [ -e /tmp/begun ]; do sleep 0.1; done; echo begun; {STAY}"
    pods.make(container(line, lifecycle=hook))
    assert pods.logged("begun") == "begun\n"
    pods.note(pods.ready())


FALLBACK = {"terminationMessagePolicy": "FallbackToLogsOnError"}
LAST_WORDS: dict[str, tuple[str, Json]] = {
    "failed": ("echo why > /dev/termination-log; exit 3", {}),
    "well": ("echo why > /dev/termination-log; exit 0", {}),
    "silent": ("echo log; exit 3", {}),
    "log": ("echo log; exit 3", FALLBACK),
    "log-well": ("echo log; exit 0", FALLBACK),
    "both": ("echo log; echo why > /dev/termination-log; exit 3", FALLBACK),
    "path": ("echo why > /tmp/why; exit 3", {"terminationMessagePath": "/tmp/why"}),
    "long-log": ("seq 1 100; exit 1", FALLBACK),
    "no-text": ("printf '\\377' > /dev/termination-log", {}),
    "much": ("head -c 4096 /dev/zero | tr '\\0' a > /dev/termination-log", {}),
}


def test_last_words(pods: Pods) -> None:
    pods.make(*(container(line, name, **more) for name, (line, more) in LAST_WORDS.items()), restartPolicy="Never")
    pods.note(pods.over())


def test_long_last_words(pods: Pods) -> None:
    line = "head -c 5000 /dev/zero | tr '\\0' a > /dev/termination-log; echo b >> /dev/termination-log"
    pods.make(container(line), restartPolicy="Never")
    message = state(pods.over())["terminated"]["message"]
    assert (len(message), message[-4:]) == (4096, "aab\n")
