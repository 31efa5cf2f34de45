"""What happened between two moments of a run, told in order: call, segment, state, queue, result, verdict. No widgets here.

A step is over before its reader has seen anything of it, and what is known of it comes in the order in which it was heard: a call
has returned before the kernel can be asked what has become of its socket. Its story puts cause before effect: of one moment, the
segments by their stamps, then what the kernel was observed to say, then what the calls returned, then the verdicts. Each frame
draws a world that is folded from the run's own events, in that order; nothing is invented between. What time alone does over and
over (a segment sent once more, which its count tells; a timer that is set again) is told once, and is there at once after that.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    ExpectationJudged,
    LinkActed,
    Observed,
    PacketCaptured,
    PredictionSettled,
    ProcessEnded,
    ProcessStarted,
    StatementFinished,
)
from sockviz.model.fold import fold
from sockviz.model.inferred import InferredSegment
from sockviz.model.meaning import PROBES, Meaning, Role
from sockviz.model.sockets import SocketRow
from sockviz.model.timeline import Timeline
from sockviz.model.world import World

#: Seconds that a segment takes across the wire, and stays alone in sight when it is there.
CROSSING, ARRIVED = 0.28, 0.12
#: Seconds that the rest takes, by kind; what is not named takes none.
_TAKES: dict[type[object], float] = {
    CallEntered: 0.12, CallBlocked: 0.2, CallReturned: 0.2, Observed: 0.25, ExpectationJudged: 0.08, PredictionSettled: 0.15,
    ProcessStarted: 0.15, ProcessEnded: 0.2,
}  # fmt: skip
#: A story with more to tell is told faster, so that it is over in so many seconds.
LONGEST = 3.0
#: Events of one step that are told one by one; what comes before them is there at once.
_MOST = 150
#: What the kernel is observed to say belongs to a call that returned no longer before (seconds).
_BELONGS = 0.3
#: The link passes a packet on within this, unless it keeps it (seconds).
_PASSES = 0.05
#: A segment that is sent again and again is looked for so many packets back: as many may wait at a time, each with an answer.
_BACK = 128
#: What comes of a segment that is sent again.
_ANSWERS = (Role.PROBE_ANSWER, Role.DUPLICATE_ACK)


class Story:
    """Tells the events of `timeline` from `start` on, as far as they have been `heard`. ``world`` is as much as has been told,
    ``earlier`` the world before the moment that is being told, ``progress`` how far that is (0 to 1). Where only so `many`
    segments are to be told (of a press, say), it ``waits`` before the next one, with all told that comes of the last."""

    def __init__(self, timeline: Timeline, start: int, many: float = math.inf) -> None:
        self._timeline = timeline
        self.many = many
        self._heard = start
        self._waiting: deque[int | InferredSegment] = deque()
        self._told = [start]  # events before the first are told; and each that was told out of its turn
        self._folded = timeline.world_at(start)
        self._inferred = self._folded.inferred
        self._once_more: set[int] = set()
        self._takes = self._left = 0.0
        self._pace = 1.0
        self._is_crossing = False
        self.world = self.earlier = self._folded

    @property
    def over(self) -> bool:
        """Whether all that was heard is told."""
        return not self._waiting and self._left <= 0

    @property
    def waits(self) -> bool:
        """Whether the next segment is to be told, and may not be."""
        return (
            self._left <= 0 and bool(self._waiting) and self.many < 1 and self._is_segment(self._waiting[0])
        )

    @property
    def ahead(self) -> list[int | InferredSegment]:
        """The segments that are still to be told: events, by their numbers, and what was inferred."""
        segments = list(filter(self._is_segment, self._waiting))
        along = {number for it in segments for number in self._goes_with(it)}
        return [it for it in segments if it not in along]

    @property
    def cursor(self) -> int:
        """So many events, the first ones, have all been told."""
        return self._told[0]

    @property
    def progress(self) -> float:
        """How much of the present moment is over; a segment has arrived before its moment is."""
        if self._left <= 0:
            return 1.0
        share = 1 - self._left / self._takes
        return min(1.0, share * (CROSSING + ARRIVED) / CROSSING) if self._is_crossing else share

    def hear(self, end: int) -> None:
        """The story goes on to the world after `end` events."""
        new = range(self._heard, end)
        self._heard = max(self._heard, end)
        if self.over and is_once_more(self._timeline, new):
            self._once_more.update(new)
        at_once = max(0, len(new) - _MOST)
        for number in new[:at_once]:
            self._waiting.append(number)
        while at_once and self._waiting:
            self._tell(self._waiting.popleft())
        inferred = self._timeline.world_at(end).inferred
        known = len(self._inferred) + sum(isinstance(it, InferredSegment) for it in self._waiting)
        events = self._timeline.events
        ordered = list(in_order((number, events[number]) for number in new[at_once:]))
        place = next(
            (at for at, number in enumerate(ordered) if isinstance(events[number], Observed | CallReturned)),
            len(ordered),
        )
        self._waiting += [*ordered[:place], *inferred[known:], *ordered[place:]]
        longest = LONGEST if self.many == math.inf else math.inf
        self._pace = max(1.0, sum(map(self._time_of, self._waiting)) / longest)

    def go_on(self, seconds: float) -> bool:
        """So much time has passed; returns whether anything looks different now."""
        changed = self._left > 0 or (bool(self._waiting) and not self.waits)
        while seconds > 0 or self._left <= 0:
            if self._left > seconds:
                self._left -= seconds
                break
            seconds -= self._left
            self._left = 0.0
            if not self._waiting or self.waits:
                break
            self._next()
        return changed

    def _next(self) -> None:
        self.earlier = self.world
        first = self._waiting.popleft()
        self._takes = self._left = self._time_of(first) / self._pace
        self._is_crossing = self._crosses(first)
        self.many -= self._is_segment(first)
        self._tell(first)
        for number in self._goes_with(first):
            self._waiting.remove(number)
            self._tell(number)

    def _tell(self, it: int | InferredSegment) -> None:
        if isinstance(it, InferredSegment):
            self._inferred = self._inferred.append(it)
        else:
            self._folded = fold(self._folded, self._timeline.events[it])
            self._told.append(it)
            self._told[1:] = sorted(self._told[1:])
            while len(self._told) > 1 and self._told[1] == self._told[0]:
                self._told[:2] = [self._told[0] + 1]
        self.world = self._folded if self._folded.captured else replace(self._folded, inferred=self._inferred)

    def _goes_with(self, it: int | InferredSegment) -> Iterable[int]:
        """The link's passing on of a packet that it does not keep; that it throws a packet's copies away, too."""
        event = None if isinstance(it, InferredSegment) else self._timeline.events[it]
        if isinstance(event, PacketCaptured) and event.frame is not None:
            for number in [each for each in self._waiting if isinstance(each, int)]:
                act = self._timeline.events[number]
                if isinstance(act, LinkActed) and act.frame == event.frame:
                    return [number] if act.at - event.at < _PASSES else []
        if isinstance(it, int) and isinstance(event, LinkActed) and event.verb == "drop":
            return self._dropped_with(it, event.frame)
        return []

    def _dropped_with(self, it: int, frame: int) -> list[int]:
        """The later drops of what is one packet with `frame`: its copies, and the fragments of its datagram."""
        held = self._folded.link.held if self._folded.link is not None else ()
        frames = next((each.frames for each in held if frame in (*each.frames, *each.thrown)), ())
        events = self._timeline.events
        return [
            number
            for number in self._waiting
            if isinstance(number, int)
            and number > it
            and isinstance(act := events[number], LinkActed)
            and act.verb == "drop"
            and act.frame in frames
        ]

    def _is_segment(self, it: int | InferredSegment) -> bool:
        """Whether it is told alone, where one is told at a time: what time does over and over is not."""
        return it not in self._once_more and self._crosses(it)

    def _crosses(self, it: int | InferredSegment) -> bool:
        return isinstance(it, InferredSegment) or isinstance(
            self._timeline.events[it], PacketCaptured | LinkActed
        )

    def _time_of(self, it: int | InferredSegment) -> float:
        if it in self._once_more:
            return 0.0
        if self._crosses(it):
            return CROSSING + ARRIVED
        assert isinstance(it, int)
        event = self._timeline.events[it]
        if isinstance(event, Observed) and not (event.rows or event.gone or event.processes):
            return 0.0
        return _TAKES.get(type(event), 0.0)


def is_once_more(timeline: Timeline, new: range) -> bool:
    """Whether the `new` events (numbers) bring nothing that was not told before: segments that had been sent again already, what
    answers them as it did then, and looks that found only timers and counters gone on."""
    events = timeline.events
    if not all(isinstance(events[number], PacketCaptured | Observed) for number in new):
        return False
    captured = sum(isinstance(events[number], PacketCaptured) for number in new)
    if captured and not _are_told(timeline.world_at(new.stop), captured):
        return False
    looks = ((event, number) for number in new if isinstance(event := events[number], Observed))
    return all(_counts_on(event, timeline.world_at(number)) for event, number in looks)


def _are_told(world: World, last: int) -> bool:
    """Whether a timer had sent each of the `last` packets before, and not long ago, or it answers one of those likewise."""
    first = len(world.packets) - last
    for number in range(first, len(world.packets)):
        kind = _repeated(world, number)
        if kind is None or all(
            _repeated(world, earlier) != kind for earlier in range(first - 1, max(-1, first - 1 - _BACK), -1)
        ):
            return False
    return True


def _repeated(world: World, number: int) -> tuple[object, ...] | None:
    """What the packet repeats, or answers that repeats something; None where it does neither."""
    meanings = world.traffic.meanings
    meaning = meanings.get(number)
    if meaning is None:
        return None
    packet = world.packets[number].event.packet
    if not _repeats(meaning):
        meaning = meanings.get(meaning.of) if meaning.role in _ANSWERS and meaning.of is not None else None
        if meaning is None or not _repeats(meaning):
            return None
    return meaning.role, meaning.of, packet.source, packet.destination


def _repeats(meaning: Meaning) -> bool:
    return meaning.role is Role.AGAIN or meaning.role in PROBES


def _counts_on(event: Observed, before: World) -> bool:
    """Whether nothing is different but timers and what they count."""
    if event.gone or event.processes:
        return False
    known = (before.rows.get((event.host, row.key)) for row in event.rows)
    return all(
        old is not None and _but_for_time(old) == _but_for_time(row)
        for old, row in zip(known, event.rows, strict=True)
    )


def _but_for_time(row: SocketRow) -> SocketRow:
    return replace(row, timer=None, expires=None, retransmits=0, info=None)


def in_order(events: Iterable[tuple[int, Event]]) -> Iterator[int]:
    """The numbers of `events`, cause before effect: what a call returned comes after the segments and the observations that
    belong to it, which were heard of later; a segment that was captured late where its stamp says."""
    returned: list[tuple[int, Event]] = []
    for number, event in _by_stamp(events):
        match event:
            case CallReturned() | StatementFinished():
                returned.append((number, event))
                continue
            case PacketCaptured() | Observed() | LinkActed() if (
                returned and event.at - returned[0][1].at < _BELONGS
            ):
                pass
            case _:
                yield from (each for each, _event in returned)
                returned.clear()
        yield number
    yield from (each for each, _event in returned)


def _by_stamp(events: Iterable[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """As they were heard, but for late segments."""
    ordered: list[tuple[int, Event]] = []
    for number, event in events:
        place = len(ordered)
        if isinstance(event, PacketCaptured) and event.late:
            while place and ordered[place - 1][1].at > event.at:
                place -= 1
        ordered.insert(place, (number, event))
    return ordered
