"""Small lessons for tests, and how to perform them to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from textwrap import dedent
from typing import TypeVar

from sockviz.lab.lab import Lab
from sockviz.lab.loopback import open_lab
from sockviz.lesson.parser import parse_lesson
from sockviz.model.world import World
from sockviz.player.next import Do
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance

T = TypeVar("T")
LABS = ("isolated", "host")


def run(work: Coroutine[object, object, T], deadline: float = 30.0) -> T:
    """Runs `work` on an event loop of its own, for `deadline` seconds at most."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, deadline)

    return asyncio.run(bounded())


def lesson_text(*blocks: str, front: str = "") -> str:
    """A lesson of one page for each of `blocks`."""
    pages = "\n\n---\n\n".join(dedent(block).strip() for block in blocks)
    return f"---\ntitle: A test\nsummary: For a test\n{front}---\n\n{pages}\n"


#: A server that listens, ready for a client.
LISTENING = """
```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(2)
```
"""
#: A client connected to it, accepted.
CONNECTED = """
```python @client
c = socket.socket()
c.connect((HOST, PORT))
```

```python @server
conn, peer = s.accept()
```
"""


async def perform(text: str, kind: str = "isolated") -> Performance:
    """Performs a lesson to its end; it is still open then."""
    return await perform_in(await open_lab(kind), text)


async def perform_in(lab: Lab, text: str) -> Performance:
    """Performs a lesson in `lab` to its end; it is still open then."""
    performance = Performance(parse_lesson(text, "test.md"), lab, patience=Patience())
    try:
        while performance.next.do is not Do.END:
            await performance.advance()
    except BaseException:
        await performance.close()
        raise
    return performance


def performed(text: str, kind: str = "isolated") -> World:
    """The world at the end of a lesson."""

    async def work() -> World:
        performance = await perform(text, kind)
        await performance.close()
        return performance.timeline.world

    return run(work())


def all_hold(world: World) -> bool:
    """Whether anything was expected, and all of that holds."""
    return bool(world.expectations) and all(judged.ok for judged in world.expectations.values())
