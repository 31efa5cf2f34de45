"""Which lines of a process's code are in sight, and how much of each, where there is not room for everything: in one place, for
every size.

First what is at hand: the line that comes next, and the one performed last just before it. Then what has failed on the page that
is open, and what has given the value that a question there asks for. Then as many others of that page around them as there are
rows for, on one row each if need be; then these whole, and their results; then lines of earlier pages. The rows that are left
make one of those after the other whole, the newest first; then they hold comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from sockviz.language import _
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.at_hand import is_at_work, next_line
from sockviz.tui.stage.code import (
    Asides,
    CodeBlock,
    Extent,
    block,
    has_failed,
    lines_of,
    place_of,
    statements_of,
)
from sockviz.tui.stage.ink import Line, fit, line
from sockviz.tui.view import View

#: Lines still to come that stay in sight below the one that is next.
_AHEAD = 2
#: How much is drawn of the lines at hand, and said beneath them: as much as there is room for.
_AT_HAND = (
    (Extent.REMARKED, Asides.ALL), (Extent.REMARKED, Asides.DONE), (Extent.SHORT, Asides.DONE),
    (Extent.SHORT, Asides.NONE),
)  # fmt: skip


class Listing:
    """The lines of one process on the pages so far, in a width."""

    def __init__(self, view: View, process: str, width: int, hue: str) -> None:
        self._view, self._process, self._width, self._hue = view, process, width, hue
        self._lines = statements_of(view, process)
        self._known: dict[tuple[int, Extent, Asides], CodeBlock] = {}
        coming, begun = next_line(view), view.world.begun.get(process)
        # The line that stays in sight whatever happens.
        self._anchor = max(place_of(self._lines, coming), place_of(self._lines, begun), 0)
        near = (self._anchor, self._anchor - 1)
        self._hand = [at for at in near if self._is_there(at) and self._lines[at].line in (coming, begun)]
        self._failed = [at for at in _failed_here(view, process) if at not in self._hand]
        self._asked = (
            [at for at in range(len(self._lines)) if self._is_asked_for(at)] if view.subjects.values else []
        )

    def needs(self) -> tuple[int, int]:
        """The rows that the lines at hand take; those with what one of them sleeps for, and with what has failed on the page."""
        now = self._tall(self._hand, Extent.SHORT, Asides.DONE)
        told = self._tall(self._hand, Extent.SHORT, Asides.ALL)
        return max(1, now), max(1, told) + self._tall(self._failed, Extent.SHORT, Asides.DONE)

    def fitted(self, room: int, fullest: Extent = Extent.WHOLE | Extent.REMARKED) -> list[Line]:
        """As much of it as `room` rows have room for, and of each line no more than `fullest`."""
        if not self._lines or room <= 0:
            return [fit(line(" ", (_("no lines yet"), "muted")), self._width)][: max(room, 0)]
        extent, asides = self._at_hand(room, fullest)
        shown = _Shown(lambda at, extent: self._drawn(at, extent, asides), room)
        # Of a process that is not at work no line is at hand as much as what has failed.
        first = [(at, Extent.SHORT) for at in self._failed]
        then = [(at, extent) for at in (self._anchor, *self._hand)]
        for each in (*then, *first) if is_at_work(self._view, self._process) else (*first, *then):
            shown.has(*each)
        for at in self._asked:
            shown.has(at, Extent.WHOLE & fullest)
        ends, here = {-1: self._anchor, 1: self._anchor}, lines_of(self._view.page)
        self._spread(shown, ends, lambda at: self._lines[at].line in here)
        # What came of the open page's lines is read to its end before there is room for those of earlier ones.
        for at in self._outwards() if Extent.WHOLE in fullest else ():
            if at in shown.blocks and self._lines[at].line in here:
                shown.has(at, Extent.WHOLE)
        self._spread(shown, ends, self._is_there)
        for more in (Extent.WHOLE, Extent.REMARKED):
            for at in dict.fromkeys((*self._hand, *self._failed, *self._outwards())):
                if more in fullest and at in shown.blocks and shown.room > 0:
                    shown.has(at, more)
        return shown.in_order(room, self._view.world.begun.get(self._process) is None and not self._hand)

    def _at_hand(self, room: int, fullest: Extent) -> tuple[Extent, Asides]:
        """How much of the lines at hand leaves room for what has failed; where nothing does, has room itself."""
        ways = [(extent & fullest, asides) for extent, asides in _AT_HAND]
        for failed in (self._failed, self._failed[:1], []):
            least = self._tall(failed, Extent.SHORT, Asides.NONE)
            for extent, asides in ways:
                if self._tall(self._hand, extent, asides) + least <= room:
                    return extent, asides
        return ways[-1]

    def _spread(self, shown: _Shown, ends: dict[int, int], takes: Callable[[int], bool]) -> None:
        """From the `ends` on that are in sight, without a gap, where `takes` says so of a place: one line back, one ahead, and so
        on; then back as far as it goes; then ahead."""

        def goes(step: int) -> bool:
            at = ends[step] + step
            if not self._is_there(at) or not takes(at) or not shown.has(at, Extent.SHORT):
                return False
            ends[step] = at
            return True

        for step in (-1, 1) * _AHEAD:
            goes(step)
        for step in (-1, 1):
            while goes(step):
                pass

    def _outwards(self) -> Iterator[int]:
        """All places from the anchor back, then those ahead."""
        places = range(len(self._lines))
        return chain(reversed(places[: self._anchor + 1]), places[self._anchor + 1 :])

    def _is_there(self, at: int) -> bool:
        return 0 <= at < len(self._lines)

    def _is_asked_for(self, at: int) -> bool:
        """Whether the line has given what a question of the open page asks for."""
        view, line = self._view, self._lines[at]
        its = {(self._process, name) for name in line.targets}
        return (
            line.line in lines_of(view.page)
            and line.line in view.world.lines
            and bool(its & view.subjects.values)
        )

    def _drawn(self, at: int, extent: Extent, asides: Asides) -> CodeBlock:
        statement = self._lines[at]
        if not statement.comment:
            extent &= ~Extent.REMARKED
        asked = at, extent, asides
        if asked not in self._known:
            self._known[asked] = block(self._view, statement, self._width, self._hue, extent, asides)
        return self._known[asked]

    def _tall(self, places: Iterable[int], extent: Extent, asides: Asides) -> int:
        return sum(len(self._drawn(at, extent, asides).rows) for at in places)


def _decides_failed(view: View, process: str) -> tuple[object, ...]:
    return (
        view.page,
        view.world.lines,
        view.world.processes.get(process),
        statements_of(view, process),
        process,
    )


@remembered_by(16, _decides_failed)
def _failed_here(view: View, process: str) -> list[int]:
    """Which of the process's lines have failed on the page that is open, the last one first."""
    lines = statements_of(view, process)
    places = (place_of(lines, each.line) for each in reversed(view.page.statements))
    return [at for at in places if at >= 0 and has_failed(view, lines[at])]


