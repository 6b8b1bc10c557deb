"""What ECS speaks of: its shapes, names, ARNs, errors and the custom resources that hold them. Pure, no I/O.

Here: `generated/` (Structs, error classes and operation tables made from botocore's published model by
`tools/generate_model.py`), ARNs, names of Kubernetes objects, labels and annotations, the custom resources as Structs,
and a file per ECS noun with its defaults and validation.

Elsewhere: how shapes travel (`kecs.wire`), what they become on Kubernetes (`kecs.translate`).
"""
