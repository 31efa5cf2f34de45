"""Visitors who are no browser: they say over a connection of their own whatever they like."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.web.house import DEADLINE, House


class Stranger:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, said: bytes) -> None:
        """As it is; who does not read it is not waited for."""
        self.writer.write(said)
        await asyncio.sleep(0)

    async def head(self) -> bytes:
        """What an answer begins with."""
        async with asyncio.timeout(DEADLINE):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def heard(self) -> bytes:
        """All that is answered until the server has closed the connection."""
        said = b""
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionError):
                while more := await self.reader.read(1 << 16):
                    said += more
        return said


def request(
    there: House, path: str = "/", *lines: str, method: str = "GET", host: str | None = None
) -> bytes:
    """As a browser asks, with these lines besides."""
    host = there.url.removeprefix("http://") if host is None else host
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode("latin-1")


def opening(there: House, what: str, cookie: str) -> bytes:
    """What opens a session's websocket."""
    return request(
        there, f"/ws/{what}?width=80&height=24", f"Origin: {there.url}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Cookie: {cookie}",
    )  # fmt: skip


def frame(said: bytes, opcode: int = 1, *, last: bool = True, size: int | None = None) -> bytes:
    """One of the websocket's (RFC 6455, 5.2), masked by nothing; ``size`` is what it says of its length."""
    size = len(said) if size is None else size
    head = bytes([last << 7 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return head + bytes(4) + said


@asynccontextmanager
async def stranger(there: House) -> AsyncIterator[Stranger]:
    """Connected as long as one is inside."""
    reader, writer = await asyncio.open_connection(*there.url.removeprefix("http://").split(":"))
    try:
        yield Stranger(reader, writer)
    finally:
        writer.transport.abort()
