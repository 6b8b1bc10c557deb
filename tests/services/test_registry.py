"""The table of operations, and the documentation that is made of it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kecs.services import registry

ROOT = Path(__file__).resolve().parents[2]


def test_the_documentation_is_current() -> None:
    run = subprocess.run(
        [sys.executable, "tools/generate_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_every_registered_operation_says_what_it_does() -> None:
    registry.load()
    for service in registry.MODELS:
        for name, handler in registry.handlers(service).items():
            assert (handler.__doc__ or "").strip(), f"{service} {name} has no docstring"


def test_what_is_no_operation_cannot_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_handlers", {"ecs": {}})

    async def handler(ctx: Any, request: Any) -> None: ...

    with pytest.raises(ValueError, match="no operation Frob"):
        registry.operation("ecs", "Frob")
    assert registry.operation("ecs", "ListClusters")(handler) is handler
    assert registry.handlers("ecs") == {"ListClusters": handler}
    with pytest.raises(ValueError, match="twice"):
        registry.operation("ecs", "ListClusters")
