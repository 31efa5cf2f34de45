"""A run of programs as JSON, an object a line."""

from __future__ import annotations

import io
import json
from pathlib import Path

from sockviz.door import Door
from sockviz.model.recording import load_file
from sockviz.watch.json_lines import JsonLines

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
