"""Turns what a lab says into events: messages, packets and looks, a batch at a time, in the order of their stamps."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sockviz.kernel.errors import KernelError
from sockviz.lab.lab import Lab, Observation, Taken
from sockviz.lab.messages import Ended, Entered, Finished, Hello, LabLost, Message, Returned
from sockviz.language import _
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    CaptureLost,
    Event,
    PacketCaptured,
    ProcessEnded,
    ProcessStarted,
    StatementFinished,
)
from sockviz.model.segments import SequenceTracker
from sockviz.model.sockets import Asleep
from sockviz.model.timeline import Timeline
from sockviz.player.attribution import Attribution
from sockviz.player.difference import Differences

#: Looks come this often for so long after anything moved, then back off to the last figure (seconds). Where the lab itself says
#: that there are packets, each look after the first waits twice as long as the one before.
EAGER, EAGER_FOR, IDLE = 0.010, 0.300, 0.250
#: A look that took this long (seconds) holds up the event loop: the next is made in a thread.
SLOW = 0.050
#: Messages that belong together (a connect and the accept it wakes) arrive within this, or are no longer waited for.
TOGETHER = 0.002
#: Two looks that find a process asleep in one call are at least this far apart.
APART = 0.030
#: Where nothing can be read of a process, a call that has not returned for this long is taken to sleep.
PRESUMED = 0.150
#: So many packets of a run are kept: what comes after them is counted as what the capture lost. Each takes some 2.5 KB.
MOST_PACKETS = 50_000
#: Where two processes share a port, it is looked at again at most this often before whose a packet is stays untold.
_MORE_LOOKS = 3


@dataclass(slots=True)
class _Inside:
    """A process inside a call, and what the first look at it found."""

    call: int
    since: float
    first: Asleep | None = None
    first_at: float = 0.0
    told: bool = False


class Pump:
    """Runs beside a performance and appends to its timeline. `changed` is called after each batch."""

    def __init__(
        self, lab: Lab, timeline: Timeline, counters: Iterable[str], changed: Callable[[], None]
    ) -> None:
        self.problem: str | None = None
        self._lab = lab
        self._timeline = timeline
        self._changed = changed
        self._differences = {host: Differences(frozenset(counters)) for host in lab.facts.hosts}
        self._attribution = Attribution()
        self._sequences = SequenceTracker()
        self._inside: dict[str, _Inside] = {}
        self._order: dict[str, int] = {}
        self._forking: dict[str, str] = {}  # child's name -> parent's
        self._noted = 0  # how many messages of the batch under way have been learned from
        self._moved = time.monotonic()
        self._is_told_of_packets = lab.facts.kind != "host" and "packets" in lab.facts.facts
        self._took = 0.0  # the last look, in seconds
        self._nudge = asyncio.Event()
        self._asked: list[asyncio.Future[None]] = []  # who waits for a whole batch
        self._over = False

    def forks(self, parent: str, child: str) -> None:
        """A line is about to fork `child`."""
        self._forking[child] = parent

    def append(self, *events: Event) -> None:
        """Appends events of the player's own (a page turned, an expectation judged)."""
        for event in events:
            self._timeline.append(event)
        if events:
            self._changed()

    def nudge(self) -> None:
        """Something was just asked of the lab: look eagerly again."""
        self._moved = time.monotonic()
        self._nudge.set()

    async def looked(self) -> None:
        """Returns when all that has happened by now has been heard, looked at and appended."""
        if self._over:
            return
        asked = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self._nudge.set()
        await asked

    async def run(self) -> None:
        """Pumps until cancelled, or until the lab is lost."""
        asked: list[asyncio.Future[None]] = []
        try:
            while self.problem is None:
                messages = await self._next()
                self._noted = 0
                asked, self._asked = self._asked, []
                if asked:
                    await _reading()
                await self._batch(messages, look=bool(asked))
                _done(asked)
        finally:
            self._over = True
            _done(asked + self._asked)

    async def _next(self) -> list[Message]:
        """The next messages; none when it is time to look."""
        getting = asyncio.ensure_future(self._lab.messages.get())
        stirred = asyncio.ensure_future(self._lab.stirred.wait())
        try:
            while True:
                self._nudge.clear()
                nudged = asyncio.ensure_future(self._nudge.wait())
                eager = self._eager()
                waited = {getting, nudged} if eager else {getting, nudged, stirred}
                pause = self._until_a_sleeper_is_known() if eager else self._until_something_may_have_moved()
                try:
                    done, _ = await asyncio.wait(waited, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    nudged.cancel()
                if done != {nudged} or self._asked:
                    break  # else a line has just been handed over: there is nothing to be seen of it yet
            heard = [getting.result()] if getting.done() else []
            together = stirred.done() and not eager
        finally:
            getting.cancel()
            stirred.cancel()
        if together:
            await asyncio.sleep(TOGETHER)
        elif heard and not isinstance(heard[0], Entered):
            await self._together(heard)
        return heard

    async def _together(self, heard: list[Message]) -> None:
        """Adds what belongs to the messages in `heard`: the rest of their lines, and what they made others say."""
        end = time.monotonic() + TOGETHER
        await self._lab.catch_up()
        while True:
            is_over = not self._is_more_to_come(heard)
            await _reading()  # who sleeps by now has spoken before
            said = len(heard)
            while not self._lab.messages.empty():
                heard.append(self._lab.messages.get_nowait())
            left = end - time.monotonic()
            if left <= 0 or (is_over and len(heard) == said):
                return
            if len(heard) == said:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        heard.append(await self._lab.messages.get())

    def _is_more_to_come(self, heard: list[Message]) -> bool:
        """Whether a process is in the middle of its line, or was woken."""
        last = {message.process: message for message in heard if not isinstance(message, LabLost)}
        if any(isinstance(message, Returned | Hello) for message in last.values()):
            return True
        spoken = {process for process, message in last.items() if isinstance(message, Finished | Ended)}
        try:
            return any(self._lab.asleep(process) is None for process in self._inside if process not in spoken)
        except KernelError:
            return True  # /proc hides a process: nobody knows

    def _eager(self) -> bool:
        undecided = any(not inside.told for inside in self._inside.values())
        still = time.monotonic() - self._moved
        return undecided or still < (EAGER if self._is_told_of_packets else EAGER_FOR)

    def _until_something_may_have_moved(self) -> float:
        """Seconds to the next look while nothing is said: what comes without a call and without a packet is not waited for."""
        return min(time.monotonic() - self._moved, IDLE)

    def _until_a_sleeper_is_known(self) -> float:
        """Seconds to the next look: at once at a call that was just entered, and again when its sleep may be told."""
        now = time.time()
        pause = EAGER
        for inside in self._inside.values():
            if inside.told:
                continue
            if inside.first is not None:
                pause = min(pause, max(inside.first_at + APART - now, 0.0))
            elif now - inside.since < EAGER:
                pause = min(pause, TOGETHER)
        return pause

    async def _batch(self, messages: list[Message], look: bool = False) -> None:
        self._hear(messages)
        events: list[Event] = []
        if look or not messages or any(not isinstance(message, Entered) for message in messages):
            try:
                # Looked at first, then drained: every packet older than the look is then in this batch.
                looks = await self._look()
                await self._lab.catch_up()
                taken = self._lab.drain()
            except KernelError as error:
                self.problem = _("the kernel can no longer be read: {error}").format(error=error)
                looks, taken = (), ()
            if any(each.packets or each.framed for each in taken):
                # Whoever sent them said so before: that word is in its channel, and may not have been read yet.
                await _reading()
                self._hear(messages)
            events += self._seen(looks, taken)
        events += [event for message in messages for event in self._event(message)]
        lost = next((message for message in messages if isinstance(message, LabLost)), None)
        if lost is not None:
            self.problem = lost.reason
        if not events and self.problem is None:
            return
        self._moved = time.monotonic()
        last = self._timeline.world.at
        for event in sorted(events, key=lambda event: event.at):
            if isinstance(event, PacketCaptured) and event.at < last:
                event = replace(event, late=True)
            self._timeline.append(event)
        self._changed()

    def _hear(self, messages: list[Message]) -> None:
        """Adds what waits to `messages`, and learns from all that is new."""
        while not self._lab.messages.empty():
            messages.append(self._lab.messages.get_nowait())
        for message in messages[self._noted :]:
            self._note(message)
        self._noted = len(messages)

    # --- messages ------------------------------------------------------------------------------------------

    def _note(self, message: Message) -> None:
        match message:
            case Hello():
                self._order.setdefault(message.process, len(self._order))
            case Entered():
                self._inside[message.process] = _Inside(message.call, message.at)
                self._attribution.heard(message)
            case Returned():
                self._inside.pop(message.process, None)
                self._attribution.heard(message)
            case Finished():
                self._attribution.heard(message)
            case Ended():
                self._inside.pop(message.process, None)

    def _event(self, message: Message) -> Sequence[Event]:
        match message:
            case Hello():
                begun = self._lab.begun(message.process)
                parent = self._forking.pop(message.process, None)
                if begun is None or parent is None:
                    return ()  # the player itself started it, and says so
                started = ProcessStarted(
                    message.at, message.process, begun.pid, begun.outer_pid, begun.host, parent
                )
                return (started,)
            case Entered(process, call, line, name, function, arguments, keywords, at):
                return (CallEntered(at, process, call, line, name, function, arguments, keywords),)
            case Returned(process, call, value, error, number, text, at, told):
                return (CallReturned(at, process, call, value, error, number, text, told),)
            case Finished(process, line, bound, fds, error, text, at):
                return (StatementFinished(at, process, line, bound, fds, error, text),)
            case Ended(process, exit_code, signal, at):
                return (ProcessEnded(at, process, exit_code, signal),)
            case LabLost():
                return ()

    # --- looking ----------------------------------------------------------------------------------------------

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

    def _seen(self, looks: Sequence[Observation], drained: Sequence[Taken]) -> list[Event]:
        self._attribution.saw(looks, self._order)
        packets = [packet for taken in drained for packet in taken.packets]
        for _again in range(_MORE_LOOKS if self._took < SLOW else 0):
            if not any(map(self._attribution.may_learn, packets)):
                break
            try:  # they may be newer than the look
                self._attribution.saw(self._lab.look(), self._order)
            except KernelError:
                break  # the next batch will say so
        events: list[Event] = []
        for taken in drained:
            for packet in taken.packets:
                sender, receiver = self._attribution.of(packet)
                relative = self._sequences.follow(packet)
                events.append(PacketCaptured(packet.at, taken.host, packet, sender, receiver, relative))
            events += taken.acts
            if taken.lost:
                events.append(CaptureLost(time.time(), taken.host, taken.lost))
        framed = [(each, taken.host) for taken in drained for each in taken.framed]
        for each, host in sorted(framed, key=lambda pair: pair[0].frame):
            other = next((name for name in self._lab.facts.hosts if name != host), host)
            relative = self._sequences.follow(each.packet)
            events.append(
                PacketCaptured(
                    each.packet.at, host, each.packet, host, other, relative, False, each.frame, each.entry
                )
            )
        events = self._within_bounds(events)
        for look in looks:
            event = self._differences[look.host].since_last(look, self._inside)
            if event is not None:
                events.append(event)
        events += self._sleepers()
        return events

    def _within_bounds(self, events: list[Event]) -> list[Event]:
        """`events` without the packets that are too many, and how many those are."""
        room = MOST_PACKETS - len(self._timeline.world.packets)
        packets = [event for event in events if isinstance(event, PacketCaptured)]
        if len(packets) <= room:
            return events
        kept = set(map(id, packets[: max(room, 0)]))
        lost = Counter(event.host for event in packets[max(room, 0) :])
        within = [event for event in events if not isinstance(event, PacketCaptured) or id(event) in kept]
        return within + [CaptureLost(time.time(), host, count) for host, count in lost.items()]

    def _sleepers(self) -> Iterable[Event]:
        now = time.time()
        for process, inside in self._inside.items():
            if inside.told:
                continue
            try:
                seen = self._lab.asleep(process)
            except KernelError:
                seen = None
                if now - inside.since > PRESUMED:  # nothing can be read of it: inferred
                    inside.told = True
                    yield CallBlocked(now, process, inside.call, None)
                    continue
            if seen is None or inside.first is None or not _same(inside.first, seen):
                inside.first, inside.first_at = seen, time.time()
            elif now - inside.first_at >= APART:
                inside.told = True
                yield CallBlocked(now, process, inside.call, seen)


async def _reading() -> None:
    """Lets the loop read what waits in its descriptors: it looks at them before it runs what comes after the first turn."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def _done(asked: list[asyncio.Future[None]]) -> None:
    for each in asked:
        if not each.done():  # whoever asked may have been cancelled
            each.set_result(None)


def _same(first: Asleep, second: Asleep) -> bool:
    return (first.syscall, first.arguments, first.wchan) == (second.syscall, second.arguments, second.wchan)
