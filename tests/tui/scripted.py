"""A run whose every step is written down: what the screens' tests are driven by. No operating system is asked for anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sockviz.calls.statement import Statement
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import (
    Event,
    ExpectationJudged,
    LessonEnded,
    PredictionSettled,
)
from sockviz.model.scripted import APART, CAPTURES, CAPTURES_NOTHING, IN_ACCEPT, Scripted, header, row
from sockviz.model.scripted import START as START
from sockviz.model.segments import Endpoint
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import SocketValue, Value
from sockviz.player.next import Do, Next
from sockviz.player.run import Provenance
from sockviz.player.scripted import ScriptedSource, Step
from sockviz.player.source import SCRIPT
from sockviz.player.sourced import SourcedLesson

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
PORTS = (8080, 8081, 8082, 8083, 8084)


@dataclass(frozen=True, slots=True)
class Batch(Step):
    """What one advance appends, and what `next` says before it. ``gate``: it is awaited before the events come."""

    gate: asyncio.Event | None = None


class BatchSource(ScriptedSource):
    """A scripted source whose steps may take a while, and that can fail."""

    def __init__(self, timeline: Timeline, batches: Sequence[Batch]) -> None:
        super().__init__(timeline, batches)
        self.batches = batches
        self.performed = 0
        self.broken: str | None = None
        self.fail: Exception | None = None
        self._busy = False

    @property
    def problem(self) -> str | None:
        return self.broken

    @property
    def pending(self) -> Mapping[str, Next]:
        return {SCRIPT: Next(Do.BUSY)} if self._busy else super().pending

    async def go(self, task: str) -> None:
        assert not self._busy, "advanced while an advance was under way"
        if self.fail is not None:
            raise self.fail
        gate = self.batches[self.performed].gate
        self._busy = True
        try:
            if gate is not None:
                await gate.wait()
        finally:
            self._busy = False
        self.performed += 1
        await super().go(task)


class ScriptedRun(SourcedLesson):
    """A run over batches. ``performed`` counts the advances; nothing is ever appended twice."""

    source: BatchSource

    def __init__(
        self, timeline: Timeline, batches: list[Batch], provenance: Provenance = Provenance.LIVE
    ) -> None:
        super().__init__(BatchSource(timeline, batches), provenance)
        self.batches = batches
        self.closed = 0
        self.left: tuple[str, ...] = ()
        self.answered: list[tuple[int, int | None]] = []
        self.linked = False
        self.orders: list[tuple[str, int | None]] = []

    @property
    def performed(self) -> int:
        return self.source.performed

    async def advance(self) -> None:
        assert self.source.pending, "advanced past the end"
        await super().advance()

    def append(self, *events: Event) -> None:
        """Something happened by itself."""
        self.source.append(*events)

    @property
    def has_link(self) -> bool:
        """Whether the script has a wire; orders to it are noted."""
        return self.linked

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Notes what was ordered."""
        self.orders.append((verb, frame))

    def answer(self, line: int, choice: int | None) -> None:
        self.answered.append((line, choice))
        super().answer(line, choice)

    async def close(self) -> tuple[str, ...]:
        self.closed += 1
        return self.left


def lesson(text: str = LESSON, path: str = "lessons/08-listen-queue.md") -> Lesson:
    return parse_lesson(text, path)


def run(*, packets: bool = True, recorded: bool = False, text: str = LESSON) -> ScriptedRun:
    """The listen queue's story, live from its start or recorded whole."""
    it = lesson(text)
    lab = replace(
        CAPTURES if packets else CAPTURES_NOTHING, hosts=("local",), addresses={"local": HOST}, ports=PORTS
    )
    timeline = Timeline(header(lab, it))
    batches = _Story(it, timeline.header).batches()
    if recorded:
        for batch in batches:
            for event in batch.events:
                timeline.append(event)
        return ScriptedRun(timeline, [], Provenance.RECORDED)
    return ScriptedRun(timeline, batches)


class Told(Protocol):
    """A story of the stage's tests: `tests.tui.stage.scripted.Script`."""

    lesson: Lesson
    timeline: Timeline


def told(story: Told) -> ScriptedRun:
    """A live run at the end of a story that was written event by event."""
    return ScriptedRun(story.timeline, [])


