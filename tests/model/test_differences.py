"""A recording that says what has changed: the same run as one that says all, and never more than it may become."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sockviz.model import rebuilding
from sockviz.model.event_writer import EventWriter
from sockviz.model.events import Event, Observed, StatementFinished
from sockviz.model.pcapng import blocks, capture_of
from sockviz.model.recording import Loaded, dump_header, load, load_file, save
from sockviz.model.sockets import FdEntry, ProcessRow, State
from sockviz.model.timeline import Timeline
from sockviz.model.world_json import world_json
from tests.model.runs import HEADER, HOST, SERVER, START, Conversation, row

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order

OLD = sorted(Path(__file__).with_name("format1").glob("*.jsonl"))
RUN = list(Conversation(8).events())


def again(timeline: Timeline) -> Loaded:
    file = io.StringIO()
    save(timeline, file)
    return load(io.StringIO(file.getvalue()), "r.jsonl")


def lines_of(events: Sequence[Event]) -> list[Any]:
    write = EventWriter()
    return [json.loads(write.line(event)) for event in events]


def read(bodies: Sequence[Any]) -> Loaded:
    return load([dump_header(HEADER) + "\n", *(json.dumps(body) + "\n" for body in bodies)], "r.jsonl")


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_a_run_that_was_saved_in_format_1_is_the_same_in_format_2(path: Path) -> None:
    old = load_file(path)
    new = again(old.timeline)
    assert (old.problem, new.problem) == (None, None)
    assert json.loads(path.read_text(encoding="utf-8").split("\n", 1)[0])["sockviz"] == 1
    assert new.timeline.header == old.timeline.header
    assert list(new.timeline.events) == list(old.timeline.events)
    for n in range(len(old.timeline) + 1):
        one, other = old.timeline.world_at(n), new.timeline.world_at(n)
        assert one == other
        assert json.dumps(world_json(one)) == json.dumps(world_json(other)), "in the same order, too"
    assert [*blocks(capture_of(old.timeline))] == [*blocks(capture_of(new.timeline))]
    raws = [[row.raw for row in it.timeline.world.rows.values()] for it in (old, new)]
    assert raws[0] == raws[1], "rows compare equal without them"


def test_a_table_of_descriptors_is_said_once() -> None:
    bodies = lines_of(RUN)
    told = [process for body in bodies for process in body.get("processes", ())]
    assert [process["process"] for process in told if "fds" in process] == ["server", "client"]
    assert all(len(process.get("fds_changed", ())) <= 1 for process in told)
    assert len(json.dumps(bodies[-1])) < 400


@pytest.mark.parametrize(
    ("fds", "said"),
    [
        ((3, 4, 5), {}),
        ((3, 5), {"fds_gone": [4]}),
        ((), {"fds_gone": [3, 4, 5]}),
        ((3, 4, 5, 6), {"fds_changed": 1}),
        ((1, 2, 3, 4, 5), {"fds_changed": 2}),
        ((5, 4, 3), {"fds": 3}),
        ((3, 3), {"fds": 2}),
        (tuple(range(100)), {"fds_changed": 97}),
    ],
)
def test_what_changes_in_it_is_told(fds: tuple[int, ...], said: dict[str, Any]) -> None:
    def seen(numbers: tuple[int, ...]) -> Observed:
        table = tuple(FdEntry(fd, f"socket:[{fd}]", fd, "TCP") for fd in numbers)
        return Observed(START, HOST, processes=(ProcessRow("server", "S", table),))

    events = [seen((3, 4, 5)), seen(fds), seen((3, 4, 5))]
    second = lines_of(events)[1]["processes"][0]
    counted = {name: len(part) if name != "fds_gone" else part for name, part in second.items()}
    assert counted == {"process": len("server"), **said}
    assert list(again(Timeline(HEADER, events)).timeline.events) == events


def test_rows_come_change_and_go_and_come_again() -> None:
    listening, other = (
        row(State.LISTEN, SERVER, None, 100, 900, 0, 128),
        row(State.LISTEN, SERVER, None, 101, 0),
    )
    grown = row(State.LISTEN, SERVER, None, 100, 900, 1, 128)
    events = [
        Observed(START, HOST, (listening, other)), Observed(START, HOST, (grown,)),
        Observed(START, HOST, (), (grown.key, other.key)),
        Observed(START, HOST, (listening,), ((*grown.key[:1], 7),)),
    ]  # fmt: skip
    bodies = lines_of(events)
    assert [[part["row"] for part in body.get("rows", ())] for body in bodies] == [[1, 2], [1], [], [3]]
    assert bodies[1]["rows"] == [{"row": 1, "recv_q": 1}]
    assert bodies[2]["gone"] == [1, 2]
    assert list(read(bodies).timeline.events) == events


def test_names_that_hold_sockets_are_told_by_what_has_changed() -> None:
    events = [
        StatementFinished(START, "server", line, open_fds=open_fds)
        for line, open_fds in enumerate(
            [{}, {"s": 3}, {"s": 3, "c": 4}, {"c": -1}, {"c": -1}, {}, {"s": 5}], start=1
        )
    ]
    bodies = lines_of(events)
    assert [(body.get("open_fds"), body.get("fds_changed"), body.get("fds_gone")) for body in bodies] == [
        (None, None, None), ({"s": 3}, None, None), (None, {"c": 4}, None), (None, {"c": -1}, ["s"]), (None, None, None),
        (None, None, ["c"]), (None, {"s": 5}, None),
    ]  # fmt: skip
    assert list(read(bodies).timeline.events) == events


SEEN = {"event": "Observed", "at": START, "host": HOST}
FINISHED = {"event": "StatementFinished", "at": START, "process": "server", "line": 1}
ENTRY = {"fd": 3, "target": "socket:[5]", "inode": 5}
NEW = {
    "row": 1,
    "family": "AF_INET",
    "type": "SOCK_STREAM",
    "protocol": "TCP",
    "state": "LISTEN",
    "raw": "00000",
}


@pytest.mark.parametrize(
    ("bodies", "why"),
    [
        ([{**SEEN, "rows": [{"row": 2, "recv_q": 1}]}], "row 2 was not said"),
        ([{**SEEN, "rows": [{"row": 0}]}], "row 0 was not said"), ([{**SEEN, "rows": [{"row": True}]}], "expected int"),
        ([{**SEEN, "rows": [{"recv_q": 1}]}], "expected int"), ([{**SEEN, "rows": [{**NEW, "like": 1}]}], "row 1 was not said"),
        ([{**SEEN, "rows": [{"row": 1, "recv_q": 1}]}], "a new row without its family"),
        ([{**SEEN, "rows": [{**NEW, "state": "ASLEEP"}]}], "'ASLEEP' is no State @ event.rows.state"),
        ([{**SEEN, "rows": [{**NEW, "timer": "off"}]}], "no Timer"),
        ([{**SEEN, "rows": [{**NEW, "colour": 1}]}], "no such field"),
        ([{**SEEN, "rows": [{**NEW, "info": {"colour": 1}}]}], "no such field"), ([{**SEEN, "rows": [5]}], "expected an object"),
        ([{**SEEN, "rows": {}}], "expected a list"), ([{**SEEN, "gone": 5}], "expected a list"),
        ([{**SEEN, "gone": [1]}], "row 1 was not said"),
        ([{**SEEN, "rows": [NEW]}, {**SEEN, "gone": [1, 1]}], "row 1 was not said, or is gone"),
        ([{**SEEN, "rows": [NEW]}, {**SEEN, "gone": [1], "rows": [{"row": 1, "recv_q": 5}]}], "row 1 was not said, or is gone"),
        ([{**SEEN, "rows": [NEW]}, {**SEEN, "rows": [{"row": 1, "raw": [3, "0000"]}]}], "bytes at 3 of 4"),
        ([{**SEEN, "rows": [NEW]}, {**SEEN, "rows": [{"row": 1, "raw": [-1, "00"]}]}], "bytes at -1 of 4"),
        ([{**SEEN, "rows": [NEW]}, {**SEEN, "rows": [{"row": 1, "raw": [0, "é"]}]}], "no base 16"),
        ([{**SEEN, "rows": [NEW]}, {**SEEN, "rows": [{"row": 1, "raw": "é"}]}], "no base 85"),
        ([{**SEEN, "rows": [NEW]}, {**SEEN, "rows": [{"row": 1, "raw": 5}]}], "expected str"),
        ([{**SEEN, "processes": [{"process": "server", "fds_changed": [ENTRY]}]}], "descriptors of 'server' that were not said"),
        ([{**SEEN, "processes": [{"process": "server", "fds_gone": [3]}]}], "descriptors of 'server' that were not said"),
        ([{**SEEN, "processes": [{"process": "server"}]}], "nothing there, and it must be @ event.state"),
        ([{**SEEN, "processes": [5]}], "expected an object"),
        ([{**SEEN, "processes": [{"process": "server", "state": "S", "fds": [ENTRY]}]},
          {**SEEN, "processes": [{"process": "server", "fds_gone": [4]}]}], "descriptor 4 is gone that was not there"),
        ([{**SEEN, "processes": [{"process": "server", "state": "S", "fds": [ENTRY]}]},
          {**SEEN, "processes": [{"process": "server", "colour": 1}]}], "no such field"),
        ([{**FINISHED, "fds_changed": {"s": 3}}], "names of 'server' that were not said"),
        ([{**FINISHED, "fds_gone": ["s"]}], "names of 'server' that were not said"),
        ([{**FINISHED, "open_fds": {"s": 3}, "fds_changed": {"s": 3}}], "that were not said"),
        ([{**FINISHED, "open_fds": {"s": 3}}, {**FINISHED, "fds_changed": {"s": "3"}}], "expected int"),
    ],
)  # fmt: skip
def test_a_difference_to_what_was_not_said_ends_the_recording_before_it(bodies: list[Any], why: str) -> None:
    start = lines_of(RUN[:3])
    loaded = read([*start, *bodies, RUN and {"event": "PageOpened", "at": START, "page": 1}])
    assert list(loaded.timeline.events[:3]) == RUN[:3]
    assert loaded.problem is not None
    assert loaded.problem.startswith(f"r.jsonl:{len(loaded.timeline) + 2}: the recording breaks off here (")
    assert len(loaded.timeline) == 3 + len(bodies) - 1
    assert why in loaded.problem


def test_format_1_has_no_differences() -> None:
    header = json.dumps({**json.loads(dump_header(HEADER)), "sockviz": 1})
    for body in ({**FINISHED, "fds_changed": {}}, {**SEEN, "rows": [NEW]}, {**SEEN, "gone": [1]}):
        assert load([header + "\n", json.dumps(body) + "\n"], "r.jsonl").problem is not None


def test_a_short_line_does_not_become_a_long_table_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says a large table; each of the next, of a few bytes, makes it anew."""
    entries = [{**ENTRY, "fd": fd} for fd in range(1000)]
    first = {**SEEN, "processes": [{"process": "server", "state": "S", "fds": entries}]}
    more = {"process": "server", "fds_changed": [{**ENTRY, "inode": 6}]}
    monkeypatch.setattr(rebuilding, "MOST", 200_000)
    loaded = read([*lines_of(RUN[:3]), first, *[{**SEEN, "processes": [more]}] * 100])
    assert loaded.problem is not None
    assert "differences make more than" in loaded.problem
    assert len(loaded.timeline) == 4 + 200_000 // 8096
    monkeypatch.setattr(rebuilding, "MOST_OF_A_LINE", 100_000)
    loaded = read(
        [*lines_of(RUN[:3]), first, {**SEEN, "processes": [more] * 10}, {**SEEN, "processes": [more] * 100}]
    )
    assert loaded.problem is not None
    assert loaded.problem.startswith("r.jsonl:7: ")


def test_nor_do_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "MOST_OF_A_LINE", 100_000)
    long = {**NEW, "raw": "00000" * 4000}
    for body in ([{"row": 1, "raw": [0, "01"]}] * 10, [{"row": 1, "recv_q": 5}] * 1000):
        loaded = read([*lines_of(RUN[:3]), {**SEEN, "rows": [long]}, {**SEEN, "rows": body}])
        assert loaded.problem is not None
        assert "its differences make more than" in loaded.problem
