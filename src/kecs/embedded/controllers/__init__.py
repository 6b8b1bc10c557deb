"""The controllers that a cluster needs, each a client of `kecs.kube.api.Api`, none aware of the engine behind it.

One file per controller: a pure function decides from what the caches hold, a `Controller` carries it out. All share
one set of caches (`informers`), typed with the fields that are read and nothing else (`views`). `build.build` makes
them all; each has `async run()`.

A controller looks at levels, never at events: it may be stopped between any two lines, start again and go on; its
caches may lag; what it does twice has the effect of once. What one change costs does not grow with the cluster, so
whatever has to be found is indexed (`informers`, `matching`).

The rules are those of kube-controller-manager and kube-scheduler, as far as kecs and its users' `kubectl` see them.
"""
