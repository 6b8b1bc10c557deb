"""The directory of a cluster: where its files lie, its name, its addresses."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

NODE = "node"
"""The name of a cluster's one real node."""

SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"


@dataclass(frozen=True)
class Layout:
    """Where everything of one cluster is."""

    directory: Path
    name: str
    """Short enough for a network interface, and unlike any other on the machine."""
    net: int
    """Which addresses it has: one /24 is its link to the host, the next is its pods'."""
    node: bool
    quick_nodes: bool = False
    """Whether a node that falls silent is given up after seconds, and its pods at once, instead of minutes."""

    @classmethod
    def new(cls, directory: Path, *, node: bool, quick_nodes: bool = False) -> "Layout":
        """Choose a name and addresses for a cluster, and write them down."""
        layout = cls(directory.resolve(), f"rig{secrets.token_hex(4)}", secrets.randbelow(64 * 128), node, quick_nodes)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "rig.json").write_text(json.dumps({**asdict(layout), "directory": str(layout.directory)}))
        return layout

    @classmethod
    def load(cls, directory: Path) -> "Layout":
        """Read what `new` wrote; FileNotFoundError where there is no cluster."""
        fields = json.loads((directory / "rig.json").read_text())
        return cls(**{**fields, "directory": Path(fields["directory"])})

    @property
    def _prefix(self) -> tuple[str, int]:
        return f"10.{192 + self.net // 128}", self.net % 128 * 2

    @property
    def host_address(self) -> str:
        """Where the cluster finds the host."""
        return f"{self._prefix[0]}.{self._prefix[1]}.1"

    @property
    def node_address(self) -> str:
        """Where the host finds the API server and the node."""
        return f"{self._prefix[0]}.{self._prefix[1]}.2"

    @property
    def pods(self) -> str:
        """The network of the pods, in CIDR notation."""
        return f"{self._prefix[0]}.{self._prefix[1] + 1}.0/24"

    @property
    def user(self) -> int:
        """Who its programs run as that need not be root: a user of its own, as the kernel limits what each has open."""
        return 1_500_000_000 + self.net

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{self.node_address}:6443"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.directory / "kubeconfig"

    def path(self, *parts: str) -> Path:
        """Return a path in the directory, whose parent is there."""
        path = self.directory.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def log(self, part: str) -> Path:
        """Return where a part of the cluster writes its log."""
        return self.path("logs", f"{part}.log")
