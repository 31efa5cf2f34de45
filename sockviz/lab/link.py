"""sockviz's side of the wire: orders go to wire.py, what it saw and did comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.kernel.packets import parse_frame
from sockviz.lab.answers import may_go_unheard
from sockviz.lab.lab import Passed
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import PATIENCE, LabRefused, TooSlow
from sockviz.lab.wire import (
    ANSWER,
    ARRIVED,
    DELIVERED,
    DROPPED,
    DUPLICATED,
    LOST,
    LOST_FIRST,
    READY,
    REFUSED,
    REPORT,
)
from sockviz.model.events import CaptureLost, LinkActed, LinkSet, PacketCaptured, Treated
from sockviz.model.hosts import HOSTS
from sockviz.words.kept_sentences import LINK_ENDED

_VERBS = {DELIVERED: "deliver", DROPPED: "drop", DUPLICATED: "duplicate", LOST_FIRST: "drop"}
#: Whoever asks the wire to catch up waits by itself for so long (milliseconds), which costs less than the event loop's turns.
AT_ONCE = 1


@dataclass(slots=True)
class _Gathered:
    """What came from the wire since the last drain."""

    packets: list[PacketCaptured] = field(default_factory=list)
    acts: list[LinkActed | LinkSet | Treated] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)


class WireLink:
    """The link between the two hosts (see `sockviz.lab.lab.Link`). Its ``theirs`` goes to the lab's first process; `lost` is
    called when the wire's process is gone."""

    def __init__(self, lost: Callable[[], None], news: asyncio.Event, readers: Readers) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.theirs: socket.socket | None = theirs
        self._socket = ours
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = may_go_unheard(self._loop.create_future())
        self._orders = 0
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._gathered = _Gathered()
        self._poll = select.poll()
        self._poll.register(ours, select.POLLIN)
        self._buffer = memoryview(bytearray(1 << 17))
        self._news = news
        self._readers = readers
        self._seen: set[int] = (
            set()
        )  # frames on the link whose arrival was told: what is not ours to show has none
        self._holding: frozenset[str] = frozenset()
        readers.add(ours, self._read)

    async def ready(self) -> None:
        """Waits until the wire stands. Raises `LabRefused` with the step that failed."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ready
        except TimeoutError:
            raise TooSlow("setting up the link") from None

    def hand_over(self) -> None:
        """Drops our copy of the wire's end, once the lab has it."""
        if self.theirs is not None:
            self.theirs.close()
            self.theirs = None

    async def order(
        self, verb: str, *, pattern: str | None = None, frame: int | None = None, seconds: float = 0.0
    ) -> None:
        """Has the link do something; see `Link.order`. Raises `LabRefused` where the wire is gone."""
        number, answer = self._ask()
        message = {"n": number, "verb": verb, "pattern": pattern, "frame": frame, "seconds": seconds}
        try:
            await self._loop.sock_sendall(self._socket, json.dumps(message).encode())
            await answer
        except OSError as error:
            raise LabRefused("the link", error.errno or 0) from None
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):
                self._socket.send(json.dumps({"n": number, "verb": "cancel"}).encode())
            raise
        finally:
            self._answers.pop(number, None)

    async def catch_up(self) -> None:
        """Waits until the wire has told of every frame that was on it by now: it answers as soon as it runs. Raises `LabRefused`
        where it is gone."""
        number, answer = self._ask()
        message = b'{"n":%d,"verb":"catch up"}' % number
        try:
            try:
                self._socket.send(message)
                while not answer.done() and self._poll.poll(AT_ONCE):
                    self._read()
            except BlockingIOError:  # it has not read what it was told before
                await self._loop.sock_sendall(self._socket, message)
            await answer
        except OSError as error:
            raise LabRefused("the link", error.errno or 0) from None
        finally:
            self._answers.pop(number, None)

    def _ask(self) -> tuple[int, asyncio.Future[None]]:
        """The number of the next order, and what will be its answer."""
        if self._socket.fileno() < 0:
            raise LabRefused(LINK_ENDED, 0)
        self._orders += 1
        answer: asyncio.Future[None] = may_go_unheard(self._loop.create_future())
        self._answers[self._orders] = answer
        return self._orders, answer

    def drain(self) -> Sequence[Passed]:
        """What came since the last time, and what the link did."""
        gathered, self._gathered = self._gathered, _Gathered()
        lost = [CaptureLost(time.time(), host, count) for host, count in gathered.lost.items()]
        return [*sorted(gathered.packets, key=lambda each: each.frame or 0), *gathered.acts, *lost]

    def close(self) -> None:
        """Lets go of the wire, which then ends: no order is carried out any more."""
        self.hand_over()
        if self._socket.fileno() >= 0:
            self._readers.remove(self._socket)
            self._socket.close()
        if not self._ready.done():
            self._ready.cancel()
        self._refuse_orders()

    def _read(self) -> None:
        for _ in range(256):
            try:
                size = self._socket.recv_into(self._buffer)
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionResetError:
                size = 0
            if not size:
                self._gone()
                return
            self._report(bytes(self._buffer[:size]))

    def _report(self, data: bytes) -> None:
        kind = data[:1]
        if kind == REFUSED:
            word = json.loads(data[1:])
            if not self._ready.done():
                self._ready.set_exception(LabRefused(str(word["step"]), int(word["errno"] or 0)))
            return
        _, sender, number, entry, at = REPORT.unpack_from(data)
        if kind == READY:
            if not self._ready.done():
                self._ready.set_result(None)
        elif kind == ANSWER:
            answer = self._answers.get(number)
            if answer is not None and not answer.done():
                answer.set_result(None)
        elif kind == ARRIVED:
            frame = data[REPORT.size :]
            packet = parse_frame(frame, at=at, wire_length=len(frame), interface="eth0")
            if packet is not None:  # ARP, neighbour discovery: the hosts' own housekeeping
                self._seen.add(number)
                self._news.set()
                host, other = HOSTS[sender], HOSTS[1 - sender]
                passed = PacketCaptured(packet.at, host, packet, host, other, frame=number, entry=entry)
                self._gathered.packets.append(passed)
        elif kind == LOST:
            lost = self._gathered.lost
            lost[HOSTS[sender]] = lost.get(HOSTS[sender], 0) + number
        elif kind in _VERBS and number in self._seen:
            if kind == LOST_FIRST:
                self._gathered.acts.append(Treated(at, "lossy", frame=number))
            self._gathered.acts.append(LinkActed(at, _VERBS[kind], number))
            self._news.set()  # it may have come to the other host long after it was sent
            if kind != DUPLICATED:
                self._seen.discard(number)

    def _gone(self) -> None:
        self._readers.remove(self._socket)
        self._socket.close()
        if not self._ready.done():
            self._ready.set_exception(LabRefused(LINK_ENDED, 0))
        self._refuse_orders()
        self._lost()

    def _refuse_orders(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(LabRefused(LINK_ENDED, 0))

    def note_holding(self, at: float, holding: frozenset[str]) -> None:
        """Remembers what the wire was told to keep, as an event where that is new."""
        if holding != self._holding:
            self._holding = holding
            self._gathered.acts.append(LinkSet(at, tuple(sorted(holding))))
