"""Runs programs to their end, or for as long as was asked, and writes what they do."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from sockviz import terminal
from sockviz.door import Door
from sockviz.language import _
from sockviz.model.timeline import Timeline
from sockviz.watch.stepping import Conversation, Stepping
from sockviz.watch.transcript import ProgramsTranscript

if TYPE_CHECKING:
    from sockviz.player.traced import Traced
    from sockviz.watch.json_lines import JsonLines


async def follow(
    source: Traced, out: Door, seconds: float | None, *, ask: bool = False, as_json: bool = False
) -> None:
    """Writes what the programs of `source` do until the last has ended, or for so many `seconds`. With `ask` the reader says, on
    the terminal, whose held call is made next. Raises `sockviz.player.refusals.CannotGoOn`."""
    conversation = Conversation(out)
    transcript: ProgramsTranscript | JsonLines = ProgramsTranscript(
        source.timeline, conversation if ask else out, live=True
    )
    if as_json:
        from sockviz.watch.json_lines import JsonLines

        transcript = JsonLines(source.timeline, out, live=True)
    transcript.title()
    over: str | None = None
    try:
        async with asyncio.timeout(seconds):
            if ask and isinstance(transcript, ProgramsTranscript):
                await Stepping(source, transcript, conversation).follow()
            else:
                await _run(source, transcript)
    except TimeoutError:
        await source.told()
        over = _("ended after {seconds:g} s, as asked").format(seconds=seconds or 0)
    except terminal.Left:
        await source.told()
        over = _("left.")
    finally:
        transcript.catch_up()
        transcript.end(over)


async def _run(source: Traced, transcript: ProgramsTranscript | JsonLines) -> None:
    news = asyncio.Event()
    source.watch(news.set)
    ended = asyncio.ensure_future(source.ended())
    try:
        while not ended.done():
            transcript.catch_up()
            news.clear()
            waiting = asyncio.ensure_future(news.wait())
            try:
                await asyncio.wait({ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
        await ended
    finally:
        ended.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ended


def tell(timeline: Timeline, out: Door) -> None:
    """Writes all of a run that was recorded."""
    transcript = ProgramsTranscript(timeline, out, live=False)
    transcript.title()
    transcript.catch_up()
    transcript.end()
