"""Kubernetes's objects as ECS's: what a pod, a node and a set of pods say, and nothing that needs a decision.

`container` reads one container's state, `task` projects a whole task, `counts` tells which tasks Kubernetes counts
otherwise than ECS. All are pure functions of the objects, so that one snapshot gives one answer. Why a task ends is
decided elsewhere (`kecs.decide`) and noted on its pod.
"""
