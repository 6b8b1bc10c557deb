"""A Kubernetes API in one process.

Here belongs what a Kubernetes API server does with objects: storing them with resource versions (`store`, `database`),
showing what changed (`watching`), decoding by schema (`schema`, `catalog`), defaults, validation, patches, field
ownership, deletion, and the few rules that belong to one kind. `engine.Engine` is the door: it implements
`kecs.kube.api.Api`. `http` serves the same engine to kubectl, `controllers` and `node` are clients of it.

A write goes through `writing`: `decoding` (by `schema`, `structural` for custom resources, `defaults`), `ownership` (on
`fieldsets`), `strategies` (what is special about a kind), `admission` and `quota`, `metadata` and `checking`, then
into the `store`; what is applied begins in `applying`. Where one more rule goes: a default into the table of
`defaults`, a rule of one kind into its file (`pods`, `services`, `workloads`, `definitions`, `configs`, …) by way of
`strategies`, a field selector into `selection`, a kind into `catalog.SERVED`.

Everything is driven by the schemas that Kubernetes publishes (`schemas/`) or that a custom resource brings; code for a
single kind exists only where Kubernetes has code for it and kecs needs it. Nothing here knows of ECS.
"""
