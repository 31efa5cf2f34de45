"""A `sockviz serve` of a test's own, and visitors who come by its websocket, as a page of its does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pyte
import pytest

from tests.terminal.conftest import program
from tests.terminal.family import Family

COLUMNS, LINES = 100, 30
#: Seconds after which what is waited for will not come, also where the browser beside it draws all by the processor.
DEADLINE = 60.0
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


class Page:
    """One page of a visitor's: what its terminal has been sent, and keys to press. ``code`` and ``reason``: why it was closed."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self.code: int | None = None
        self.reason = ""

    async def press(self, keys: str) -> None:
        """As they are typed."""
        await self.socket.send_json(["stdin", keys])

    async def drawn(self, words: str) -> None:
        """Waits until they are on the screen."""
        await self._until(lambda: self.has(words), f"{words!r} is not drawn")

    async def gone(self, words: str) -> None:
        """Waits until they are not."""
        await self._until(lambda: not self.has(words), f"{words!r} stays")

    async def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                while not holds():
                    assert await self._next(), (self.code, self.reason, "\n".join(self.screen.display))
        except TimeoutError:
            pytest.fail(f"{otherwise}:\n" + "\n".join(self.screen.display), pytrace=False)

    def has(self, words: str) -> bool:
        """Whether they are."""
        return any(words in line for line in self.screen.display)

    async def closed(self) -> int | None:
        """Waits until the server has closed it; returns the code."""
        async with asyncio.timeout(DEADLINE):
            while await self._next():
                pass
        return self.code

    async def _next(self) -> bool:
        message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            self._stream.feed(message.data)
        elif message.type is aiohttp.WSMsgType.CLOSE:
            self.code, self.reason = message.data, message.extra or ""
        return message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)


class House:
    """A server that listens at ``url``."""

    def __init__(
        self, process: subprocess.Popen[bytes], url: str, client: aiohttp.ClientSession, home: Path
    ) -> None:
        self.process, self.url, self.client, self.home = process, url, client, home
        self.family = Family(process.pid)

    async def cookie(self) -> str:
        """Of a new visitor, with its name."""
        async with self.client.get(self.url) as answer:
            (cookie,) = answer.cookies.values()
            return f"{cookie.key}={cookie.value}"

    async def get(
        self, path: str, cookie: str | None = None, **headers: str
    ) -> tuple[aiohttp.ClientResponse, str]:
        """What is answered, and its text."""
        headers |= {"Cookie": cookie} if cookie else {}
        async with self.client.get(self.url + path, headers=headers) as answer:
            return answer, await answer.text()

    async def open(
        self, what: str, cookie: str | None, *, size: str = f"width={COLUMNS}&height={LINES}", **headers: str
    ) -> Page:
        """A page on which a session begins. Raises `aiohttp.WSServerHandshakeError` where it is not let in."""
        said = {"Origin": self.url} | ({"Cookie": cookie} if cookie else {}) | headers
        url = f"{self.url.replace('http', 'ws')}/ws/{what}?{size}"
        return Page(await self.client.ws_connect(url, headers=said, autoping=True))

    def look(self) -> set[int]:
        """Remembers all processes that it has now."""
        return self.family.look()

    def children(self, *parents: int) -> list[int]:
        """Those of its processes that are theirs."""
        return sorted(pid for pid in self.look() if _parent(pid) in parents)

    async def left(self) -> list[str]:
        """Those that were seen and do not end."""
        return await asyncio.to_thread(self.family.left, DEADLINE)

    async def alone(self) -> None:
        """Waits until it has no session any more: itself and the process that begins them, and no directory of one."""
        end = time.monotonic() + DEADLINE
        while len(self.look()) > 1 or self.directories():
            assert time.monotonic() < end, (self.look(), self.directories())
            await asyncio.sleep(0.05)

    def directories(self) -> list[Path]:
        """Those of sessions."""
        return list((self.home / "tmp").glob("**/session-*"))

    def kept(self) -> list[Path]:
        """All that it has in the temporary directory."""
        return list((self.home / "tmp").iterdir())


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@asynccontextmanager
async def house(home: Path, *options: str, limits: Sequence[str] = ()) -> AsyncIterator[House]:
    """One that runs, with these options or limits, as long as one is inside. It leaves nothing."""
    (home / "tmp").mkdir(exist_ok=True)
    command: Sequence[str] = [*program(), "serve", "--port", "0", *options]
    if limits:
        command = [sys.executable, "-m", "tests.web.small", *limits]
    said = (home / "said.txt").open("wb")
    with said:
        process = subprocess.Popen(
            command, cwd=home, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            env={**os.environ, "HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONPATH": os.getcwd()},
        )  # fmt: skip
    it: House | None = None
    try:
        end = time.monotonic() + DEADLINE
        while (found := _URL.search((home / "said.txt").read_text())) is None:
            assert process.poll() is None, (home / "said.txt").read_text()
            assert time.monotonic() < end
            await asyncio.sleep(0.02)
        async with aiohttp.ClientSession() as client:
            it = House(process, found[0], client, home)
            yield it
    finally:
        if it is not None and process.poll() is None:
            it.look()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, DEADLINE)
        if it is not None:
            assert await it.left() == []
            it.family.close()
            assert it.kept() == []
