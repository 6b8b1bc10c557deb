"""Flags, environment variables and what is said about wrong ones."""

import pytest

from kecs.cli.flags import FLAGS, Flag
from kecs.cli.parser import build, parse
from kecs.settings import Settings

# For each flag: what is typed, what the setting becomes, and something that is refused.
CASES = {
    "listen": ("0.0.0.0:1", "0.0.0.0:1", "4566"),
    "kubernetes_listen": ("[::1]:0", "[::1]:0", "host"),
    "metrics_listen": ("0.0.0.0:9090", "0.0.0.0:9090", "9090"),
    "data": ("/tmp/x", "/tmp/x", None),
    "kubeconfig": ("/tmp/config", "/tmp/config", None),
    "context": ("kind", "kind", None),
    "in_cluster": ("true", True, "maybe"),
    "namespace": ("tools", "tools", "No Name"),
    "lease_duration": ("4", 4.0, "0.5"),
    "engine": ("simulated", "simulated", "podman"),
    "capacity": ("machine", "machine", "huge"),
    "storage": ("csi", "csi", "nfs"),
    "sync": ("full", "full", "off"),
    "log_format": ("json", "json", "xml"),
    "log_level": ("debug", "debug", "loud"),
    "allow_host": ("a.example, b.example", ("a.example", "b.example"), None),
    "region": ("moon-1", "moon-1", "a b"),
    "account": ("210987654321", "210987654321", "12"),
    "stopped_task_retention": ("0.5", 0.5, "-1"),
    "steady_after": ("40", 40.0, "nan"),
    "warm_sandboxes": ("0", 0, "1.5"),
    "overlay": ("production", "production", "test"),
    "image": ("example.com:5000/kecs@sha256:1", "example.com:5000/kecs@sha256:1", "a b"),
    "version": ("1.2.3-rc.1", "1.2.3-rc.1", "a+b"),
    "yes": ("true", True, "perhaps"),
    "release_pods": ("true", True, "perhaps"),
}


def test_every_setting_has_a_flag() -> None:
    assert [flag.name for flag in FLAGS] == list(Settings.__struct_fields__) == list(CASES)


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_a_flag_and_its_variable_mean_the_same(flag: Flag) -> None:
    text, value, _ = CASES[flag.name]
    command = flag.commands[0]
    _, by_flag = parse([command, flag.option, text], {})
    _, by_variable = parse([command], {flag.variable: text})
    assert by_flag == by_variable
    assert getattr(by_flag, flag.name) == value != getattr(Settings(), flag.name)


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_the_default_of_a_flag_is_valid(flag: Flag) -> None:
    default = getattr(Settings(), flag.name)
    assert flag.value(",".join(default) if isinstance(default, tuple) else str(default)) == default


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2] is not None])
def test_a_wrong_value_is_one_line_and_exit_code_2(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (flag,) = (flag for flag in FLAGS if flag.name == name)
    wrong = str(CASES[name][2])
    for arguments, variables, source in (
        ([flag.commands[0], f"{flag.option}={wrong}"], {}, flag.option),
        ([flag.commands[0]], {flag.variable: wrong}, flag.variable),
    ):
        with pytest.raises(SystemExit) as ended:
            parse(arguments, variables)
        assert ended.value.code == 2
        error = capsys.readouterr().err
        assert error.startswith(f"kecs: {source}: ")
        assert wrong in error
        assert error.count("\n") == 1


def test_the_flag_wins_over_the_variable_and_an_empty_variable_is_none() -> None:
    _, settings = parse(["serve", "--engine", "docker"], {"KECS_ENGINE": "simulated", "KECS_DATA": ""})
    assert (settings.engine, settings.data) == ("docker", ".kecs")


def test_allow_host_can_be_given_more_than_once() -> None:
    _, settings = parse(["serve", "--allow-host", "a", "--allow-host", "b,c"], {})
    assert settings.allow_host == ("a", "b", "c")


def test_reset_minds_only_its_own_settings() -> None:
    command, settings = parse(["reset", "--data", "x"], {"KECS_LISTEN": "nonsense"})
    assert (command, settings) == ("reset", Settings(data="x"))
    with pytest.raises(SystemExit):
        parse(["reset", "--listen", "127.0.0.1:1"], {})


@pytest.mark.parametrize("arguments", [["frob"], ["serve", "--frob"], ["serve", "more"], ["version", "--data", "x"]])
def test_what_is_not_known_is_one_line_and_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments, {})
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "manifests", "uninstall"])
def test_the_help_names_every_flag_variable_and_default(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build().parse_args([command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for flag in FLAGS:
        assert (flag.option in shown) == (command in flag.commands)
        assert (flag.variable in shown) == (command in flag.commands)
    assert "examples:" in shown


def test_nothing_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([], {})
    assert ended.value.code == 0
    assert "kecs serve" in capsys.readouterr().out
