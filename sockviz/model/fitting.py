"""What fits: whether an event can have followed on what was before it.

In a run of our own one that does not is a fault of ours; a recording is somebody else's data.
"""

from __future__ import annotations

from collections.abc import Callable

from sockviz.model.call import Stage
from sockviz.model.events import (
    ActedByHand,
    CallBlocked,
    CallEntered,
    CallHeld,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    CaptureLost,
    Caveat,
    Event,
    Executed,
    LessonEnded,
    LineTyped,
    LinkActed,
    LinkSet,
    Observed,
    OutputWritten,
    OverLimit,
    PacketCaptured,
    PageOpened,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    Signalled,
    SourceMet,
    StatementBegun,
    StatementFinished,
    ThreadBegan,
    ThreadEnded,
    Treated,
)
from sockviz.model.hosts import LINK
from sockviz.model.ledger import Ledger
from sockviz.model.link import ACTS
from sockviz.model.misfit import Misfit, Unfit
from sockviz.model.process import MAIN, Process, Task
from sockviz.model.world import World

#: No event has more names, counters or arguments: a kernel has some 500 counters, a process 1024 descriptors.
MOST_ENTRIES = 5000
#: The highest number of a task: no kernel's pids go further (include/linux/threads.h, PID_MAX_LIMIT).
MOST_TASKS = 1 << 22
#: So many events of one recording may not fit.
MOST_MISFITS = 1000
#: No honest name is longer (characters).
_LONGEST_NAME = 200


def _let_be(misfit: Misfit) -> None:
    """A fact of the run: it is in the world, and that is all."""


#: What else is done about an event that does not fit. The tests make it an error.
when_found: Callable[[Misfit], None] = _let_be


def refusal(event: Event, world: World, fits: bool = False) -> str | None:
    """Why a recording cannot be played any further than to `event`; None where it can. What only comes too late or twice can be
    told: it is a misfit of the run. ``fits``: it is known to be none."""
    if _entries(event) > MOST_ENTRIES:
        return f"more than {MOST_ENTRIES} names or counters in one event"
    for name in _names(event):
        if not name.isidentifier() or len(name) > _LONGEST_NAME:
            return f"{name[:40]!r} is no name of a process or a host"
    if not 0 <= getattr(event, "task", 0) <= MOST_TASKS:
        return f"no task has a number above {MOST_TASKS} or below 0"
    if isinstance(event, LinkActed) and event.verb not in ACTS:
        return f"a link does no such thing as {event.verb}"
    if isinstance(event, CaptureLost) and event.count < 0:
        return "no capture loses fewer than no packets"
    found = misfit(event, world) if not fits else None
    if found is None:
        return None
    if found.why is Unfit.NO_PROCESS and not isinstance(event, Observed):
        return f"no process {found.process} has started"
    if len(world.misfits) >= MOST_MISFITS:
        return f"more than {MOST_MISFITS} events that cannot have come where they came"
    return None


def misfit(event: Event, world: World) -> Misfit | None:
    """Why `event` cannot have followed on `world`, where it cannot: at the cost of the event, whatever the world is."""
    match event:
        case StatementBegun(process=name) | StatementFinished(process=name) if name == LINK:
            return _of_link(event, world)
        case LinkActed(frame=frame):
            return None if _is_on_link(frame, world) else Misfit(event, Unfit.NOT_ON_LINK, LINK, frame)
        case PacketCaptured(host=host) if host not in world.captured:
            return Misfit(event, Unfit.NOT_CAPTURED, host)
        case PacketCaptured(frame=int(frame)) if _is_on_link(frame, world):
            return Misfit(event, Unfit.ON_LINK, LINK, frame)
        case Observed():
            return _of_look(event, world)
        case PageOpened(page=page) if world.page is not None and page <= world.page:
            return Misfit(event, Unfit.TURNED_BACK, "", page + 1)
        case PageOpened() | LessonEnded() if world.ended:
            return Misfit(event, Unfit.AT_ITS_END, "")
        case SourceMet(number=number) if number in world.texts:
            return Misfit(event, Unfit.TEXT_IS_KNOWN, "", number)
        case ProcessStarted(process=name, parent=parent):
            before = world.processes.get(name)
            if before is not None and before.alive:
                return Misfit(event, Unfit.ALIVE, name)
            if parent is not None and parent not in world.processes:
                return Misfit(event, Unfit.NO_PARENT, parent)
            return None
        case (
            StatementBegun(process=name)
            | CallEntered(process=name)
            | CallBlocked(process=name)
            | CallHeld(process=name)
            | CallLetGo(process=name)
            | CallInterrupted(process=name)
            | CallReturned(process=name)
            | ThreadBegan(process=name)
            | ThreadEnded(process=name)
            | StatementFinished(process=name)
            | ProcessEnded(process=name)
            | Executed(process=name)
            | Signalled(process=name)
            | ProcessStopped(process=name)
            | OutputWritten(process=name)
            | OverLimit(process=name)
            | Caveat(process=name)
            | Treated(process=name)
        ) if name or not isinstance(event, Treated):  # a rule holds for the whole lab
            process = world.processes.get(name)
            if process is None:
                return Misfit(event, Unfit.NO_PROCESS, name)
            return _of_process(event, process, world)
    return None


