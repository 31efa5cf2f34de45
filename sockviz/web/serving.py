"""The server from its start to its end: first what begins sessions, then whoever listens; and back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sockviz.dataclass import dataclass, replace
from sockviz.lab.directory import SERVING, LabDirectory, sweep
from sockviz.web.address import ServedAt
from sockviz.web.hall import Hall
from sockviz.web.limits import Limits
from sockviz.web.server import Server
from sockviz.web.spawner import CannotBegin, Spawner
from sockviz.web.visitors import Visitors

#: Connections that wait to be accepted.
_BACKLOG = 128
#: Seconds for which a connection without a request stays open, and those that answers have at the end.
_KEPT, _AT_THE_END = 15.0, 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """How it was started. ``keep`` is where visitors' progress outlives the server; None: it goes with it. ``language``: what
    every page is in; None: what each browser asks for."""

    address: ServedAt
    limits: Limits
    keep: Path | None = None
    language: str | None = None


async def serve(
    wanted: Wanted, spawner: Spawner, tell: Callable[..., None], ready: Callable[[str], None]
) -> None:
    """Serves until it is cancelled; `ready` is told by which URL once it listens. Raises `CannotBegin`, and OSError where
    it cannot listen or keep anything. Nothing is left then, but what was to be kept."""
    sweep()
    own = LabDirectory(SERVING)
    try:
        visitors = Visitors(wanted.keep or own.files / "kept")
        await spawner.ready(own.path)
        hall = Hall(wanted.limits, spawner, visitors, own.files, tell)
        server = Server(wanted.address, hall, visitors, wanted.language)
        runner = web.AppRunner(
            server.application(), keepalive_timeout=_KEPT, access_log=None, shutdown_timeout=_AT_THE_END
        )
        await runner.setup()
        try:
            site = web.TCPSite(
                runner,
                wanted.address.host,
                wanted.address.port,
                backlog=_BACKLOG,
                shutdown_timeout=_AT_THE_END,
            )
            await site.start()
            port = runner.addresses[0][1]
            ready(replace(wanted.address, port=port).url)
            await _until_broken(hall, spawner)
        finally:
            await hall.close()
            await runner.cleanup()
    finally:
        spawner.end()
        own.remove()


async def _until_broken(hall: Hall, spawner: Spawner) -> None:
    watching = asyncio.ensure_future(hall.watch())
    gone = asyncio.ensure_future(spawner.gone())
    try:
        done, _waiting = await asyncio.wait([watching, gone], return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
        raise CannotBegin("the process that begins sessions has ended")
    finally:
        for each in (watching, gone):
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each
