"""Where the reader is in a run: a cursor over its timeline, and what the next step may be. No widgets here.

A reader either follows the run (the cursor is at its end, and moves with it) or looks at its past. Only a reader who
follows a live run can make it go on, so nothing is ever performed twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from enum import Enum

from sockviz.lesson.document import Page, Predict
from sockviz.model.events import PageOpened
from sockviz.model.world import World
from sockviz.player.next import Do
from sockviz.player.run import Provenance, Run
from sockviz.tui.about import about
from sockviz.tui.view import Focus, Look, Mode, View


class Onward(Enum):
    """What going on means now."""

    STEP = "step"  # the cursor moves through what has already happened
    PREDICT = "predict"  # a question is open: it is asked first
    PERFORM = "perform"  # the run advances
    BUSY = "busy"  # it is advancing already
    END = "end"  # nothing is left


class Reading:
    """One reader's way through `run`.

    ``pointed`` is the line of the open prediction that has been pointed to: the next press passes it over."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.pointed: int | None = None
        self._recorded = run.provenance is Provenance.RECORDED
        self._own: dict[int, int | None] = {}  # the choices of who watches a recording: it stays as it is
        self._pages: list[int] = []
        self._counted = -1
        self._before: tuple[int, World] | None = None
        self._version = 0
        self._follows = not self._recorded
        self.cursor = len(run.timeline)
        if self._recorded and self.stops:
            self.cursor = self.stops[0]

    # -- where

    @property
    def mode(self) -> Mode:
        """How the cursor relates to now."""
        if self._recorded:
            return Mode.RECORDED
        return Mode.LIVE if self._follows else Mode.REVIEW

    @property
    def world(self) -> World:
        """Everything known at the cursor."""
        return self.run.timeline.world_at(self.cursor)

    @property
    def stops(self) -> Sequence[int]:
        """The resting places so far."""
        return self.run.timeline.stops

    @property
    def resting(self) -> int:
        """How many resting places are before the cursor."""
        return bisect_left(self.stops, self.cursor)

    @property
    def page(self) -> Page:
        """The page open at the cursor (the first, before any)."""
        pages = self.run.lesson.pages
        return pages[min(self.world.page or 0, len(pages) - 1)]

    @property
    def opened(self) -> float:
        """The instant at which that page was opened."""
        self._count()
        at = bisect_left(self._pages, self.cursor) - 1
        return self.run.timeline.events[self._pages[at]].at if at >= 0 else 0.0

    def _count(self) -> None:
        events = self.run.timeline.events
        if self._counted == len(events):
            return
        self._pages += [
            n for n in range(max(self._counted, 0), len(events)) if isinstance(events[n], PageOpened)
        ]
        self._counted = len(events)

    # -- moving

    def run_changed(self) -> None:
        """The run has gone on: a reader who follows goes along."""
        if self._follows:
            self.cursor = len(self.run.timeline)

    def go(self, event: int) -> bool:
        """Moves to the world after `event` events. False where that is where it is already."""
        end = len(self.run.timeline)
        event = max(min(event, end), min(1, end))
        moved = event != self.cursor
        self.cursor = event
        # To the end of a recording that is not all there yet is to where its end will be.
        self._follows = event == end and not (self._recorded and self.run.next.do is Do.END)
        if moved:
            self.pointed = None
        return moved

    def back(self) -> bool:
        """To the resting place before the cursor."""
        return self.go(self.stops[self.resting - 1]) if self.resting else False

    def forward(self) -> bool:
        """To the resting place after the cursor, within what has happened."""
        at = bisect_right(self.stops, self.cursor)
        return self.go(self.stops[at] if at < len(self.stops) else len(self.run.timeline))

    def to_page(self, page: int) -> bool:
        """To where `page` (from 0) was opened first; False where it has not been."""
        self._count()
        for number in self._pages:
            if self._opens(number) == page:
                return self.go(next((stop for stop in self.stops if stop > number), number + 1))
        return False

    def has_reached(self, page: int) -> bool:
        """Whether `page` (from 0) has been opened."""
        self._count()
        return any(self._opens(number) == page for number in self._pages)

    def _opens(self, number: int) -> int | None:
        opened = self.run.timeline.events[number]
        return opened.page if isinstance(opened, PageOpened) else None

    # -- going on

    @property
    def onward(self) -> Onward:
        """What a press of the space key means now."""
        past = self.cursor < len(self.run.timeline)
        if self.open_predictions:
            return Onward.PREDICT
        if past:
            return Onward.STEP
        if self._recorded:
            return Onward.BUSY if self.run.next.do is Do.BUSY else Onward.END
        match self.run.next.do:
            case Do.BUSY:
                return Onward.BUSY
            case Do.END:
                return Onward.END
        return Onward.PERFORM

    # -- predictions

    @property
    def choices(self) -> Mapping[int, int | None]:
        """The choice made for each question, by its line, as known at the cursor."""
        return self._own if self._recorded else self.world.choices

    @property
    def open_predictions(self) -> tuple[Predict, ...]:
        """The questions of this page that wait for an answer. None while the past of a live run is looked at."""
        if self.mode is Mode.REVIEW:
            return ()
        world, choices = self.world, self.choices
        return tuple(
            p for p in self.page.predictions if p.line not in choices and p.line not in world.answers
        )

    def point(self) -> Predict | None:
        """Points to the first open question; where it was pointed to already, passes it over."""
        questions = self.open_predictions
        if not questions:
            return None
        if self.pointed == questions[0].line:
            self.choose(questions[0].line, None)
            questions = self.open_predictions
            if not questions:
                return None
        self.pointed = questions[0].line
        return questions[0]

    def choose(self, line: int, choice: int | None) -> bool:
        """Answers the question at `line`, where it is open."""
        if line not in (p.line for p in self.open_predictions):
            return False
        self.pointed = None
        if self._recorded:
            self._own[line] = choice
        else:
            self.run.answer(line, choice)
        return True

    # -- drawing

    def view(self, look: Look, focus: Focus) -> View:
        """All that the screen is drawn from, at the cursor."""
        self._version += 1
        if self._before is None or self._before[0] != self.cursor:
            before = self.run.timeline.world_at(self.stops[self.resting - 1] if self.resting else 0)
            self._before = (self.cursor, before)
        return View(
            version=self._version, script=self.run.lesson, page=self.page, timeline=self.run.timeline,
            cursor=self.cursor, world=self.world, before=self._before[1], next=self.run.next, mode=self.mode,
            look=look, focus=focus, problem=self.run.problem,
            subjects=about(self.page, self.world, self.run.timeline.header.lab),
        )  # fmt: skip
