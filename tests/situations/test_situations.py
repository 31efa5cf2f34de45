"""Situations out of practice, each a lesson of its own: what the kernel does in them, and that sockviz says why.

Beside ``NAME.md`` stands ``NAME.said``: on each line a piece of what ``--plain`` says while it is performed, in any order. What a
line that begins with ``not:`` says is never said. What is said of a call that fails stands in its card, too, however much has
happened since. What tshark takes its packets for is as is known, wherever it may differ; where much is left at its end, that is
what ss prints. What must be read off the stage stands in ``NAME.seen``: test_read_off.py.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from sockviz import plain
from sockviz.lesson.document import Lesson
from sockviz.model.events import CallReturned, Observed, PacketCaptured, StatementFinished
from sockviz.model.timeline import Timeline
from sockviz.player.check import report_of
from sockviz.player.labs import lab_for
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.report import LessonReport
from sockviz.player.shelf import read_lesson
from sockviz.tui.stage.errno_card import draw_errno
from sockviz.tui.view import Focus
from sockviz.words.narration import narrate_at
from tests.player.against_ss import agree, what_is_missing
from tests.player.against_tshark import MATTERS, differ_as_is_known, is_worth_asking
from tests.required import unavailable
from tests.situations.test_read_off import unread
from tests.tui.stage import scripted

HERE = Path(__file__).parent
SITUATIONS = sorted(HERE.glob("*.md"))
#: At whose end there are rows that the course has none of when it is held against ss: two hosts, UNIX queues, raw sockets, IPv4
#: over IPv6, ends that hold something.
AGAINST_SS = frozenset({
    "defer-accept", "dual-stack", "fork-accept", "half-open", "heir", "last-ack-dropped", "lingering-close", "multicast",
    "names-by-kind", "nobody-at-the-address", "owners-of-a-port", "passed-along", "persist2", "reuseport-udp", "self-connect",
    "six-and-four", "syn-queue-full", "twbound", "udp-no-room", "unix-stream-full", "unixq", "urgent-byte", "user-timeout",
    "what-a-row-leaves-out",
})  # fmt: skip
#: What these are about is over some milliseconds after that line, and a loaded machine gives nobody a look at it in these: they
#: are performed until somebody had one, at most so often.
OVER_SOON = {"08-nagle": 'c.send(b"body")'}
_TIMES = 40
#: In the sentence of a call that failed.
FAILS = " fails with "
#: The card's width on a screen of 80 columns, and on one of 120.
WIDTHS = (56, 72)


@dataclass
class Run:
    """A situation, performed: whether it held, all that ``--plain`` said, and what happened."""

    lesson: Lesson
    report: LessonReport
    text: str
    timeline: Timeline
    performance: Performance


async def perform(path: Path) -> Run:
    """Performs it once, for all that is asked of it."""
    lesson = read_lesson(path)
    chosen = await lab_for(lesson, "two-hosts" if lesson.lab == "two-hosts" else "isolated")
    performance, text = Performance(lesson, chosen.lab, patience=Patience()), io.StringIO()
    try:
        await plain.play(performance, text, ask=False)
        assert performance.problem is None, (performance.problem, text.getvalue())
        if path.stem in AGAINST_SS:
            if missing := what_is_missing():
                unavailable(missing)
            await agree(performance)
    finally:
        await performance.close()
    report = report_of(path, lesson, performance, None, 0.0)
    return Run(lesson, report, text.getvalue(), performance.timeline, performance)


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
def test_it_holds_and_what_it_is_about_is_said(path: Path, tmp_path: Path) -> None:
    run = asyncio.run(perform(path))
    if (line := OVER_SOON.get(path.stem)) is not None:
        times = iter(range(_TIMES))
        while not was_looked_at(run, line) and next(times, None) is not None:
            run = asyncio.run(perform(path))
    assert run.report.problems == ()
    if (seen := path.with_suffix(".seen")).exists():
        assert unread(run.performance, seen) == []
    said = path.with_suffix(".said")
    for line in said.read_text(encoding="utf-8").splitlines() if said.exists() else ():
        wrong = line.removeprefix("not: ")
        if wrong != line:
            assert wrong not in run.text, run.text
            continue
        assert line in run.text, run.text
        if FAILS in line:
            in_the_card(line, run)
    if path.stem in MATTERS or is_worth_asking(run.timeline):
        differ_as_is_known(path.stem, run.timeline, tmp_path)


def was_looked_at(run: Run, source: str) -> bool:
    """Whether there was a look between the end of that line and the next packet."""
    number = next(line.line for line in run.lesson.statements if line.source == source)
    events = run.timeline.events
    done = next(n for n, it in enumerate(events) if isinstance(it, StatementFinished) and it.line == number)
    come = next(it for it in events[done:] if isinstance(it, PacketCaptured))
    return any(isinstance(it, Observed) and events[done].at < it.at < come.at for it in events)


def in_the_card(sentence: str, run: Run) -> None:
    """What `sentence` says of a failure, its card says: right after it, and when all is over."""
    events = run.timeline.events
    found = next(
        n
        for n, event in enumerate(events, 1)
        if isinstance(event, CallReturned) and event.error and sentence in narrate_at(run.timeline, n)
    )
    event = events[found - 1]
    assert isinstance(event, CallReturned)
    call = run.timeline.world.processes[event.process].call(event.call)
    assert call is not None
    why = " ".join(sentence.partition(": ")[2].split("; ")[0].split())
    for width in WIDTHS:
        for n in (found, len(events)):
            assert why[1:] in _card(run, n, call.line, width)  # it may begin with a capital


def _card(run: Run, n: int, line: int | None, width: int) -> str:
    """The words of the card for a line after the `n`-th event."""
    script = cast("scripted.Script", SimpleNamespace(timeline=run.timeline, lesson=run.lesson))
    view = scripted.view(script, n, focus=Focus(line=line))
    return " ".join(" ".join(it.text for it in draw_errno(view, width, lambda _name: None)).split())