def _of_process(event: Event, process: Process, world: World) -> Misfit | None:
    name = process.name
    match event:
        case CallEntered() | ProcessEnded() if not process.alive:  # it may be handed a line: that fails
            return Misfit(event, Unfit.ENDED, name)
        case CallEntered(text=text) if text and text not in world.texts:
            return Misfit(event, Unfit.NO_TEXT, name, text)
        case CallEntered(call=number) if number <= process.entered:
            return Misfit(event, Unfit.ENTERED, name, number)
        case ThreadBegan(task=number) if number == MAIN or number in process.living:
            return Misfit(event, Unfit.THREAD_IS_THERE, name, number)
        case ThreadEnded(task=number) if number not in process.living and number not in process.threads:
            return Misfit(event, Unfit.NO_THREAD, name, number)
        case StatementBegun(task=number):
            line = process.task(number).line
            return Misfit(event, Unfit.AT_A_LINE, name, line) if line is not None else None
        case CallEntered(task=number):
            calls = process.task(number).calls
            # In a call that a signal has interrupted its handler makes calls.
            is_inside = bool(calls) and calls[-1].stage is not Stage.INTERRUPTED
            return Misfit(event, Unfit.IN_A_CALL, name, calls[-1].number) if is_inside else None
        case (
            CallBlocked(call=number)
            | CallHeld(call=number)
            | CallLetGo(call=number)
            | CallInterrupted(call=number)
            | CallReturned(call=number)
            | Treated(call=number)
        ) if number > process.entered:
            return Misfit(event, Unfit.NOT_ENTERED, name, number)
        case (
            CallHeld(call=number, task=task)
            | CallLetGo(call=number, task=task)
            | CallInterrupted(call=number, task=task)
            | CallReturned(call=number, task=task)
            | Treated(call=number, task=task)
        ) if process.alive:  # what is told of a process that has ended may be heard of late
            return _of_call(event, process.task(task), process)
        case StatementFinished(line=line) if line not in world.lines:
            return Misfit(event, Unfit.NOT_BEGUN, name, line)
        case StatementFinished(line=line, task=number) if process.alive and process.task(number).line != line:
            # What a process that has ended said of its last line may be heard of late.
            return None if _forked_at(line, process, world) else Misfit(event, Unfit.NOT_AT, name, line)
    return None


def _of_link(event: StatementBegun | StatementFinished, world: World) -> Misfit | None:
    at = world.begun.get(LINK)
    is_at_one = at is not None and world.lines[at].process == LINK and world.lines[at].finished is None
    match event:
        case StatementBegun():
            return Misfit(event, Unfit.AT_A_LINE, LINK, at) if is_at_one else None
        case StatementFinished(line=line):
            begun = world.lines.get(line)
            if begun is None or begun.process != LINK:
                return Misfit(event, Unfit.NOT_BEGUN, LINK, line)
            return Misfit(event, Unfit.NOT_AT, LINK, line) if begun.finished is not None else None


def _is_on_link(frame: int, world: World) -> bool:
    return world.link is not None and world.link.flight_of(frame) is not None


def _of_look(event: Observed, world: World) -> Misfit | None:
    """What a look says of the rows and processes that it had said something of before."""
    for seen in event.processes:
        if seen.process not in world.processes:
            return Misfit(event, Unfit.NO_PROCESS, seen.process)
    rows = world.rows
    if any((event.host, key) not in rows for key in event.gone):
        return Misfit(event, Unfit.NO_ROW, event.host)
    return None


def _of_call(
    event: CallHeld | CallLetGo | CallInterrupted | CallReturned | Treated, task: Task, process: Process
) -> Misfit | None:
    """What becomes of a call that its task has entered."""
    number = event.call
    call = next((call for call in task.calls if call.number == number), None)
    if call is None:
        # Of a call of no number no more is said than that its process was meant.
        is_of_none = isinstance(event, Treated) and not number
        return None if is_of_none else Misfit(event, Unfit.OVER, process.name, number)
    match event:
        case CallLetGo() if call.stage is not Stage.HELD:
            return Misfit(event, Unfit.NOT_HELD, process.name, number)
        case CallInterrupted(over=True) if call.stage is not Stage.INTERRUPTED:
            return Misfit(event, Unfit.NOT_INTERRUPTED, process.name, number)
    return None


def _forked_at(line: int, process: Process, world: World) -> bool:
    """Whether that line, which another process began, is the one in which `process` was forked: it too is done with it."""
    if process.parent is None or process.line is not None or world.lines[line].process == process.name:
        return False
    return all(call.name == "fork" for call in process.calls)


def _entries(event: Event) -> int:
    match event:
        case Observed():
            return max(len(event.counters), len(event.processes))
        case StatementFinished():
            return max(len(event.bound), len(event.open_fds))
        case CallEntered():
            return max(len(event.arguments), len(event.keywords))
        case Executed():
            return len(event.arguments)
    return 0


def _names(event: Event) -> tuple[str, ...]:
    match event:
        case ProcessStarted():
            return event.process, event.host, *((event.parent,) if event.parent is not None else ())
        case PacketCaptured():
            return event.host, event.sender, event.receiver
        case Observed():
            return event.host, *(row.process for row in event.processes)
        case LinkSet():
            return event.holding
        case LinkActed() | ActedByHand():
            return (event.verb,)
        case Treated():
            return (event.process,) if event.process else ()
        case CallEntered() | StatementFinished():
            return event.process, *_variables(event)
        case (
            StatementBegun()
            | CallBlocked()
            | CallHeld()
            | CallLetGo()
            | CallInterrupted()
            | CallReturned()
            | ThreadBegan()
            | ThreadEnded()
            | ProcessEnded()
            | Executed()
            | Signalled()
            | ProcessStopped()
            | OutputWritten()
            | OverLimit()
            | Caveat()
            | LineTyped()
        ):
            return (event.process,)
    return ()


def _variables(event: CallEntered | StatementFinished) -> tuple[str, ...]:
    match event:
        case CallEntered():
            return tuple(event.keywords)
        case StatementFinished():
            held = event.open_fds
            # Of names that go on from those before only the new ones are: with 1,000 there would be no end.
            return (*event.bound, *(held.newest() if isinstance(held, Ledger) else held))
