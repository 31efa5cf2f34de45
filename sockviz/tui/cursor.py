"""Where a reader is in a run, whatever its script: a cursor over its timeline. No widgets here.

A reader either follows the run (the cursor is at its end, and moves with it) or looks at its past. Only a reader who
follows a live run can make it go on, so nothing is ever performed twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Protocol

from sockviz.calls.script import Script, ScriptPage
from sockviz.dataclass import replace
from sockviz.model.subjects import Subjects
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.next import Do, Next
from sockviz.tui.view import NOTHING_ASKED, Focus, Look, Mode, View

#: Events of time alone after which what they have changed is taken in all the same: a count has got another digit, say.
_STILL = 20


class Readable(Protocol):
    """What is read: a run, or a source."""

    @property
    def timeline(self) -> Timeline:
        """All that has happened."""

    @property
    def problem(self) -> str | None:
        """Why nothing more can come."""


class Cursor:
    """One reader's way through what has happened."""

    def __init__(
        self, followed: Readable, script: Script, *, recorded: bool, still_written: bool = False
    ) -> None:
        self._followed, self._script = followed, script
        self._is_recording, self._still_written = recorded, still_written
        self._before: tuple[int, World] | None = None
        self._next: Next | None = None
        self._still: tuple[View, int] | None = None  # and up to which event time alone has gone on
        self._alone = 0  # grows where something else did
        self._version = 0
        self._follows = not recorded
        self.cursor = len(followed.timeline)
        if recorded and self.stops:
            self.cursor = self.stops[0]

    # -- where

    @property
    def timeline(self) -> Timeline:
        """All that has happened."""
        return self._followed.timeline

    @property
    def _recorded(self) -> bool:
        """Whether it is a recording to which nothing is added any more."""
        return self._is_recording or (self._still_written and self.next.do is Do.END)

    @property
    def only_read(self) -> bool:
        """Whether nothing that its reader does makes anything happen: it is, or is being, recorded."""
        return self._is_recording or self._still_written

    @property
    def mode(self) -> Mode:
        """How the cursor relates to now."""
        if self._recorded:
            return Mode.RECORDED
        if not self._follows:
            return Mode.REVIEW
        return Mode.FOLLOWING if self._still_written else Mode.LIVE

    @property
    def is_past(self) -> bool:
        """Whether something has happened after the cursor."""
        return self.cursor < len(self.timeline)

    @property
    def world(self) -> World:
        """Everything known at the cursor."""
        return self.timeline.world_at(self.cursor)

    @property
    def stops(self) -> Sequence[int]:
        """The resting places so far."""
        return self.timeline.stops

    @property
    def resting(self) -> int:
        """How many resting places are before the cursor."""
        return bisect_left(self.stops, self.cursor)

    @property
    def script(self) -> Script:
        """What the run follows."""
        return self._script

    @property
    def page(self) -> ScriptPage:
        """What of the script is open at the cursor."""
        return self.script.pages[0]

    @property
    def opened(self) -> float:
        """The instant at which that was opened."""
        return 0.0

    @property
    def next(self) -> Next:
        """What comes next. END: nothing more will be appended."""
        raise NotImplementedError

    @property
    def subjects(self) -> Subjects:
        """What the page asks about."""
        return NOTHING_ASKED

    # -- moving

    def run_changed(self) -> None:
        """The run has gone on: a reader who follows goes along."""
        if self._follows:
            self.cursor = len(self.timeline)

    def go(self, event: int) -> bool:
        """Moves to the world after `event` events. False where that is where it is already."""
        end = len(self.timeline)
        event = max(min(event, end), min(1, end))
        moved = event != self.cursor
        self.cursor = event
        # To the end of a recording that is not all there yet is to where its end will be.
        self._follows = event == end and not (self._recorded and self.next.do is Do.END)
        return moved

    def back(self) -> bool:
        """To the resting place before the cursor."""
        return self.go(self.stops[self.resting - 1]) if self.resting else False

    @property
    def following(self) -> int:
        """The resting place after the cursor, within what has happened."""
        at = bisect_right(self.stops, self.cursor)
        return self.stops[at] if at < len(self.stops) else len(self.timeline)

    def forward(self) -> bool:
        """To the resting place after the cursor."""
        return self.go(self.following)

    # -- drawing

    def view(self, look: Look, focus: Focus) -> View:
        """All that the screen is drawn from, at the cursor."""
        self._version += 1
        if self._before is None or self._before[0] != self.cursor:
            before = self.timeline.world_at(self.stops[self.resting - 1] if self.resting else 0)
            self._before = (self.cursor, before)
        coming = self.next
        if self._next is None or coming != self._next:
            self._next = (
                coming  # as long as it is equal it is the same one: what is remembered of a view goes by that
            )
        view = View(
            version=self._version, script=self.script, page=self.page, timeline=self.timeline,
            cursor=self.cursor, world=self.world, before=self._before[1], next=self._next, mode=self.mode,
            look=look, focus=focus, problem=self._followed.problem, subjects=self.subjects,
        )  # fmt: skip
        return replace(view, still=self._still_of(view)) if view.mode is Mode.LIVE else view

    @property
    def alone(self) -> int:
        """The same number as long as time alone goes on from one view to the next."""
        return self._alone

    def _still_of(self, view: View) -> View:
        """The view since which time alone has gone on, or `view`; that, too, where much of that has."""
        still, last = self._still or (view, -1)
        if view.cursor != last:
            new = range(last, view.cursor)
            if last < 0 or not (new and _is_once_more(self.timeline, new)):
                still = view
                self._alone += 1
            elif view.cursor - still.cursor > _STILL:
                still = view
            self._still = (still, view.cursor)
        return still


def _is_once_more(timeline: Timeline, new: range) -> bool:
    from sockviz.tui.story import is_once_more  # on demand: on a first page nothing goes on

    return is_once_more(timeline, new)
