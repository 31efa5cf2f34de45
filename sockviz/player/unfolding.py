"""A recording told a step at a time, for a front end that asks its reader before it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.lesson.document import Lesson
from sockviz.model.events import Event, PageOpened, PredictionMade, StatementBegun
from sockviz.model.stops import begins
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do, Next
from sockviz.player.scripted import ScriptedSource, Step
from sockviz.player.source import SCRIPT
from sockviz.player.sourced import SourcedLesson


def unfolded(recorded: SourcedLesson) -> SourcedLesson:
    """A run that repeats a recorded one, all of which is there: each step brings what it had brought.

    The reader's own predictions are asked for and stand in place of any that were recorded. Nothing is performed.
    """
    steps = [_step(events, recorded.script) for events in cut(recorded.timeline.events)]
    source = ScriptedSource(Timeline(recorded.timeline.header), steps, recorded.problem)
    if steps:
        source.take()  # a live run has its first page open from the start, too
    return SourcedLesson(source)


def _step(events: Sequence[Event], lesson: Lesson) -> Step:
    """What stood before the reader when these events were still to come."""
    told = [event for event in events if not isinstance(event, PredictionMade)]
    if isinstance(events[0], PageOpened):
        return Step(Next(Do.TURN), told)
    begun = next((event for event in events if isinstance(event, StatementBegun)), None)
    statement = lesson.statement_at(begun.line) if begun else None
    return Step(Next(Do.PERFORM, statement), told, begun.process if begun else SCRIPT)


def cut(events: Sequence[Event]) -> list[Sequence[Event]]:
    """`events` cut where a reader would have been asked: once a page is open, and before each further line or page."""
    cuts: list[int] = []
    fresh = True  # nothing was performed since the page opened
    for number, event in enumerate(events):
        if isinstance(event, PageOpened):
            cuts += [number, number + 1]
            fresh = True
        elif begins(event):
            if not fresh:
                cuts.append(number)
            fresh = False
    ends = sorted({*cuts, len(events)} - {0})
    return [events[start:end] for start, end in zip([0, *ends], ends, strict=False)]
