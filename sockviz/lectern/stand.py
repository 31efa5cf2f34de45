"""The run's end: a socket at which notes of the same user are told where the run is, and say what it is to do.

What a run does never hangs on whether anybody is there, or reads what they are told. Nothing is done as long as nobody is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from sockviz.lectern.directory import Berth
from sockviz.lectern.messages import (
    LONGEST_ORDER,
    LONGEST_TOLD,
    VERSION,
    RunOrder,
    closed,
    is_ours,
    order_of,
    said,
)

#: How often it is looked whether there is something new to tell (seconds), while somebody is there.
LOOK = 0.1
#: So many notes may follow one run.
MOST = 8


class Stand:
    """Tells whoever follows what `state` returns, whenever that has changed; first the lesson, its `text` and the name of its
    file. What they say is given to `do`."""

    def __init__(
        self, text: str, path: str, state: Callable[[], Mapping[str, Any]], do: Callable[[RunOrder], object]
    ) -> None:
        self._lesson = {"text": text, "path": path}
        self._state, self._do = state, do
        self._berth: Berth | None = None
        self._server: asyncio.Server | None = None
        self._there: set[asyncio.StreamWriter] = set()
        self._meetings: set[asyncio.Task[None] | None] = set()

    async def open(self) -> None:
        """Opens it. Raises OSError."""
        berth = self._berth = Berth()
        end = socket.socket(socket.AF_UNIX)
        try:
            end.bind(str(berth.path))
            os.chmod(berth.path, 0o600)  # before it listens
            self._server = await asyncio.start_unix_server(self._meet, sock=end, limit=LONGEST_ORDER)
        except BaseException:
            end.close()
            await self.close()
            raise

    async def close(self) -> None:
        """Nobody finds it any more, and whoever is there is left."""
        if self._berth is not None:
            self._berth.remove()
            self._berth = None
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._there:
            writer.close()
        await asyncio.gather(*filter(None, self._meetings), return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._meetings.add(asyncio.current_task())
        # OSError: they are gone. ValueError: a line without end, or none of ours. CancelledError: we are.
        with contextlib.suppress(OSError, ValueError, asyncio.CancelledError):
            if is_ours(writer.get_extra_info("socket")) and len(self._there) < MOST:
                self._there.add(writer)
                await self._tell(reader, writer)
        self._there.discard(writer)
        await closed(writer)
        self._meetings.discard(asyncio.current_task())

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said({"sockviz": VERSION, "lesson": self._lesson}))
        told: Mapping[str, Any] | None = None
        reading = asyncio.ensure_future(reader.readline())
        try:
            while self._server is not None and writer.transport.get_write_buffer_size() < LONGEST_TOLD:
                state = self._state()
                if state != told:
                    told = state
                    writer.write(said(state))
                done, _pending = await asyncio.wait({reading}, timeout=LOOK)
                if done:
                    line = reading.result()
                    if not line.endswith(b"\n"):
                        return
                    self._do(order_of(line))
                    reading = asyncio.ensure_future(reader.readline())
        finally:
            reading.cancel()
            with contextlib.suppress(OSError, ValueError, asyncio.CancelledError):
                await reading
