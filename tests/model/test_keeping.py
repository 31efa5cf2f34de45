"""Long values: their length and beginning for ever, the whole as long as a run's budget lasts, and longest what names have."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from sockviz.lesson.expressions import read_expression
from sockviz.lesson.findings import Findings
from sockviz.lesson.judge import Judgement, judge
from sockviz.model import keeping
from sockviz.model.events import CallEntered, CallReturned, ProcessStarted, StatementBegun, StatementFinished
from sockviz.model.long_values import LONG, Long, as_long, long_value, shortened, weight, whole_of
from sockviz.model.recording import load, save
from sockviz.model.segments import endpoint
from sockviz.model.timeline import Timeline
from sockviz.model.values import BadValue, Json, Value, decode, encode, show
from sockviz.model.world_json import world_json
from tests.model.runs import HEADER

MIB = 1 << 20


def timeline_of(*bound: Mapping[str, Value]) -> Timeline:
    """A server that binds these names, a line for each."""
    timeline = Timeline(HEADER, [ProcessStarted(0.0, "server", 4, 4121, "loopback")])
    for line, names in enumerate(bound, start=1):
        timeline.append(StatementBegun(float(line), "server", line))
        timeline.append(StatementFinished(line + 0.5, "server", line, names))
    return timeline


def judged(timeline: Timeline, source: str) -> Judgement:
    findings = Findings()
    expression = read_expression(source, 1, 1, findings)
    assert expression is not None, findings.problems
    return judge(expression, timeline.world, {})


def name(timeline: Timeline, variable: str) -> Long:
    long = as_long(timeline.world.processes["server"].names[variable])
    assert long is not None
    return long


@pytest.fixture
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", MIB)
    monkeypatch.setattr(keeping.Keeping.__init__, "__defaults__", (MIB,))


def test_short_values_are_what_they_are() -> None:
    timeline = timeline_of({"a": b"x" * 100, "b": (1, "two", [3.0])})
    assert type(timeline.world.processes["server"].names["a"]) is bytes
    assert type(timeline.world.processes["server"].names["b"]) is tuple


VALUES: list[Value] = [
    b"x" * 5000, "é" * 5000, (1,) * 5000, [b"y" * 40] * 5000, dict.fromkeys(range(5000), "v"), (b"x" * 9000, ("127.0.0.1", 80)),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=[type(value).__name__ for value in VALUES])
def test_long_ones_are_of_their_type_and_length_and_begin_alike(value: Value) -> None:
    assert isinstance(value, bytes | str | tuple | list | dict)
    timeline = timeline_of({"a": value})
    held = name(timeline, "a")
    assert isinstance(held, type(value))
    assert len(held) == len(value)
    assert held == value
    assert value == held
    assert whole_of(held) is value
    held.whole = None
    assert len(held) == len(value)
    assert held != value, "nobody knows"
    assert weight(held) == 0
    assert f"({len(value)} " in show(_shown := timeline.world.processes["server"].names["a"])
    assert "kept)" in show(_shown)
    assert len(json.dumps(encode(_shown))) < 3 * LONG


@pytest.mark.usefixtures("_little_room")
def test_the_oldest_go_first_and_what_names_have_stays() -> None:
    whole = [bytes([number]) * 100_000 for number in range(30)]
    timeline = timeline_of({"first": whole[0]}, *[{"a": each} for each in whole[1:]])
    assert timeline._keeping.taken <= MIB
    assert name(timeline, "first").whole == whole[0], "a name has it"
    assert name(timeline, "a").whole == whole[-1]
    bound = [
        event.bound["a"]
        for event in timeline.events
        if isinstance(event, StatementFinished) and "a" in event.bound
    ]
    kept = [whole_of(value) is not value for value in bound]
    assert kept == sorted(kept), "the newest are whole, the oldest are not"
    assert not kept[0]
    assert {len(value) for value in bound if isinstance(value, bytes)} == {100_000}
    past = timeline.world_at(5).processes["server"].names["a"]
    assert "100000 bytes, the first 1024 kept" in show(past)
    assert "100000 bytes, the first 1024 kept" in show(timeline.world.lines[2].bound["a"]), (
        "every world says so"
    )


@pytest.mark.usefixtures("_little_room")
def test_where_names_alone_have_more_the_oldest_of_those_go_too() -> None:
    timeline = timeline_of(*[{f"a{number}": bytes([number]) * 100_000} for number in range(30)])
    assert timeline._keeping.taken <= MIB
    assert name(timeline, "a0").whole is None
    assert name(timeline, "a29").whole is not None
    assert judged(timeline, "len(server.a0) == 100000").holds


def test_what_a_call_returns_its_line_binds_and_the_next_call_sends_is_held_once() -> None:
    timeline = timeline_of({})
    timeline.append(StatementBegun(9.0, "server", 1))
    timeline.append(CallEntered(9.0, "server", 1, 1, "recv", "socket.socket.recv"))
    timeline.append(CallReturned(9.0, "server", 1, b"x" * 100_000))
    timeline.append(StatementFinished(9.0, "server", 1, {"a": b"x" * 100_000}))
    timeline.append(CallEntered(9.0, "server", 2, 1, "send", "socket.socket.send", (b"x" * 100_000,)))
    assert timeline._keeping.taken == weight(b"x" * 100_000)


# --- judged -----------------------------------------------------------------------------------------------------


def test_a_whole_value_is_judged_as_any_other() -> None:
    timeline = timeline_of({"a": b"x" * 5000 + b"y", "t": (b"x" * 5000, 7)})
    for source in ("server.a[5000] == 121", "server.a[4999:] == b'xy'", "b'xy' in server.a", "len(server.a) == 5001",
                   "server.t[1] == 7", "server.t == (b'x' * 5000, 7)", "server.a == b'x' * 5000 + b'y'"):  # fmt: skip
        assert judged(timeline, source).holds, source


@pytest.mark.parametrize("cut", ["server.a", "server.t[0]"])
def test_of_a_cut_one_only_the_length_is_known(cut: str) -> None:
    timeline = timeline_of({"a": long_value(b"x" * 10, 64 * MIB), "t": (long_value(b"x" * 10, 64 * MIB), 7)})
    assert judged(timeline, f"len({cut}) == {64 * MIB}").holds
    for source in (f"{cut} == b'x' * 10", f"{cut} != b'x'", f"b'x' == {cut}", f"{cut} in (b'x', 2)",
                   f"b'x' in {cut}", f"{cut}[0] == 120",
                   f"{cut}[:3] == b'xxx'", f"{cut} == {cut}", f"sum({cut}) > 5", f"{cut} + b'x' == b'x'"):  # fmt: skip
        verdict = judged(timeline, source)
        assert not verdict.holds, source
        found = [*verdict.tell(), *([verdict.missing] if verdict.missing else [])]
        assert any(
            f"{64 * MIB} bytes, the first 10 kept" in f"{each.value} {each.other}" for each in found
        ), source


# --- written ----------------------------------------------------------------------------------------------------


def test_a_recording_keeps_the_length_and_beginning_of_a_long_one() -> None:
    timeline = timeline_of({"a": b"x" * MIB, "b": b"y" * 10_000, "c": "z" * MIB, "d": [b"x" * 100] * 10_000})
    file = io.StringIO()
    save(timeline, file)
    assert len(file.getvalue()) < 40_000
    loaded = load(io.StringIO(file.getvalue()), "x")
    assert loaded.problem is None
    again = loaded.timeline
    assert (name(again, "a").whole, len(name(again, "a"))) == (None, MIB)
    assert name(again, "b").whole == b"y" * 10_000
    assert (
        show(again.world.processes["server"].names["c"])
        == "'zzzzzzzzzzzzzzzzz'… (1048576 characters, the first 1024 kept)"
    )
    second = io.StringIO()
    save(again, second)
    assert second.getvalue() == file.getvalue()
    assert "length" in json.dumps(world_json(again.world))


@pytest.mark.parametrize(
    "tagged",
    [
        {"$": "bytes", "base64": "eHh4", "length": 2}, {"$": "bytes", "base64": "eHh4", "length": -1},
        {"$": "bytes", "base64": "eHh4", "length": 1 << 64}, {"$": "bytes", "base64": "eHh4", "length": "3"},
        {"$": "text", "text": "abc"}, {"$": "text", "text": 5, "length": 9}, {"$": "tuple", "items": 5, "length": 9},
        {"$": "list", "items": [], "length": True}, {"$": "dict", "items": [1], "length": 2},
    ],
)  # fmt: skip
def test_a_length_that_cannot_be_is_no_value(tagged: dict[str, object]) -> None:
    with pytest.raises(BadValue):
        decode(tagged)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["list", "tuple"])
def test_what_was_told_of_a_pair_can_be_taken_apart(kind: str) -> None:
    """A report has no room left for a part, a recording leaves it out: whoever takes apart finds something that is no address."""
    address: Json = {"$": kind, "items": ["::1"], "length": 4}
    value: Any = decode({"$": "list", "items": [{"$": kind, "items": [2, address], "length": 5}]})
    (_, inner, *untold) = value[0]
    (host, *others) = inner
    assert (host, [str(part) for part in untold + others]) == ("::1", ["…"] * 6)
    assert (len(value[0]), len(inner), endpoint(inner)) == (5, 4, None)
    assert decode(encode(value)) == value
    assert json.dumps(encode(value)).count("length") == 2
    assert "untold" not in json.dumps(encode(value))


def test_a_length_that_says_nothing_new_makes_no_long_value() -> None:
    assert type(decode({"$": "bytes", "base64": "eHh4", "length": 3})) is bytes


def test_the_beginning_of_anything_is_short() -> None:
    nested: Value = b"x" * MIB
    for _ in range(50):
        nested = [nested] * 100
    assert len(json.dumps(encode(shortened(nested)))) < LONG
