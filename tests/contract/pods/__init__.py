"""What a kubelet makes of pods: the same tests over the embedded node with real containers and over a real kubelet.

As everywhere in the contract, what real Kubernetes answers is the expectation. What is compared is the status of pods
at a moment that the test waits for (`watching`), freed from addresses, ids and times besides what `normal` frees, and
the logs, as they are.
"""
