"""Every flag is explained where users look."""

from pathlib import Path

import pytest

from kecs.cli import export

PAGE = (Path(__file__).parents[2] / "docs/export.md").read_text()


@pytest.mark.parametrize("action", export.build()._actions, ids=lambda action: action.dest)
def test_a_flag_has_a_help_and_is_in_the_documentation(action: object) -> None:
    options = getattr(action, "option_strings", [])
    assert getattr(action, "help", "")
    assert not options or options[-1] in PAGE or options[-1] in ("--help", "--output")


def test_the_help_teaches_by_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        export.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told.count("  kecs export ") >= 6
    assert all(len(line) <= 120 for line in told.splitlines())
