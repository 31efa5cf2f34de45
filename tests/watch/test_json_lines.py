"""A run of programs as JSON, an object a line."""

from __future__ import annotations

import io
import json
from pathlib import Path

from sockviz.door import Door
from sockviz.model.events import CallReturned, Event, SourceMet, ThreadEnded
from sockviz.model.recording import load_file
from sockviz.model.scripted import Scripted
from sockviz.watch.json_lines import JsonLines
from sockviz.watch.transcript import ProgramsTranscript
from sockviz.words.evidence import of_call

RECORDED = Path(__file__).parent / "recorded" / "refused-then-served.jsonl"


def test_each_event_is_a_line_that_stands_for_itself() -> None:
    timeline = load_file(RECORDED).timeline
    assert timeline is not None
    out = io.StringIO()
    telling = JsonLines(timeline, Door(out), live=False)
    telling.title()
    telling.catch_up()
    telling.end("as asked")
    begun, *lines, over = map(json.loads, out.getvalue().splitlines())
    assert (begun["event"], begun["kernel"]) == ("Begun", timeline.header.kernel)
    assert (over["event"], over["why"]) == ("Over", "as asked")
    assert set(over["processes"]) == set(timeline.world.processes)
    mistakes = [line for line in lines if line["event"] == "Mistake"]
    assert {line["rule"] for line in mistakes} >= {"too early"}
    events = [line for line in lines if line["event"] != "Mistake"]
    assert [line["event"] for line in events] == [type(event).__name__ for event in timeline.events]
    back = [line for line in events if line["event"] == "CallReturned"]
    refused = next(line["call"] for line in back if line["call"]["error"] == "ECONNREFUSED")
    assert (refused["name"], refused["stage"], refused["file"] is not None) == ("connect", "failed", True)
    assert refused["arguments"][1]["items"][0] == "127.0.0.1"
    packet = next(line for line in events if line["event"] == "PacketCaptured")
    assert {"source", "destination", "text", "sender"} <= set(packet)
    listens = [
        row
        for line in events
        if line["event"] == "Observed"
        for row in line["rows"]
        if row["state"] == "LISTEN"
    ]
    assert listens[0]["local"][1] == refused["arguments"][1]["items"][1]
    gone = [row for line in events if line["event"] == "Observed" for row in line["gone"]]
    assert all(row["protocol"] for row in gone)


def test_what_does_not_fit_is_told_as_json_and_as_text(misfits: None) -> None:
    it = Scripted()
    it.start("server")
    s = it.socket(3)
    it.do("server", None, "recv", s, 4, value=b"abcd")
    it.say(SourceMet(it.at, 1, "/x.py", ""))
    unfit: list[Event] = [
        CallReturned(it.at, "server", 1, b"abcd"),
        CallReturned(it.at, "nobody", 1),
        SourceMet(it.at, 1, "/x.py", ""),
        ThreadEnded(it.at, "server", 3),
    ]
    for event in unfit:
        it.say(event)
    told, out = io.StringIO(), io.StringIO()
    JsonLines(it.timeline, Door(out), live=False).catch_up()
    ProgramsTranscript(it.timeline, Door(told), live=False).catch_up()
    texts = [json.loads(line)["text"] for line in out.getvalue().splitlines()][-len(unfit) :]
    for why, text in zip(
        (
            "call 1 of server was over",
            "no process nobody has started",
            "text 1 is known already",
            "no thread server/4",
        ),
        texts,
        strict=True,
    ):
        assert why in text
        assert told.getvalue().count(why) == 1


def test_of_a_call_during_which_the_clock_was_set_back_no_time_is_told() -> None:
    it = Scripted()
    it.start("server")
    it.enter("server", None, "recv", it.socket(3), 4)
    it.sleep("server")
    it.at -= 5
    it.leave("server", None, b"abcd")
    told = io.StringIO()
    ProgramsTranscript(it.timeline, Door(told), live=False).catch_up()
    assert "recv(3, 4) → b'abcd' · takes 4 bytes" in told.getvalue()
    call = it.timeline.world.processes["server"].last
    assert call is not None
    known = of_call(it.timeline.world, it.timeline.header, call)
    names = {fact.name for section in known.sections for fact in section.facts}
    assert not names & {"took", "so far"}
