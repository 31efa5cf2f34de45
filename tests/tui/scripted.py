"""A run whose every step is written down: what the screens' tests are driven by. No operating system is asked for anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol

from sockviz.calls.statement import Statement
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    ExpectationJudged,
    LessonEnded,
    Observed,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.segments import Endpoint, Packet, SequenceTracker, TcpHeader
from sockviz.model.sockets import Asleep, FdEntry, ProcessRow, SocketRow, State, Timer
from sockviz.model.timeline import Header, LabFacts, Timeline
from sockviz.model.values import SocketValue, Value
from sockviz.player.next import Do, Next
from sockviz.player.run import Provenance

LESSON = """\
---
title: The listen queue
summary: Where connections wait before accept() takes them
minutes: 10
---

## The server never accepts

<!-- note: ask the class for a show of hands before the third line -->
`listen` makes a socket **passive**: from now on the kernel finishes handshakes on its own, and puts each finished
connection into the *accept queue*. The server's program takes no part in that.

- The queue's length is the `backlog`.
- `accept` takes the oldest connection out.

```predict
How many connections wait right after `listen(1)`?
- 0
- 1
- 2, one more than the backlog
answer: server.s.accept_queue
```

```python @server
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.bind((HOST, PORT))
s.listen(1)
```

```expect
server.s.state == "LISTEN"
server.s.backlog == 1
```

---

## It asks too early

`accept` on an empty queue sleeps until a client comes.

```python @server
conn, peer = s.accept()       # nobody is there yet
```

```python @client
a = socket.socket()
a.connect((HOST, PORT))
```

```expect
client.a.state == "ESTABLISHED"
server.conn.fd == 5
```

---

## Nobody listens there

```python @client
b = socket.socket()
b.connect((HOST, PORT2))
```

```expect
client.last.error == "ECONNREFUSED"
```
"""

HOST, PORT, PORT2 = "127.0.0.1", 8080, 8081
SERVER: Endpoint = (HOST, PORT)
CLIENT: Endpoint = (HOST, 40112)
START = 1_700_000_000.0


@dataclass
class Batch:
    """What one advance appends, and what `next` says before it. ``gate``: it is awaited before the events come."""

    next: Next
    events: list[Event]
    gate: asyncio.Event | None = None


@dataclass
class ScriptedRun:
    """A `sockviz.player.run.Run` over batches. ``performed`` counts the advances; nothing is ever appended twice."""

    lesson: Lesson
    timeline: Timeline
    batches: list[Batch]
    provenance: Provenance = Provenance.LIVE
    problem: str | None = None
    performed: int = 0
    closed: int = 0
    left: tuple[str, ...] = ()
    answered: list[tuple[int, int | None]] = field(default_factory=list)
    fail: Exception | None = None
    linked: bool = False
    orders: list[tuple[str, int | None]] = field(default_factory=list)
    _busy: bool = False
    _watchers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def next(self) -> Next:
        if self._busy:
            return Next(Do.BUSY)
        if self.provenance is Provenance.RECORDED or self.performed >= len(self.batches):
            return Next(Do.END)
        return self.batches[self.performed].next

    async def advance(self) -> None:
        assert not self._busy, "advanced while an advance was under way"
        assert self.performed < len(self.batches), "advanced past the end"
        if self.fail is not None:
            raise self.fail
        batch = self.batches[self.performed]
        self._busy = True
        try:
            if batch.gate is not None:
                await batch.gate.wait()
        finally:
            self._busy = False
        self.performed += 1
        self.append(*batch.events)

    def append(self, *events: Event) -> None:
        """Something happened by itself."""
        for event in events:
            self.timeline.append(event)
        for changed in self._watchers:
            changed()

    @property
    def has_link(self) -> bool:
        """Whether the script has a wire; orders to it are noted."""
        return self.linked

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Notes what was ordered."""
        self.orders.append((verb, frame))

    def answer(self, line: int, choice: int | None) -> None:
        self.answered.append((line, choice))
        self.append(PredictionMade(START, line, choice))

    def watch(self, changed: Callable[[], None]) -> None:
        self._watchers.append(changed)

    async def close(self) -> tuple[str, ...]:
        self.closed += 1
        return self.left


def lesson(text: str = LESSON, path: str = "lessons/08-listen-queue.md") -> Lesson:
    return parse_lesson(text, path)


