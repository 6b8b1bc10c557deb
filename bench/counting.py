"""A door before an API server that counts what is asked of it, watches apart."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import aiohttp
import msgspec
from aiohttp import web

from kecs.kube.kubeconfig import load_kubeconfig

_HOP = {"host", "transfer-encoding", "content-length", "connection", "authorization"}


class Counting:
    """`kubeconfig` leads through it. `asked` counts the requests by method and path, since it was last cleared."""

    def __init__(self, session: aiohttp.ClientSession, server: str, tls: ssl.SSLContext, authorization: str) -> None:
        self.asked: Counter[str] = Counter()
        self._session, self._server, self._tls = session, server, tls
        self._authorization = authorization

    @classmethod
    @asynccontextmanager
    async def before(cls, kubeconfig: Path, own: Path) -> AsyncIterator[Self]:
        """Serve on a free port before the API server of a kubeconfig; write the file that leads here to `own`."""
        access = load_kubeconfig(kubeconfig)
        tls = access.tls(await access.credentials.certificate())
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False) as session:
            door = cls(session, access.servers[0], tls, await access.credentials.authorization())
            app = web.Application(client_max_size=1 << 24)
            app.router.add_route("*", "/{path:.*}", door._pass)
            runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            named = {
                "clusters": [{"name": "own", "cluster": {"server": f"http://127.0.0.1:{runner.addresses[0][1]}"}}],
                "contexts": [{"name": "own", "context": {"cluster": "own"}}],
                "current-context": "own",
            }
            await asyncio.to_thread(own.write_bytes, msgspec.json.encode(named))
            try:
                yield door
            finally:
                await runner.cleanup()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query and "/leases/" not in request.path:
            self.asked[f"{request.method} {request.path}"] += 1
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        if self._authorization:
            headers["Authorization"] = self._authorization
        async with self._session.request(
            request.method,
            f"{self._server}{request.rel_url}",
            data=await request.read() or None,
            headers=headers,
            ssl=self._tls,
            timeout=aiohttp.ClientTimeout(),
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                await response.write(piece)
            return response
