"""What a simulated container does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.node.script import NO_END, BadScript, Line, command, script_for


@pytest.mark.parametrize(
    ("words", "seconds", "code", "lines"),
    [
        (["true"], 0, 0, []),
        (["false"], 0, 1, []),
        (["/bin/sleep", "5"], 5, 0, []),
        (["sleep", "1.5m"], 90, 0, []),
        (["sleep", "1", "2"], 3, 0, []),
        (["sleep", "infinity"], NO_END, 0, []),
        (["echo", "hello", "world"], 0, 0, [("hello world", 0)]),
        (["sh", "-c", "echo a; sleep 2; echo b; exit 3"], 2, 3, [("a", 0), ("b", 2)]),
        (["sh", "-c", "sleep 1 && exit 4"], 1, 4, []),
        (["sh", "-c", "false && echo no; echo yes"], 0, 0, [("yes", 0)]),
        (["sh", "-c", "false && exit 9"], 0, 1, []),
        (["sh", "-c", "echo 'a; b' && true;"], 0, 0, [("a; b", 0)]),
        (["bash", "-c", "exit 300"], 0, 44, []),
        (["sh", "-c", "echo one; false; exit"], 0, 1, [("one", 0)]),
        (["sh", "-c", '"$0" "$@"', "sh", "-c", "sleep 1; exit 3"], 1, 3, []),
        (["sh", "-c", '"$0" "$@"; cleanup > /dev/null; exit 0', "sh", "-c", "echo a; exit 3"], 0, 0, [("a", 0)]),
    ],
)
def test_plain_commands(words: list[str], seconds: float, code: int, lines: list[tuple[str, float]]) -> None:
    script = command(words)
    assert script is not None
    assert (script.run_seconds, script.exit_code) == (seconds, code)
    assert script.lines() == [Line(text, after) for text, after in lines]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("echo why > /dev/termination-log; exit 3", "why\n"),
        ("echo one > /dev/termination-log && echo 'two  words' > /dev/termination-log", "two  words\n"),
        ("echo why; exit 3", ""),
        ("false && echo why > /dev/termination-log", ""),
    ],
)
def test_last_words(line: str, message: str) -> None:
    script = command(["sh", "-c", line])
    assert script is not None
    assert script.termination_message == message


def test_a_wrapped_command_leaves_its_exit_code() -> None:
    line = '"$0" "$@"; printf %s "$?" > /dev/termination-log 2>/dev/null; exit 0'
    script = command(["sh", "-c", line, "sh", "-c", "sleep 1; exit 3"])
    assert script is not None
    assert (script.run_seconds, script.exit_code, script.termination_message) == (1, 0, "3")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nginx", "-g", "daemon off;"],
        ["sh", "-c", "while true; do sleep 1; done"],
        ["sh", "-c", "echo $HOME"],
        ["sh", "-c", "echo a | cat"],
        ["sh", "-c", "echo a > /file"],
        ["sh", "-c", "echo a >"],
        ["sh", "-c", "true > /dev/termination-log"],
        ["sh", "-c", "sleep 1 & wait"],
        ["sh", "-c", "echo 'unbalanced"],
        ["sh", "-c", "true || false"],
        ["sleep"],
        ["sleep", "soon"],
        ["sh", "-c", '"$1"; exit 0', "sleep", "1"],
        ["sh", "-c", '"$0" "$@"; cleanup', "sleep", "1"],
        ["sh", "-c", '"$0" "$@"; exit 0', "nginx"],
        ["exit", "-1"],
    ],
)
def test_anything_else_runs_until_it_is_stopped(words: list[str]) -> None:
    assert command(words) is None
    assert script_for("", words).run_seconds == NO_END


@given(st.lists(st.text(max_size=20), max_size=4))
def test_no_command_breaks_it(words: list[str]) -> None:
    script_for("", words)


@given(st.text(max_size=60))
def test_no_line_breaks_it(line: str) -> None:
    script_for("", ["sh", "-c", line])


def test_scripts() -> None:
    script = script_for(
        '{"runSeconds": 9, "exitCode": 2, "logs": ["a", {"after": 4, "line": "b"}],'
        ' "health": [{"after": 2, "healthy": false}, {"after": 5, "healthy": true}]}',
        ["sleep", "1"],
    )
    assert (script.run_seconds, script.exit_code) == (9, 2)
    assert script.lines() == [Line("a"), Line("b", 4)]
    assert [script.healthy(after) for after in (0, 2, 4.9, 5)] == [True, False, False, True]
    assert [script.turns(after) for after in (0, 2, 5)] == [2, 5, NO_END]


@pytest.mark.parametrize("text", ["{", "[]", '{"runs": 1}', '{"exitCode": "one"}'])
def test_bad_scripts(text: str) -> None:
    with pytest.raises(BadScript, match="simulation script: "):
        script_for(text, [])
