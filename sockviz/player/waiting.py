"""What keeps a step waiting: a packet that a line of the link is for, a machine that gives nobody a processor. Its reader would
otherwise see nothing happen."""

from __future__ import annotations

from sockviz.calls.script import Script
from sockviz.calls.statement import Statement
from sockviz.language import _
from sockviz.lesson.link_statements import AT_ONCE, link_order
from sockviz.model.call import Stage
from sockviz.model.hosts import LINK
from sockviz.model.process import Process
from sockviz.model.world import World
from sockviz.player.next import Do
from sockviz.player.run import LessonRun, Run
from sockviz.words.kept_sentences import ANOTHER_CAME, ANY, NONE_CAME, TOO_SLOW
from sockviz.words.link_waiting import kept, waits_for_a_packet

#: Seconds after which the one is said, and the other.
LONG, LATE = 0.5, 8.0


def waits_at_the_link(run: Run[Script]) -> str:
    """Which line of the link waits, and for what; empty where none does."""
    world = run.timeline.world
    statement = _at_the_link(run)
    if statement is None or not _waits(statement, world):
        return ""
    _verb, about, _seconds = link_order(statement)
    return waits_for_a_packet(statement.source, about, world)


def _at_the_link(run: Run[Script]) -> Statement | None:
    """The line that the link is at."""
    world = run.timeline.world
    line = world.begun.get(LINK)
    if line is None or world.lines[line].finished is not None:
        return None
    return run.script.statement_at(line)


def _waits(statement: Statement, world: World) -> bool:
    """Whether the packet that a line of the link is about is not there yet."""
    verb, about, _seconds = link_order(statement)
    if verb in AT_ONCE or world.link is None:
        return False
    there = [world.packet_text(flight.packet) for flight in world.link.held]
    return not any(about in (None, text, text.partition(" ")[2]) for text in there)


def does_not_come_on(run: LessonRun, seconds: float) -> str:
    """Why a step that has taken so many seconds should not be waited for: somebody is at a line and neither asleep in it nor
    done, or nobody is, and no check has so much time. They have no processor, or were stopped. Empty where it may yet come."""
    world = run.timeline.world
    late = next((each.name for each in world.processes.values() if _is_awake_at_a_line(each)), "")
    if not late and (at_the_link := _at_the_link(run)) is not None:
        if _waits(at_the_link, world):
            return ""
        late = at_the_link.source
    if not late and (run.next.do is not Do.BUSY or seconds < LATE + _time_of_checks(run)):
        return ""
    told = _("{who} has not come on for {seconds:.0f} s: this machine is too slow, or it was stopped")
    return told.format(who=late or _("this step"), seconds=seconds)


def _is_awake_at_a_line(process: Process) -> bool:
    sleeps = process.current is not None and process.current.stage is Stage.ASLEEP
    return process.alive and process.line is not None and not sleeps


def _time_of_checks(run: LessonRun) -> float:
    """So many seconds the checks of the page may take that are still to be made."""
    world, page = run.timeline.world, run.script.pages[run.timeline.world.page or 0]
    return sum(each.within for each in page.expectations if each.line not in world.expectations)


def not_done(statement: Statement, seconds: float, world: World) -> str:
    """That the link has not done a line of its in so many seconds, as a run keeps it: in English."""
    verb, about, _delay = link_order(statement)
    if verb in AT_ONCE:
        return TOO_SLOW.format(step=statement.source, seconds=f"{seconds:.0f}")
    there = kept(world)
    came = ANOTHER_CAME if there else NONE_CAME
    return came.format(pattern=about or ANY, seconds=f"{seconds:.0f}", kept=there)
