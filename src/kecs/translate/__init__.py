"""ECS → Kubernetes and back, pure: one converter for every door.

Here: what a task definition, a service and a cluster become (`pod`, `workload`, `network`, `storage`, `placement`,
`account`, `cluster`, `disruption`, `secrets`, and `container/` by field family), what an ECSDeployment becomes of the
same makers (`ecs_deployment`), what ECS says of a task and Kubernetes has no field for (`facts`), how Kubernetes's
objects read as ECS's (`observe/`), and the one table of what is kept but not acted on (`unsupported`).

Elsewhere: ECS's defaults and validation (`kecs.model`), what to do next (`kecs.decide`), reading and writing objects
(`kecs.kube`, `kecs.world`, `kecs.reconcile`).

Makers return whole objects as plain JSON values; callers write them.
"""
