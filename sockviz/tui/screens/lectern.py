"""A lesson's screen at a lectern: the notes on another terminal are told where it is, and press its keys."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from sockviz.lectern.messages import BACK, BLANK, ONWARD, TELL, VOTE, RunOrder
from sockviz.lectern.stand import Stand
from sockviz.model.events import PageOpened, StatementBegun
from sockviz.player.next import Do
from sockviz.player.run import LessonRun
from sockviz.tui.reading import Reading
from sockviz.tui.screens.blank import BlankScreen
from sockviz.tui.screens.staged import StageScreen
from sockviz.tui.view import Mode


class Lectern:
    """Of `screen`, whose actions the notes' orders are. `go` goes to a page (from 0), `vote` notes a room's votes on the question
    at a line; `trouble` says what is wrong with the run, and what there is to do then."""

    def __init__(
        self,
        screen: StageScreen,
        run: LessonRun,
        reading: Reading,
        go: Callable[[int], None],
        vote: Callable[[int, tuple[int, ...]], None],
        trouble: Callable[[], tuple[str, str]] = lambda: ("", ""),
    ) -> None:
        self._trouble = trouble
        self._screen, self._run, self._reading, self._go, self._vote = screen, run, reading, go, vote
        self._began = time.time()
        self._stand = Stand(run.script.text, run.script.path, self._state, self._do)

    async def open(self) -> None:
        """Where there is no place for it, there are no notes: nothing else hangs on it."""
        with contextlib.suppress(OSError):
            await self._stand.open()

    async def close(self) -> None:
        """Nobody finds it any more."""
        await self._stand.close()

    def _state(self) -> Mapping[str, Any]:
        reading, world = self._reading, self._reading.world
        problem, way_on = self._trouble()
        top, asked = self._screen.app.screen, reading.put_to_the_vote
        return {
            "page": reading.page.index,
            "mode": reading.mode.value,
            "began": self._began,
            "opened": reading.opened if reading.mode is Mode.LIVE else None,
            "next": self._next(),
            "answers": {str(line): settled.answer for line, settled in world.answers.items()},
            "votes": {str(line): list(counts) for line, counts in reading.votes.items()},
            "asked": asked.line if asked is not None else None,
            "typed": bool(world.typed),
            "typing": self._is_typing,
            "blank": isinstance(top, BlankScreen),
            "covered": top is not self._screen and not isinstance(top, BlankScreen),
            "problem": problem or None,
            "way_on": way_on,
        }

    @property
    def _is_typing(self) -> bool:
        """Whether the keys go into a line there."""
        focused = self._screen.focused
        return focused is not None and focused.id == "typed-input"

    def _next(self) -> Mapping[str, Any]:
        """What the next press does: what was done next, where that is past; else what the run does next."""
        reading = self._reading
        coming = reading.next
        do, statement, call = coming.do, coming.statement, coming.call
        if reading.is_past:
            events = reading.timeline.events
            later = (events[number] for number in range(reading.cursor, len(events)))
            match next((event for event in later if isinstance(event, PageOpened | StatementBegun)), None):
                case PageOpened():
                    do, statement, call = Do.TURN, None, None
                case StatementBegun(line=line):
                    do, statement, call = Do.PERFORM, self._run.script.statement_at(line), None
        return {
            "do": TELL if self._screen.picture.movement.ahead else do.value,
            "line": [statement.process, statement.source, statement.comment or ""] if statement else None,
            "sleeps": [call.process, call.name] if call else None,
        }

    def _do(self, order: RunOrder) -> None:
        app = self._screen.app
        if order.do == VOTE:  # no key: also while the screen is empty, or something lies over it
            app.call_later(self._vote, order.line, order.counts)
        elif isinstance(app.screen, BlankScreen):
            app.screen.dismiss(None)  # as any key
        elif app.screen is self._screen:
            self._screen.acted()  # whoever counts votes on the screen has the keys of it, but not those of the notes
            actions = {ONWARD: "onward", BACK: "back", BLANK: "blank"}
            if order.do in actions:
                app.call_later(self._screen.run_action, actions[order.do])
            elif order.page < len(self._run.script.pages) and not self._is_typing:
                app.call_later(self._go, order.page)
