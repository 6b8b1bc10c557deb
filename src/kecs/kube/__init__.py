"""Kubernetes as the rest of the program sees it.

Here: the API as a Protocol (`api`), its errors, the resources by name, selectors and quantities, and what a controller
is made of: the informer cache, the work queue, the controller loop, leader election. `http` is the client for any
cluster; the one-process cluster is `kecs.embedded`.

Elsewhere: everything that knows ECS. This package could be a library of its own.
"""
