"""What is wanted and what is, in one typed, indexed snapshot that operations and reconcilers share.

Here: the informer caches over kecs's custom resources and the Kubernetes objects that tasks and services become, their
indexes, and the projections memoised on them (a task's JSON, a service's counts), so that one answer never disagrees
with itself and a read costs what it shows.

Elsewhere: how one object is projected (`kecs.translate.observe`), what to do about it (`kecs.reconcile`), how caches
are filled (`kecs.kube.informer`).
"""
