"""What if? Lines that the reader types at the run of a lesson, beside its script: performed, edited, taken back, kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.calls.statement import Statement
from sockviz.dataclass import replace
from sockviz.language import _
from sockviz.lesson.typed_lines import BadLine, Typed
from sockviz.model.bystanders import is_of_a_program
from sockviz.model.events import LineTyped
from sockviz.model.hosts import LINK
from sockviz.output_file import why_not_made
from sockviz.player.performance import Performance
from sockviz.player.refusals import CannotGoOn
from sockviz.sandbox.again import Again, Given, Steps, given, is_new, without_last
from sockviz.sandbox.held_programs import ordered
from sockviz.sandbox.keeping import kept_as
from sockviz.sandbox.script import ASKS_FOR_A_WAY, first_ones, started_again
from sockviz.sandbox.session import Typist
from sockviz.tui.screens.picture import Picture
from sockviz.tui.view import Focus
from sockviz.tui.widgets.typed_line import Purpose, TypedLine
from sockviz.visible import quoted

if TYPE_CHECKING:
    from textual.screen import Screen

    from sockviz.tui.cursor import Cursor

_UNDO, _AGAIN = "undo", "again"
#: So long what is under way is waited for before it is kept (seconds).
_SETTLED = 2.0


class OffScript:
    """The line of one screen, over `run`. `anew` begins another run of the script, which is given what it is called with."""

    def __init__(
        self, screen: Screen[tuple[str, ...]], run: Performance, cursor: Cursor, picture: Picture,
        anew: Callable[[Steps], None], *, always: bool = False, keeps: bool = True,
    ) -> None:  # fmt: skip
        self._screen, self._run, self._cursor, self._picture = screen, run, cursor, picture
        self._anew, self._always, self._keeps = anew, always, keeps
        self._typist = Typist(run)
        self._line: TypedLine | None = None  # once it is there
        self._mounting = asyncio.Lock()
        self._edited: Statement | None = None
        self._typed: deque[Typed] = deque()  # what waits for the line before it to be over
        self._busy = False
        self._handed: Steps | None = None  # what this run, or the next one, is being given
        self._stays = always  # the line does, when an edited line or a file's name has been typed

    @property
    def typing(self) -> bool:
        """Whether the keys go into the line."""
        return self._line is not None and self._line.is_mounted and self._line.has_keys

    # -- the line

    async def open(
        self, purpose: Purpose = Purpose.PERFORM, process: str = "", text: str = "", kept: Sequence[str] = ()
    ) -> None:
        """Shows the line, and gives it the keys."""
        self._cursor.go(len(self._cursor.timeline))
        async with self._mounting:  # a second key may come before the line is there
            if self._line is None:
                line = TypedLine(self._typist.offers, has_link=self._run.has_link)
                await self._screen.mount(line, before="#timeline")
                line.begin_with(kept)
                self._line = line
        self._stays = self._stays or purpose is Purpose.PERFORM
        self._line.display = True
        self._line.ask(purpose, process or self._process(), text)
        self._screen.call_after_refresh(self._picture.draw)  # the stage has two lines less

    def close(self) -> None:
        """Gives the keys back to the screen; where the line is not always there, takes it away."""
        if self._line is None:
            return
        self._edited = None
        self._screen.set_focus(None)
        if self._line.purpose is Purpose.PERFORM:
            self._stays = self._always
        self._line.ask_again(Purpose.PERFORM, self._process())
        self._line.display = self._stays
        self._screen.call_after_refresh(self._picture.draw)

    def next_process(self, step: int) -> None:
        """Has another process perform what is typed."""
        if self._line is not None and self._line.purpose is Purpose.PERFORM:
            names = self._processes()
            at = names.index(self._line.process) if self._line.process in names else 0
            self._line.hue(names[(at + step) % len(names)])

    def _processes(self) -> list[str]:
        world, lesson = self._run.timeline.world, self._run.script
        alive = [
            name
            for name, process in world.processes.items()
            if process.alive and not is_of_a_program(process, world)
        ]
        page = [each.process for each in lesson.pages[world.page or 0].statements]
        there = [LINK] if self._run.has_link else []
        return list(dict.fromkeys([*alive, *page, *first_ones(lesson.beside), *there]))

    def _process(self) -> str:
        """Who performed a line last."""
        world = self._run.timeline.world
        begun = world.begun
        last = max(begun, key=lambda name: world.lines[begun[name]].begun, default=None)
        return last if last is not None else self._processes()[0]

    # -- what was typed

    async def typed(self, process: str, source: str, purpose: Purpose) -> None:
        """Does what was asked for."""
        match purpose:
            case Purpose.KEEP:
                await self._keep(source)
            case Purpose.EDIT:
                self._read_otherwise(source)
            case Purpose.PERFORM if source == _UNDO:
                self.undo()
            case Purpose.PERFORM if source == _AGAIN and self.all_again():
                pass
            case Purpose.PERFORM if source in ASKS_FOR_A_WAY:
                self._say(_("esc gives the keys back: then ? tells what each does, and q leaves"))
            case Purpose.PERFORM if await self._of_held(source):
                pass
            case Purpose.PERFORM if source:
                await self._perform(Typed(process, source))

    async def _of_held(self, typed: str) -> bool:
        """Does what was typed of programs that are held, where it is that."""
        if self._run.beside is None:
            return False
        self._picture.step_begun()
        try:
            told = await ordered(self._run, typed)
        except CannotGoOn as cannot:
            told = str(cannot)
        self._picture.frames.step_over()
        if told is not None:
            self._say(told)
            self._picture.draw()
        return told is not None

    async def _perform(self, typed: Typed) -> None:
        """Performs it once those before it are over."""
        self._typed.append(typed)
        if self._busy:
            return
        self._busy = True
        try:
            while self._typed:
                await self._perform_one(self._typed.popleft())
        finally:
            self._busy = False

    async def _perform_one(self, typed: Typed) -> None:
        line = self._line
        assert line is not None
        self._cursor.go(len(self._cursor.timeline))
        self._picture.step_begun()
        try:
            waits = await self._typist.performed(self._run.additions.add(typed))
        except BadLine as bad:
            problem = bad.problems[0]
            line.give_back(typed.source)
            line.say(problem.message, problem.column - 1 if problem.column and not self._typed else None)
            return
        except CannotGoOn as cannot:
            self._picture.hint = str(cannot)
            return
        finally:
            self._picture.frames.step_over()
            self._picture.draw()
        if waits:
            line.say(waits)

    # -- again

    async def again(self, steps: Steps) -> None:
        """Gives the run what another was given, without stopping."""
        self._handed = steps
        self._picture.hurrying = True
        self._picture.hint = _("Performing it again…")
        self._picture.draw()
        if steps.edited:
            self._run.reads_otherwise(steps.edited)
        with contextlib.suppress(CannotGoOn):  # it is being left for another
            await Again(self._run, self._typist.performed).give(steps.steps)
        if self._handed is not steps:
            return
        self._handed = None
        beside = self._run.script.beside
        self._picture.hint = started_again(beside) if beside and steps.steps else ""
        self._picture.hurrying = False
        if steps.typing:
            await self.open(kept=steps.kept)
        self._picture.draw()

    def _steps(self, steps: Sequence[Given], edited: Sequence[LineTyped] = ()) -> Steps:
        return Steps(steps, edited, self._line.kept if self._line is not None else (), self._stays)

    def _all_edited(self) -> list[LineTyped]:
        return [
            each for each in self._run.timeline.world.typed.values() if not is_new(each, self._run.script)
        ]

    def undo(self) -> None:
        """Takes the line back that was typed last. While a run is being given what another was given, the last of that."""
        steps = self._all_steps()
        if not self._has_typed(steps):
            self._say(_("Nothing was typed that could be taken back."))
            return
        self._hand(replace(steps, steps=without_last(steps.steps, self._run.script)))

    def all_again(self) -> bool:
        """Begins another run, which is given all that this one was given; False where nothing was typed."""
        steps = self._all_steps()
        if typed := self._has_typed(steps):
            self._hand(steps)
        return typed

    def _all_steps(self) -> Steps:
        """What this run was given, or is being given."""
        return self._handed or self._steps(given(self._run.timeline), self._all_edited())

    def _has_typed(self, steps: Steps) -> bool:
        lesson = self._run.script
        return any(isinstance(each, LineTyped) and is_new(each, lesson) for each in steps.steps)

    def _hand(self, steps: Steps) -> None:
        """Begins another run, which is given that."""
        self._handed = steps
        self._anew(steps)

    async def edit(self, line: int | None) -> None:
        """Asks how the line is to read, or that which was begun last."""
        statement = self._run.script.statement_at(line) if line is not None else None
        if statement is None:
            statement = next(reversed(self._performed()), None)
        if statement is None or "\n" in statement.source:
            self._say(_("No line has been performed that could read otherwise."))
            return
        await self._ask_for(statement)

    async def edit_another(self, step: int) -> None:
        """The same of the line that was begun before it (-1), or after it."""
        performed = [each for each in self._performed() if "\n" not in each.source]
        if self._edited is None or self._edited not in performed:
            return
        at = performed.index(self._edited) + step
        if 0 <= at < len(performed):
            await self._ask_for(performed[at])

    def _performed(self) -> list[Statement]:
        """The lines that were begun, in that order."""
        world = self._run.timeline.world
        begun = [each for each in self._run.script.statements if each.line in world.lines]
        return sorted(begun, key=lambda each: world.lines[each.line].begun)

    async def _ask_for(self, statement: Statement) -> None:
        self._edited = statement
        self._picture.focus = Focus(line=statement.line)
        await self.open(Purpose.EDIT, statement.process, statement.source)
        if self._line is not None:
            self._line.say(_("Enter performs all again so; ↑ ↓: another line; esc leaves it as it is"))

    def _read_otherwise(self, source: str) -> None:
        statement, line = self._edited, self._line
        assert line is not None
        if statement is None or not source or source == statement.source:
            self.close()
            return
        world = self._run.timeline.world
        steps, edited = given(self._run.timeline), self._all_edited()
        page = next(each.index for each in self._run.script.pages if statement in each.statements)
        event = LineTyped(0.0, statement.process, statement.line, source, page)
        if (why := self._why_not(event)) is not None:
            line.give_back(source)
            line.say(*why)
            return
        if statement.line in world.typed and is_new(world.typed[statement.line], self._run.script):
            steps = [
                replace(each, source=source)
                if isinstance(each, LineTyped) and each.line == statement.line
                else each
                for each in steps
            ]
        else:
            edited = [*(each for each in edited if each.line != statement.line), event]
        self._hand(self._steps(steps, edited))

    def _why_not(self, event: LineTyped) -> tuple[str, int | None] | None:
        """Why the line cannot read so, and where in it."""
        from sockviz.lesson.typed_lines import typed_statement

        try:
            typed_statement(self._run.script, event)
        except BadLine as bad:
            problem = bad.problems[0]
            return problem.message, problem.column - 1 if problem.column else None
        return None

    # -- keeping

    async def keep(self) -> None:
        """Asks for a name; where nothing may be written, says so."""
        if not self._keeps:
            self._say(
                _("No file of a visitor's is kept here: an installed sockviz writes lessons and programs.")
            )
            return
        beside = self._run.script.beside
        await self.open(Purpose.KEEP, text=_("sandbox.jsonl") if beside else _("sandbox.md"))

    async def _keep(self, name: str) -> None:
        line = self._line
        assert line is not None
        if not name or not self._keeps:
            self.close()
            return
        await self._typist.settled(_SETTLED)
        file = Path(os.path.expanduser(name))
        try:
            told = kept_as(file, self._run, self._picture.look.language, is_directory=name.endswith("/"))
        except OSError as error:
            line.give_back(name)
            line.say(f"{quoted(name)}: {why_not_made(file, error)}")
            return
        except ValueError as why:
            line.give_back(name)
            line.say(str(why))
            return
        self.close()
        self._say(told)

    def _say(self, what: str) -> None:
        if self.typing and self._line is not None:
            self._line.say(what)
        else:
            self._picture.hint = what
            self._picture.draw()
