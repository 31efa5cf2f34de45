"""The server from its start to its end: first what begins sessions, then whoever listens; and back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sockviz.dataclass import dataclass, replace
from sockviz.lab.directory import SERVING, LabDirectory, sweep
from sockviz.output_file import why_not_made
from sockviz.web.address import ServedAt
from sockviz.web.connections import Connections, ConnectionTimes
from sockviz.web.faults import Faults
from sockviz.web.hall import Hall
from sockviz.web.limits import CONNECTIONS, CONNECTIONS_EACH, Limits
from sockviz.web.server import Server
from sockviz.web.spawner import CannotBegin, Spawner
from sockviz.web.visitors import Visitors

_DESCRIPTORS = 1 << 14
#: Connections that wait to be accepted.
_BACKLOG = 128
#: Seconds that answers have at the end.
_AT_THE_END = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """How it was started. ``keep`` is where visitors' progress outlives the server; None: it goes with it. ``language``: what
    every page is in; None: what each browser asks for. ``times`` are of those who are no session's page."""

    address: ServedAt
    limits: Limits
    keep: Path | None = None
    language: str | None = None
    times: ConnectionTimes = ConnectionTimes()


class CannotKeepProgress(Exception):
    """Visitors' progress cannot be kept there; the message says why."""


async def serve(
    wanted: Wanted, spawner: Spawner, tell: Callable[..., None], ready: Callable[[str], None]
) -> None:
    """Serves until it is cancelled; `ready` is told by which URL once it listens. Raises `CannotBegin`,
    `CannotKeepProgress`, and OSError where it cannot listen. Nothing is left then, but what was to be kept."""
    _allow_descriptors()
    logging.lastResort = None  # libraries tell of every stranger that speaks no HTTP
    sweep()
    own = LabDirectory(SERVING)
    try:
        visitors = visitors_in(wanted.keep or own.files / "kept")
        await spawner.ready(own.path)
        faults = Faults(tell)
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: faults.of_server(
                context.get("exception") or RuntimeError(context["message"])
            )
        )
        hall = Hall(wanted.limits, spawner, visitors, own.files, tell, faults)
        keeps = wanted.keep is not None
        server = Server(wanted.address, hall, visitors, wanted.language, keeps=keeps)
        runner = web.AppRunner(server.application(), shutdown_timeout=_AT_THE_END)
        await runner.setup()
        try:
            assert runner.server is not None
            most = CONNECTIONS + CONNECTIONS_EACH * wanted.limits.sessions
            connections = Connections(runner.server, most, wanted.times, faults.of_server)
            server.heard, server.settled = connections.heard, connections.settled
            listening = await asyncio.get_running_loop().create_server(
                connections, wanted.address.host, wanted.address.port, backlog=_BACKLOG
            )
            try:
                port = listening.sockets[0].getsockname()[1]
                ready(replace(wanted.address, port=port).url)
                await _until_broken(hall, connections, spawner)
            finally:
                listening.close()
        finally:
            await hall.close()
            await runner.cleanup()
    finally:
        spawner.end()
        own.remove()


def visitors_in(directory: Path) -> Visitors:
    """Those whose progress is kept there. Raises `CannotKeepProgress`."""
    try:
        return Visitors(directory)
    except OSError as error:
        raise CannotKeepProgress(why_not_made(Path(error.filename or directory), error)) from None


def _allow_descriptors() -> None:
    """As many as whoever started this may have: a session takes three, a connection one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _DESCRIPTORS)), hard))


async def _until_broken(hall: Hall, connections: Connections, spawner: Spawner) -> None:
    waiting = [asyncio.ensure_future(each) for each in (hall.watch(), connections.watch(), spawner.gone())]
    try:
        done, _waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
        raise CannotBegin("the process that begins sessions has ended")
    finally:
        for each in waiting:
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each
