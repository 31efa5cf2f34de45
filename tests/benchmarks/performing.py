"""Lessons written for benchmarks, and their performance without a screen."""

from __future__ import annotations

import time
from pathlib import Path

from sockviz.lesson.parser import parse_lesson
from sockviz.model.timeline import Timeline
from sockviz.player.labs import lab_for
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.recorded import Recorder
from sockviz.player.run import Do

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
