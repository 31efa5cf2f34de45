"""The linear front end: the same run as plain text, for screen readers, logs and pipes. No screen control.

A terminal is asked for predictions and for Enter before each line; a pipe goes on by itself.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from sockviz import terminal
from sockviz.door import Door, Stream
from sockviz.language import _
from sockviz.lectern.counting import counts_in
from sockviz.lesson.document import Predict
from sockviz.player.next import Do
from sockviz.player.refusals import CannotGoOn
from sockviz.player.run import LessonRun
from sockviz.player.waiting import LATE, LONG, does_not_come_on, waits_at_the_link
from sockviz.transcript import Transcript, rows_of, untold
from sockviz.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from sockviz.manual.pages import StoryOf


async def play(
    run: LessonRun, out: Stream, *, ask: bool, notes: bool = False, start: int = 0, story: StoryOf = untold,
    instead: bool = False, has_way_out: bool = False,
) -> bool:  # fmt: skip
    """Plays `run` to its end; False where its reader has left before. With `ask` they are asked on stdin; pages before `start`
    (from 0) do not stop. What an error means at large is told by `story`.

    With `instead` it goes on in place of another run, and what comes before is not told. With `has_way_out` such a run can: a
    step that does not come on is given up for it, where the reader says so, by `CannotGoOn`.
    """
    door = Door.of(out)
    transcript = Transcript(run, door, story, notes, since=await _up_to(run, start) if instead else 0)
    if instead:
        transcript.origin()
    else:
        transcript.title()
    transcript.catch_up()
    news = asyncio.Event()
    run.watch(news.set)
    asked: set[int] = set()
    typed = TypedAhead() if ask else None
    try:
        while (following := run.next).do is not Do.END:
            page = run.timeline.world.page or 0
            if typed is not None and page >= start:
                for prediction in run.script.pages[page].predictions:
                    if prediction.line not in asked:
                        asked.add(prediction.line)
                        run.answer(prediction.line, await _choice(prediction, run, transcript, typed))
                await _enter(door, typed, _("next page") if following.do is Do.TURN else _("next call"))
            if following.do is Do.WAIT and following.statement is not None and following.call is not None:
                waits = _("waits: {process} is still in {call}()").format(
                    process=following.statement.process, call=following.call.name
                )
                if ask:
                    waits += "  [" + _("q: leave") + "]"
                performed = rows_of(following.statement.source)
                door.say("", *(f"{following.statement.process:8} > {row}" for row in performed), f"  {waits}")
            advance = _advance(run, transcript, news, typed, has_way_out)
            await (typed.beside(advance) if typed is not None else advance)
    except terminal.Left:
        door.say(_("left."))
        return False
    finally:
        transcript.catch_up()
        transcript.end()
    return True


async def _up_to(run: LessonRun, page: int) -> int:
    """Goes on to where `page` (from 0) opens, without a word; returns how many events there were before."""
    before = 0
    while (run.timeline.world.page or 0) < page and run.next.do is not Do.END:
        before = len(run.timeline)
        await run.advance()
    return before


async def _advance(
    run: LessonRun, transcript: Transcript, news: asyncio.Event, typed: TypedAhead | None, has_way_out: bool
) -> None:
    """Performs what is next, however long that waits, and tells what happens meanwhile."""
    advancing = asyncio.ensure_future(run.advance())
    told, late, began, ahead = "", "", time.monotonic(), 0
    try:
        while not advancing.done():
            news.clear()
            waiting = asyncio.ensure_future(news.wait())
            try:
                done, _pending = await asyncio.wait(
                    {advancing, waiting}, timeout=LONG, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                waiting.cancel()
            transcript.catch_up()
            if not done and (waits := waits_at_the_link(run)) != told:
                told = waits
                transcript.out.say(f"  {waits}")
            took = time.monotonic() - began
            if typed is None or advancing.done() or took < LATE:
                continue
            if late and has_way_out and typed.count > ahead:
                raise CannotGoOn(late)
            if not late and (late := does_not_come_on(run, took)):
                ahead = typed.count
                way_out = _("Enter: go on from its recording, q: leave") if has_way_out else _("q: leave")
                transcript.out.say(f"  {late}  [{way_out}]")
        await advancing
    finally:
        advancing.cancel()


async def _choice(
    prediction: Predict, run: LessonRun, transcript: Transcript, typed: TypedAhead
) -> int | None:
    """The reader's. Before it the page's lines can be read, as the screen shows them, and a room's votes given: ``v 12 7 0``."""
    out = transcript.out
    question = _("your prediction, 1–{most} (Enter passes, l: the page's lines):")
    while True:
        out.ask(question.format(most=len(prediction.choices)) + " ")
        answer = await typed.line()
        if not answer:
            return None
        if answer.lower() == "l":
            lines = run.script.pages[run.timeline.world.page or 0].statements
            out.say(*(f"{each.process:8} > {row}" for each in lines for row in rows_of(each.source)))
            continue
        if answer.isdecimal() and 1 <= int(answer) <= len(prediction.choices):
            return int(answer) - 1
        if answer[:1].lower() == "v":
            counts = counts_in(answer[1:], len(prediction.choices))
            if counts is not None:
                run.vote(prediction.line, counts)
                transcript.catch_up()
            else:
                out.say(_("votes are counts, one for each choice: v 12 7 0"))
            continue
        out.say(_("«{typed}» is none of the choices.").format(typed=answer))


async def _enter(out: Door, typed: TypedAhead, what: str) -> None:
    out.ask("[" + _("Enter: {what}, q: leave").format(what=what) + "] ")
    await typed.line()
