"""Puts in order what a lab says: its events, its packets with whose they are, and looks, a batch at a time by their stamps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from sockviz.dataclass import replace
from sockviz.kernel.errors import KernelError
from sockviz.lab.answers import answer
from sockviz.lab.hearing import Heard, LabLost
from sockviz.lab.lab import Lab, Observation, Passed
from sockviz.language import _
from sockviz.model.events import (
    CallEntered,
    CallReturned,
    Event,
    PacketCaptured,
    ProcessEnded,
    ProcessStarted,
    SourceMet,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.segments import SequenceTracker
from sockviz.model.timeline import Timeline
from sockviz.model.turns import Turns
from sockviz.player.attribution import Attribution
from sockviz.player.bounds import Bounds
from sockviz.player.difference import Differences
from sockviz.player.in_order import are_loops, cut_at, in_order, one_by_one
from sockviz.player.inside import PRESUMED, SPOKEN, InLine, Inside, awake, fallen_asleep, note, until_known
from sockviz.player.news import news_by

#: Looks come this often for so long after anything moved, then back off to the last figure (seconds).
EAGER, EAGER_FOR, IDLE = 0.010, 0.300, 0.250
#: Where the lab itself says that there are packets, and its processes tell of their calls, hardly anything can move unheard but
#: when a timer runs out: each look after the first waits so many times as long as it has been still, at most so long (seconds);
#: and so long after the next timer is due.
BACKS_OFF, UNHEARD, OVERDUE = 3, 0.500, 0.050
#: A look that took this long (seconds) holds up the event loop: the next is made in a thread.
SLOW = 0.050
#: Messages that belong together (a connect and the accept it wakes) arrive within this, or are no longer waited for.
TOGETHER = 0.002
#: And what loops do, which nobody can read as it comes, is heard for so long before it is looked at again.
LOOPING = 0.040
#: So long it is heard who ends with a lab that is lost (seconds).
AFTERWARDS = 0.5
#: Where two processes share a port, it is looked at again at most this often before whose a packet is stays untold.
_MORE_LOOKS = 3


class Pump:
    """Runs beside a performance and appends to its timeline. `changed` is called after each batch. ``traced``: the processes are
    watched by a tracer of ours."""

    def __init__(
        self, lab: Lab, timeline: Timeline, counters: Iterable[str], changed: Callable[[], None], *, traced: bool = False,
    ) -> None:  # fmt: skip
        self.problem: str | None = None
        self._lab = lab
        self._timeline = timeline
        self._changed = changed
        self._differences = {host: Differences(frozenset(counters), traced) for host in lab.facts.hosts}
        self._attribution = Attribution({address: host for host, address in lab.facts.addresses.items()})
        self._sequences = SequenceTracker()
        self._bounds = Bounds(lambda: next(iter(self._order), None) if traced else None)
        self._inside: dict[tuple[str, int], Inside] = {}  # by process and task
        self._in_line: dict[str, InLine] = {}
        self._order: dict[str, int] = {}  # of the processes, as they began
        self._moved = time.monotonic()
        self._is_told_of_packets = lab.facts.kind != "host" and "packets" in lab.facts.facts
        self._traced = traced
        self._carried: list[Heard] = []  # said after the last batch's packets were drained: the next one's
        self._took = 0.0  # the last look, in seconds
        self._nudged = False
        self._awaited: str | None = None  # who was handed several lines, and has not told of them
        self._asked: list[asyncio.Future[None]] = []  # who waits for a whole batch
        self._over = False

    def append(self, *events: Event) -> None:
        """Appends events of the player's own (a page turned, an expectation judged)."""
        for event in events:
            if isinstance(event, ProcessStarted):
                self._order.setdefault(event.process, len(self._order))
            elif isinstance(event, StatementBegun) and event.process in self._order:
                self._in_line[event.process] = InLine()
            self._timeline.append(event)
        if events:
            self._changed()

    def nudge(self, awaited: str | None = None) -> None:
        """Something was just asked of the lab: look eagerly again. The process `awaited` performs several lines before it tells
        of them: what it makes others do comes after."""
        self._awaited = awaited
        self._moved = time.monotonic()
        self._nudged = True
        self._lab.news.set()

    async def looked(self) -> None:
        """Returns when all that has happened by now has been heard, looked at and appended."""
        if self._over:
            return
        asked = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self._lab.news.set()
        await asked

    async def run(self) -> None:
        """Pumps until cancelled, or until the lab is lost."""
        asked: list[asyncio.Future[None]] = []
        try:
            while self.problem is None:
                heard = await self._told_by_who_is_awaited(await self._next())
                asked, self._asked = self._asked, []
                if asked:
                    heard += self._hear()
                await self._batch(heard, look=bool(asked))
                answer(asked)
            self._over = True
            answer(self._asked)
            await self._hear_who_ends_with_it()
        finally:
            self._over = True
            answer(asked + self._asked)

    async def _hear_who_ends_with_it(self) -> None:
        """With a lab its processes end, and nobody is held or asleep any more. Of what ends with it the last is the reason."""
        end = time.monotonic() + AFTERWARDS
        while any(process.alive for process in self._timeline.world.processes.values()):
            self._lab.news.clear()
            for said in self._hear():
                if isinstance(said, LabLost):
                    self.problem = said.reason
                elif isinstance(said, ProcessEnded):
                    self._timeline.append(said)
            self._changed()
            if not await news_by(self._lab.news, end):
                return

    async def _next(self) -> list[Heard]:
        """What was said next; nothing when it is time to look, or somebody asks for that."""
        if self._carried:
            self._nudged = False
            if not are_loops(self._carried):
                await asyncio.sleep(TOGETHER)
            return await self._with_what_loops_do(self._take_carried())
        while True:
            self._nudged = False  # a line has just been handed over: there is nothing to be seen of it yet
            eager = self._eager()
            end = time.monotonic() + (
                until_known(self._inside.values(), EAGER, TOGETHER)
                if eager
                else self._until_something_may_have_moved()
            )
            stirred = False
            while not self._nudged:
                self._lab.news.clear()
                heard = self._hear()
                if heard and not self._asked:
                    await self._together(await self._with_what_loops_do(heard))
                if heard or self._asked:
                    return heard
                if stirred and not eager:
                    # A packet of which no process speaks. Its answer comes with it, which a wire of ours can be asked for.
                    await (asyncio.sleep(TOGETHER) if self._lab.link is None else self._together(heard))
                    return heard
                stirred = await news_by(self._lab.news, end)
                if not stirred:
                    return heard

    async def _with_what_loops_do(self, heard: list[Heard]) -> list[Heard]:
        """What was `heard`; where that is nothing else, with what loops do for a while after the last batch."""
        end = self._moved + LOOPING
        while (
            are_loops(heard) and not self._asked and not self._nudged and await news_by(self._lab.news, end)
        ):
            self._lab.news.clear()
            heard += self._hear()
        return heard

    async def _told_by_who_is_awaited(self, heard: list[Heard]) -> list[Heard]:
        """What was `heard`, and what is by the time that whoever performs lines together has told of them."""
        end = time.monotonic() + PRESUMED
        while self._awaited is not None:
            spoken = any(
                not isinstance(said, LabLost | SourceMet | Turns) and said.process == self._awaited
                for said in one_by_one(heard)
            )
            if spoken or not await news_by(self._lab.news, end):
                self._awaited = None
                break
            self._lab.news.clear()
            heard += self._hear()
        return heard

    async def _together(self, heard: list[Heard]) -> None:
        """Adds what belongs to what was `heard`: the rest of its lines, and what they made others say. To a call that was only
        entered nothing belongs yet: it may sleep.
        """
        if heard and all(isinstance(said, CallEntered) for said in heard):
            return
        end = time.monotonic() + TOGETHER
        await self._lab.catch_up()
        while True:
            is_over = not self._is_more_to_come(heard)  # who sleeps by now has spoken before
            self._lab.news.clear()
            more = self._hear()
            heard += more
            if time.monotonic() >= end or (is_over and not more):
                return
            if not more:
                await news_by(self._lab.news, end)

    def _is_more_to_come(self, heard: list[Heard]) -> bool:
        """Whether a process is in the middle of its line, or was woken."""
        last = {
            said.process: said
            for said in one_by_one(heard)
            if not isinstance(said, LabLost | SourceMet | Turns)
        }
        if any(isinstance(said, CallReturned | ProcessStarted) for said in last.values()):
            return True
        spoken = {
            process for process, said in last.items() if isinstance(said, StatementFinished | ProcessEnded)
        }
        try:
            inside = (each for each in self._inside if each[0] not in spoken)
            return any(self._lab.asleep(process, task) is None for process, task in inside)
        except KernelError:
            return True  # /proc hides a process: nobody knows

    def _eager(self) -> bool:
        undecided = any(not inside.told for inside in self._inside.values())
        still = time.monotonic() - self._moved
        return undecided or still < (EAGER if self._is_told_of_packets else EAGER_FOR)

    def _until_something_may_have_moved(self) -> float:
        """Seconds to the next look while nothing is said: what comes without a call and without a packet is not waited for."""
        still = time.monotonic() - self._moved
        if self._traced or not self._is_told_of_packets:
            return min(still, IDLE)
        now = time.time()
        due = [row.expires + OVERDUE - now for row in self._timeline.world.timed() if row.expires is not None]
        return min([BACKS_OFF * still, UNHEARD, *(left for left in due if left > 0)])

    async def _batch(self, heard: list[Heard], look: bool = False) -> None:
        heard += self._hear()
        heard = self._take_carried() + heard
        events: list[Event | Turns] = []
        if look or self._traced or not heard or any(not isinstance(said, CallEntered) for said in heard):
            looks, passed = await self._looks(heard)
            events += self._seen(looks, passed, is_over=any(isinstance(said, ProcessEnded) for said in heard))
        else:
            events += self._sleepers()
        events += [said for said in heard if not isinstance(said, LabLost)]
        lost = next((said for said in heard if isinstance(said, LabLost)), None)
        if lost is not None:
            self.problem = lost.reason
        if not events and self.problem is None:
            return
        self._moved = time.monotonic()
        last = self._timeline.world.at
        for event in in_order(events):
            if isinstance(event, Turns):
                self._timeline.extend(event)
                continue
            if isinstance(event, PacketCaptured) and event.at < last:
                event = replace(event, late=True)
            self._timeline.append(event)
        self._changed()

    def _hear(self) -> list[Heard]:
        """What has been said since, learned from."""
        heard = list(self._lab.hear())
        for said in heard:
            self._note(said)
        return heard

    def _note(self, said: Heard) -> None:
        if isinstance(said, ProcessStarted):
            self._order.setdefault(said.process, len(self._order))
        note(said, self._inside)
        if isinstance(said, StatementFinished | ProcessEnded):
            self._in_line.pop(said.process, None)
        self._attribution.heard(said)

    # --- looking ----------------------------------------------------------------------------------------------

    async def _looks(self, heard: list[Heard]) -> tuple[Sequence[Observation], Sequence[Passed]]:
        """Looks, and what passed by then. Adds to `heard` what was said meanwhile; whoever said so to be done with its line is
        looked at again: the next line must find what the last one did."""
        looks: list[Observation] = []
        passed: list[Passed] = []
        try:
            while True:
                # Looked at first, then drained: every packet older than the look is then in this batch.
                looks += await self._look()
                meanwhile = [] if self._traced else await self._told_by_the_awake(looks)
                heard += meanwhile
                if not self._traced or self._lab.link is not None:
                    await self._lab.catch_up()
                drained_at = time.time()
                drained = self._lab.drain()
                passed += drained
                if self._traced:
                    await self._all_told_until(drained_at, heard)
                    return looks, passed
                # Whoever sent them said so before: that word is in its channel, and may not have been read yet.
                more = self._hear() if any(isinstance(each, PacketCaptured) for each in drained) else []
                heard += more
                if not any(isinstance(said, StatementFinished | ProcessEnded) for said in meanwhile + more):
                    return looks, passed
        except KernelError as error:
            self.problem = _("the kernel can no longer be read: {error}").format(error=error)
            return (), ()

    async def _told_by_the_awake(self, looks: Sequence[Observation]) -> list[Heard]:
        """What was said by the time of the last look, and by those who are awake in a call, or in a line: their calls may be
        over, and what came of them was seen, before they have come to tell of it."""
        end = time.monotonic() + SPOKEN
        heard: list[Heard] = []
        while True:
            self._lab.news.clear()
            heard += self._hear()
            if not any(awake(self._inside, self._in_line, looks, self._lab)):
                return heard
            if time.monotonic() >= end:
                for one in awake(self._inside, self._in_line, looks, self._lab):
                    one.is_slow = True
                return heard
            await news_by(self._lab.news, min(end, time.monotonic() + TOGETHER))

    async def _all_told_until(self, drained_at: float, heard: list[Heard]) -> None:
        """Programs that are watched go on by themselves: `heard` becomes all that was said by the time of the drain, no more."""
        await self._lab.catch_up()
        heard += self._hear()
        if any(isinstance(said, LabLost) for said in heard):
            return  # there is no next batch
        told = [said for said in heard if not isinstance(said, LabLost)]
        heard[:], self._carried = cut_at(told, drained_at)

    def _take_carried(self) -> list[Heard]:
        carried, self._carried = self._carried, []
        return carried

    async def _look(self) -> Sequence[Observation]:
        """Looks at the lab; in a thread of its own where that would hold up the event loop, as with thousands of descriptors."""
        began = time.monotonic()
        try:
            if self._took < SLOW:
                return self._lab.look()
            looking = asyncio.ensure_future(asyncio.to_thread(self._lab.look))
            try:
                return await asyncio.shield(looking)
            except asyncio.CancelledError:
                await asyncio.wait({looking})  # what it reads is about to be closed
                raise
        finally:
            self._took = time.monotonic() - began

    def _seen(
        self, looks: Sequence[Observation], passed: Sequence[Passed], *, is_over: bool = False
    ) -> list[Event]:
        """What of this is an event. ``is_over``: a process has ended, and what it leaves is told of in any case, as is what there
        is when somebody falls asleep."""
        self._attribution.saw(looks, self._order)
        packets = [each.packet for each in passed if isinstance(each, PacketCaptured) and each.frame is None]
        for _again in range(_MORE_LOOKS if self._took < SLOW else 0):
            if not any(map(self._attribution.may_learn, packets)):
                break
            try:  # they may be newer than the look
                self._attribution.saw(self._lab.look(), self._order)
            except KernelError:
                break  # the next batch will say so
        events = self._bounds.passed([self._attributed(each) for each in passed])
        self._attribution.settle()
        sleepers = self._sleepers()
        for look in looks if sleepers or is_over or not self._traced or self._bounds.has_room() else ():
            event = self._differences[look.host].since_last(
                look, {process for process, _task in self._inside}
            )
            if event is not None:
                events += self._bounds.looked(event) if self._traced else [event]
        return events + sleepers

    def _sleepers(self) -> list[Event]:
        return list(fallen_asleep(self._inside, self._lab, with_handlers=self._traced))

    def _attributed(self, passed: Passed) -> Event:
        """A packet with whose it is, and its numbers relative to the first that its connection had."""
        if not isinstance(passed, PacketCaptured):
            return passed
        sender, receiver = passed.sender, passed.receiver
        if passed.frame is None:
            sender, receiver = self._attribution.of(passed.packet)
        return replace(
            passed, sender=sender, receiver=receiver, relative=self._sequences.follow(passed.packet)
        )
