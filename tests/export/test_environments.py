"""An overlay of an environment with sources of its own builds to what those sources come to by themselves."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.cli import export
from kecs.export.patches import Difference
from tests.export.cases import ROOT
from tests.export.test_cases import build

Json = dict[str, Any]
CASE = ROOT / "environments"


def objects(directory: Path) -> dict[tuple[str, str], Json]:
    found = {}
    for body in yaml.safe_load_all(build(directory)):
        body["metadata"].pop("namespace", None)
        for part in ("containers", "initContainers"):
            spec = body.get("spec", {}).get("template", {}).get("spec", {})
            for container in spec.get(part, ()):
                container.get("env", []).sort(key=lambda one: one["name"])
        if body["kind"] != "Namespace":
            found[body["kind"], body["metadata"]["name"]] = body
    return found


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_an_overlay_is_what_its_sources_say(environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASE)
    together, alone = str(tmp_path / "together"), str(tmp_path / "alone")
    own = [str(one) for one in Path(environment).iterdir()]
    definition = [] if environment == "dev" else ["base/api.yaml"]
    if definition:  # a service of its own takes the definition of the base
        text = Path("base/api.yaml").read_text().split("---")[0]
        (tmp_path / "api.yaml").write_text(text)
        definition = [str(tmp_path / "api.yaml")]
    assert export.main(["base", "--env", f"{environment}={environment}", "-o", together]) == 0
    assert export.main([*own, *definition, "-o", alone]) == 0
    assert objects(tmp_path / "together/overlays" / environment) == objects(tmp_path / "alone/base")


def test_a_service_of_one_environment_is_there_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = {"family": "app", "containerDefinitions": [{"name": "app", "image": "app:1", "memory": 64}]}
    service = {"serviceName": "app", "taskDefinition": "app"}
    Path("base.json").write_text(json.dumps([app, service]))
    debug = {"family": "debug", "containerDefinitions": [{"name": "debug", "image": "debug:1", "memory": 64}]}
    Path("dev.json").write_text(json.dumps([debug, {"serviceName": "debug", "taskDefinition": "debug"}]))
    assert export.main(["base.json", "--env", "dev=dev.json", "-o", "k8s"]) == 0
    assert set(objects(Path("k8s/base"))) < set(objects(Path("k8s/overlays/dev")))
    assert ("Deployment", "debug") in objects(Path("k8s/overlays/dev"))


VALUES = st.recursive(
    st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=80)
@given(VALUES, VALUES)
def test_a_difference_of_maps_merges_to_the_new_one(old: Any, new: Any) -> None:
    before = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"k": old}}
    after = {**before, "data": {"k": new}}
    patch = Difference(before, after).patch
    assert merged(before, patch or {}) == after


def merged(value: Any, patch: Any) -> Any:
    """Return what a strategic merge patch makes of maps."""
    if not isinstance(value, dict) or not isinstance(patch, dict):
        return patch
    made = {key: one for key, one in value.items() if patch.get(key, key) is not None}
    for key, one in patch.items():
        if one is not None:
            made[key] = merged(made[key], one) if key in made else one
    return made
