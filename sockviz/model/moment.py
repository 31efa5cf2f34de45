"""One event of a timeline with the worlds before and after it, which are looked up only where somebody asks."""

from __future__ import annotations

from sockviz.model.call import Call
from sockviz.model.events import CallReturned, Event
from sockviz.model.script_text import ScriptText
from sockviz.model.timeline import Timeline
from sockviz.model.walk import Walk
from sockviz.model.world import World


class Moment:
    """Event `number` (from 0) of `timeline`; whoever goes through it has its worlds from a `walk`."""

    def __init__(self, timeline: Timeline, number: int, walk: Walk | None = None) -> None:
        self.event: Event = timeline.events[number]
        self._timeline = timeline
        self._worlds: Timeline | Walk = timeline if walk is None else walk
        self._number = number
        self._after: World | None = None
        self._over: Call | None = None  # what it is the end of, once that was asked for

    @property
    def script(self) -> ScriptText:
        """What the run was made from."""
        return self._timeline.header.script

    @property
    def before(self) -> World:
        """The world that the event came to."""
        return self._worlds.world_at(self._number)

    @property
    def after(self) -> World:
        """The world that it made."""
        if self._after is None:
            self._after = self._worlds.world_at(self._number + 1)
        return self._after

    def call(self, process: str, number: int) -> Call | None:
        """A call, as the event has left it."""
        event = self.event
        if isinstance(event, CallReturned) and event.call == number and event.process == process:
            if self._over is not None:
                return self._over
            known = self._timeline.world.processes.get(process)
            over = known.over(number) if known is not None else None
            if over is not None and over.returned == event.at:
                self._over = (
                    over  # what has come back changes no more: no world of the past need be made for it
                )
                return over
        known = self.after.processes.get(process)
        return known.call(number) if known is not None else None
