"""The custom resource definitions of group `kecs.io`, so that kubectl can make what the AWS API makes.

Here: structural schemas made from the Structs that hold the objects (`kecs.model.objects`), the definitions around them
(names, columns, subresources), how to install them beside other releases of kecs, and how objects move to another
version.

Elsewhere: what is in the objects (`kecs.model`), who acts on them (`kecs.reconcile`).
"""
