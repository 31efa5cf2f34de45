"""Goes on with held programs as the reader says, line by line: whose call is made next. What is typed is heard at any time."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import field
from typing import TYPE_CHECKING, TextIO, cast

from sockviz import terminal
from sockviz.dataclass import dataclass
from sockviz.door import Door
from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.tasks import task_name
from sockviz.watch.transcript import ProgramsTranscript
from sockviz.words.wording import asleep_in, call_as_made

if TYPE_CHECKING:
    from sockviz.player.traced import Traced

#: What a person types to leave, and to let everything run or have it held again.
_RUN = "p"

#: Nothing has happened for so long: the reader is asked, though one may be computing (seconds).
_SETTLING = 0.5


class Conversation(Door):
    """A door on which a question may stand while something is told: that begins on a line of its own."""

    def __init__(self, out: Door) -> None:
        super().__init__(cast("TextIO", out))
        self.stands = False

    def say(self, *lines: str) -> None:
        """As a door does, below the question."""
        if lines:
            self.leave()
        super().say(*lines)

    def ask(self, question: str) -> None:
        """As a door does."""
        super().ask(question)
        self.stands = True

    def leave(self) -> None:
        """Leaves the question as it stands, unanswered."""
        if self.stands:
            self.stands = False
            self._put("\n")


@dataclass(slots=True)
class Stepping:
    """Asks on `out` whom to let go, and tells who sleeps where nobody is held."""

    source: Traced
    transcript: ProgramsTranscript
    out: Conversation
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Until every program has ended. Raises `sockviz.terminal.Left`, and `sockviz.player.refusals.CannotGoOn`."""
        self.source.watch(self._news.set)
        ended = asyncio.ensure_future(self.source.ended())
        typed = asyncio.ensure_future(terminal.line())
        doing: asyncio.Future[None] | None = None
        try:
            while not ended.done():
                self.transcript.catch_up()
                if typed.done():
                    if doing is not None:
                        doing.cancel()  # it only waits for what comes of the last answer
                    self.out.stands = False  # the question's line ended with this one
                    doing = asyncio.ensure_future(self._obey(typed.result()))
                    typed = asyncio.ensure_future(terminal.line())
                is_quiet = await self._wait(ended, typed, doing)
                if doing is not None and doing.done():
                    with contextlib.suppress(asyncio.CancelledError):
                        await doing
                    doing = None
                if doing is None and not self.out.stands and (is_quiet or self.source.is_settled):
                    self.transcript.catch_up()
                    self._ask()
            await ended
        finally:
            self.out.leave()
            for task in (ended, typed, doing):
                if task is not None and not task.done():
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task

    async def _wait(self, *tasks: asyncio.Future[None] | asyncio.Future[str] | None) -> bool:
        """Returns when one of these is done, or something has happened; True where nothing has for a while."""
        self._news.clear()
        news = asyncio.ensure_future(self._news.wait())
        waited = {task for task in (*tasks, news) if task is not None}
        limit = None if self.out.stands else _SETTLING
        done, _waiting = await asyncio.wait(waited, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
        return not done

    def _ask(self) -> None:
        held = list(self.source.pending.items())
        if held:
            for number, (task, next_) in enumerate(held, start=1):
                call = call_as_made(next_.call) if next_.call is not None else ""
                told = _("  {number}  {task} is about to call {call}")
                self.out.say(told.format(number=number, task=task, call=call))
            keys = _("Enter: {task} goes, a number or a name: that one, p: all run, q: leave")
            self.out.ask("[" + keys.format(task=held[0][0]) + "] ")
            return
        asleep = self._asleep()
        if not self.source.holds and not self.source.is_settled:
            return  # they run, and have been let
        for sleeper in asleep:
            self.out.say(f"  {task_name(sleeper.process, sleeper.task)}: {asleep_in(sleeper)}")
        if not asleep:
            self.out.say(_("  nobody is held, and nobody sleeps in a call on a socket"))
        keys = _("p: all run, q: leave") if self.source.holds else _("p: hold them, q: leave")
        self.out.ask("[" + _("nobody is held") + "; " + keys + "] ")

    def _asleep(self) -> list[Call]:
        return [
            call
            for process in self.source.timeline.world.processes.values()
            if process.alive
            for call in process.sleeping
        ]

    async def _obey(self, typed: str) -> None:
        """Does what was typed. Raises `sockviz.terminal.Left`."""
        held = list(self.source.pending)
        match typed.split():
            case _ if terminal.leaves(typed):
                raise terminal.Left
            case []:
                if held:
                    await self.source.go(held[0])
            case [word] if word.lower() == _RUN:
                await self.source.hold(not self.source.holds)
            case [word] if word.isdecimal() and 1 <= int(word) <= len(held):
                await self.source.go(held[int(word) - 1])
            case [word] if word in held:
                await self.source.go(word)
            case [word, call] if word in held:
                await self.source.go_until(word, call)
            case _:
                self.out.say(_("«{typed}» is none of those that are held.").format(typed=typed.strip()))