def run(*, packets: bool = True, recorded: bool = False, text: str = LESSON) -> ScriptedRun:
    """The listen queue's story, live from its start or recorded whole."""
    it = lesson(text)
    facts = ("packets", "counters", "ipv6", "private") if packets else ("ipv6",)
    lab = LabFacts(
        "isolated" if packets else "host", facts, ("local",), {"local": HOST}, (8080, 8081, 8082, 8083, 8084)
    )
    timeline = Timeline(Header(text, it.path, lab, "6.18.0", START))
    batches = _Story(it, packets).batches()
    if recorded:
        for batch in batches:
            for event in batch.events:
                timeline.append(event)
        return ScriptedRun(it, timeline, [], Provenance.RECORDED)
    return ScriptedRun(it, timeline, batches)


class Told(Protocol):
    """A story of the stage's tests: `tests.tui.stage.scripted.Script`."""

    lesson: Lesson
    timeline: Timeline


def told(story: Told) -> ScriptedRun:
    """A live run at the end of a story that was written event by event."""
    return ScriptedRun(story.lesson, story.timeline, [])


class _Story:
    """The batches of the lesson above, in the order in which the player would append their events."""

    def __init__(self, it: Lesson, packets: bool) -> None:
        self.lesson, self.packets = it, packets
        self._clock: Iterator[int] = count()
        self._calls = {"server": 0, "client": 0}
        self._fds: dict[str, dict[int, FdEntry]] = {"server": {}, "client": {}}
        self._tracker = SequenceTracker()
        self._seq: dict[tuple[Endpoint, Endpoint], int] = {}
        self._began: dict[int, tuple[Statement, int]] = {}

    @property
    def at(self) -> float:
        return START + next(self._clock) * 0.01

    def batches(self) -> list[Batch]:
        pages = self.lesson.pages
        one, two, three = (list(page.statements) for page in pages)
        s = SocketValue(1001, 3, "AF_INET", "SOCK_STREAM", 0)
        a = SocketValue(1002, 3, "AF_INET", "SOCK_STREAM", 0)
        conn = SocketValue(1003, 4, "AF_INET", "SOCK_STREAM", 0)
        b = SocketValue(1004, 4, "AF_INET", "SOCK_STREAM", 0)
        listening = _row(State.LISTEN, SERVER, inode=1001, cookie=1, queues=(0, 1))
        bound = replace(listening, state=State.CLOSED, recv_q=0, send_q=0, bound_only=True)
        accepted = _row(State.ESTABLISHED, SERVER, CLIENT, inode=1003, cookie=3)
        connected = _row(State.ESTABLISHED, CLIENT, SERVER, inode=1002, cookie=2)
        return [
            Batch(Next(Do.TURN), [PageOpened(self.at, 0), self._started("server", 4121)]),
            self._do(one[0], "socket", value=s, bound={"s": s}),
            self._do(one[1], "bind", s, SERVER, rows=[bound]),
            self._do(one[2], "listen", s, 1, rows=[listening], then=[*self._judged(0), *self._settled(0)]),
            Batch(Next(Do.TURN), [PageOpened(self.at, 1)]),
            self._sleep(two[0], "accept", s),
            Batch(Next(Do.PERFORM, two[1]), [
                self._started("client", 4122), *self._do(two[1], "socket", value=a, bound={"a": a}).events,
            ]),
            self._connect(two[2], a, two[0], conn, [connected, accepted], self._judged(1, (True, False))),
            Batch(Next(Do.TURN), [PageOpened(self.at, 2)]),
            self._do(three[0], "socket", value=b, bound={"b": b}),
            self._do(three[1], "connect", b, (HOST, PORT2), error="ECONNREFUSED", then=self._judged(2)),
            Batch(Next(Do.TURN), [LessonEnded(self.at)]),
        ]  # fmt: skip

    def _settled(self, page: int) -> list[Event]:
        return [PredictionSettled(self.at, p.line, "0") for p in self.lesson.pages[page].predictions]

    def _started(self, name: str, pid: int) -> ProcessStarted:
        return ProcessStarted(self.at, name, pid, pid + 90000, "local")

    def _do(
        self, statement: Statement, name: str, *arguments: Value, value: Value = None,
        bound: Mapping[str, Value] | None = None, error: str | None = None, rows: Sequence[SocketRow] = (),
        then: Sequence[Event] = (),
    ) -> Batch:  # fmt: skip
        call = self._enter(statement)
        events: list[Event] = [
            StatementBegun(self.at, statement.process, statement.line),
            CallEntered(self.at, statement.process, call, statement.line, name, f"socket.{name}", arguments),
        ]
        if error:
            events.append(
                CallReturned(self.at, statement.process, call, None, error, 111, "Connection refused")
            )
        else:
            events.append(CallReturned(self.at, statement.process, call, value))
        events += self._finish(statement, bound or {})
        events.append(self._observed(rows))
        return Batch(Next(Do.PERFORM, statement), [*events, *then])

    def _sleep(self, statement: Statement, name: str, *arguments: Value) -> Batch:
        call = self._enter(statement)
        evidence = Asleep(
            "accept4", (3, 0, 0), "inet_csk_accept", "S", "/proc/PID/syscall", "288 0x3 0x0 0x0"
        )
        return Batch(Next(Do.PERFORM, statement), [
            StatementBegun(self.at, statement.process, statement.line),
            CallEntered(self.at, statement.process, call, statement.line, name, f"socket.{name}", arguments),
            CallBlocked(self.at, statement.process, call, evidence),
            self._observed(()),
        ])  # fmt: skip

    def _connect(
        self, statement: Statement, a: SocketValue, waiting: Statement, conn: SocketValue, rows: Sequence[SocketRow],
        then: Sequence[Event],
    ) -> Batch:  # fmt: skip
        call = self._enter(statement)
        events: list[Event] = [
            StatementBegun(self.at, "client", statement.line),
            CallEntered(self.at, "client", call, statement.line, "connect", "socket.connect", (a, SERVER)),
        ]
        if self.packets:
            events += [
                self._segment("client", CLIENT, SERVER, "SYN"),
                self._segment("server", SERVER, CLIENT, "SYN", "ACK"),
                self._segment("client", CLIENT, SERVER, "ACK"),
            ]
        events += [CallReturned(self.at, "client", call), *self._finish(statement, {})]
        _, accept = self._began[waiting.line]
        events.append(CallReturned(self.at, "server", accept, (conn, CLIENT)))
        events += self._finish(waiting, {"conn": conn, "peer": CLIENT})
        return Batch(Next(Do.PERFORM, statement), [*events, self._observed(rows), *then])

    def _enter(self, statement: Statement) -> int:
        self._calls[statement.process] += 1
        self._began[statement.line] = (statement, self._calls[statement.process])
        return self._calls[statement.process]

    def _finish(self, statement: Statement, bound: Mapping[str, Value]) -> list[Event]:
        fds = self._fds[statement.process]
        for value in bound.values():
            if isinstance(value, SocketValue):
                fds[value.fd] = FdEntry(value.fd, f"socket:[{value.inode}]", value.inode, "TCP")
        opened = {name: value.fd for name, value in bound.items() if isinstance(value, SocketValue)}
        return [StatementFinished(self.at, statement.process, statement.line, dict(bound), opened)]

    def _observed(self, rows: Sequence[SocketRow]) -> Observed:
        zero = tuple(FdEntry(n, "/dev/null", 0) for n in range(3))
        seen = tuple(ProcessRow(name, "S", zero + tuple(fds.values())) for name, fds in self._fds.items())
        return Observed(self.at, "local", tuple(rows), (), seen)

    def _judged(self, page: int, held: Sequence[bool] = ()) -> list[Event]:
        return [
            ExpectationJudged(self.at, e.line, e.source, ok, "server.conn.fd is 4" if not ok else "it is")
            for e, ok in zip(self.lesson.pages[page].expectations, held or (True, True), strict=False)
        ]

    def _segment(self, sender: str, source: Endpoint, destination: Endpoint, *flags: str) -> PacketCaptured:
        way, back = (source, destination), (destination, source)
        seq = self._seq.get(way, 1000)
        self._seq[way] = seq + ("SYN" in flags)
        at = self.at
        header = TcpHeader(flags, seq, self._seq.get(back, 0) if "ACK" in flags else 0, 65535, 0xBEEF, 0)
        packet = Packet(
            at, "AF_INET", "TCP", source, destination, 0, 64, 74, header, None, b"", "lo", bytes(54)
        )
        other = "client" if sender == "server" else "server"
        return PacketCaptured(at, "local", packet, sender, other, self._tracker.follow(packet))


def _row(
    state: State, local: Endpoint, peer: Endpoint | None = None, *, inode: int = 0, cookie: int = 0,
    queues: tuple[int, int] = (0, 0), timer: Timer | None = None, expires: float | None = None,
) -> SocketRow:  # fmt: skip
    return SocketRow(
        "AF_INET", "SOCK_STREAM", "TCP", state, local, peer, *queues, inode, cookie, 0, timer, expires
    )


def waiting_row(expires: float) -> SocketRow:
    """A client's row whose retry timer runs until `expires`."""
    return _row(State.SYN_SENT, (HOST, 40999), SERVER, cookie=99, timer=Timer.ON, expires=expires)