class _Shown:
    """The lines that are in sight, by their places, and the rows that are left."""

    def __init__(self, drawn: Callable[[int, Extent], CodeBlock], room: int) -> None:
        self.blocks: dict[int, CodeBlock] = {}
        self.room = room
        self._drawn = drawn
        self._extents: dict[int, Extent] = {}

    def has(self, at: int, extent: Extent) -> bool:
        """Whether there is room for that much of the line at `at`, too; it is in sight then. The first one always is."""
        had = self._extents.get(at)
        if had is not None and (extent in had or (extent is Extent.WHOLE and self.blocks[at].whole)):
            return True
        extent |= had or Extent.SHORT
        block = self._drawn(at, extent)
        cost = len(block.rows) - (len(self.blocks[at].rows) if had is not None else 0)
        if self.blocks and cost > self.room:
            return False
        self.blocks[at], self._extents[at] = block, extent
        self.room -= cost
        return True

    def in_order(self, height: int, from_the_start: bool) -> list[Line]:
        """Their rows, at most `height`: of a line too long for that the end, which has the call and its result, or its beginning
        `from_the_start`, while it has none. Where lines are left out between two, a mark at the edge says so."""
        drawn: list[Line] = []
        before: int | None = None
        for at in sorted(self.blocks):
            first, *rest = self.blocks[at].rows
            drawn += [_after_a_gap(first) if before not in (None, at - 1) else first, *rest]
            before = at
        if from_the_start:
            return drawn[:height]
        return drawn[-height:] if height > 0 else []


def _after_a_gap(first: Line) -> Line:
    """A line's first row, marked at its edge where that is empty."""
    text, role = first.runs[0]
    return (
        Line((("⋮", "muted"), (text[1:], role), *first.runs[1:]), first.focus) if text[:1] == " " else first
    )
