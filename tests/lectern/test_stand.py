"""A run and its notes: what is told and what is done, and whose words are not taken."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sockviz.lectern import listening, stand
from sockviz.lectern.directory import sockets
from sockviz.lectern.listening import find
from sockviz.lectern.messages import (
    BACK,
    LONGEST_ORDER,
    ONWARD,
    PAGE,
    VOTE,
    NotSaid,
    RunOrder,
    order_of,
    said,
)
from sockviz.lectern.stand import MOST, Stand
from tests.tui.scripted import LESSON


@pytest.fixture(autouse=True)
def runtime(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))
    monkeypatch.setattr(stand, "LOOK", 0.005)


class Told:
    """A run of which the state is set by hand; what it is told to do stands in ``done``."""

    def __init__(self) -> None:
        self.state: Mapping[str, Any] = {"page": 0}
        self.done: list[RunOrder] = []
        self.stand = Stand(LESSON, "8-x.md", lambda: self.state, self.done.append)


@asynccontextmanager
async def standing() -> AsyncIterator[Told]:
    run = Told()
    await run.stand.open()
    try:
        yield run
    finally:
        await run.stand.close()
        assert sockets() == []


def perform(work: Callable[[], Coroutine[object, object, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.sleep(0.002)


def test_where_it_is_and_what_it_is_to_do(short_path: Path) -> None:
    async def work() -> None:
        assert await find(lambda _: True) is None
        async with standing() as run:
            [path] = sockets()
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert await find(lambda lesson: lesson.title == "Another") is None
            notes = await find(lambda _: True)
            another = await find(lambda _: True)
            assert notes is not None
            assert another is not None
            assert notes.lesson.title == "The listen queue"
            assert await notes.state() == {"page": 0}
            run.state = {"page": 1}
            assert await notes.state() == {"page": 1}
            orders = [
                RunOrder(ONWARD),
                RunOrder(BACK),
                RunOrder(PAGE, 2),
                RunOrder(VOTE, line=16, counts=(12, 0, 7)),
            ]
            for order in orders:
                notes.say(order)
            await until(lambda: len(run.done) == len(orders))
            assert run.done == orders
            await notes.close()
            run.state = {"page": 2}
            while await another.state() != {"page": 2}:
                pass
        assert await another.state() is None, "the run is gone"
        await another.close()
        notes.say(RunOrder(ONWARD))
        assert list(short_path.iterdir()) == []

    perform(work)


@pytest.mark.parametrize(
    "line",
    [
        b"hello\n", b"[1]\n", b'{"do":"rm"}\n', b'{"do":"page","page":-1}\n', b'{"do":"page","page":1e3}\n',
        b'{"do":"page","page":true}\n', b'{"do":"vote","line":-1}\n', b'{"do":"vote","counts":{}}\n',
        b'{"do":"vote","counts":[10000]}\n', b'{"do":"vote","counts":[true]}\n', b'{"do":"vote","counts":["1"]}\n',
        b"\xff\n", b"[" * 3000 + b"\n", b"x" * (2 * LONGEST_ORDER),
    ],
)  # fmt: skip
def test_who_says_what_none_of_ours_says_is_left_and_nothing_is_done(line: bytes) -> None:
    async def work() -> None:
        async with standing() as run:
            reader, writer = await asyncio.open_unix_connection(str(sockets()[0]), limit=1 << 20)
            await reader.readline()
            writer.write(line)
            await reader.read()  # to its end
            writer.close()
            assert run.done == []
            notes = await find(lambda _: True)
            assert notes is not None, "others are there as before"
            await notes.close()

    if len(line) <= LONGEST_ORDER:
        with pytest.raises(NotSaid):
            order_of(line)
    perform(work)


@pytest.mark.parametrize("where", [stand, listening])
def test_another_users_words_are_not_taken(where: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, "is_ours", lambda _: False)

    async def work() -> None:
        async with standing() as run:
            assert await find(lambda _: True) is None
            assert run.done == []

    perform(work)


def test_no_more_than_so_many_follow() -> None:
    async def work() -> None:
        async with standing():
            there = [await find(lambda _: True) for _ in range(MOST)]
            assert all(there)
            assert await find(lambda _: True) is None
            for notes in there:
                assert notes is not None
                await notes.close()

    perform(work)


def test_what_is_said_is_one_line() -> None:
    line = said({"text": "a\nb\x1b"})
    assert line.count(b"\n") == 1
    assert b"\x1b" not in line
