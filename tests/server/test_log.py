"""What log lines look like, and what they never tell."""

import json
import logging

from kecs.server.log import JsonFormatter, TextFormatter


def failing(secret: str) -> logging.LogRecord:
    try:
        raise ValueError(secret)
    except ValueError as error:
        trace = (type(error), error, error.__traceback__)
    record = logging.LogRecord("kecs.a", logging.ERROR, __file__, 1, "it %s", ("failed",), trace)
    record.fields = {"request": "r1", "status": 500}
    return record


def test_json_lines() -> None:
    line = json.loads(JsonFormatter().format(failing("x")))
    assert line["level"] == "error"
    assert line["message"] == "it failed"
    assert (line["request"], line["status"], line["exception"]) == ("r1", 500, "ValueError")
    assert "test_log:" in line["at"]
    assert isinstance(line["time"], float)


def test_text_lines() -> None:
    line = TextFormatter().format(failing("x"))
    assert " error   it failed request=r1 status=500 exception=ValueError at=" in line
    assert "\n" not in line


def test_an_exception_is_told_by_place_and_never_by_its_text() -> None:
    for formatter in (JsonFormatter(), TextFormatter()):
        assert "hunter2" not in formatter.format(failing("hunter2"))


def test_a_name_begins_no_line_of_its_own() -> None:
    text = "a\n12:00:00.000 info    é\r\x1b[31m\u2028z"
    record = logging.LogRecord("kecs", logging.WARNING, "", 0, "%s", (text,), None)
    line = TextFormatter().format(record)
    assert line.endswith(r"warning a\n12:00:00.000 info    é\r\x1b[31m\u2028z")
    assert line.isprintable()
