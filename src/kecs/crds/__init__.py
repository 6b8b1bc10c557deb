"""The custom resource definitions of group `kecs.io`, so that kubectl can make what the AWS API makes.

Here: structural schemas made from the Structs that hold the objects (`kecs.model.objects`), the definitions around them
(names, columns, subresources), and how to install them.

Elsewhere: what is in the objects (`kecs.model`), who acts on them (`kecs.reconcile`).
"""
