"""Amazon ECS: a file per noun, in it a function per operation.

Reading and writing go through `kecs.world`; what a request may say is in `kecs.model`; `references` finds what a
request names. `registry.load()` imports every file of this package, which registers its operations.
"""

import importlib

_NOUNS = (
    "account_settings",
    "attributes",
    "capacity_providers",
    "clusters",
    "container_instances",
    "run_task",
    "service_deployments",
    "service_reads",
    "services",
    "tags",
    "task_definitions",
    "tasks",
)

for _noun in _NOUNS:
    importlib.import_module(f"{__name__}.{_noun}")
