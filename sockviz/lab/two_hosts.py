"""The lab with two network stacks of its own, and between them a wire that is ours."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence

from sockviz.lab.crewed import CrewedLab
from sockviz.lab.directory import sweep
from sockviz.lab.hearing import LabLost
from sockviz.lab.lab import Passed
from sockviz.lab.link import WireLink
from sockviz.lab.supervisor import FurnishedHost, LabRefused
from sockviz.lab.window import SYSCTLS, check_proc, differing, unset, why
from sockviz.language import _
from sockviz.model.first_names import PRIVATE_PORTS
from sockviz.model.hosts import ADDRESSES, ADDRESSES6, HOSTS
from sockviz.model.lab_facts import LabFacts


class HeldLink:
    """The link as the player has it: orders go to the wire, and what it keeps is told as an event."""

    def __init__(self, wire: WireLink) -> None:
        self._wire = wire
        self._holding: frozenset[str] = frozenset()

    async def order(
        self, verb: str, *, pattern: str | None = None, frame: int | None = None, seconds: float = 0.0
    ) -> None:
        """See `sockviz.lab.lab.Link.order`."""
        await self._wire.order(verb, pattern=pattern, frame=frame, seconds=seconds)
        if verb == "hold":
            self._holding |= {pattern} if pattern else set(HOSTS)
        elif verb == "release":
            self._holding = frozenset()
        self._wire.note_holding(time.time(), self._holding)


class TwoHostsLab(CrewedLab):
    """Two hosts, ``client`` and ``server``, and a link. Made by `open_two_hosts`; to be closed by `close`."""

    def __init__(self) -> None:
        super().__init__("two-hosts")
        try:
            self._wire = WireLink(self._wire_lost, self.news, self.readers)
        except OSError as error:  # EMFILE, ENFILE: no further descriptors
            self._directory.remove()
            raise LabRefused("starting the lab", error.errno or 0) from None
        self.link: HeldLink | None = HeldLink(self._wire)

    async def open(self, sysctls: Mapping[str, str], ip: int, programs: bool = False) -> None:
        """Sets both hosts and the wire up, for a lesson or for `programs`. Raises `LabRefused`; nothing is left then."""
        sweep()
        try:
            check_proc()
            setup = self._directory.setup(SYSCTLS | dict(sysctls)) | {"ip": ip, "programs": programs}
            ready = await self._crew.open("two-hosts", setup, self._wire.theirs)
            self._wire.hand_over()
            missing: dict[str, str] = {}
            for host, given in ready.hosts.items():
                self._take_window(host, given, missing)
                missing |= unset(sysctls, ready.sysctls, given.refused)
            await self._wire.ready()
            facts = ("private", "packets", *next(iter(self._windows.values())).facts)
            addresses = ADDRESSES6 if ip == 6 else ADDRESSES
            set_here = differing(ready.sysctls)
            self.facts = LabFacts("two-hosts", facts, HOSTS, addresses, PRIVATE_PORTS, set_here, missing)
            self._note_place(ready.pid)
            anchors = "".join(f"{host} {given.pid}\n" for host, given in ready.hosts.items())
            self._directory.note("hosts", anchors)
        except BaseException:
            await self.close()
            raise

    def _take_window(self, host: str, given: FurnishedHost, missing: dict[str, str]) -> None:
        missing |= {f"{name} ({host})": why(number) for name, number in given.refused.items()}
        missing |= self._furnished(host, given).missing

    def _wire_lost(self) -> None:
        if self._closing is None:
            self._crew.say(LabLost(_("the process that is the link ended: no packet passes any more")))

    async def catch_up(self) -> None:
        """Waits until the wire has told of every frame that was on it by now."""
        with contextlib.suppress(LabRefused):  # it is gone, and has said so
            await self._wire.catch_up()
        await super().catch_up()

    def drain(self) -> Sequence[Passed]:
        """Takes what the wire has told."""
        return self._wire.drain()

    async def _close(self) -> tuple[str, ...]:
        self._wire.close()
        return await super()._close()


async def open_two_hosts(
    sysctls: Mapping[str, str] | None = None, ip: int = 4, *, programs: bool = False
) -> TwoHostsLab:
    """The lab with two hosts, which reach each other by version `ip` of IP, and have `sysctls` set: those that could not be are
    among what its facts say is missing. Raises `LabRefused`."""
    lab = TwoHostsLab()
    await lab.open(sysctls or {}, ip, programs)
    return lab
