"""The HTTP door of the embedded Kubernetes API: what kubectl and client libraries ask for, over the engine.

Here: everything that is HTTP and nothing else. Routing and the chain that a request passes (`app`), media types
(`negotiation`), query options (`options`), the verbs (`resources`), watch and log streams (`watch`, `logs`), tables
with their columns (`tables`, `columns/`), discovery and OpenAPI, the token, the certificate and the kubeconfig file.
`door` puts them together.

Elsewhere: objects, validation, storage and watch history are the engine's; a rule that a client without HTTP must feel
too belongs there.
"""
