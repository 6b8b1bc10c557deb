"""The link between a cluster's network namespace and the host's."""

import subprocess

from kubernetes_rig.layout import Layout


def connect(layout: Layout, pid: int) -> None:
    """Give the namespace of a process an interface that the host reaches, and the host a way to the pods."""
    _run("ip", "link", "add", layout.name, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    _run("ip", "address", "add", f"{layout.host_address}/24", "dev", layout.name)
    _run("ip", "link", "set", layout.name, "up")
    inside = ("nsenter", "--target", str(pid), "--net", "ip")
    _run(*inside, "link", "set", "lo", "up")
    _run(*inside, "address", "add", f"{layout.node_address}/24", "dev", "eth0")
    _run(*inside, "link", "set", "eth0", "up")
    _run(*inside, "route", "add", "default", "via", layout.host_address)
    _run("ip", "route", "add", layout.pods, "via", layout.node_address)


def disconnect(layout: Layout) -> None:
    """Remove the link, if it is still there."""
    subprocess.run(["ip", "link", "delete", layout.name], check=False, stderr=subprocess.DEVNULL)


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True)
