"""What `tools/generate_model.py` makes of botocore's published model, one group of files per AWS service.

For `ecs`: the structures (`ecs`), the exceptions (`ecs_errors`, offered by `kecs.model.errors`), allowed values and ranges
(`ecs_limits`) and the table of operations (`ecs_operations`). Nothing here is written by hand.
"""
