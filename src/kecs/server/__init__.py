"""The door for AWS clients: HTTP in, operations called, answers out. Raw ASGI, for its price.

Here: the request chain, visible as a list (`chain`), its steps (`steps`), who may call (`guard`), what one request is
on its way (`exchange`), the HTTP protocol with its limits (`http`), logs (`log`), and running the doors of a process
(`run`).

Elsewhere: what bodies mean (`kecs.wire`), what operations do (`kecs.services`).
"""
