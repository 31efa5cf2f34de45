"""Where the reader of a lesson is: a cursor over its run, the page that is open there, and what the next step may be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TypeAlias

from sockviz.lesson.document import Lesson, Page, Predict
from sockviz.model.events import PageOpened
from sockviz.model.subjects import Subjects
from sockviz.player.next import Do, Next
from sockviz.player.run import LessonRun, Provenance
from sockviz.tui.about import about
from sockviz.tui.cursor import Cursor
from sockviz.tui.view import Mode

#: A room's votes on a lesson's questions, by page and question (each from 0), for each choice.
Votes: TypeAlias = Mapping[tuple[int, int], tuple[int, ...]]


class Onward(Enum):
    """What going on means now."""

    STEP = "step"  # the cursor moves through what has already happened
    PREDICT = "predict"  # a question is open: it is asked first
    PERFORM = "perform"  # the run advances
    BUSY = "busy"  # it is advancing already
    END = "end"  # nothing is left


class Reading(Cursor):
    """One reader's way through `run`, a lesson's (see `sockviz.tui.cursor`).

    ``pointed`` is the line of the open prediction that has been pointed to: the next press passes it over."""

    def __init__(self, run: LessonRun) -> None:
        self.run = run
        self.pointed: int | None = None
        self._own: dict[int, int | None] = {}  # the choices of who watches a recording: it stays as it is
        self._votes: dict[int, tuple[int, ...]] = {}  # likewise of a room's
        self._pages: list[int] = []
        self._counted = -1
        made = run.provenance
        recorded, still_written = made is Provenance.RECORDED, made is Provenance.FOLLOWED
        super().__init__(run, run.script, recorded=recorded, still_written=still_written)

    # -- where

    @property
    def script(self) -> Lesson:
        """The lesson, with what was typed at this run of it."""
        return self.run.script

    @property
    def page(self) -> Page:
        """The page open at the cursor (the first, before any)."""
        pages = self.run.script.pages
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

    @property
    def next(self) -> Next:
        """What the run would do next."""
        return self.run.next

    @property
    def subjects(self) -> Subjects:
        """What the page asks about, as far as that is known."""
        return about(self.page, self.world, self.timeline.header.lab)

    # -- moving

    def go(self, event: int) -> bool:
        """Moves to the world after `event` events. False where that is where it is already."""
        moved = super().go(event)
        if moved:
            self.pointed = None
        return moved

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
        if self.run.problem is not None and not self._recorded and not self.is_past:
            return Onward.END  # nobody would answer a question
        if self.open_predictions:
            return Onward.PREDICT
        if self.is_past:
            return Onward.STEP
        if self.only_read:
            return Onward.BUSY if self.run.next.do is Do.BUSY else Onward.END
        match self.run.next.do:
            case Do.BUSY:
                return Onward.BUSY
            case Do.END:
                return Onward.END
        return Onward.PERFORM

    @property
    def leaves_page(self) -> bool:
        """Whether a press of the space key would leave the page that is open, and that for one that comes after it."""
        match self.onward:
            case Onward.STEP if self.mode is not Mode.REVIEW:
                return self.timeline.world_at(self.following).page != self.world.page
            case Onward.PERFORM:
                return self.run.next.do is Do.TURN
            case Onward.END:
                return True
        return False

    # -- predictions

    @property
    def choices(self) -> Mapping[int, int | None]:
        """The choice made for each question, by its line, as known at the cursor."""
        return self._own if self.only_read else self.world.choices

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
        if self.only_read:
            self._own[line] = choice
        else:
            self.run.answer(line, choice)
        return True

    # -- a room's votes

    @property
    def votes(self) -> Mapping[int, tuple[int, ...]]:
        """The votes for each choice of the questions that were voted on, by their lines, as known at the cursor."""
        return {**self.world.votes, **self._votes} if self._votes else self.world.votes

    @property
    def put_to_the_vote(self) -> Predict | None:
        """The question of this page that votes are for: the one pointed to, else the first that is open, else the last. None
        while the past is looked at, and where somebody else's run is followed."""
        if self.mode in (Mode.REVIEW, Mode.FOLLOWING):
            return None
        asked = self.page.predictions
        return next(
            (q for q in asked if q.line == self.pointed),
            next(iter([*self.open_predictions, *asked[-1:]]), None),
        )

    def vote(self, line: int, counts: Sequence[int]) -> bool:
        """Notes a room's votes on the question at `line`; False where that is none of this page."""
        question = next((q for q in self.page.predictions if q.line == line), None)
        if self.put_to_the_vote is None or question is None or len(counts) != len(question.choices):
            return False
        if self.votes.get(line) == tuple(counts):
            return True  # nothing new
        if self.only_read:
            self._votes[line] = tuple(counts)
        else:
            self._votes.pop(line, None)
            self.run.vote(line, counts)
        return True

    def votes_by_place(self) -> Votes:
        """All of them, as they go on to another run of the lesson, in whatever language."""
        votes = {**self.run.timeline.world.votes, **self._votes}
        return {
            (page.index, number): votes[question.line]
            for page in self.run.script.pages
            for number, question in enumerate(page.predictions)
            if question.line in votes
        }

    def bring_votes(self, votes: Votes) -> None:
        """Those that were counted in a run before this one."""
        for (page, number), counts in votes.items():
            asked = self.run.script.pages[page].predictions if page < len(self.run.script.pages) else ()
            if number < len(asked) and len(asked[number].choices) == len(counts):
                self._votes[asked[number].line] = counts
