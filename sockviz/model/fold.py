"""The one place where anything becomes known: ``world = fold(world, event)``. It says what each kind of event adds."""

from __future__ import annotations

from sockviz.dataclass import replace
from sockviz.model import first_evidence, fitting, link, lives
from sockviz.model.call import Call, Stage, as_entered
from sockviz.model.changes import changed, done_with, with_entry, with_process, with_task
from sockviz.model.counts import count
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
    ExpectationJudged,
    LessonEnded,
    LineTyped,
    LinkActed,
    LinkSet,
    Observed,
    OutputWritten,
    OverLimit,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
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
    VotesCounted,
)
from sockviz.model.index import inodes_in
from sockviz.model.inference import infer
from sockviz.model.inferred import InferredTally
from sockviz.model.known import GoneRow, KnownSocket
from sockviz.model.ledger import ledger
from sockviz.model.link import HandAct, LinkState
from sockviz.model.naming import names_after, seen_in_use
from sockviz.model.process import PerformedLine, Process
from sockviz.model.segments import Endpoint
from sockviz.model.set_options import options_after
from sockviz.model.world import SeenPacket, World


def fold(world: World, event: Event) -> World:
    """The world after `event`: one that does not fit is a fact of its own, and changes what it can."""
    at = max(world.at, event.at)
    found = fitting.misfit(event, world)
    if found is not None:
        fitting.when_found(found)
        world = changed(world, misfits=world.misfits.append(found))
    world = _applied(world, event)
    world = changed(world, at=at, events=count(world.events + 1))
    segments = infer(world, event)
    if segments:
        inferred, between = world.inferred, world.inferred_between
        new: dict[frozenset[Endpoint], InferredTally] = {}
        for segment in segments:
            inferred = inferred.append(segment)
            ends = frozenset((segment.source, segment.destination))
            new[ends] = (new.get(ends) or between.get(ends) or InferredTally()).after((segment,))
        world = changed(world, inferred=inferred, inferred_between=ledger(between).but(new))
    return world


def _applied(world: World, event: Event) -> World:
    match event:
        case PageOpened():
            return changed(world, page=event.page)
        case ProcessStarted():
            return lives.started(world, event)
        case StatementBegun():
            line = PerformedLine(event.process, event.at)
            world = changed(
                world,
                lines=with_entry(world.lines, event.line, line),
                begun=with_entry(world.begun, event.process, event.line),
            )
            return with_task(world, event.process, event.task, line=event.line)
        case CallEntered():
            return _entered(world, event)
        case CallBlocked():
            return _blocked(world, event)
        case CallHeld():
            return _staged(world, event, Stage.HELD)
        case CallLetGo():
            return _staged(world, event, Stage.ENTERED)
        case CallInterrupted():
            return _staged(world, event, Stage.ENTERED if event.over else Stage.INTERRUPTED)
        case CallReturned():
            return _returned(world, event)
        case ThreadBegan():
            return lives.thread_began(world, event)
        case ThreadEnded():
            return lives.thread_ended(world, event)
        case Executed():
            return lives.executed(world, event)
        case SourceMet():
            return changed(world, texts=with_entry(world.texts, event.number, event))
        case OutputWritten(stream=1):
            return lives.printed(world, event)
        case Signalled():
            return lives.signalled(world, event)
        case ProcessStopped():
            return lives.stopped(world, event)
        case Caveat():
            return lives.noted(world, event)
        case OutputWritten() | OverLimit():
            return world
        case Treated():
            return _treated(world, event)
        case StatementFinished():
            return _finished(world, event)
        case ProcessEnded():
            return _ended(world, event)
        case Observed():
            return _observed(world, event)
        case PacketCaptured():
            return _captured(world, event)
        case LinkActed():
            after = link.acted(world.link or LinkState(), event)
            traffic = world.traffic.acted(event, world.packets, world.link, after)
            return changed(world, link=after, traffic=traffic)
        case LinkSet():
            return changed(world, link=link.set_holding(world.link or LinkState(), event))
        case ActedByHand(frame=frame):
            flight = world.link.flight_of(frame) if world.link is not None and frame is not None else None
            act = HandAct(
                event.at, world.page or 0, event.verb, flight.packet if flight is not None else None
            )
            return changed(world, by_hand=world.by_hand.append(act))
        case LineTyped():
            return changed(world, typed=with_entry(world.typed, event.line, event))
        case CaptureLost():
            return changed(world, capture_lost=world.capture_lost + event.count)
        case ExpectationJudged():
            return changed(world, expectations=with_entry(world.expectations, event.line, event))
        case PredictionMade():
            return changed(world, choices=with_entry(world.choices, event.line, event.choice))
        case PredictionSettled():
            return changed(world, answers=with_entry(world.answers, event.line, event))
        case VotesCounted():
            return changed(world, votes=with_entry(world.votes, event.line, event.counts))
        case LessonEnded():
            return changed(world, ended=True)


