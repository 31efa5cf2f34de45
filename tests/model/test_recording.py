"""A run as a file: whole, cut anywhere, damaged, and files that were never one."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

import pytest

from sockviz.model.event_lines import line_of
from sockviz.model.event_writer import EventWriter
from sockviz.model.events import CallEntered, CallReturned, Observed
from sockviz.model.fields import writer
from sockviz.model.lab_facts import LabFacts
from sockviz.model.recording import BadRecording, dump_header, load, load_file, save
from sockviz.model.script_text import UnreadScript
from sockviz.model.sockets import State, Timer, ToldName
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import Value
from tests.model.runs import HEADER, Conversation
from tests.tui.stage import scripted

RUN = list(Conversation(1).events())
TELLING = Header(
    UnreadScript("# Größe → \u2028\n", "08-x.md"),
    LabFacts("isolated", ("packets", "ipv6"), ("loopback",), {"loopback": "127.0.0.1"},
    (8080, 8081), {"a.b": "1"}, {"counters": "EPERM"}),
    "6.18.0", 1_700_000_000.25, "0.1.0",
)  # fmt: skip


def saved(header: Header = HEADER) -> str:
    file = io.StringIO()
    save(Timeline(header, RUN), file)
    return file.getvalue()


@cache
def spaced() -> str:
    """The same with a header whose parts can be put in each other's place."""
    header, rest = saved().split("\n", 1)
    return json.dumps(json.loads(header)) + "\n" + rest


def test_a_header_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(saved(TELLING), encoding="utf-8")
    loaded = load_file(path)
    assert loaded.problem is None
    assert loaded.timeline.header == TELLING
    assert list(loaded.timeline.events) == RUN


def test_lines_are_what_the_format_says() -> None:
    header, first, *_ = saved().splitlines()
    assert json.loads(header)["sockviz"] == 2
    assert {"kernel", "lab", "lesson"} <= set(json.loads(header))
    assert json.loads(first)["event"] == type(RUN[0]).__name__


def test_enumerations_come_back_as_themselves() -> None:
    """Not as the strings that they are written as: those compare equal, and fail where a member is asked for by `is`."""
    script = scripted.crowded_lesson()
    file = io.StringIO()
    save(script.timeline, file)
    rows = list(load(io.StringIO(file.getvalue()), "x").timeline.world.rows.values())
    assert {type(row.state) for row in rows} == {State}
    (waiting,) = (row for row in rows if row.timer is not None)
    assert waiting.timer is Timer.ON
    assert waiting.state is State.SYN_SENT
    assert rows == list(script.timeline.world.rows.values())


def test_every_truncation_plays_to_the_cut_and_says_so(tmp_path: Path) -> None:
    """Every byte of the header and the first events, every seventeenth after, the last ones of each line."""
    header, *lines = saved(TELLING).encode().splitlines(keepends=True)
    path = tmp_path / "cut.jsonl"
    for length in range(len(header) - 1):
        path.write_bytes(header[:length])
        with pytest.raises(BadRecording, match=r"cut\.jsonl:( empty|1: )"):
            load_file(path)
    path.write_bytes(header[:-1])
    assert load_file(path).problem is None
    for number, line in enumerate(lines):
        for length in range(len(line)):
            at_the_edge = number < 2 or length in (0, len(line) - 1)
            if not at_the_edge and length % 17:
                continue
            path.write_bytes(b"".join([header, *lines[:number], line[:length]]))
            loaded = load_file(path)
            events = RUN[:number]
            if length == 0:
                assert loaded.problem is None
            else:
                assert loaded.problem is not None
                assert f"cut.jsonl:{number + 2}: the recording breaks off here" in loaded.problem
            if length == len(line) - 1:  # the newline alone is missing
                events = RUN[: number + 1]
            assert list(loaded.timeline.events) == events


DEEP = "[" * 100_000
FOREIGN: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("a newline", b"\n", "not JSON"),
    ("binary", bytes(range(256)) * 4, "not UTF-8|not JSON"),
    ("not UTF-8", b'{"sockviz": 1, "made_by": "\xff"}\n', "not UTF-8"),
    ("UTF-16", saved().encode("utf-16"), "not UTF-8|not JSON"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(100), "not UTF-8|not JSON"),
    ("prose", b"# A lesson\n\nof mine\n", "not JSON"),
    ("other JSON", b'{"name": "x"}\n', "no «sockviz» key"),
    ("a list", b"[1, 2]\n", "no «sockviz» key"),
    ("null", b"null\n", "no «sockviz» key"),
    ("another version", spaced().replace('"sockviz": 2', '"sockviz": 3', 1).encode(), "format 3"),
    ("a version that is no number", spaced().replace('"sockviz": 2', '"sockviz": true', 1).encode(), "format True"),
    ("a version of huge length", spaced().replace('"sockviz": 2', '"sockviz": ' + "9" * 5000, 1).encode(), "not JSON"),
    ("nothing but a version", b'{"sockviz": 1}\n', "damaged header"),
    ("nothing but the newest version", b'{"sockviz": 2}\n', "damaged header"),
    ("an extra key", spaced().replace('"kernel"', '"colour": 1, "kernel"', 1).encode(), "colour"),
    ("a wrong type", spaced().replace('"kernel": "6.18.0"', '"kernel": 6', 1).encode(), "expected str.*kernel"),
    ("nothing instead of text", spaced().replace('"kernel": "6.18.0"', '"kernel": null', 1).encode(), "expected str.*kernel"),
    ("a time that is no number", spaced().replace('"started": 1700000000.0', '"started": NaN', 1).encode(),
     "expected float.*started"),
    ("a time without end", spaced().replace('"started": 1700000000.0', '"started": 1e999', 1).encode(),
     "expected float.*started"),
    ("a time too large", spaced().replace('"started": 1700000000.0', '"started": 1' + "0" * 400, 1).encode(), "header"),
    ("a lab that is none", spaced().replace('"lab": {', '"lab": 5, "x": {', 1).encode(), "header"),
    ("deep nesting", DEEP.encode() + b"\n", "too deeply"),
    ("deep nesting in a header", f'{{"sockviz": 1, "lab": {DEEP}'.encode() + b"\n", "too deeply"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "why"), [each[1:] for each in FOREIGN], ids=[each[0] for each in FOREIGN]
)
def test_a_foreign_file_is_refused_with_a_reason(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadRecording, match=rf"foreign\.jsonl:.*({why})") as caught:
        load_file(path)
    assert "\n" not in str(caught.value)


