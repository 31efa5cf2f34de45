"""In a browser: served by textual-serve, read and typed at over its websocket, and gone with it."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pyte
import pytest

from tests.terminal.conftest import program
from tests.terminal.family import Family
from tests.terminal.lessons import TALK
from tests.terminal.terminal import DEADLINE

SERVER = (
    "import sys; from textual_serve.server import Server; Server(sys.argv[1], port=int(sys.argv[2])).serve()"
)
COLUMNS, LINES = 100, 30


class Page:
    """One browser's page: what has been drawn on it, and keys to press."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self._websocket = websocket
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    async def press(self, keys: str) -> None:
        await self._websocket.send_json(["stdin", keys])

    async def wait_for(self, words: str) -> None:
        """Waits until the words are drawn."""
        async with asyncio.timeout(DEADLINE):
            while not any(words in line for line in self._screen.display):
                message = await self._websocket.receive()
                assert message.type is aiohttp.WSMsgType.BINARY, (message, self._screen.display)
                self._stream.feed(message.data)

    async def close(self) -> None:
        await self._websocket.close()

    async def wait_closed(self) -> None:
        """Waits until the server says that the program has ended."""
        async with asyncio.timeout(DEADLINE):
            while (await self._websocket.receive()).type is aiohttp.WSMsgType.BINARY:
                pass


@asynccontextmanager
async def served(home: Path, *words: str) -> AsyncIterator[tuple[Page, subprocess.Popen[bytes]]]:
    """A server, and one page of it that has just been opened."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "tmp").mkdir()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, shlex.join([*program(), *words]), str(port)], cwd=home,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home / "tmp"), "TERM": "dumb"},
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{port}/ws?width={COLUMNS}&height={LINES}"
            websocket = await _connected(lambda: session.ws_connect(url))
            yield Page(websocket), server
            await websocket.close()
    finally:
        server.terminate()
        server.wait(DEADLINE)
    assert list((home / "tmp").iterdir()) == []


async def _connected(connect: Callable[[], object]) -> aiohttp.ClientWebSocketResponse:
    end = time.monotonic() + DEADLINE
    while True:
        try:
            return await connect()  # type: ignore[no-any-return,misc]
        except aiohttp.ClientConnectorError:  # it does not listen yet
            assert time.monotonic() < end
            await asyncio.sleep(0.05)


def test_the_course_is_drawn_and_left(tmp_path: Path) -> None:
    async def it() -> None:
        async with served(tmp_path) as (page, server):
            await page.wait_for("The first connection")
            family = Family(server.pid)
            assert family.look()
            await page.press("q")
            await page.wait_closed()
            assert family.left(DEADLINE) == []
            family.close()

    asyncio.run(it())


@pytest.mark.parametrize("closes", ["the page", "the server"])
def test_a_lesson_is_performed_and_goes_with_whoever_shows_it(tmp_path: Path, closes: str) -> None:
    lesson = tmp_path / "talk.md"
    lesson.write_text(TALK)

    async def it() -> None:
        async with served(tmp_path, "run", str(lesson)) as (page, server):
            await page.wait_for("LIVE")
            await page.press(" ")
            await page.wait_for("socket ✓")
            family = Family(server.pid)
            assert family.look()
            if closes == "the server":
                os.kill(server.pid, signal.SIGKILL)
            else:
                await page.close()
            assert await asyncio.to_thread(family.left, DEADLINE) == []
            family.close()

    asyncio.run(it())
