"""What an uninstallation waits for."""

import asyncio
from typing import Any, cast

from kecs.kube import resources
from kecs.kube.api import Api, Json, Page
from kecs.kube.errors import NotFound
from kecs.model import marks
from kecs.uninstall import uninstall


class Namespaces:
    """A cluster that has namespaces, labelled as parts of kecs, and nothing else."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)

    async def list(self, resource: Any, *_: Any, labels: str = "", **_options: Any) -> Page[Json]:
        asked = resource is resources.NAMESPACES and labels == f"{marks.PART_OF}={marks.MANAGER}"
        return Page([{"metadata": {"name": name}} for name in self.names] if asked else [], "1")

    async def get(self, resource: Any, _namespace: str | None, name: str) -> Json:
        if resource is resources.NAMESPACES and name in self.names:
            return {"metadata": {"name": name}}
        raise NotFound(name)

    async def delete(self, resource: Any, _namespace: str | None, name: str, **_: Any) -> None:
        if resource is not resources.NAMESPACES:
            raise NotFound(name)
        self.names.remove(name)


async def test_another_kecs_of_the_cluster_is_not_waited_for() -> None:
    api = Namespaces("home", "other")
    async with asyncio.timeout(5):
        await uninstall(cast("Api", api), "home", lambda _: None)
    assert api.names == ["other"]
