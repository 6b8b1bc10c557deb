"""The custom resource definitions: group `kecs.io`, what the AWS API makes, for kubectl as well; and ECSDeployment.

Here: structural schemas made from the Structs that hold the objects (`kecs.model.objects`) or, of ECSDeployment, by
hand (it takes definitions in any form), the definitions around them (names, columns, subresources), how to install them
beside other releases of kecs, and how objects move to another version.

Elsewhere: what is in the objects (`kecs.model`), who acts on them (`kecs.reconcile`).
"""
