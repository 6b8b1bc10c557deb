"""What Prometheus is told of a kecs process.

Here: the page of `/metrics` (`page`, the only user of prometheus_client, which the first scrape imports), and what it
reads from the caches of the world when it is asked (`world`), so that no figure of a task, a service or a deployment is
counted along and can drift.

Elsewhere: figures that grow as the program works, each kept by whoever works and given as a family
(`kecs.kube.figures`): requests in `server`, reconciliations in `kube.controller`, calls in `kube.http`.
"""
