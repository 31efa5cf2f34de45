"""That a line of the link waits for a packet: what a reader is told who would otherwise see nothing happen."""

from __future__ import annotations

from sockviz.calls.script import Script
from sockviz.lesson.link_statements import link_order
from sockviz.model.hosts import LINK
from sockviz.player.run import Run
from sockviz.words.link_waiting import waits_for_a_packet

#: Seconds after which it is said.
LONG = 0.5


def waits_at_the_link(run: Run[Script]) -> str:
    """Which line of the link waits, and for what; empty where none does."""
    world = run.timeline.world
    line = world.begun.get(LINK)
    statement = run.script.statement_at(line) if line is not None else None
    if line is None or statement is None or world.lines[line].finished is not None:
        return ""
    _verb, about, _seconds = link_order(statement)
    return waits_for_a_packet(statement.source, about, world)
