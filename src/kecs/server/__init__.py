"""The door for AWS clients: HTTP in, operations called, answers out. Raw ASGI, for its price.

Here: the request chain, visible as a list (`chain`), its steps (`steps`), who may call (`guard`), where to (`routes`),
what one request is on its way (`exchange`); below it HTTP itself, uvicorn's, with limits (`http`), and running the
doors of a process (`run`, `address`, `log`).

Elsewhere: what bodies mean (`kecs.wire`), what operations do (`kecs.services`).
"""
