"""kubectl against a cluster of the tests."""

import subprocess

from tests.rig import Cluster


def kubectl(cluster: Cluster, *arguments: str, stdin: str = "") -> str:
    """Run it to its end and return what it prints; AssertionError with its words when it fails."""
    argv = ["kubectl", "--kubeconfig", str(cluster.kubeconfig), *arguments]
    done = subprocess.run(argv, input=stdin, check=False, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout
