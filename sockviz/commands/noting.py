"""``notes --follow``: beside a run of the same user, on another terminal, what its lecturer reads; and the keys that drive it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from sockviz import door, terminal
from sockviz.commands.shared import FAILED, OK, drive, find, read
from sockviz.language import N_, _, current
from sockviz.lectern.counting import Counting, Key
from sockviz.lectern.directory import NotOurs, sweep
from sockviz.lectern.listening import HeardRun
from sockviz.lectern.listening import find as find_run
from sockviz.lectern.messages import BACK, BLANK, ONWARD, PAGE, VOTE, RunOrder
from sockviz.lectern.sheet import Sheet, counts_of
from sockviz.spoken import spoken_inline

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson, Predict

#: How often it is looked for a run (seconds), and how often the clock is drawn.
_LOOK, _CLOCK = 0.5, 1.0
#: A run of the same lesson that begins so soon after the last (seconds) goes on with its time.
_ANEW = 30.0
#: Votes that were to be counted where nothing is asked are those on the page that is shown so soon after (seconds): the key that
#: turned it was pressed before.
_SOON = 2.0
#: What each key does; the page keys are a presentation remote's.
_KEYS = {
    " ": ONWARD, "\x1b[6~": ONWARD, "\x1b[C": ONWARD, "b": BACK, "\x1b[5~": BACK, "\x1b[D": BACK, ",": BLANK,
}  # fmt: skip
_LEAVE = ("q", "\x04")
#: What begins the counting of a room's votes, and what the keys do then.
_VOTES = "v"
_COUNTING = {
    "\n": Key.NEXT, " ": Key.NEXT, "\x1b[B": Key.NEXT, "\x1b[A": Key.BEFORE, "\x7f": Key.ERASE, "\x1b": Key.LEAVE,
}  # fmt: skip
_WIDTH = 100
_NOTHING_ASKED = N_("There is no question on this page to vote on.")


def follow(options: argparse.Namespace) -> int:
    """Follows the newest run (of the lesson that was named), and the next when that is gone, until who reads leaves."""
    wanted = read(find(options.lesson, current())) if options.lesson is not None else None
    on_terminal = terminal.is_one(sys.stdin) and door.out().isatty() and terminal.HAS_MODES
    notes = _Drawn(wanted) if on_terminal and not options.plain else _Linear(wanted)
    try:
        sweep()
        with terminal.Keys() if isinstance(notes, _Drawn) else contextlib.nullcontext():
            drive(notes.follow())
    except terminal.Left:
        return OK
    except NotOurs as refused:
        door.complain(str(refused))
        return FAILED
    return OK


class _Notes:
    """What both kinds do. ``_state`` is where the run is; None where there is none."""

    def __init__(self, wanted: Lesson | None) -> None:
        self._wanted = wanted
        self._run: HeardRun | None = None
        self._sheet: Sheet | None = None
        self._state: Mapping[str, Any] | None = None
        self._number = ""  # of a page, that is being typed
        self._votes: tuple[Predict, Counting] | None = None  # that are being counted, of which question
        # Votes were to be counted where nothing is asked: figures that follow are no page's number.
        self._in_vain = False
        self._wanted_at, self._unheard = 0.0, ""  # when that was, and these figures
        self._began: tuple[str, float, float] = (
            "",
            0.0,
            0.0,
        )  # the last run: its lesson, when it began, and when it was gone

    async def follow(self) -> None:
        """Goes on until `sockviz.terminal.Left`."""
        doing: list[Coroutine[object, object, None]] = [self._listen(), self._obey(), self._tick()]
        tasks = [asyncio.ensure_future(each) for each in doing]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._run is not None:
                await self._run.close()

    def _is_wanted(self, lesson: Lesson) -> bool:
        return self._wanted is None or lesson.slug == self._wanted.slug

    async def _listen(self) -> None:
        self.waits(_("waits for a run: start one on another terminal (sockviz run LESSON)"))
        while True:
            run = self._run = await find_run(self._is_wanted)
            if run is None:
                await asyncio.sleep(_LOOK)
                continue
            self._sheet = Sheet(run.lesson)
            while (state := await run.state()) is not None:
                state["began"] = self._since(run.lesson, state.get("began"))
                before, self._state = self._state, state
                if before is not None and self._sheet.page(before) is not self._sheet.page(state):
                    self._turned()
                if self._votes is not None and self._votes[0] not in self._sheet.page(state).predictions:
                    self._votes = None  # the page was turned
                self.show(self._sheet, before, state)
            self._began = (*self._began[:2], time.time())
            await run.close()
            self._run = self._state = self._votes = None
            self.waits(_("the run is gone; waits for the next"))

    def _since(self, lesson: Lesson, began: object) -> float:
        """When this lesson was begun: a page that is performed anew, in a new lab, does not begin it anew."""
        slug, before, gone = self._began
        at = float(began) if isinstance(began, int | float) else time.time()
        if slug == lesson.slug and at - gone < _ANEW:
            return before
        self._began = (lesson.slug, at, at)
        return at

    async def _obey(self) -> None:
        while True:
            for key in await self.keys():
                if self._votes is not None and key != "\x04":
                    self._count(*self._votes, key)
                elif key in _LEAVE:
                    raise terminal.Left
                else:
                    self._press(key)

    def _begin_to_count(self) -> None:
        sheet, state = self._sheet, self._state
        question = sheet.asked(state) if sheet is not None and state is not None else None
        if question is not None and state is not None:
            self._votes = (question, Counting(len(question.choices), counts_of(state, question)))
        self._in_vain = question is None

    def _turned(self) -> None:
        """Another page is shown. Who has wanted to count the votes on it before that was heard of here counts them now, with the
        figures that came since: none of these is a page's number."""
        if not self._in_vain:
            return
        if time.monotonic() - self._wanted_at > _SOON:
            self._in_vain = False
            return
        self._begin_to_count()
        for key in self._unheard if not self._in_vain else "":
            if self._votes is not None:
                self._count(*self._votes, key)

    def _count(self, question: Predict, counting: Counting, key: str) -> None:
        if key in _COUNTING:
            if counting.key(_COUNTING[key]) and self._run is not None:
                self._run.say(RunOrder(VOTE, line=question.line, counts=tuple(counting.counts)))
        else:
            counting.digit(key)
        if counting.over:
            self._votes = None
        self.typed()

    def votes_asked(self) -> str:
        """Which votes are being counted."""
        if self._votes is None:
            return ""
        question, counting = self._votes
        choice, number = spoken_inline(question.choices[counting.at]), counting.at + 1
        told = _("votes for {number} of {choices}, {choice}:").format(
            number=number, choices=len(question.choices), choice=choice
        )
        figure = counting.typed or f"({counting.counts[counting.at]})"
        return f"{told} {figure}"

    def _press(self, key: str) -> None:
        run, order = self._run, None
        if self._in_vain and (key.isdecimal() or key == "\n"):
            self._unheard += key  # a count, and no page to go to
            return
        self._in_vain = False
        if key == _VOTES:
            self._number = self._unheard = ""
            self._wanted_at = time.monotonic()
            self._begin_to_count()
        elif key in _KEYS:
            order, self._number = RunOrder(_KEYS[key]), ""
        elif key.isdecimal() and key.isascii() and len(self._number) < 3:
            self._number += key
        elif key == "\x7f":
            self._number = self._number[:-1]
        elif key == "\n":
            if self._number and int(self._number):
                order = RunOrder(PAGE, int(self._number) - 1)
            elif not self._number:
                order = RunOrder(ONWARD)
            self._number = ""
        if order is not None and run is not None:
            run.say(order)
        self.typed()

    async def keys(self) -> list[str]:
        """What is pressed next."""
        raise NotImplementedError

    async def _tick(self) -> None:
        """What time does."""

    def waits(self, why: str) -> None:
        """There is no run."""
        raise NotImplementedError

    def show(self, sheet: Sheet, before: Mapping[str, Any] | None, state: Mapping[str, Any]) -> None:
        """The run is where it was not."""
        raise NotImplementedError

    def typed(self) -> None:
        """A key was pressed."""


