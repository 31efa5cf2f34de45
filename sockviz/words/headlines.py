"""One sentence for where a reader is: of what has happened since the resting place before, what tells most."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sockviz.language import _
from sockviz.model.events import (
    ActedByHand,
    CallBlocked,
    CallLetGo,
    CallReturned,
    Caveat,
    Event,
    LessonEnded,
    LinkActed,
    LinkSet,
    Observed,
    PacketCaptured,
    PageOpened,
    PredictionSettled,
    ProcessEnded,
    ProcessStarted,
    StatementFinished,
)
from sockviz.model.hosts import LINK
from sockviz.model.stops import stop_after, stop_before
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.words.calls_alone import calls_alone
from sockviz.words.caveats import GIVEN_UP
from sockviz.words.elsewhere import is_elsewhere
from sockviz.words.narration import call_of, narrate, narrate_at
from sockviz.words.observing import changes

#: What weighs more than anything else.
_MOST = 10
#: So many events back it is looked for who was held before a call.
_RECENT = 64
#: What a kernel does as long as somebody waits.
_GO_ON = (PacketCaptured, Observed)


def headline(timeline: Timeline, cursor: int) -> str:
    """One sentence for where the reader is: at a resting place the most telling event since the last, else the event itself."""
    if not 0 < cursor <= len(timeline):
        return ""
    while cursor > 1 and not _is_stop(timeline, cursor) and _is_no_news(timeline, cursor):
        cursor -= 1  # that the kernel was asked and said nothing new changes nothing of where the reader is
    start = stop_before(timeline.stops, cursor)
    if not _is_stop(timeline, cursor):
        return (
            narrate_at(timeline, cursor)
            if not _runs_on(timeline, cursor - 1)
            else _of_calls(timeline, cursor - 1, None)
        )
    if start >= cursor:
        start = 0
    events = timeline.events
    performer = _process_of(events[start])
    later = timeline.world_at(cursor)
    unfitting = {id(misfit.event) for misfit in later.misfits}
    # Of packets and looks, which go on as long as somebody waits, the last is as telling as any.
    last = {type(events[n]): n for n in range(start, cursor)}
    told = max(
        (
            n
            for n in range(start, cursor)
            if last[type(event := events[n])] == n or not isinstance(event, _GO_ON) or id(event) in unfitting
        ),
        key=lambda n: (
            _MOST
            if id(events[n]) in unfitting
            else _weight(events[n], performer, partial(timeline.world_at, n), later),
            _process_of(events[n]) == performer,
            # A segment and its copies are dropped one by one: the first of these tells of all.
            -n if _is_drop(events[n]) else n,
        ),
    )
    if _is_no_news(timeline, told + 1):
        told = next((n for n in range(start, cursor) if isinstance(events[n], PageOpened)), told)
        if start and not isinstance(events[told], PageOpened):
            return headline(timeline, start)
    sentence = (
        _of_calls(timeline, told, later)
        if _runs_on(timeline, told)
        else narrate(
            events[told],
            timeline.world_at(told),
            timeline.world_at(told + 1),
            later,
            timeline.header.script.text,
        )
    )
    # What one process did may have woken another: that belongs to the same moment.
    others = [
        n
        for n in range(start, cursor)
        if isinstance(events[n], CallReturned)
        and _process_of(events[n]) != _process_of(events[told])
        and not _is_the_childs(events[n], timeline.world_at(n + 1))
    ]
    return (
        f"{sentence}; {_woken(events[others[-1]], timeline.world_at(others[-1] + 1))}" if others else sentence
    )


def _runs_on(timeline: Timeline, n: int) -> bool:
    """Whether the `n`-th event is of a program that ran on while it was looked at: it was not held before that call."""
    event = timeline.events[n]
    if not isinstance(event, CallReturned | ProcessEnded):
        return False
    process = timeline.world_at(n).processes.get(event.process)
    if process is None or not process.command:
        return False
    before = timeline.events[max(n - _RECENT, 0) : n]
    return not any(
        isinstance(each, CallLetGo)
        and isinstance(event, CallReturned)
        and (each.process, each.call) == (event.process, event.call)
        for each in before
    )


def _of_calls(timeline: Timeline, n: int, later: World | None) -> str:
    """What the calls alone say of the `n`-th event."""
    before, after = (calls_alone(timeline.world_at(at)) for at in (n, n + 1))
    return narrate(
        timeline.events[n],
        before,
        after,
        calls_alone(later) if later is not None else None,
        timeline.header.script.text,
    )


def _is_stop(timeline: Timeline, n: int) -> bool:
    return stop_after(timeline.stops, n - 1) == n


def _is_no_news(timeline: Timeline, n: int) -> bool:
    """Whether the `n`-th event is a look that has found only details changed."""
    seen = timeline.events[n - 1]
    return isinstance(seen, Observed) and not changes(seen, timeline.world_at(n - 1), timeline.world_at(n))


def _woken(event: Event, world: World) -> str:
    """Which call of another process came back in the same moment: its line and the stage tell the rest."""
    call = call_of(world, event.process, event.call) if isinstance(event, CallReturned) else None
    if call is None:
        return _("another process goes on")
    how = _(" with {error}").format(error=call.error) if call.error is not None else ""
    back = _("wakes") if call.slept else _("returns")
    return f"{call.process}: {call.name} {back}{how}"


def _is_the_childs(event: Event, world: World) -> bool:
    """Whether it is that fork has come back in the child as well: who has read that it gives a pid knows that there is one."""
    call = call_of(world, event.process, event.call) if isinstance(event, CallReturned) else None
    return call is not None and call.name == "fork" and call.value == 0


def _process_of(event: Event) -> str | None:
    return getattr(event, "process", None)


def _is_drop(event: Event) -> bool:
    return isinstance(event, LinkActed) and event.verb == "drop"


def _was_kept(event: LinkActed, before: World) -> bool:
    """Whether somebody had the link keep what it now acts on, so that the act is somebody's, too."""
    link = before.link
    flight = link.flight_of(event.frame) if link is not None else None
    return link is None or flight is None or before.packets[flight.packet].event.host in link.holding


