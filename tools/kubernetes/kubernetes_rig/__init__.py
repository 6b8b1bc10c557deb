"""A real Kubernetes for tests and for `make kubernetes`, on a plain Linux machine without Docker or a registry.

A cluster lies in one directory and in namespaces of its own (network, mounts, processes, control groups), so that
several run side by side and taking one down leaves nothing behind. Its programs are built from the Go modules beside
this package.

| module | holds |
|---|---|
| `cli` | what is typed |
| `needs` | what the machine lacks |
| `binaries` | the programs: built once, kept outside the checkout |
| `layout` | the directory of a cluster and its addresses |
| `warden`, `keeper` | the process outside that cleans up, and the one inside that starts and ends the parts |
| `cgroups`, `mounts`, `network` | what the namespaces hold |
| `pki`, `control`, `node`, `images` | the parts of a cluster, and how each is started |
| `companions`, `policies` | what can run beside them; network policies, enforced |
| `storage` | what tests do to etcd |

The standard library alone, so that it runs with any Python 3.11 before anything is set up.
"""
