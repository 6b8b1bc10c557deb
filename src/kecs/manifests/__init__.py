"""What installs kecs in a Kubernetes cluster, for `kecs manifests`.

Here: the overlays of `k8s/` as Kustomize builds them (`overlays/*.yaml`, written by `make generate`, without the custom
resource definitions, which come from `kecs.crds`), and how they are made to fit a place (`tree`).

Elsewhere: what is in them, which is to be changed there: the directory `k8s/` of the source.
"""
