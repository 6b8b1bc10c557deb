"""`python -m bench.pods PODS EVENTS`: an API server that has so many pods, and tells every watcher of so many changes.

The pods are as a real API server sends those of services run by kecs (`pod.json` was read from one: an application with
some settings and a health check, and a small container beside it), managed fields included. It serves lists in pages
and watches, which stay open after the last change.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

LISTED_AT = 1_000_000  # the resource version of lists; the events have those that follow
_PER_SERVICE = 100
_MARKS = ("@service@", "@number@", "@set@", "@version@", "@address@", "@restarts@")


def _template() -> bytes:
    """Return a pod as JSON, with marks where pods differ."""
    whole: dict[str, Any] = json.loads((Path(__file__).parent / "pod.json").read_text())
    metadata, spec, status = whole["metadata"], whole["spec"], whole["status"]
    deployment = "ecs-svc/896449148@set@"
    task = json.loads(metadata["annotations"]["kecs.io/task"])
    task.update(group="service:@service@", definition="@service@:1", startedBy=deployment)
    metadata.update(
        name="@service@-7d6fc7b6fb-@number@",
        generateName="@service@-7d6fc7b6fb-",
        uid="f8359bef-46c5-4fda-afdd-@number@",
        resourceVersion="@version@",
        labels={**metadata["labels"], "kecs.io/service": "@service@", "kecs.io/family": "@service@"},
        annotations={"kecs.io/deployment-id": deployment, "kecs.io/task": json.dumps(task, separators=(",", ":"))},
    )
    metadata["ownerReferences"][0].update(name="@service@-7d6fc7b6fb", uid="58de4e6d-c328-4155-9a90-@set@")
    spec["nodeName"] = "node-@restarts@"
    status.update(podIP="@address@", podIPs=[{"ip": "@address@"}])
    for at, container in enumerate(status["containerStatuses"]):
        container.update(containerID=f"containerd://{at:052}@number@", restartCount="@restarts@")
    return json.dumps(whole, separators=(",", ":")).replace('"@restarts@"', "@restarts@").encode()


_TEMPLATE = _template()


def pod(number: int, version: int) -> bytes:
    """Return one pod as JSON."""
    made, service = _TEMPLATE, number // _PER_SERVICE
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    values = (f"service-{service}", f"{number:012}", f"{service:012}", str(version), address, str(version % 100))
    for mark, value in zip(_MARKS, values, strict=True):
        made = made.replace(mark.encode(), value.encode())
    return made


def events(pods: int, count: int) -> Iterator[bytes]:
    """Yield watch events, one line each: every pod in turn, again and again."""
    for at in range(count):
        whole = b'{"kind":"Pod","apiVersion":"v1",' + pod(at % pods, LISTED_AT + 1 + at)[1:]
        yield b'{"type":"MODIFIED","object":%b}\n' % whole


class Server:
    """Answers lists and watches of pods, on plain connections."""

    def __init__(self, pods: int, count: int) -> None:
        self._pods = [pod(number, LISTED_AT - pods + number) for number in range(pods)]
        self._events = list(events(pods, count))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                query = parse_qs(urlsplit(head.split(b" ", 2)[1].decode()).query)
                if "watch" in query:
                    await self._watch(writer, chunked=not head.split(b"\r\n", 1)[0].endswith(b"/1.0"))
                    await reader.read()
                else:
                    self._list(writer, int(query.get("limit", ["0"])[0]), int(query.get("continue", ["0"])[0]))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _list(self, writer: asyncio.StreamWriter, limit: int, begin: int) -> None:
        end = begin + limit if limit else len(self._pods)
        more = {"continue": str(end), "remainingItemCount": len(self._pods) - end} if end < len(self._pods) else {}
        meta = json.dumps({"resourceVersion": str(LISTED_AT), **more}).encode()
        items = b",".join(self._pods[begin:end])
        body = b'{"kind":"PodList","apiVersion":"v1","metadata":%b,"items":[%b]}' % (meta, items)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)

    async def _watch(self, writer: asyncio.StreamWriter, *, chunked: bool) -> None:
        """Send every event as it is, in a chunk of its own: as API servers do, to clients that know chunks."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Connection: close\r\n\r\n")
        for at, event in enumerate(self._events):
            writer.write(b"%x\r\n%b\r\n" % (len(event), event) if chunked else event)
            if at % 16 == 0:
                await writer.drain()
        await writer.drain()


async def main() -> None:
    """Serve until the process is ended."""
    pods, count = int(sys.argv[1]), int(sys.argv[2])
    server = await asyncio.start_server(Server(pods, count).serve, "127.0.0.1", 0, limit=1 << 20)
    print(f"serving pods on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
