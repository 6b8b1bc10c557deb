"""Variables: where they come from and how they are expanded."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.node.environment import ConfigError, Sources, environment, expand
from kecs.embedded.node.views import ConfigMap, Pod, Secret

KNOWN = {"A": "x", "B": "$(A)", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain", "plain"),
        ("$(A)", "x"),
        ("$(B)", "$(A)"),  # a value is not expanded again
        ("$(EMPTY)", ""),
        ("$(NONE)", "$(NONE)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$x"),
        ("$$", "$"),
        ("a$$b", "a$b"),
        ("$A", "$A"),
        ("$(A", "$(A"),
        ("$", "$"),
        ("a$", "a$"),
        ("$(A)$(A)", "xx"),
        ("$()", "$()"),
        ("$((A))", "$((A))"),
        ("${A}", "${A}"),
    ],
)
def test_expansion(text: str, expanded: str) -> None:
    assert expand(text, KNOWN.get) == expanded


@given(st.text(alphabet="$()AB x", max_size=30))
def test_expansion_of_what_is_doubled_gives_it_back(text: str) -> None:
    assert expand(text.replace("$", "$$"), KNOWN.get) == text


@given(st.text(alphabet="$()ABx", max_size=30))
def test_expansion_follows_the_rules_read_one_character_at_a_time(text: str) -> None:
    """A second reading of the rules, slow and plain."""
    result, at = "", 0
    while at < len(text):
        rest = text[at:]
        if rest.startswith("$$"):
            result, at = result + "$", at + 2
        elif rest.startswith("$(") and ")" in rest:
            name = rest[2 : rest.index(")")]
            result, at = result + KNOWN.get(name, f"$({name})"), at + len(name) + 3
        else:
            size = 2 if rest[0] == "$" else 1
            result, at = result + rest[:size], at + size
    assert expand(text, KNOWN.get) == result


def pod(**container: object) -> Pod:
    return msgspec.convert(
        {
            "metadata": {
                "name": "p",
                "namespace": "n",
                "uid": "u",
                "labels": {"app": "web"},
                "annotations": {"a/b": "c"},
            },
            "spec": {
                "nodeName": "node-1",
                "containers": [
                    {"name": "main", **container},
                    {"name": "other", "resources": {"limits": {"cpu": "1500m"}, "requests": {"memory": "1Gi"}}},
                ],
            },
        },
        Pod,
    )


SOURCES = Sources(
    config_maps={"cm": ConfigMap(data={"k": "v", "l": "w"})},
    secrets={"s": Secret(data={"k": base64.b64encode(b"hidden").decode()})},
    host_ip="192.0.2.1",
    pod_ip="10.0.0.7",
    cpus=4,
    memory=8 << 30,
)


def variables(*env: dict[str, object], env_from: object = ()) -> dict[str, str]:
    given = pod(env=list(env), envFrom=list(env_from))  # type: ignore[call-overload]  # a test's own data
    return environment(given, given.spec.containers[0], SOURCES)


def test_variables_see_those_before_them() -> None:
    assert variables({"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(C)"}, {"name": "C", "value": "3"}) == {
        "A": "1",
        "B": "1$(C)",
        "C": "3",
    }


def test_all_keys_of_a_map_and_what_overrides_them() -> None:
    found = variables(
        {"name": "k", "value": "mine"},
        env_from=[{"configMapRef": {"name": "cm"}}, {"prefix": "P_", "secretRef": {"name": "s"}}],
    )
    assert found == {"k": "mine", "l": "w", "P_k": "hidden"}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"configMapKeyRef": {"name": "cm", "key": "k"}}, "v"),
        ({"secretKeyRef": {"name": "s", "key": "k"}}, "hidden"),
        ({"configMapKeyRef": {"name": "cm", "key": "none", "optional": True}}, None),
        ({"secretKeyRef": {"name": "none", "key": "k", "optional": True}}, None),
        ({"fieldRef": {"fieldPath": "metadata.name"}}, "p"),
        ({"fieldRef": {"fieldPath": "metadata.labels['app']"}}, "web"),
        ({"fieldRef": {"fieldPath": "metadata.annotations['a/b']"}}, "c"),
        ({"fieldRef": {"fieldPath": "spec.nodeName"}}, "node-1"),
        ({"fieldRef": {"fieldPath": "spec.serviceAccountName"}}, "default"),
        ({"fieldRef": {"fieldPath": "status.podIP"}}, "10.0.0.7"),
        ({"fieldRef": {"fieldPath": "status.hostIP"}}, "192.0.2.1"),
        ({"resourceFieldRef": {"resource": "limits.cpu"}}, "4"),
        ({"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}, "8192"),
        ({"resourceFieldRef": {"resource": "limits.cpu", "containerName": "other"}}, "2"),
        ({"resourceFieldRef": {"resource": "limits.cpu", "containerName": "other", "divisor": "1m"}}, "1500"),
        ({"resourceFieldRef": {"resource": "requests.memory", "containerName": "other"}}, str(1 << 30)),
    ],
)
def test_sources(source: dict[str, object], value: str | None) -> None:
    assert variables({"name": "X", "valueFrom": source}) == ({} if value is None else {"X": value})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMapKeyRef": {"name": "none", "key": "k"}}, 'configmap "none" not found'),
        ({"secretKeyRef": {"name": "none", "key": "k"}}, 'secret "none" not found'),
        ({"configMapKeyRef": {"name": "cm", "key": "x"}}, "couldn't find key x in ConfigMap n/cm"),
        ({"secretKeyRef": {"name": "s", "key": "x"}}, "couldn't find key x in Secret n/s"),
        ({"fieldRef": {"fieldPath": "spec.none"}}, "unsupported fieldPath: spec.none"),
    ],
)
def test_missing_sources(source: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        variables({"name": "X", "valueFrom": source})
    assert str(caught.value) == message
