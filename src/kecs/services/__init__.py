"""The operations of the AWS APIs: each reads what is, or stores what is wanted, and says so in AWS's words.

Here: one package per AWS service (`ecs`), in it a file per noun, in that a function per operation with `@operation`
(`registry`), and what every operation is given (`context`).

Elsewhere: how requests arrive and answers leave (`kecs.server`, `kecs.wire`), defaults and validation (`kecs.model`),
and acting on what is wanted (`kecs.reconcile`).
"""
