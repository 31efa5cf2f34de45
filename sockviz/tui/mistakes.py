"""What went wrong in a run of programs, in words, for whoever draws it."""

from __future__ import annotations

from bisect import bisect_right

from sockviz.model.moment import Moment
from sockviz.tui.cursor import Cursor
from sockviz.words.mistakes.beside import RulesBeside
from sockviz.words.mistakes.rules import Rules

#: So many events are judged in one frame, at most: of a long recording the rest later.
_JUDGED = 2_000


class Mistakes:
    """What went wrong, as far as that is sure (`sockviz.words.mistakes`), each after which event it was."""

    def __init__(self, rules: Rules | RulesBeside) -> None:
        self._rules = rules
        self._judged = 0
        self._after: list[int] = []
        self._texts: list[str] = []

    def judge(self, cursor: Cursor, up_to: int) -> tuple[list[str], bool]:
        """Those that the events up to there bring, and whether all of these are judged now."""
        last = min(up_to, self._judged + _JUDGED)
        new: list[str] = []
        while self._judged < last:
            moment = Moment(cursor.timeline, self._judged)
            self._judged += 1
            for mistake in self._rules.after(moment):
                self._after.append(self._judged)
                self._texts.append(mistake.text)
                new.append(mistake.text)
        return new, self._judged >= up_to

    def at(self, start: int, end: int) -> str:
        """The last that came after event `start`, up to event `end`."""
        place = bisect_right(self._after, end) - 1
        return self._texts[place] if place >= 0 and self._after[place] > start else ""
