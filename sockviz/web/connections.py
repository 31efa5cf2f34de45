"""How many connections there may be: who comes beyond that is told so; who asks for nothing, or takes no answer, is let go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.web.pages import TRY_AGAIN

#: Many that come at once are all asked for before the first has connected, which it has within so many seconds; or it has gone.
_COMING = 1.0


@dataclass(frozen=True, slots=True)
class ConnectionTimes:
    """Seconds: within ``asks`` who has connected, or has been answered, asks for something; within ``takes`` an answer is taken.
    Every ``look`` it is looked at who has not."""

    asks: float = 15.0
    takes: float = 60.0
    look: float = 5.0


class Connection(RequestHandler):
    """One. What cannot be read as HTTP is answered in few words, and nobody's log is filled with it."""

    __slots__ = ("fault",)
    #: Is told of a fault of ours.
    fault: Callable[[BaseException], None]

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # which would say back what was sent
    ) -> web.StreamResponse:
        """The answer; then the connection ends. Raises ConnectionError where one has begun."""
        if exc is not None and not isinstance(exc, HttpProcessingError | ConnectionError):
            self.fault(exc)
        if request.writer.output_size > 0:
            raise ConnectionError
        answer = web.Response(
            status=status, text=f"{status}\n", headers={"X-Content-Type-Options": "nosniff"}
        )
        answer.force_close()
        return answer

    def log_exception(self, *_arguments: Any, **more: Any) -> None:
        """What is no fault of a request's."""
        if isinstance(error := more.get("exc_info"), Exception) and not isinstance(
            error, HttpProcessingError
        ):
            self.fault(error)


class Connections:
    """What stands between the listening socket and aiohttp's `server`: at most `most` at once."""

    def __init__(
        self, server: web.Server, most: int, times: ConnectionTimes, fault: Callable[[BaseException], None]
    ) -> None:
        self._server, self._most, self._times, self._fault = server, most, times, fault
        self._since: dict[RequestHandler, float] = {}

    def __call__(self) -> asyncio.Protocol:
        """For the next connection."""
        there, now = frozenset(self._server.connections), time.monotonic()
        coming = sum(it not in there and now - came < _COMING for it, came in self._since.items())
        if len(there) + coming >= self._most:
            return _Refusal()
        connection = Connection(
            self._server, loop=asyncio.get_running_loop(), keepalive_timeout=self._times.asks,
            access_log=None,  # type: ignore[arg-type]  # none is kept
        )  # fmt: skip
        connection.fault = self._fault
        self._since[connection] = now
        return connection

    def heard(self, request: web.BaseRequest) -> None:
        """Somebody has asked for something: what they are given they take, or go."""
        self._since[request.protocol] = time.monotonic()

    def settled(self, request: web.BaseRequest) -> None:
        """It is a session's page, which stays."""
        self._since.pop(request.protocol, None)

    async def watch(self) -> None:
        """Lets those go who keep a connection for nothing. Goes on for ever."""
        while True:
            await asyncio.sleep(self._times.look)
            there, now = frozenset(self._server.connections), time.monotonic()
            for connection, since in list(self._since.items()):
                if connection not in there and now - since > _COMING:
                    del self._since[connection]
                elif now - since > self._times.takes:
                    del self._since[connection]
                    if connection.transport is not None:
                        connection.transport.abort()  # to close is to wait until all of the answer is taken


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
