"""Reconcilers: what is wanted and what is seen, made one; a file per noun.

A reconciler receives a key, looks at the caches (`kecs.world`), lets `kecs.decide` say what comes next, lets
`kecs.translate` make the objects and writes them under the field manager `kecs`. It can be killed between any two
steps: whoever looks next goes on. Nothing here answers requests (`kecs.services`) or knows which backend it works on.

`build()` in `kecs.reconcile.build` puts them together.
"""
