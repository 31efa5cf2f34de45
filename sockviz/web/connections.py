"""How many connections there may be: who comes beyond that is told so, and who connects and asks for nothing is let go."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from sockviz.language import _
from sockviz.web.pages import TRY_AGAIN

#: Seconds in which somebody who has connected asks for something, and those between two looks.
_PATIENCE, _LOOK = 20.0, 5.0
#: Many that come at once are all asked for before the first has connected, which it has within so many seconds; or it has gone.
_COMING = 1.0


class Connections:
    """What stands between the listening socket and aiohttp's `server`: at most `most` at once."""

    def __init__(self, server: web.Server, most: int) -> None:
        self._server, self._most = server, most
        self._silent: dict[RequestHandler, float] = {}

    def __call__(self) -> asyncio.Protocol:
        """For the next connection."""
        there = frozenset(self._server.connections)
        coming = sum(
            it not in there and time.monotonic() - came < _COMING for it, came in self._silent.items()
        )
        if len(there) + coming >= self._most:
            return _Refusal()
        handler = self._server()
        self._silent[handler] = time.monotonic()
        return handler

    def heard(self, request: web.BaseRequest) -> None:
        """Somebody has asked for something."""
        self._silent.pop(request.protocol, None)

    async def watch(self) -> None:
        """Lets those go who have said nothing for too long. Goes on for ever."""
        while True:
            await asyncio.sleep(_LOOK)
            there = frozenset(self._server.connections)
            for handler, came in list(self._silent.items()):
                if (
                    time.monotonic() - came > _PATIENCE or handler not in there
                ):  # which it is as soon as it has connected
                    del self._silent[handler]
                    handler.force_close()


class _Refusal(asyncio.Protocol):
    """Says that there is no room, and ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        assert isinstance(transport, asyncio.Transport)
        said = (_("Too much is asked of this server at once. Try again in a while.") + "\n").encode()
        head = (
            f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {TRY_AGAIN}\r\nConnection: close\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(said)}\r\n\r\n"
        )
        transport.write(head.encode() + said)
        transport.close()
