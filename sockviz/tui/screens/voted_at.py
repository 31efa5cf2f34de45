"""A lesson's screen on which a room's votes are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sockviz.tui.screens.lesson_stage import LessonStage

if TYPE_CHECKING:
    from sockviz.tui.screens.voting import Voting
    from sockviz.tui.widgets.vote_line import AnotherQuestion, VoteKey


class VotedAt(LessonStage):
    """Its keys and messages are `sockviz.tui.screens.voting.Voting`'s, which is there with the first vote."""

    _voting: Voting | None = None

    @property
    def voting(self) -> Voting:
        """What counts them."""
        if self._voting is None:
            from sockviz.tui.screens.voting import Voting  # with the first vote

            self._voting = Voting(self, self.reading, self.picture)
        return self._voting

    async def action_votes(self) -> None:
        """Counts the votes on the question that is open."""
        self.acted()
        await self.voting.open()

    def _vote(self, line: int, counts: Sequence[int]) -> None:
        self.voting.told(line, counts)

    def on_vote_key(self, message: VoteKey) -> None:
        """A choice was counted."""
        self.voting.counted(message.counted)

    def on_another_question(self, message: AnotherQuestion) -> None:
        """Another question of the page is voted on."""
        self.voting.another(message.step)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While votes are counted no digit is an answer."""
        counted = self._voting is not None and self._voting.on
        return not counted and super().check_action(action, parameters)

    def can_do(self, action: str) -> bool:
        """They are counted of a question that can be put to the vote."""
        return self.reading.put_to_the_vote is not None if action == "votes" else super().can_do(action)

    def acted(self) -> None:
        """Whatever else is done ends the counting."""
        super().acted()
        if self._voting is not None:
            self._voting.close()
