"""The floor: uvicorn with httptools and uvloop around an application that only answers."""

from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

Message = dict[str, Any]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer every request with one line."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"13")]})
    await send({"type": "http.response.body", "body": b"Hello, world\n"})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=0, http="httptools", loop="uvloop", lifespan="off", access_log=False)
