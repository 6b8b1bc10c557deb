"""What is wrong with sources is told with file, line and key, and nothing is written; what is only odd is carried."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from kecs.cli import export

Json = dict[str, Any]

APP: Json = {"name": "app", "image": "example/app:1", "memory": 64}
DEFINITION: Json = {"family": "app", "containerDefinitions": [APP]}
SERVICE: Json = {"serviceName": "app", "taskDefinition": "app", "desiredCount": 1}
FARGATE: Json = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
WAITS_FOR_B: list[Json] = [{"containerName": "b", "condition": "START"}]

# name: (files, what is said)
WRONG: dict[str, tuple[dict[str, str], str]] = {
    "empty": ({"a.json": ""}, "a.json: it is empty"),
    "blank": ({"a.yaml": "\n# nothing\n"}, "a.yaml: it is empty"),
    "not-json": ({"a.json": '{\n "family": "app",\n "cpu" 1\n}'}, "a.json:3: cpu: a colon is missing"),
    "unclosed": ({"a.json": '{"containerDefinitions": [{"name": "x"'}, "a.json:1: containerDefinitions[0].name: a"),
    "trailing": ({"a.json": '{"family": "app",\n}'}, "a.json:2: a key in quotes is missing"),
    "after": ({"a.json": '{}\n{}'}, "a.json:2: something follows the end of the JSON value"),
    "twice": ({"a.json": '{"family": "a",\n"family": "b"}'}, "a.json:2: family: the key stands here twice"),
    "yaml-twice": ({"a.yaml": "family: a\nfamily: b\n"}, "a.yaml:2: family: the key stands here twice"),
    "yaml-tab": ({"a.yaml": "family: a\n\tcpu: 1\n"}, "a.yaml:2: found "),
    "yaml-loop": ({"a.yaml": "family: &a\n  - *a\n"}, "a.yaml:1: family[0]: it contains itself"),
    "surrogate": ({"a.json": '{"family": "\\ud83d"}'}, "a.json:1: family: half of a surrogate pair is no character"),
    "unknown": ({"a.json": '{"hello": "world"}'}, "a.json:1: it holds neither a task definition nor a service"),
    "text": ({"a.yaml": "just a text"}, "a.yaml:1: an object or a list of objects is due here"),
    "both-shapes": (
        {"a.json": json.dumps({**DEFINITION, "desiredCount": 2}, indent=1)},
        "desiredCount: a service's member stands in a task definition",
    ),
    "wrong-type": (
        {"a.json": '{"family": "app", "containerDefinitions": [\n{"name": "app",\n"image": "x",\n"memory": "much"}]}'},
        'a.json:4: containerDefinitions[0].memory: a whole number is due here, not "much"',
    ),
    "no-image": (
        {"a.json": '{"family": "app", "containerDefinitions": [\n{"name": "app", "memory": 64}]}'},
        "a.json:2: containerDefinitions[0]: Container.image should not be null or empty.",
    ),
    "no-containers": ({"a.json": '{"family": "app", "containerDefinitions": []}'}, "containerDefinitions: is missing"),
    "fargate-size": (
        {"a.json": json.dumps({**DEFINITION, **FARGATE, "cpu": "256", "memory": "8192"})},
        "No Fargate configuration exists for given values: 256 CPU, 8192 memory.",
    ),
    "families": (
        {"a.json": json.dumps(DEFINITION), "b.json": json.dumps(DEFINITION)},
        "b.json:1: family: the task definition app stands at a.json:1 as well",
    ),
    "services": (
        {"a.json": json.dumps(DEFINITION), "b.json": json.dumps([SERVICE, SERVICE])},
        "[1].serviceName: app stands at b.json:1 as well",
    ),
    "no-definition": (
        {"a.json": json.dumps(DEFINITION), "b.json": json.dumps({**SERVICE, "taskDefinition": "web:3"})},
        "b.json:1: taskDefinition: there is no task definition web:3 (there is app)",
    ),
    "service-alone": ({"b.json": json.dumps(SERVICE)}, "b.json: there is no task definition"),
    "figure": (
        {
            "a.json": json.dumps(DEFINITION),
            "b.yaml": "Parameters: {Most: {Type: Number}}\nResources:\n  Target:\n"
            "    Type: AWS::ApplicationAutoScaling::ScalableTarget\n    Properties:\n      MaxCapacity: {Ref: Most}\n",
        },
        "b.yaml:6: Resources.Target.Properties.MaxCapacity: ${Most} has no value here",
    ),
    "cycle": (
        {
            "a.json": json.dumps(
                {
                    "family": "app",
                    "containerDefinitions": [
                        {**APP, "dependsOn": WAITS_FOR_B},
                        {**APP, "name": "b", "dependsOn": [{"containerName": "app", "condition": "START"}]},
                    ],
                }
            )
        },
        "a.json:1: ",
    ),
    "missing-dependency": (
        {"a.json": json.dumps({"family": "app", "containerDefinitions": [{**APP, "dependsOn": WAITS_FOR_B}]})},
        "a.json:1: ",
    ),
    "template-reference": (
        {"a.yaml": "Resources:\n  A:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      Family: !Ref Gone\n"},
        "a.yaml:5: Resources.A.Properties.Family: there is no parameter and no resource Gone",
    ),
    "template-parameter": (
        {
            "a.yaml": "Parameters: {Image: {Type: String}}\nResources:\n  A:\n    Type: AWS::ECS::TaskDefinition\n"
            "    Properties:\n      ContainerDefinitions:\n      - Name: a\n        Memory: 5\n"
            "        Image: !Ref Image\n"
        },
        "a.yaml:9: Resources.A.Properties.ContainerDefinitions[0].Image: the parameter Image has no value",
    ),
    "template-loop": (
        {"a.yaml": "Conditions: {A: !Condition B, B: !Condition A}\nResources:\n  A: {Type: X, Condition: A}\n"},
        "the condition refers to itself",
    ),
}  # fmt: skip


def run(*arguments: str) -> int:
    return export.main([*arguments, "-o", "k8s"])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_source_is_told_with_its_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    files, said = WRONG[name]
    for file, text in files.items():
        Path(file).write_text(text)

    assert run(*files) == 1

    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert all(line.startswith("kecs: ") for line in told.splitlines())
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(files)


def test_every_wrong_file_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text("{")
    Path("b.json").write_text("[")
    assert run("a.json", "b.json", "c.json") == 1
    first, second, third = capsys.readouterr().err.splitlines()
    assert first.startswith("kecs: a.json:1: ")
    assert second.startswith("kecs: b.json:1: ")
    assert third == "kecs: c.json: no such file or directory"


def test_bytes_that_are_no_text_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_bytes(b'{"family": "\xff"}')
    assert run("a.json") == 1
    assert capsys.readouterr().err == "kecs: a.json: byte 13 is not UTF-8\n"


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("a.json").open("wb") as file:
        file.truncate(2**31)
    assert run("a.json") == 1
    assert capsys.readouterr().err == "kecs: a.json: it is larger than 32 MiB\n"


def test_a_small_file_that_becomes_a_huge_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    Path("a.yaml").write_text("\n".join(lines))
    assert run("a.yaml") == 1
    assert "too large when its aliases are written out" in capsys.readouterr().err


def test_deep_nesting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for file, text in (("a.json", "[" * 100_000), ("b.yaml", "- " * 100_000)):
        Path(file).write_text(text)
        assert run(file) == 1
        assert "too deeply nested" in capsys.readouterr().err


def test_a_directory_does_not_lead_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret.json").write_text(json.dumps(DEFINITION))
    Path("sources").mkdir()
    Path("sources/a.json").symlink_to(tmp_path / "secret.json")
    assert run("sources") == 1
    assert "sources/a.json: it leads out of the directory that was named" in capsys.readouterr().err


def test_two_hundred_services_are_one_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = [
        one
        for at in range(200)
        for one in (
            {"family": f"app{at}", "containerDefinitions": [{**APP, "portMappings": [{"containerPort": 80}]}]},
            {**SERVICE, "serviceName": f"Service_{at}", "taskDefinition": f"app{at}"},
        )
    ]
    Path("all.json").write_text(json.dumps(found))
    began = time.process_time()
    assert run("all.json") == 0
    assert time.process_time() - began < 10
    assert len(list(Path("k8s/base").iterdir())) == 202


def test_names_that_meet_keep_their_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    services = [{**SERVICE, "serviceName": name} for name in ("web", "Web", "w_e_b", "0")]
    Path("all.json").write_text(json.dumps([DEFINITION, *services]))
    assert run("all.json") == 0
    made = sorted(one.name for one in Path("k8s/base").iterdir() if one.is_dir())
    assert len(made) == 4
    assert {"w-e-b", "x-0", "web"} < set(made)
    assert next(one for one in made if one.startswith("web-"))


def test_the_same_sources_in_another_order_give_the_same_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(json.dumps(DEFINITION))
    Path("b.json").write_text(json.dumps([{**SERVICE, "serviceName": name} for name in ("b", "a")]))
    assert export.main(["a.json", "b.json", "-o", "one"]) == 0
    assert export.main(["b.json", "a.json", "-o", "two"]) == 0
    for file in sorted(Path("one/base").rglob("*.yaml")):
        assert file.read_bytes() == (Path("two") / file.relative_to("one")).read_bytes()
    assert sorted(os.listdir("one/base")) == sorted(os.listdir("two/base"))  # noqa: PTH208


def test_secrets_are_references_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secrets = [{"name": "TOKEN", "valueFrom": "shop-token"}]
    other = {**APP, "name": "other", "secrets": [{"name": "TOKEN", "valueFrom": "other-token"}]}
    containers = [{**APP, "secrets": secrets}, other]
    definition = {"family": "app", "executionRoleArn": "arn:aws:iam::1:role/x", "containerDefinitions": containers}
    Path("all.json").write_text(json.dumps([definition, SERVICE]))
    assert run("all.json") == 0
    text = Path("k8s/base/app/deployment.yaml").read_text()
    assert "shop-token" not in text
    assert "key: TOKEN" in text
    assert "key: other.TOKEN" in text
    assert "\ndata:" not in Path("k8s/base/app/secrets.yaml").read_text()


def test_strict_fails_on_what_is_lost_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    limits = [{"name": "nofile", "softLimit": 1, "hardLimit": 2}]
    Path("a.json").write_text(json.dumps({"family": "app", "containerDefinitions": [{**APP, "ulimits": limits}]}))
    assert run("a.json", "--strict") == 1
    assert "a.json:1: app: containerDefinitions[0].ulimits" in capsys.readouterr().err
    assert not Path("k8s").exists()
    Path("a.json").write_text(json.dumps(DEFINITION))
    assert run("a.json", "--strict") == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["a.json", "--kubernetes", "1.28"], ["a.json", "--env", "dev"], ["a.json", "--parameter", "x"], ["-x"]],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        export.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_directory_is_read_without_what_is_hidden_and_without_the_tree_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".github").mkdir()
    Path(".github/deploy.yaml").write_text("on: push")
    Path("app.json").write_text(json.dumps([DEFINITION, SERVICE]))
    for _ in range(2):
        assert run(".") == 0
    assert run(".", "--check") == 0


def test_an_autoscaler_that_may_go_to_none_keeps_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    resource = {"ResourceId": "service/default/app", "ScalableDimension": "ecs:service:DesiredCount"}
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    tracking = {"TargetValue": 40, "DisableScaleIn": False, "PredefinedMetricSpecification": metric}
    policies = [
        {**resource, "PolicyName": "cpu", "TargetTrackingScalingPolicyConfiguration": tracking},
        {**resource, "PolicyName": "steps", "PolicyType": "StepScaling"},
    ]
    targets = [{**resource, "MinCapacity": 0, "MaxCapacity": 4}]
    Path("app.json").write_text(json.dumps([DEFINITION, SERVICE]))
    Path("scaling.json").write_text(json.dumps({"ScalableTargets": targets, "ScalingPolicies": policies}))
    assert run("app.json", "scaling.json") == 0
    text = Path("k8s/base/app/hpa.yaml").read_text()
    assert "minReplicas: 1\n" in text
    assert "averageUtilization: 40\n" in text
    entries = json.loads(Path("k8s/export-report.json").read_text())["entries"]
    verdicts = {one["member"]: one["verdict"] for one in entries}
    assert verdicts["scalableTarget.minCapacity"] == "approximate"
    assert verdicts["scalableTarget.maxCapacity"] == "exact"
    assert verdicts["steps"] == "lost"
