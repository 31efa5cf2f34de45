"""How processes and their threads begin, go on as another program, and end: what each of these makes of the world."""

from __future__ import annotations

from collections.abc import Iterable

from sockviz.dataclass import replace
from sockviz.model.call import Call, Stage
from sockviz.model.changes import changed, done_with, with_entry, with_process
from sockviz.model.events import (
    Caveat,
    Executed,
    OutputWritten,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    Signalled,
    ThreadBegan,
    ThreadEnded,
)
from sockviz.model.ledger import ledger
from sockviz.model.process import MAIN, Delivered, Process, Task
from sockviz.model.world import World

#: So many signals of one call are known, the last ones.
_SIGNALS = 8


def started(world: World, event: ProcessStarted) -> World:
    """A process is there; one that was forked has what its parent had."""
    parent = world.processes.get(event.parent) if event.parent else None
    calls = _fork_of(parent, event.process) if parent else ()
    process = Process(
        event.process, event.pid, event.outer_pid, event.host, event.parent, event.privileged, event.at,
        names=parent.names if parent else {}, open_fds=parent.open_fds if parent else {},
        main=Task(calls=calls),
        entered=calls[-1].number if calls else 0,  # of a program's own its tracer counts from 1 again
    )  # fmt: skip
    return changed(world, processes=with_entry(world.processes, event.process, process))


def _fork_of(parent: Process, child: str) -> tuple[Call, ...]:
    """One call of fork is entered once and returns twice: in the child too it is under way until it returns there."""
    made = [*parent.calls, *parent.under_way]
    call = next((call for call in reversed(made) if call.name == "fork"), None)
    if call is None:
        return ()
    return (replace(call, process=child, task=MAIN, stage=Stage.ENTERED, returned=None, value=None),)


def ended(world: World, event: ProcessEnded) -> World:
    """A process is no more. What becomes of its sockets the fold knows."""
    process = world.processes.get(event.process)
    if process is None:
        return world
    world = _abandoned(world, event.process, process.under_way, event.at)
    return with_process(
        world, event.process, ended=event.at, exit_code=event.exit_code, signal=event.signal,
        main=Task(), threads={}, living={}, fds=(), open_fds=dict.fromkeys(process.open_fds, -1), stopped=None,
    )  # fmt: skip


def thread_began(world: World, event: ThreadBegan) -> World:
    """A thread is there that has made no call yet."""
    process = world.processes.get(event.process)
    if process is None or event.task == MAIN:
        return world
    return with_process(world, event.process, living=with_entry(process.living, event.task, event.at))


def thread_ended(world: World, event: ThreadEnded) -> World:
    """A thread is no more; its process is."""
    process = world.processes.get(event.process)
    if process is None or event.task == MAIN:
        return world
    world = _abandoned(world, event.process, process.task(event.task).calls, event.at)
    gone = (event.task,)
    threads, living = ledger(process.threads).but({}, gone), ledger(process.living).but({}, gone)
    return with_process(world, event.process, threads=threads, living=living)


def executed(world: World, event: Executed) -> World:
    """Of the threads that it had, one goes on as the new program; what the others were in nobody comes back from."""
    process = world.processes.get(event.process)
    if process is None:
        return world
    world = _abandoned(world, event.process, process.under_way, event.at)
    return with_process(world, event.process, command=event.arguments, main=Task(), threads={}, living={})


def signalled(world: World, event: Signalled) -> World:
    """A task was delivered a signal."""
    process = world.processes.get(event.process)
    if process is None:
        return world
    last, calls = process.delivered.get(event.task), process.task(event.task).calls
    is_same = last is not None and bool(calls) and last.at >= calls[-1].entered
    before = (*last.before, last.name)[-_SIGNALS:] if last is not None and is_same else ()
    came = Delivered(event.at, event.signal, before)
    return with_process(world, event.process, delivered=with_entry(process.delivered, event.task, came))


def stopped(world: World, event: ProcessStopped) -> World:
    """A process stands still, or goes on."""
    if event.process not in world.processes:
        return world
    return with_process(world, event.process, stopped=event.signal)


def noted(world: World, event: Caveat) -> World:
    """Something of a process is not as it would be without us, or out of sight."""
    process = world.processes.get(event.process)
    if process is None:
        return world
    return with_process(world, event.process, caveats=process.caveats | {event.what})


def _abandoned(world: World, name: str, calls: Iterable[Call], at: float) -> World:
    """With calls that nobody comes back from."""
    for call in calls:
        abandoned = replace(call, stage=Stage.ABANDONED, returned=at)
        world = with_process(world, name, **done_with(world.processes[name], abandoned))
    return world


def printed(world: World, event: OutputWritten) -> World:
    """A program has written to its standard output."""
    process = world.processes.get(event.process)
    if process is None:
        return world
    return with_process(world, event.process, printed=process.printed.append(event.data))
