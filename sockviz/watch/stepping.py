"""Goes on with held programs as the reader says, line by line: whose call is made next."""

from __future__ import annotations

import asyncio
import contextlib

from sockviz import terminal
from sockviz.dataclass import dataclass
from sockviz.door import Door
from sockviz.language import _
from sockviz.player.traced import Traced
from sockviz.watch.transcript import Transcript
from sockviz.words.wording import call_as_made

#: What a person types to leave, and to let everything run.
_LEAVE, _RUN = ("q", "quit", "exit"), "p"

#: So long those that were let go are waited for before the next question (seconds).
_SETTLING = 0.5


class Left(Exception):
    """The reader asked to stop."""


@dataclass(slots=True)
class Stepping:
    """Asks on `out` whom to let go, while any is held."""

    source: Traced
    transcript: Transcript
    out: Door

    async def follow(self) -> None:
        """Until every program has ended. Raises `Left`, and `sockviz.player.refusals.CannotGoOn`."""
        news = asyncio.Event()
        self.source.watch(news.set)
        ended = asyncio.ensure_future(self.source.ended())
        try:
            while not ended.done():
                self.transcript.catch_up()
                if self.source.pending:
                    await self.source.settled(_SETTLING)
                    self.transcript.catch_up()
                    await self._ask()
                    continue
                news.clear()
                waiting = asyncio.ensure_future(news.wait())
                await asyncio.wait({ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            await ended
        finally:
            ended.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ended

    async def _ask(self) -> None:
        held = list(self.source.pending.items())
        if not held:
            return
        for number, (task, next_) in enumerate(held, start=1):
            call = call_as_made(next_.call) if next_.call is not None else ""
            self.out.say(
                _("  {number}  {task} is about to call {call}").format(number=number, task=task, call=call)
            )
        self.out.ask(
            "["
            + _("Enter: {task} goes, a number or a name: that one, p: all run, q: leave").format(
                task=held[0][0]
            )
            + "] "
        )
        typed = await terminal.line()
        words = typed.split()
        tasks = [task for task, _next in held]
        match words:
            case _ if not typed:
                raise Left
            case []:
                await self.source.go(tasks[0])
            case [word] if word.lower() in _LEAVE:
                raise Left
            case [word] if word.lower() == _RUN:
                await self.source.hold(False)
            case [word] if word.isdecimal() and 1 <= int(word) <= len(tasks):
                await self.source.go(tasks[int(word) - 1])
            case [word] if word in tasks:
                await self.source.go(word)
            case [word, call] if word in tasks:
                await self.source.go_until(word, call)
            case _:
                self.out.say(_("«{typed}» is none of those that are held.").format(typed=typed.strip()))