class _Story(Scripted):
    """The batches of the lesson above, in the order in which the player would append their events."""

    def __init__(self, it: Lesson, of: Header) -> None:
        super().__init__(of)
        self.lesson = it
        self._taken = 0

    def batches(self) -> list[Batch]:
        one, two, three = (list(page.statements) for page in self.lesson.pages)
        s, a, conn, b = self.socket(3), self.socket(3), self.socket(4), self.socket(4)
        listening = row(State.LISTEN, SERVER, inode=s.inode, cookie=1, queues=(0, 1))
        bound = replace(listening, state=State.CLOSED, recv_q=0, send_q=0, bound_only=True)
        accepted = row(State.ESTABLISHED, SERVER, CLIENT, inode=conn.inode, cookie=3)
        connected = row(State.ESTABLISHED, CLIENT, SERVER, inode=a.inode, cookie=2)
        return list(self._story(one, two, three, (s, a, conn, b), (bound, listening, connected, accepted)))

    def _story(
        self, one: list[Statement], two: list[Statement], three: list[Statement], sockets: Sequence[SocketValue],
        rows: Sequence[SocketRow],
    ) -> Iterator[Batch]:  # fmt: skip
        s, a, conn, b = sockets
        bound, listening, connected, accepted = rows
        self.page(0)
        self.start("server")
        yield self._batch(Do.TURN)
        self._do(one[0], "socket", value=s, bound={"s": s})
        yield self._batch(Do.PERFORM, one[0])
        self._do(one[1], "bind", s, SERVER, rows=[bound])
        yield self._batch(Do.PERFORM, one[1])
        self._do(one[2], "listen", s, 1, rows=[listening])
        self._judge(0)
        for prediction in self.lesson.pages[0].predictions:
            self.say(PredictionSettled(self.at, prediction.line, "0"))
        yield self._batch(Do.PERFORM, one[2])
        self.page(1)
        yield self._batch(Do.TURN)
        self.enter("server", two[0].line, "accept", s)
        self.sleep("server", replace(IN_ACCEPT, arguments=(3, 0, 0), raw="288 0x3 0x0 0x0"))
        self.observe()
        yield self._batch(Do.PERFORM, two[0])
        self.start("client")
        self._do(two[1], "socket", value=a, bound={"a": a})
        yield self._batch(Do.PERFORM, two[1])
        self.enter("client", two[2].line, "connect", a, SERVER)
        self.at += 2 * APART  # the wire takes its time
        self.handshake(CLIENT, "client", SERVER)
        self.leave("client", two[2].line)
        self.leave("server", two[0].line, (conn, CLIENT), bound={"conn": conn, "peer": CLIENT})
        self.observe(connected, accepted)
        self._judge(1, (True, False))
        yield self._batch(Do.PERFORM, two[2])
        self.page(2)
        yield self._batch(Do.TURN)
        self._do(three[0], "socket", value=b, bound={"b": b})
        yield self._batch(Do.PERFORM, three[0])
        self.enter("client", three[1].line, "connect", b, (HOST, PORT2))
        self.leave("client", three[1].line, error="ECONNREFUSED", number=111, message="Connection refused")
        self.observe()
        self._judge(2)
        for prediction in self.lesson.pages[2].predictions:
            self.say(PredictionSettled(self.at, prediction.line, "ECONNREFUSED"))
        yield self._batch(Do.PERFORM, three[1])
        self.say(LessonEnded(self.at))
        yield self._batch(Do.TURN)

    def _batch(self, do: Do, statement: Statement | None = None) -> Batch:
        events = list(self.timeline.events[self._taken :])
        self._taken = len(self.timeline)
        return Batch(Next(do, statement), events)

    def _do(
        self, statement: Statement, name: str, *arguments: Value, value: Value = None,
        bound: Mapping[str, Value] | None = None, rows: Sequence[SocketRow] = (),
    ) -> None:  # fmt: skip
        self.do(statement.process, statement.line, name, *arguments, value=value, bound=bound)
        self.observe(*rows)

    def _judge(self, page: int, held: Sequence[bool] = (True, True)) -> None:
        for expectation, ok in zip(self.lesson.pages[page].expectations, held, strict=False):
            actual = "it is" if ok else "server.conn.fd is 4"
            self.say(ExpectationJudged(self.at, expectation.line, expectation.source, ok, actual))


def waiting_row(expires: float) -> SocketRow:
    """A client's row whose retry timer runs until `expires`."""
    return row(State.SYN_SENT, (HOST, 40999), SERVER, cookie=99, timer=Timer.ON, expires=expires)