def _entered(world: World, event: CallEntered) -> World:
    call = as_entered(event)
    if event.line is not None and event.text == 0:
        line = world.lines.get(event.line, PerformedLine(event.process, event.at))
        if line.process == event.process:
            line = replace(line, calls=(*line.calls, event.call))
        world = changed(world, lines=with_entry(world.lines, event.line, line))
    process = world.processes.get(event.process)
    if process is None:
        return world
    world = _with_sockets(world, first_evidence.told(world, process, event.arguments))
    entered = {"entered": max(process.entered, event.call)}
    return with_task(world, event.process, event.task, entered, calls=(*process.task(event.task).calls, call))


def _under_way(process: Process | None, number: int) -> Call | None:
    """The call of that number, where it has not come back."""
    if process is None:
        return None
    return next((call for call in process.under_way if call.number == number), None)


def _blocked(world: World, event: CallBlocked) -> World:
    process = world.processes.get(event.process)
    call = _under_way(process, event.call)
    if process is None or call is None:
        return world
    asleep = replace(call, stage=Stage.ASLEEP, slept=True, asleep=event.evidence)
    calls = tuple(asleep if each is call else each for each in process.task(call.task).calls)
    return with_task(world, event.process, call.task, calls=calls)


def _staged(world: World, event: CallHeld | CallLetGo | CallInterrupted, stage: Stage) -> World:
    process = world.processes.get(event.process)
    call = _under_way(process, event.call)
    if process is None or call is None:
        return world
    calls = tuple(
        replace(each, stage=stage) if each is call else each for each in process.task(call.task).calls
    )
    return with_task(world, event.process, call.task, calls=calls)


def _treated(world: World, event: Treated) -> World:
    process = world.processes.get(event.process)
    call = _under_way(process, event.call)
    if process is None or call is None:
        return world
    # Who was stopped in its sleep and goes on is awake, until it is seen to sleep again.
    stage = Stage.ENTERED if call.stage is Stage.ASLEEP else call.stage
    treated = replace(call, stage=stage, treated=(*call.treated, event))
    calls = tuple(treated if each is call else each for each in process.task(call.task).calls)
    return with_task(world, event.process, call.task, calls=calls)


def _returned(world: World, event: CallReturned) -> World:
    process = world.processes.get(event.process)
    entered = _under_way(process, event.call)
    if process is None or entered is None:
        return world
    call = replace(
        entered,
        stage=Stage.RETURNED if event.error is None else Stage.FAILED,
        returned=event.at, value=event.value, error=event.error, errno=event.number, message=event.message,
    )  # fmt: skip
    if (
        event.error == "ETIMEDOUT" and call.receiver is not None
    ):  # upon which its kernel has forgotten the connection
        world = changed(world, given_up=with_entry(world.given_up, call.receiver.inode, event.at))
    if named := names_after(call, event.told, world.names):
        world = changed(world, names=ledger(world.names).but(named))
    if event.error is None and (
        options := options_after(call, event.option_was, event.option_is, world.options)
    ):
        world = changed(world, options=ledger(world.options).but(options))
    world = _with_sockets(world, first_evidence.told(world, process, (call.value,), call))
    world = _with_sockets(world, first_evidence.connected(world, call))
    world = _with_sockets(world, first_evidence.dissolved(world, call))
    others = tuple(each for each in process.task(call.task).calls if each is not entered)
    return with_task(world, event.process, call.task, done_with(process, call), calls=others, asleep=None)