EVENT = EventWriter().line(RUN[0])
TAGGED_DEEP = '{"$": "tuple", "items": [' * 300 + "1" + "]}" * 300


def returned(value: str) -> str:
    return f'{{"event": "CallReturned", "at": 1.0, "process": "p", "call": 1, "value": {value}}}'


def observed(**changes: str) -> str:
    body = {
        "at": "1.0",
        "host": '"h"',
        "rows": "[]",
        "gone": "[]",
        "processes": "[]",
        "counters": "{}",
        **changes,
    }
    return '{"event": "Observed", ' + ", ".join(f'"{name}": {json}' for name, json in body.items()) + "}"


@pytest.mark.parametrize(
    "line",
    [
        "", "null", "5", "[]", '"text"', "{}", '{"event": 5}', '{"event": "Exploded", "at": 1.0}', '{"event": ["PageOpened"]}',
        '{"event": "PageOpened"}', '{"event": "PageOpened", "at": 1.0}', '{"event": "PageOpened", "at": "1.0", "page": 1}',
        '{"event": "PageOpened", "at": 1.0, "page": 1.5}', '{"event": "PageOpened", "at": 1.0, "page": "1"}',
        '{"event": "PageOpened", "at": 1.0, "page": true}', '{"event": "PageOpened", "at": NaN, "page": 1}',
        '{"event": "PageOpened", "at": Infinity, "page": 1}', '{"event": "PageOpened", "at": 1e999, "page": 1}',
        '{"event": "PageOpened", "at": 1.0, "page": null}', '{"event": "PageOpened", "at": 1.0, "page": 1, "more": 2}',
        '{"event": "PageOpened", "at": 1.0, "page": ' + "9" * 5000 + "}",
        '{"event": "PageOpened", "at": 1' + "0" * 400 + ', "page": 1}',
        DEEP, '{"event": "PageOpened", "at": ' + DEEP, returned(DEEP), returned(TAGGED_DEEP),
        returned("[1]"), returned('{"$": "x"}'),
        returned('{"$": "bytes", "base64": "é"}'), returned('{"$": "float", "text": "1"}'),
        returned('{"$": "dict", "items": [1]}'),
        returned('{"$": "dict", "items": [[{"$": "list", "items": []}, 1]]}'), returned('{"$": "socket", "inode": "x"}'),
        observed(gone='[{"$": "tuple", "items": [{"$": "list", "items": []}]}]'), observed(gone="[5]"), observed(rows="[5]"),
        observed(counters="[]"), observed(counters='{"a": "b"}'), observed(processes='[{"process": "p"}]'),
        "\udcff" + EVENT, EVENT[:-1], EVENT + EVENT, "\0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", [1, 2])
def test_a_damaged_event_ends_the_run_before_it(line: str, version: int) -> None:
    header = json.dumps({**json.loads(dump_header(HEADER)), "sockviz": version})
    loaded = load([header + "\n", EVENT + "\n", line + "\n", EVENT + "\n"], "r.jsonl")
    assert list(loaded.timeline.events) == RUN[:1]
    assert loaded.problem is not None
    assert loaded.problem.startswith("r.jsonl:3: the recording breaks off here (")
    assert "\n" not in loaded.problem
    assert len(loaded.problem) < 600


@pytest.mark.parametrize(
    "address",
    [
        '{"$": "tuple", "items": []}',
        '{"$": "tuple", "items": ["127.0.0.1"]}',
        "5",
        '{"$": "list", "items": []}',
    ],
)
def test_an_address_that_is_none_is_damage(address: str) -> None:
    seen = next(event for event in RUN if isinstance(event, Observed) and event.rows)
    body = json.loads(EventWriter().line(seen))
    body["rows"][0]["local"] = json.loads(address)
    loaded = load([dump_header(HEADER) + "\n", json.dumps(body) + "\n"], "r.jsonl")
    assert loaded.problem is not None
    assert "local" in loaded.problem


def test_the_quick_lines_of_calls_are_those_of_any_event() -> None:
    odd: list[Value] = [
        float("nan"),
        1.5,
        True,
        None,
        "é",
        "\udc80",
        b"\0\xff",
        (1, b"x"),
        {"a": [2]},
        1 << 70,
    ]
    events: list[CallEntered | CallReturned] = [
        *(
            CallEntered(1.5, "a", 1, None, "send", "f", (value,), {"key": value}, 2, 1, ((3, 1),))
            for value in odd
        ),
        *(
            CallReturned(2.0, "a", 1, value, told=(ToldName(9, 3, ("::1", 80, 0, 0)),), option_was=value)
            for value in odd
        ),
        CallReturned(2.0, "a", 1, None, "EAGAIN", 11, "try again"),
    ]
    writing = EventWriter()
    for event in [*events, *events]:
        whole = {"event": type(event).__name__, **writer(type(event))(event)}
        assert writing.line(event) == line_of(whole)
