"""The places that there are for sessions: who has one, who is told that there is none, and who has to leave."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.web import memory_of
from sockviz.web.faults import Faults
from sockviz.web.limits import Limits
from sockviz.web.request import SessionRequest
from sockviz.web.spawner import CannotBegin, Spawner
from sockviz.web.visit import Visit, VisitEnding
from sockviz.web.visitors import Visitors

#: Seconds between two looks at what the sessions take.
_LOOK = 2.0


@dataclass(slots=True)
class Place:
    """A visitor's, who came from ``address``. ``over`` is set once it is free again."""

    address: str
    over: asyncio.Event
    visit: Visit | None = None
    ending: VisitEnding | None = None

    def tell(self, ending: VisitEnding) -> None:
        """Has its session end so, also one that is only beginning."""
        self.ending = ending
        if self.visit is not None:
            self.visit.tell(ending)


class Hall:
    """``directory`` is the server's own; ``tell`` is told what whoever runs it should know, ``faults`` of what is ours."""

    def __init__(
        self,
        limits: Limits,
        spawner: Spawner,
        visitors: Visitors,
        directory: Path,
        tell: Callable[[str], None],
        faults: Faults,
    ) -> None:
        self.limits = limits
        self._spawner, self._visitors, self._directory, self._tell = spawner, visitors, directory, tell
        self._faults = faults
        self._places: dict[str, Place] = {}
        self._newest: dict[str, object] = {}  # of who has a place and comes again
        self._closed = self._crowded = False

    @property
    def taken(self) -> int:
        """How many places."""
        return len(self._places)

    def has_room(self, visitor: str | None, address: str) -> bool:
        """Whether there is a place for them: their own, if they have one."""
        if self._closed or visitor in self._places:
            return not self._closed
        return len(self._places) < self.limits.sessions and not self.is_crowded(address)

    def is_crowded(self, address: str) -> bool:
        """Whether as many have come from there as may."""
        each = self.limits.each
        return each is not None and sum(place.address == address for place in self._places.values()) >= each

    async def receive(
        self,
        visitor: str,
        address: str,
        page: web.WebSocketResponse,
        what: str,
        language: str,
        size: tuple[int, int],
    ) -> VisitEnding:
        """A session on this page, to its end. Whoever has one on another page goes on here: of many pages on the newest."""
        newest = self._newest[visitor] = object()
        while (before := self._places.get(visitor)) is not None:
            before.tell(VisitEnding.ELSEWHERE)
            await before.over.wait()
            if self._newest.get(visitor) is not newest:
                return VisitEnding.ELSEWHERE
        del self._newest[visitor]
        if self._closed:
            return VisitEnding.SERVER
        if not self.has_room(visitor, address):
            self._look_who_is_here()
            return VisitEnding.FULL
        place = self._places[visitor] = Place(address, asyncio.Event())
        home = self._directory / f"session-{os.urandom(8).hex()}"
        try:
            home.mkdir(0o700)
            asked = SessionRequest(
                what, language, *size, str(home), str(self._visitors.progress(visitor, self._places)), self.limits.memory
            )  # fmt: skip
            begun = await self._spawner.begin(asked)
            place.visit = Visit(begun, page, self.limits)
            if place.ending is not None:
                place.visit.tell(place.ending)
            return await place.visit.go_on()
        except (CannotBegin, OSError) as error:
            self._tell(str(error))
            return VisitEnding.BROKEN
        except Exception as error:  # a fault of ours: this session's, and no other's
            self._faults.of_server(error)
            return VisitEnding.BROKEN
        finally:
            try:
                await asyncio.shield(asyncio.to_thread(self._clear, home))
            finally:
                del self._places[visitor]
                place.over.set()

    def _clear(self, home: Path) -> None:
        """Hears what a session has left to be told, and removes the rest."""
        try:
            self._faults.of_session(home)
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def _look_who_is_here(self) -> None:
        """Tells, once, that all places are taken by one address: a class has one, or somebody who wants no others here."""
        addresses = {place.address for place in self._places.values()}
        if len(addresses) == 1 < len(self._places) and self.limits.each is None and not self._crowded:
            self._crowded = True
            told = _(
                "all {count} places are taken from one address, {address}: --per-address N gives one no more than N"
            )
            self._tell(told.format(count=len(self._places), address=addresses.pop()))

    async def watch(self) -> None:
        """Ends the sessions that take more memory than one may have. Goes on for ever."""
        while True:
            await asyncio.sleep(_LOOK)
            visits = {it.visit.pid: it.visit for it in self._places.values() if it.visit is not None}
            if not visits:
                continue
            most = self.limits.memory
            for pid, family in (await asyncio.to_thread(memory_of.families, visits)).items():
                if memory_of.at_most(family) > most and memory_of.exactly(family) > most:
                    visits[pid].tell(VisitEnding.MEMORY)

    async def close(self) -> None:
        """Ends all sessions, and returns once they are over."""
        self._closed = True
        places = list(self._places.values())
        for place in places:
            place.tell(VisitEnding.SERVER)
        await asyncio.gather(*(place.over.wait() for place in places))
