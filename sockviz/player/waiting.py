"""What keeps a step waiting: a packet that a line of the link is for, a machine that gives nobody a processor. Its reader would
otherwise see nothing happen."""

from __future__ import annotations

from sockviz.calls.script import Script
from sockviz.lesson.link_statements import link_order
from sockviz.model.call import Stage
from sockviz.model.hosts import LINK
from sockviz.player.run import Run
from sockviz.words.link_waiting import waits_for_a_packet

#: Seconds after which the one is said, and the other.
LONG, LATE = 0.5, 8.0


def waits_at_the_link(run: Run[Script]) -> str:
    """Which line of the link waits, and for what; empty where none does."""
    world = run.timeline.world
    line = world.begun.get(LINK)
    statement = run.script.statement_at(line) if line is not None else None
    if line is None or statement is None or world.lines[line].finished is not None:
        return ""
    _verb, about, _seconds = link_order(statement)
    return waits_for_a_packet(statement.source, about, world)


def does_not_come_on(run: Run[Script]) -> str | None:
    """Which process is at a line and neither asleep in it nor done: it has no processor, or was stopped. None where none is."""
    for process in run.timeline.world.processes.values():
        sleeps = process.current is not None and process.current.stage is Stage.ASLEEP
        if process.alive and process.line is not None and not sleeps:
            return process.name
    return None
