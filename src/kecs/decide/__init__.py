"""Decisions: pure functions of what is desired, what is observed and the time; a file per rule.

Nothing here reads a cache, writes an object or knows Kubernetes's shapes: `kecs.reconcile` fills in what is observed
and carries a plan out. A plan that was carried out decides to nothing when it is made again. Times are epoch seconds,
durations seconds.
"""
