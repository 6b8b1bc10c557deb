import itertools
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.kube import lines as lines_module
from kecs.kube.api import Event, Json
from kecs.kube.decoding import Objects
from kecs.kube.errors import ApiError, Gone, InternalError
from kecs.kube.lines import Lines
from kecs.kube.resources import PODS
from tests.kube.scripted import error_event, event

TYPES = st.sampled_from(["ADDED", "MODIFIED", "DELETED"])


def told(pieces: list[bytes]) -> list[Event[Json]]:
    lines = Lines(Objects(PODS).events)
    found: list[Event[Json]] = []
    for piece in pieces:
        for events, error in lines.feed(piece):
            assert error is None
            found += events
    return found


def whole() -> Lines[bytes]:
    """Lines that say what they are."""
    return Lines(lambda buffer, stop: bytes(buffer[:stop]))


def read(objects: Objects[Any], lines: bytes) -> tuple[list[Event[Any]], ApiError | None]:
    return objects.events(lines, len(lines))


@given(
    st.lists(st.tuples(TYPES, st.text(max_size=30)), max_size=8),
    st.lists(st.integers(0, 2000), max_size=20),
    st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
)
def test_any_cut_of_the_bytes_gives_the_same_events(wanted: list[tuple[str, str]], cuts: list[int], end: bytes) -> None:
    stream = b"".join(event(kind, name, at).rstrip() + end for at, (kind, name) in enumerate(wanted))
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[begin:stop] for begin, stop in itertools.pairwise(places)]
    found = told(pieces)
    assert [(one.type, one.object and one.object["metadata"]["name"]) for one in found] == wanted
    assert [one.resource_version for one in found] == [str(at) for at in range(len(wanted))]
    assert all("managedFields" not in one.object["metadata"] for one in found if one.object)
    assert told([bytes([byte]) for byte in stream]) == found


def test_a_line_in_a_hundred_thousand_pieces_costs_no_more_than_its_length() -> None:
    lines = whole()
    piece = b"x" * 20
    for _ in range(100_000):
        assert lines.feed(piece) == []
    assert [len(line) for line in lines.feed(b"\n")] == [2_000_001]


def test_much_at_once_comes_in_pieces_of_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "_FIRST", 10)
    monkeypatch.setattr(lines_module, "_PIECE", 10)
    assert whole().feed(b"one\ntwo\nthree\n12345678901\nend\nre") == [b"one\ntwo\n", b"three\n", b"12345678901\nend\n"]


def test_a_line_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "_LONGEST", 1000)
    lines = whole()
    with pytest.raises(InternalError, match="more than 1000 bytes"):
        for _ in range(200):
            lines.feed(b"0123456789")


@pytest.mark.parametrize("name", ["ADDED", "MODIFIED", "DELETED"])
def test_an_event_is_read_however_its_members_are_ordered(name: str) -> None:
    body = b'{"metadata":{"name":"a","resourceVersion":"3"}}'
    for line in (
        b'{"type":"%b","object":%b}' % (name.encode(), body),
        b'{ "type" : "%b", "object":%b}' % (name.encode(), body),
        b'{"object":%b,"type":"%b"}' % (body, name.encode()),
    ):
        events, error = read(Objects(PODS), line)
        assert error is None
        assert events == [Event(name, {"metadata": {"name": "a", "resourceVersion": "3"}}, "3")]  # type: ignore[arg-type]


def test_a_bookmark_has_a_version_and_no_object() -> None:
    line = b'{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"12","creationTimestamp":null}}}'
    assert read(Objects(PODS), line) == ([Event("BOOKMARK", None, "12")], None)


def test_what_came_before_an_error_counts() -> None:
    events, error = read(Objects(PODS), event("ADDED", "a", 3) + error_event(410, "Expired") + event("ADDED", "b", 4))
    assert [one.resource_version for one in events] == ["3"]
    assert isinstance(error, Gone)


class Meta(msgspec.Struct):
    name: str
    resourceVersion: str
    labels: dict[str, str] = {}


class View(msgspec.Struct):
    metadata: Meta


HARD = st.text(st.sampled_from('[]{},:"\\\n ab'), max_size=12)
MANAGED = st.fixed_dictionaries(
    {"manager": HARD, "operation": HARD, "fieldsV1": st.dictionaries(HARD.map("f:{}".format), st.just({}), max_size=3)}
)


@given(st.lists(st.lists(MANAGED, max_size=3), min_size=1, max_size=4), HARD)
def test_managed_fields_are_left_out_whatever_they_say(wanted: list[list[Json]], text: str) -> None:
    lines = b""
    for at, managed in enumerate(wanted):
        meta = {"name": text, "managedFields": managed, "labels": {text: "x"}, "resourceVersion": str(at)}
        lines += msgspec.json.encode({"type": "ADDED", "object": {"metadata": meta}}) + b"\n"
    wanted_events = [Event("ADDED", View(Meta(text, str(at), {text: "x"})), str(at)) for at in range(len(wanted))]
    objects = Objects(PODS.viewed(View))
    assert read(objects, lines) == (wanted_events, None)
    assert read(objects, lines.removesuffix(b"\n")) == (wanted_events, None)


def test_managed_fields_without_an_end_are_not_taken_for_anothers() -> None:
    meta = b'{"name":"%b","managedFields":[{"manager":"x"}],"resourceVersion":"3"}'
    whole = b'{"type":"ADDED","object":{"metadata":%b}}' % meta
    first, other = whole % b"a", whole % b"b"
    events, error = read(Objects(PODS.viewed(View)), first + b"\n" + first.replace(b"]", b"") + b"\n" + other + b"\n")
    assert [one.object and one.object.metadata.name for one in events] == ["a"]
    assert type(error) is InternalError


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'{"type":"ADDED"}',
        b'{"type":"ADDED","object":{"metadata":{"name":3,"resourceVersion":"1"}}}',
        b'{"type":"SPOILED","object":{}}',
        b'{"type":"BOOKMARK","object":{}}',
        b'{"type":"ERROR","object":3}',
        b"\xff\xfe",
    ],
)
def test_bytes_of_no_use_are_an_error_of_the_server(line: bytes) -> None:
    events, error = read(Objects(PODS.viewed(View)), line)
    assert events == []
    assert type(error) is InternalError
    assert "pods" in error.message or "the server" in error.message


@given(st.binary(max_size=60), st.randoms(use_true_random=False))
def test_no_bytes_break_the_reader(noise: bytes, chance: random.Random) -> None:
    line = bytearray(event("ADDED", "a", 3))
    at = chance.randrange(len(line))
    line[at : at + len(noise)] = noise
    for _, error in Lines(Objects(PODS.viewed(View)).events).feed(bytes(line) + b"\n"):
        assert error is None or error.message
