"""What containers wrote, through `pods/log`."""

import json
import re
import threading

from tests.contract.pods.watching import STAY, Pods, container

TALK = "for i in 1 2 3 4 5; do echo line $i; done; sleep 0.3; echo oops >&2; "


def _answer(pods: Pods, query: str = "", name: str = "it") -> str:
    """Return a log, or the words of its refusal."""
    answer = pods.client.quietly("GET", f"pods/{name}/log{query}")
    text = answer.content.decode()
    return text if answer.status in (200, 204) else f"{answer.status} {json.loads(text)['message']}"


ENDED = {
    "": "line 1\nline 2\nline 3\nline 4\nline 5\noops\n",
    "?tailLines=2": "line 5\noops\n",
    "?tailLines=0": "",
    "?tailLines=100": "line 1\nline 2\nline 3\nline 4\nline 5\noops\n",
    "?limitBytes=9": "line 1\nli",
    "?limitBytes=9&tailLines=1": "oops\n",
    "?sinceSeconds=1000": "line 1\nline 2\nline 3\nline 4\nline 5\noops\n",
    "?sinceTime=2100-01-01T00:00:00Z": "",
    "?container=main&tailLines=1": "oops\n",
}
BAD = (
    "?tailLines=-1",
    "?limitBytes=0",
    "?sinceSeconds=0",
    "?sinceTime=x",
    "?sinceSeconds=1&sinceTime=2100-01-01T00:00:00Z",
)


def test_of_one_that_has_ended(pods: Pods) -> None:
    pods.make(container(TALK), restartPolicy="Never")
    pods.over()
    assert {query: _answer(pods, query) for query in ENDED} == ENDED
    stamped = _answer(pods, "?timestamps=true").splitlines()[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{9})?(Z|[+-]\d\d:\d\d) line 1", stamped)
    for query in BAD:
        pods.client.note(query, 200, _answer(pods, query))


def test_followed_to_its_end(pods: Pods) -> None:
    pods.make(container(f"{TALK} sleep 2; echo last"), restartPolicy="Never")
    pods.logged("oops")
    assert _answer(pods, "?follow=true&tailLines=1") == "oops\nlast\n"


def test_followed_while_it_is_written(pods: Pods) -> None:
    pods.make(container(f"echo begun; until [ -e /tmp/go ]; do sleep 0.1; done; echo went; {STAY}"))
    pods.logged("begun")
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(_answer_of_another(pods)))
    thread.start()
    pods.delete()
    thread.join(30)
    assert found == ["begun\n"]


def _answer_of_another(pods: Pods) -> str:
    """Follow over a connection of its own."""
    connection = pods.client._connect()
    try:
        headers = {"authorization": pods.client.backend.authorization}
        connection.request("GET", pods.client.path("pods/it/log?follow=true"), headers=headers)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_of_the_run_before(pods: Pods) -> None:
    mount = {"name": "state", "mountPath": "/state"}
    line = f"if [ -e /state/was ]; then echo second; {STAY}; fi; touch /state/was; echo first; exit 1"
    pods.make(container(line, volumeMounts=[mount]), volumes=[{"name": "state", "emptyDir": {}}])
    pods.restarted()
    assert pods.logged("second") == "second\n"
    assert _answer(pods, "?previous=true") == "first\n"


def test_of_nothing_before(pods: Pods) -> None:
    pods.make()
    pods.ready()
    pods.client.note("the log before", 200, _answer(pods, "?previous=true"))


def test_of_one_that_waits(pods: Pods) -> None:
    pods.make({**container(), "image": "kecs.invalid/none:1", "imagePullPolicy": "Never"})
    pods.waiting("ErrImageNeverPull")
    pods.client.note("the log of one that waits", 200, _answer(pods))
    pods.client.note("the log before", 200, _answer(pods, "?previous=true"))


def test_of_one_that_waits_for_the_init_part(pods: Pods) -> None:
    pods.make(container(), initContainers=[container(f"echo init; {STAY}", "first")])
    assert pods.logged("init", container="first") == "init\n"
    pods.client.note("the log of one that waits", 200, _answer(pods))


def test_of_a_container_to_be_chosen(pods: Pods) -> None:
    pods.make(
        container(f"echo one; {STAY}", "one"),
        container(f"echo two; {STAY}", "two"),
        initContainers=[container("echo init", "first")],
    )
    pods.ready()
    assert _answer(pods, "?container=two") == "two\n"
    assert _answer(pods, "?container=first") == "init\n"
    pods.client.note("without a container", 200, _answer(pods))
    pods.client.note("of one that there is not", 200, _answer(pods, "?container=missing"))


def test_without_a_node(pods: Pods) -> None:
    pods.make(container(), nodeSelector={"kecs.test/none": "here"})
    pods.client.note("the log", 200, _answer(pods))


def test_of_a_terminal(pods: Pods) -> None:
    pods.make(container("tty; echo done", tty=True, stdin=True), restartPolicy="Never")
    pods.over()
    assert _answer(pods).splitlines()[-1] == "done"


def test_long_lines_and_bytes_that_are_no_text(pods: Pods) -> None:
    pods.make(container("head -c 40000 /dev/zero | tr '\\0' a; echo; printf '\\377\\n'"), restartPolicy="Never")
    pods.over()
    content = pods.client.quietly("GET", "pods/it/log").content
    assert content == b"a" * 40000 + b"\n\xff\n"
