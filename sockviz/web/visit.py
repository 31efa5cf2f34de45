"""One session and the page that shows it: what is typed goes one way, what is drawn the other, until either is over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from enum import Enum

from aiohttp import WSMsgType, web

from sockviz.language import N_
from sockviz.web.limits import (
    BURST,
    COLUMNS,
    LARGEST_PACKET,
    LINES,
    PER_SECOND,
    TAKES,
    Limits,
    clamped,
)
from sockviz.web.spawner import Begun, readable

#: Seconds that a session has to end by itself; a lab takes a tenth of one.
_PATIENCE = 3.0
#: As sockviz.tui.browser has it, which needs Textual.
_IDLE = "idle"


class VisitEnding(Enum):
    """Why it is over: the code that the page is told (RFC 6455, 7.4.2: from 4000 on they are ours), and what it says."""

    LEFT = 4000, ""
    IDLE = 4001, N_("Nothing was typed here for too long, and others wait. Your progress is kept.")
    MEMORY = 4002, N_("This session took more memory than a visitor may have. Your progress is kept.")
    ELSEWHERE = 4003, N_("You have opened another page: the session goes on there.")
    FULL = 4004, ""
    TOO_MUCH = 1009, N_("More was typed or pasted here than a session takes at once. Your progress is kept.")
    BROKEN = 4005, N_("The session has broken off. Your progress is kept.")
    MISUSED = 1008, N_("The page has sent what no page of this course sends.")
    SERVER = 1001, N_("The server is being stopped.")
    PAGE = 1000, ""

    def __init__(self, code: int, said: str) -> None:
        self.code, self.said = code, said


class Visit:
    """A session that has begun. `go_on` is until nothing is left of its process; `tell` ends it from outside."""

    def __init__(self, begun: Begun, page: web.WebSocketResponse, limits: Limits) -> None:
        self.pid = begun.pid
        self._begun, self._page, self._limits = begun, page, limits
        self._told: asyncio.Future[VisitEnding] = asyncio.get_running_loop().create_future()
        self._last = time.monotonic()
        self._room, self._filled = float(BURST), time.monotonic()

    def tell(self, ending: VisitEnding) -> None:
        """Has it end so."""
        if not self._told.done():
            self._told.set_result(ending)

    async def go_on(self) -> VisitEnding:
        """Until it is over. Its process has ended then."""
        reader, self._session = await asyncio.open_connection(sock=self._begun.stream, limit=LARGEST_PACKET)
        ways = [asyncio.ensure_future(way) for way in (self._typed(), self._drawn(reader), self._idle())]
        try:
            done, _waiting = await asyncio.wait([*ways, self._told], return_when=asyncio.FIRST_COMPLETED)
            return self._told.result() if self._told.done() else done.pop().result()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await asyncio.shield(self._end())

    # -- the two ways

    async def _typed(self) -> VisitEnding:
        async for message in self._page:
            if message.type is not WSMsgType.TEXT:
                return VisitEnding.MISUSED
            try:
                packet = _packet(message.data)
            except (ValueError, RecursionError):  # no JSON, or other than a page of ours says it
                return VisitEnding.MISUSED
            if isinstance(packet, Pong):
                try:
                    async with asyncio.timeout(TAKES):
                        await self._page.send_json(["pong", packet.said])
                except (TimeoutError, ConnectionError):
                    return VisitEnding.PAGE
            if isinstance(packet, ToldSession):
                if packet.kind == b"D":
                    self._last = time.monotonic()
                # Nobody waits until it is read: a page that goes is always heard.
                self._session.write(packet.written)
            if (
                not self._is_typed(len(message.data))
                or self._session.transport.get_write_buffer_size() > BURST
            ):
                return VisitEnding.TOO_MUCH
        return VisitEnding.PAGE

    def _is_typed(self, size: int) -> bool:
        """Whether a person can have typed, or pasted, as much."""
        now = time.monotonic()
        self._room = min(float(BURST), self._room + (now - self._filled) * PER_SECOND) - size
        self._filled = now
        return self._room >= 0

    async def _drawn(self, reader: asyncio.StreamReader) -> VisitEnding:
        try:
            await reader.readuntil(b"\n")  # with which Textual's driver begins
            while True:
                head = await reader.readexactly(5)
                size = int.from_bytes(head[1:], "big")
                if size > LARGEST_PACKET:
                    return VisitEnding.BROKEN
                payload = await reader.readexactly(size)
                if head[:1] == b"D":
                    async with asyncio.timeout(TAKES):
                        await self._page.send_bytes(payload)
                elif head[:1] == b"M" and json.loads(payload).get("type") == "exit":
                    return VisitEnding.LEFT
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            return VisitEnding.BROKEN
        except (TimeoutError, ConnectionError):
            return VisitEnding.PAGE

    async def _idle(self) -> VisitEnding:
        warned, limits = False, self._limits
        while True:
            idle = time.monotonic() - self._last
            left = limits.idle - idle
            warned = warned and left <= limits.warning
            if left <= 0:
                return VisitEnding.IDLE
            if not warned and left <= limits.warning:
                warned = True
                self._session.write(_meta(type=_IDLE, minutes=max(1, round(left / 60))))
            await asyncio.sleep(left if warned else left - limits.warning)

    # -- the end

    async def _end(self) -> None:
        """The session hears that nobody looks any more, and ends by itself; or it is ended."""
        self._session.close()
        ended = asyncio.ensure_future(readable(self._begun.pidfd))
        try:
            await asyncio.wait([ended], timeout=_PATIENCE)
            if not ended.done():
                self.kill()
                await ended
        finally:
            ended.cancel()
            os.close(self._begun.pidfd)

    def kill(self) -> None:
        """At once."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._begun.pidfd, signal.SIGKILL)


class Pong:
    """What a page asks to have said back."""

    def __init__(self, said: str) -> None:
        self.said = said


class ToldSession:
    """What a session is told: what was typed (D), or something else (M)."""

    def __init__(self, kind: bytes, payload: bytes) -> None:
        self.kind = kind
        self.written = kind + len(payload).to_bytes(4, "big") + payload


def _packet(data: str) -> ToldSession | Pong | None:
    """What a page's message says; None: nothing that matters. Raises ValueError and RecursionError for what none of ours
    says."""
    match json.loads(data):
        case ["stdin", str(typed)]:
            return ToldSession(b"D", typed.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            size = {"width": clamped(width, COLUMNS), "height": clamped(height, LINES)}
            return ToldSession(b"M", json.dumps({"type": "resize", **size}).encode())
        case ["ping", said]:
            return Pong(str(said)[:64])
        case ["focus" | "blur"]:
            return None  # a page that is typed at is looked at
    raise ValueError(data[:80])


def _meta(**said: object) -> bytes:
    return ToldSession(b"M", json.dumps(said).encode()).written
