"""``sandbox --plain``: lines ``PROCESS> LINE``, from a terminal or a pipe, and what comes of each as text."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from sockviz import door, terminal
from sockviz.commands.shared import story_of
from sockviz.language import _
from sockviz.lesson.typed_lines import BadLine, NoMoreLines, Typed
from sockviz.model.first_names import HOST
from sockviz.output_file import why_not_made
from sockviz.player.next import Do
from sockviz.player.patience import DEADLINE
from sockviz.player.performance import Performance
from sockviz.player.refusals import CannotGoOn, CannotPerform
from sockviz.sandbox.again import given
from sockviz.sandbox.held_programs import ordered
from sockviz.sandbox.script import ASKS_FOR_A_WAY, first_ones, named, started_again
from sockviz.sandbox.session import Session
from sockviz.transcript import Transcript
from sockviz.visible import quoted, visible

#: What takes the last line back, and what performs all of them again.
_UNDO, _AGAIN = "undo", "again"
#: So much of a line is shown on either side of what is wrong.
_AROUND = 100


class TypedLines:
    """Reads lines and has them performed, until their end. ``failed``: one of them could not be."""

    def __init__(self, session: Session, page: int) -> None:
        self.failed = False
        self._session, self._page = session, page
        self._process = first_ones(session.run.script.beside)[0]  # until somebody is named
        self._out = door.out()
        self._transcript = Transcript(session.run, self._out, story_of)
        self._number = 0
        self._is_full = False  # no further line is taken
        self._told: str | None = None  # why the run can go on no more

    async def until_left(self) -> None:
        """Returns when nothing more is typed."""
        asks = terminal.is_one(sys.stdin) and self._out.isatty()
        lines = terminal.Lines()
        edited = self._edited() if asks else None
        self._transcript.title()
        await self._up_to_page()
        if asks:
            self._say_how()
        pasted: deque[str] = deque()  # lines that came together, and are performed one after the other
        while True:
            text: str | None
            if pasted:
                text = pasted.popleft()
            elif edited is not None:
                text = await edited.next(visible(f"{self._process}> "))
                if text is not None:
                    text, *more = text.removesuffix("\n").split("\n")
                    pasted.extend(more)
            else:
                if asks:
                    self._out.ask(f"{self._process}> ")
                text = await lines.next()
            if text is None:
                break
            self._number += 1
            text = text.removeprefix("\ufeff") if self._number == 1 else text
            if text and terminal.leaves(text):
                break
            await self._one(text)
            if not asks and (self._session.run.problem is not None or self._is_full):
                break
            if self._session.run.problem not in (None, self._told):
                self._told = self._session.run.problem
                again = _("again performs all lines again, in a new lab; quit ends.")
                door.complain(f"{self._told}. {again}")
        await self._let_it_end(patient=not asks)
        self._session.run.end()
        for waiting in self._session.waiting:
            told = _("waited in vain to the end: {process}> {line}")
            self._out.say(told.format(process=waiting.process, line=waiting.source))
        if self._session.run.problem is not None:
            self.failed = True
            door.complain(self._session.run.problem)

    def _edited(self) -> terminal.EditedLines | None:
        """Where Python has readline, lines are edited and called back, and Tab completes them."""
        try:
            return terminal.EditedLines(self._offers)
        except ImportError:
            return None

    def _offers(self, text: str) -> tuple[int, Sequence[str]]:
        """Where in `text` what may stand at its end begins, and what that is."""
        found = named(text)
        process, source = found[:2] if found else (self._process, text)
        before = len(text) - len(source)
        offers, _call = self._session.offers(process, source, len(source))
        start = offers[0].start if offers else 0
        return before + start, [each.text for each in offers if each.start == start]

    async def _let_it_end(self, *, patient: bool) -> None:
        """Where lines came through a pipe, those that wait for a call which comes back by itself are performed yet; whoever is
        there, and leaves, waits for none."""
        if patient:
            await self._session.settled(DEADLINE)
        self._transcript.catch_up()
        self._transcript.end()

    async def _up_to_page(self) -> None:
        run = self._session.run
        while run.timeline.world.page is None or (
            run.timeline.world.page < self._page
            and run.next.do in (Do.PERFORM, Do.TURN)
            and run.problem is None
        ):
            await run.advance()
            self._transcript.catch_up()
        self._transcript.catch_up()

    def _say_how(self) -> None:
        names = _(
            "{host} is the server's address, PORT to PORT5 are free ports; PROCESS> LINE goes to another process."
        )
        self._out.say(
            "", _("A line is performed when you press Enter. undo takes the last one back, quit ends.")
        )
        self._out.say(names.format(host=HOST), "")

    async def _one(self, text: str) -> None:
        found = named(text)
        process, source = found[:2] if found else (self._process, text)
        indent = len(source) - len(source.lstrip())
        if not found and await self._of_held(source):
            return
        if not source.strip():
            self._process = process  # whose lines come next
            self._transcript.catch_up()  # what has come by itself
            return
        if not found and source.strip() in ASKS_FOR_A_WAY:
            self._say_how()
            return
        if not found and source.strip() in (_UNDO, _AGAIN):
            await self._perform_again(undo=source.strip() == _UNDO)
            return
        try:
            waits = await self._session.perform(Typed(process, source.strip()))
        except BadLine as bad:
            self._is_full = isinstance(bad, NoMoreLines)
            self._bad(bad, text, len(text) - len(source) + indent)
            return
        except CannotGoOn as cannot:
            self._cannot_go_on(str(cannot))
            return
        self._process = process
        self._transcript.catch_up()
        if waits:
            self._out.say("", f"  {waits}")

    def _cannot_go_on(self, why: str) -> None:
        """Why; where nothing can be performed any more that is told at the end, below all that came before it."""
        self.failed = True
        if self._session.run.problem is None:
            door.complain(why)

    async def _of_held(self, typed: str) -> bool:
        """Does what was typed of programs that are held, where it is that."""
        try:
            told = await ordered(self._session.run, typed)
        except CannotGoOn as cannot:
            self._cannot_go_on(str(cannot))
            return True
        self._transcript.catch_up()
        if told:
            self._out.say(told)
        return told is not None

    def _bad(self, bad: BadLine, text: str, before: int) -> None:
        """Where and why; nothing was performed."""
        self.failed = True
        for problem in bad.problems:
            column = problem.column + before if problem.column else len(text) - len(text.lstrip(" \t@")) + 1
            where = _("line {number}, column {column}").format(number=self._number, column=column)
            door.complain(f"{where}: {problem.message}", *_shown(text, column))

    async def _perform_again(self, *, undo: bool) -> None:
        """All lines, or all but the last."""
        session = self._session
        if not session.can_undo:
            self._out.say(_("There is nothing to take back.") if undo else _("Nothing was typed yet."))
            return
        self._out.say(
            _("Taken back: all others are performed again, in a new lab.")
            if undo
            else _("All are performed again, in a new lab.")
        )
        if beside := session.run.script.beside:
            self._out.say(started_again(beside))
        try:
            await (session.undo() if undo else session.again(given(session.run.timeline)))
        except CannotPerform as cannot:
            self.failed = True
            door.complain(*cannot.lines)
            return
        self._told = None
        self._transcript = Transcript(session.run, self._out, story_of)
        self._transcript.catch_up()

    def keep(self, option: str, file: Path, write: Callable[[Path, Performance], str]) -> None:
        """Has the run kept in a new file by `write`; where that cannot be, says why."""
        try:
            self._out.say(write(file, self._session.run))
        except OSError as error:
            self.failed = True
            door.complain(f"--{option} {quoted(str(file))}: {why_not_made(file, error)}")


def _shown(text: str, column: int) -> tuple[str, str]:
    """The part of a line around `column` (from 1), and a mark below that."""
    first = max(column - 1 - _AROUND, 0)
    return "  " + text[first : column + _AROUND], "  " + " " * (column - 1 - first) + "^"