def _is_of_a_later_fragment(event: LinkActed, before: World) -> bool:
    link = before.link
    flight = link.flight_of(event.frame) if link is not None else None
    if flight is None or event.frame not in flight.later:
        return False
    return not before.packets[flight.packet].event.packet.is_later_fragment


def _weight(event: Event, performer: str | None, before: Callable[[], World], later: World) -> int:
    match event:
        case CallBlocked() if (call := call_of(later, event.process, event.call)) and call.is_over:
            return 0  # it sleeps no more
        case LinkActed() if _is_of_a_later_fragment(event, before()):
            return 2  # the datagram is told of by its first
        case LinkActed(verb="deliver") if performer not in (None, LINK) or not _was_kept(event, before()):
            return 2  # the wire lets through what was sent: as little news as the packet itself
        case Caveat() if event.what.startswith(GIVEN_UP):
            return 9
        case CallReturned(error=str()) | ProcessEnded(signal=str()):
            return 8
        case StatementFinished(error=str()) | CallBlocked():
            return 7
        case Caveat() if is_elsewhere(event.what):
            return 7
        case ActedByHand():
            return 7
        case LinkActed(verb="duplicate") if performer in (None, LINK):
            return 7  # it says of both copies what the delivery of the second says of one
        case CallReturned() | LinkActed() | LinkSet():
            return 6
        case ProcessEnded():
            return 5
        case PredictionSettled() | ProcessStarted() | LessonEnded():
            return 4  # what the last line gave is told where it rests with the lesson's end
        case StatementFinished() if event.process != LINK:
            return 3
        case PacketCaptured():
            return 2
        case Observed():
            return 1
        case _:
            return 0