class _Drawn(_Notes):
    """All that there is to read, drawn anew when some of it is other than it was, and every second for the clock."""

    _why = ""

    async def keys(self) -> list[str]:
        pressed = await terminal.Keys.pressed()
        if not pressed:
            raise terminal.Left
        return [pressed] if pressed.startswith("\x1b") else list(pressed.replace("\r", "\n"))

    def _draw(self) -> None:
        width, height = _size()
        if self._state is None or self._sheet is None:
            lines = ["", f"  {self._why}"]
        else:
            lines = self._sheet.whole(self._state, time.time(), min(width - 2, _WIDTH), height - 3)
        keys = _("space next · b back · page number and Enter · v votes · , blank · q leaves")
        if self._votes is not None:
            keys = self.votes_asked() + " · " + _("Enter next choice · ↑ before · esc ends")
        elif self._in_vain:
            keys = f"{_(_NOTHING_ASKED)} " + _("Esc: the other keys.")
        elif self._number:
            keys = _("page {number} (Enter goes there)").format(number=self._number)
        body = lines[: max(height - 3, 1)]
        door.out().say_alone(*body, *[""] * (height - 2 - len(body)), keys[: width - 1])

    def waits(self, why: str) -> None:
        self._why = why
        self._draw()

    def show(self, sheet: Sheet, before: Mapping[str, Any] | None, state: Mapping[str, Any]) -> None:
        del sheet, before, state
        self._draw()

    def typed(self) -> None:
        self._draw()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_CLOCK)
            if self._state is not None:
                self._draw()


