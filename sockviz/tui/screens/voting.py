"""A room's votes on the questions of a page, counted on the screen or told from the notes' terminal."""

from __future__ import annotations

from collections.abc import Sequence

from textual.screen import Screen

from sockviz.language import _
from sockviz.lesson.document import Predict
from sockviz.tui import hints
from sockviz.tui.reading import Reading
from sockviz.tui.screens.lesson_picture import LessonPicture
from sockviz.tui.view import Mode
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.vote_line import Counted, VoteLine


class Voting:
    """Of one screen."""

    def __init__(self, screen: Screen[tuple[str, ...]], reading: Reading, picture: LessonPicture) -> None:
        self._screen, self._reading, self._picture = screen, reading, picture
        self._line: VoteLine | None = None

    @property
    def on(self) -> bool:
        """Whether the keys are the figures of a count."""
        return self._line is not None and self._line.display

    async def open(self) -> None:
        """Counts, where there is something to vote on. The question comes into sight for it: nobody votes on what they cannot
        read."""
        question = self._reading.put_to_the_vote
        if question is None:
            past = self._reading.mode is Mode.REVIEW
            self._picture.hint = _(hints.VOTES_ARE_LIVE if past else hints.NOTHING_TO_VOTE_ON)
            self._picture.draw()
            return
        self._picture.panes.restore()
        if self._line is None:
            self._line = VoteLine()
            await self._screen.mount(self._line, before="#timeline")
        self._line.display = True
        self._ask(question)

    def _ask(self, question: Predict) -> None:
        assert self._line is not None
        self._line.ask(question, self._reading.votes.get(question.line, ()))
        self._picture.counting = (question.line, 0)
        self._reveal(question.line)

    def _reveal(self, line: int) -> None:
        self._picture.asking = line
        self._screen.query_one(LessonPane).reveal(line)
        self._screen.call_after_refresh(self._picture.draw)  # the stage has two lines less

    def close(self) -> None:
        """The screen has its keys again."""
        if self._line is not None and self.on:
            self._line.display = False
            self._picture.counting = None
            self._screen.set_focus(None)
            self._screen.call_after_refresh(self._picture.draw)

    def another(self, step: int) -> None:
        """Another question of the page is voted on."""
        asked = self._reading.page.predictions
        line = self._picture.counting[0] if self._picture.counting is not None else None
        lines = [question.line for question in asked]
        if line in lines:
            self._ask(asked[(lines.index(line) + step) % len(asked)])

    def counted(self, it: Counted) -> None:
        """So far it is counted on the screen."""
        noted = not it.is_new or self._reading.vote(it.line, it.counts)
        if it.at is None or not noted:  # the page was turned meanwhile
            self.close()
        else:
            self._picture.counting = (it.line, it.at)
        self._picture.draw()

    def told(self, line: int, counts: Sequence[int]) -> None:
        """So many were counted elsewhere."""
        if self._reading.vote(line, counts):
            if self._line is not None:
                self._line.told(line, tuple(counts))
            self._picture.asking = line
            self._screen.query_one(LessonPane).reveal(line)
            self._picture.draw()
