"""ECS definitions as a Kustomize tree: `kecs export`.

Here: reading sources with the lines of what they say (`text`, `sources`, `template`, `terraform`, `compose`, `live`),
what stands around services (`surroundings`), joining them to applications, one for each cluster (`application`,
`clusters`), what Kubernetes people expect to differ from what kecs itself runs (`readable`, and the one table
`difference`), the tree with its environments (`tree`, `overlays`), YAML (`emit`), what became of each member of ECS
(`verdicts`, `report`), and writing it all without ever leaving half a tree (`writing`).

Elsewhere: the conversion. There is one, `kecs.translate`, which `kecs serve` uses as well; nothing here knows how a
container becomes a container.
"""
