"""Lessons written for benchmarks, and their performance without a screen."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import (
    CallEntered,
    CallReturned,
    Event,
    LinkActed,
    PacketCaptured,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
)
from sockviz.model.timeline import Timeline
from sockviz.player.check import perform_all
from sockviz.player.labs import lab_for
from sockviz.player.next import Do
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.recorder import Recorder

#: A lesson performs at most 2,000 lines: two a client, and three of the server.
CLIENTS, PROCESSES, A_PAGE = 998, 2, 50


def crowd(clients: int = CLIENTS, processes: int = PROCESSES) -> str:
    """`clients` connections to one listener that never accepts, from so many processes."""
    text = ["---", "title: A crowd", "summary: Everybody at once", "---", "", "## The door", "", "It opens.", "",
            "```python @server", "s = socket.socket()", "s.bind((HOST, PORT))", f"s.listen({clients})", "```"]  # fmt: skip
    each = clients // processes
    for process in range(processes):
        for first in range(0, each, A_PAGE):
            text += ["", "---", "", f"## From {first}", "", "They come.", "", f"```python @client{process}"]
            for number in range(first, min(first + A_PAGE, each)):
                text += [f"c{number} = socket.socket()", f"c{number}.connect((HOST, PORT))"]
            text += ["```"]
    text += ["", "```expect", f"server.s.accept_queue == {clients}", "```"]
    return "\n".join(text) + "\n"


def sends(calls: int, a_page: int) -> str:
    """Many calls that do not block, each of which changes what the kernel says: Recv-Q grows by one."""
    text = ["---", "title: Many sends", "summary: One byte at a time", "---", "", "## Meet", "", "They meet.", "",
            "```python @server", "s = socket.socket()", "s.bind((HOST, PORT))", "s.listen(1)", "```", "",
            "```python @client", "c = socket.socket()", "c.connect((HOST, PORT))", "```", "",
            "```python @server", "conn, peer = s.accept()", "```"]  # fmt: skip
    for page in range(calls // a_page):
        text += ["", "---", "", f"## Page {page}", "", "They speak.", "", "```python @client"]
        text += ['c.send(b"x")'] * a_page + ["```"]
    return "\n".join(text) + "\n"


@dataclass(frozen=True)
class Spent:
    """Seconds that a performance took, and what of them was the kernel's."""

    opening: float
    running: float
    closing: float
    waits: float

    @property
    def own(self) -> float:
        """All but the kernel's own waits."""
        return self.opening + self.running + self.closing - self.waits


#: A packet or a return that comes so long after anything else happened was the kernel's to wait for: its shortest timer that a
#: lesson meets is that of a lost segment, 200 ms.
TIMER = 0.1
#: A bare ACK that comes so long after anything else was delayed by the kernel: for 40 ms (include/net/tcp.h, TCP_DELACK_MIN), in
#: jiffies of up to 10 ms.
DELAYED_ACK = 0.03


def kernels_own_waits(events: Iterable[Event]) -> float:
    """Seconds in which nothing could happen until a timer of the kernel (or a delay that the lesson ordered) ran out.

    By the stamps of the kernel, the wire and the processes, whenever sockviz heard of it: from the last thing that happened or
    was asked for to the packet, return or end that broke the silence.
    """
    waits, silent_since = 0.0, math.inf
    for event in events:
        if isinstance(event, PacketCaptured | LinkActed | CallReturned | ProcessEnded):
            if event.at - silent_since > (DELAYED_ACK if _is_bare_ack(event) else TIMER):
                waits += event.at - silent_since
        elif not isinstance(event, CallEntered | StatementBegun | ProcessStarted):
            continue
        silent_since = event.at if silent_since == math.inf else max(silent_since, event.at)
    return waits


def _is_bare_ack(event: Event) -> bool:
    if not isinstance(event, PacketCaptured) or event.packet.tcp is None:
        return False
    return event.packet.tcp.flags == ("ACK",) and event.packet.length == 0


async def spent(text: str) -> tuple[Timeline, Spent]:
    """The whole lesson as `check` performs it, and where its time went."""
    begin = time.perf_counter()
    lesson = parse_lesson(text, "benchmark.md")
    lab = (await lab_for(lesson, "isolated")).lab
    opened = time.perf_counter()
    performance = Performance(lesson, lab, patience=Patience())
    try:
        await perform_all(performance)
    finally:
        ended = time.perf_counter()
        await performance.close()
    timeline = performance.timeline
    waits = kernels_own_waits(timeline.events)
    return timeline, Spent(opened - begin, ended - opened, time.perf_counter() - ended, waits)


#: Its last connect sleeps in SYN-SENT: the accept queue is full, and the kernel drops every SYN.
WAITING = """---
title: Waiting
summary: Nobody answers
---

## Full

One fits.

```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(0)
```

```python @client
a = socket.socket()
a.connect((HOST, PORT))
b = socket.socket()
b.connect((HOST, PORT))
```

```expect
server.s.accept_queue == 1
```
"""


async def performed(text: str, record: Path | None = None) -> tuple[Timeline, list[float]]:
    """The whole lesson in a private lab, as `check` performs it: its timeline, and what each step took."""
    lesson = parse_lesson(text, "benchmark.md")
    performance = Performance(lesson, (await lab_for(lesson, "isolated")).lab, patience=Patience())
    spans = []
    try:
        with record.open("w", encoding="utf-8") if record else open("/dev/null", "w") as file:
            Recorder(performance, file)
            while performance.next.do is not Do.END:
                begin = time.perf_counter()
                await performance.advance()
                spans.append(time.perf_counter() - begin)
    finally:
        await performance.close()
    return performance.timeline, spans