class _Linear(_Notes):
    """What has changed, a line each: for screen readers, and where there is no terminal. Lines are typed instead of keys."""

    async def keys(self) -> list[str]:
        if not terminal.is_one(sys.stdin):
            await asyncio.get_running_loop().create_future()  # nobody drives: it is read on all the same
        typed = await terminal.line()
        if not typed:
            raise terminal.Left
        line, self._in_vain = typed.strip(), False
        if line[:1] == _VOTES:  # ``v 12 7 0``; what is left out is asked for
            return [_VOTES, *" ".join(line[1:].split()), *("\n" * bool(line[1:].strip()))]
        return list(line + "\n" if self._votes is not None or line not in (*_KEYS, *_LEAVE) else line)

    def waits(self, why: str) -> None:
        door.out().say(why)

    def typed(self) -> None:
        """Which count is wanted next, once that is another one."""
        asked = self.votes_asked()
        if self._in_vain:
            door.out().say(_(_NOTHING_ASKED))
        if asked and (self._votes is None or not self._votes[1].typed):
            door.out().say(asked)

    def show(self, sheet: Sheet, before: Mapping[str, Any] | None, state: Mapping[str, Any]) -> None:
        say = door.out().say
        if before is None or sheet.page(before) is not sheet.page(state):
            say("", *sheet.title(state), sheet.time(state, time.time()), *sheet.notes(state, _WIDTH))
            say(*sheet.questions(state, _WIDTH))
        else:
            told = sheet.title(before)
            say(*(line for line in sheet.title(state) if line not in told))
            asked = sheet.questions(before, _WIDTH)
            say(*(line for line in sheet.questions(state, _WIDTH) if line not in asked))
        following = sheet.next(state, _WIDTH)
        if before is None or following != sheet.next(before, _WIDTH):
            say(*following)


def _size() -> tuple[int, int]:
    try:
        return os.get_terminal_size(door.out().fileno())
    except OSError:
        return 80, 24
