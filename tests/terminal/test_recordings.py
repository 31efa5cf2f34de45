"""A run recorded on the screen, and replayed there: the same states, marked RECORDED; one that begins again has the file's name;
a damaged file plays to its break."""

from __future__ import annotations

from tests.terminal.conftest import END, Person, Sitting
from tests.terminal.lessons import TALK


def stage(sitting: Sitting) -> list[str]:
    """What is drawn between the roadmap and the timeline: the lesson, the code, descriptors and the wire."""
    return [sitting.row(number).rstrip() for number in range(2, sitting.display.lines - 2)]


def test_recorded_and_replayed(ordinary: Person) -> None:
    lesson, record = ordinary.file("talk.md", TALK), ordinary.base / "r.jsonl"
    live = ordinary.start("run", str(lesson), "--record", str(record), TEXTUAL_ANIMATIONS="none")
    live.perform("✓ server.data")
    live.wait_still(lambda: stage(live))
    shown, events = stage(live), live.event
    live.press("R")
    live.wait_for(lambda _: live.event is not None and live.event[1] < events[1])
    live.perform("✓ server.data")
    assert ordinary.leave(live) == 0
    aside = record.with_name("r.1.jsonl")
    assert len(aside.read_text().splitlines()) == events[1] + 1
    assert record.read_text().splitlines()[0] != aside.read_text().splitlines()[0], "a run of its own"
    assert '"ESTABLISHED"' in record.read_text(encoding="utf-8")

    replayed = ordinary.start("replay", str(aside), TEXTUAL_ANIMATIONS="none")
    replayed.wait_for("RECORDED")
    replayed.press(END)
    replayed.wait_for(lambda _: replayed.event == events)
    text = replayed.wait_for("✓ server.data")
    assert "RECORDED" in text
    assert "LIVE" not in text
    replayed.wait_for(lambda _: stage(replayed) == shown)
    family = ordinary.family(replayed)
    assert family.look() == set(), "nothing is performed"
    assert ordinary.leave(replayed) == 0

    whole = aside.read_text(encoding="utf-8")
    cut = ordinary.file("cut.jsonl", whole[: whole.index('"ESTABLISHED"') + 5])
    broken = ordinary.start("replay", str(cut), TEXTUAL_ANIMATIONS="none")
    broken.wait_for("RECORDED")
    broken.press(END)
    last = len(cut.read_text().splitlines()) - 2  # without the header and the half line
    broken.wait_for(lambda _: broken.event == (last, last))
    text = broken.wait_for("breaks off")  # which is met after the last event
    assert "ESTABLISHED" not in text
    assert ordinary.leave(broken) == 0
