"""A pod's /etc/hosts: its own name, and the aliases that it asks for. A file of the node's, mounted in each container.

The engine's own would not do: a sandbox made in advance does not know which pod's it becomes.
"""

from pathlib import Path

from kecs.embedded.node.container import hostname
from kecs.embedded.node.context import Context
from kecs.embedded.node.views import Pod

_HEAD = """\
# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""


def content(pod: Pod, ip: str) -> str:
    """Return what is in the file."""
    lines = [_HEAD]
    if ip:
        lines.append(f"{ip}\t{hostname(pod)}\n")
    if pod.spec.hostAliases:
        lines.append("\n# Entries added by HostAliases.\n")
        lines += ["\t".join([alias.ip, *alias.hostnames]) + "\n" for alias in pod.spec.hostAliases]
    return "".join(lines)


def write(context: Context, pod: Pod, ip: str) -> str:
    """Write the file and return its path; nothing where the engine's own has to do. Raises `OSError`."""
    if not context.engine.shares_files or pod.spec.hostNetwork:
        return ""
    path = context.settings.directory.absolute() / "pods" / pod.metadata.uid / "etc-hosts"
    text = content(pod, ip)
    if not _says(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(path)


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_text() == text
    except FileNotFoundError:
        return False