def _finished(world: World, event: StatementFinished) -> World:
    process = world.processes.get(event.process)
    if process is None:  # a line for the link has no process, and can fail all the same
        begun = world.lines.get(event.line)
        if begun is None or begun.process != event.process:
            return world
        line = replace(begun, finished=event.at, error=event.error, message=event.message)
        return changed(world, lines=with_entry(world.lines, event.line, line))
    line = world.lines.get(event.line, PerformedLine(event.process, event.at))
    if (
        line.process == event.process
    ):  # a forked child finishes its parent's line too; the parent's result is shown
        line = replace(line, finished=event.at, error=event.error, message=event.message, bound=event.bound)
        world = changed(world, lines=with_entry(world.lines, event.line, line))
    world = _with_sockets(world, first_evidence.told(world, process, event.bound.values()))
    told = {"names": ledger(process.names).but(event.bound), "open_fds": event.open_fds}
    return with_task(world, event.process, event.task, told, line=None)


def _ended(world: World, event: ProcessEnded) -> World:
    process = world.processes.get(event.process)
    if process is None:
        return world
    left = inodes_in(process.fds)
    world = lives.ended(world, event)
    return _with_sockets(world, first_evidence.let_go(world, {event.process: left}))


def _captured(world: World, event: PacketCaptured) -> World:
    number = len(world.packets)
    packets = world.packets.append(SeenPacket(event, number))
    traffic = world.traffic.captured(event, packets, world.rows_indexed())
    world = changed(world, packets=packets, traffic=traffic)
    if event.frame is None:
        return world
    return changed(world, link=link.arrived(world.link or LinkState(), event, number))


def _observed(world: World, event: Observed) -> World:
    before, traffic = world.rows, world.traffic
    if event.rows or event.gone:
        gone = [(event.host, key) for key in event.gone]
        new = {(event.host, row.key): row for row in event.rows}
        rows = ledger(world.rows).but(new, gone)
        index = world.rows_indexed().after(rows, dict.fromkeys([*gone, *new]))
        world = changed(world, rows=rows, row_index=index)
        if left := {
            row.inode: GoneRow(event.at, row)
            for key in gone
            if (row := before.get(key)) is not None and row.inode
        }:
            world = changed(world, gone=ledger(world.gone).but(left))
        if used := seen_in_use(world.names, event.rows):
            world = changed(world, names=ledger(world.names).but(used))
    world = _with_sockets(world, first_evidence.observed(world, event))
    lost_by: dict[str, frozenset[int]] = {}
    for seen in event.processes:
        if seen.process in world.processes and world.processes[seen.process].alive:
            main, had = world.processes[seen.process].main, world.processes[seen.process].fds
            if seen.fds is not had and (lost := inodes_in(had) - inodes_in(seen.fds)):
                lost_by[seen.process] = lost
            if main.asleep != seen.asleep:
                main = replace(main, asleep=seen.asleep)
            world = with_process(world, seen.process, fds=seen.fds, state=seen.state, main=main)
    if lost_by:
        world = _with_sockets(world, first_evidence.let_go(world, lost_by))
    traffic = traffic.observed(event, world.packets, world.link, before, world.rows_indexed())
    if traffic is not world.traffic:
        world = changed(world, traffic=traffic)
    world = changed(world, looked=with_entry(world.looked, event.host, event.at))
    if event.counters:
        world = changed(world, counters=ledger(world.counters).but(traffic.sums(event.counters)))
    if event.groups is not None:
        world = changed(world, groups=ledger(world.groups).but({event.host: event.groups}))
    return world


def _with_sockets(world: World, known: dict[int, KnownSocket]) -> World:
    if not known:
        return world
    sockets = ledger(world.sockets).but(known)
    return changed(world, sockets=sockets, socket_index=world.sockets_indexed().after(sockets, known))
