"""What can be done to the memory of a cluster: compaction, and a copy of it that can be put back."""

import base64
import shutil
import tarfile
from pathlib import Path

from kubernetes_rig import control, keeper
from kubernetes_rig.layout import Layout

_GRACE_SECONDS = 2.0  # it would wait for the API server to let go


def compact(layout: Layout) -> int:
    """Forget all versions before the newest and return that.

    The API server goes on telling the changes that it remembers itself; after a restart it remembers none.
    """
    revision = int(_ask(layout, "kv/range", {"key": base64.b64encode(b"\0").decode()})["header"]["revision"])
    _ask(layout, "kv/compaction", {"revision": str(revision), "physical": True})
    return revision


def snapshot(layout: Layout, file: Path) -> None:
    """Copy everything that the cluster knows into a file; etcd is away for a moment."""
    keeper.tell(layout.directory, "stop", name="etcd", seconds=_GRACE_SECONDS)
    with tarfile.open(file, "w") as tar:
        tar.add(layout.path("etcd"), arcname="etcd")
    keeper.tell(layout.directory, "resume", name="etcd")
    control.wait(layout)


def restore(layout: Layout, file: Path) -> None:
    """Make the cluster know what it knew at a snapshot, and nothing of what was since; its versions go back as well."""
    for name in ("apiserver", "etcd"):
        keeper.tell(layout.directory, "stop", name=name, seconds=_GRACE_SECONDS)
    shutil.rmtree(layout.path("etcd"))
    with tarfile.open(file) as tar:
        tar.extractall(layout.directory, filter="data")
    for name in ("etcd", "apiserver"):
        keeper.tell(layout.directory, "resume", name=name)
    control.wait(layout)


def _ask(layout: Layout, what: str, body: dict[str, object]) -> dict[str, dict[str, str]]:
    answer: dict[str, dict[str, str]] = keeper.tell(
        layout.directory, "post", url=f"{control.ETCD}/v3/{what}", body=body
    )
    return answer
