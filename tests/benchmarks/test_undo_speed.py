"""Taking the last of fifty typed lines back: all others are performed again, in a new lab.

Beside it the same lines as a lesson that `check` performs. Not part of the test command:

python -m pytest tests/benchmarks/test_undo_speed.py -s --override-ini addopts=-q
"""

from __future__ import annotations

import asyncio
import time

from sockviz.lesson.typed_lines import Typed
from sockviz.player.labs import lab_for
from sockviz.player.performance import Performance
from sockviz.sandbox.script import empty
from sockviz.sandbox.session import Session
from sockviz.sandbox.written import lesson_text
from tests.benchmarks.performing import spent

#: Seconds, DESIGN's figure for fifty lines.
MOST = 1.5
LINES = 50
ROUNDS = 3


async def _typed() -> tuple[Session, float]:
    lesson = empty()

    async def anew() -> Performance:
        return Performance(lesson, (await lab_for(lesson, "isolated")).lab)

    session = Session(await anew(), anew)
    lines = ["server> s = socket.socket()", "server> s.bind((HOST, PORT))", "server> s.listen(64)"]
    clients = (LINES - len(lines)) // 2
    lines += [
        line
        for n in range(clients)
        for line in (f"client> c{n} = socket.socket()", f"client> c{n}.connect((HOST, PORT))")
    ]
    lines += ["client> extra = socket.socket()"] * (LINES - len(lines))
    for line in lines:
        process, _, source = line.partition("> ")
        await session.perform(Typed(process, source))
    began = time.perf_counter()
    await session.undo()
    return session, time.perf_counter() - began


def test_undo_of_fifty_lines() -> None:
    async def undo() -> tuple[float, float]:
        session, seconds = await _typed()
        text = lesson_text(session.run.script, session.run.timeline)
        assert len(session.run.timeline.world.lines) == LINES - 1
        await session.close()
        _timeline, other = await spent(text)
        return seconds, other.opening + other.running

    took = [asyncio.run(undo()) for _ in range(ROUNDS)]
    seconds, other = min(each for each, _ in took), min(each for _, each in took)
    print(f"\n{LINES} lines, the last taken back: {seconds:.2f} s; the others as a lesson: {other:.2f} s")
    assert seconds <= MOST
