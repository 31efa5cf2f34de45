"""The two labs in which everything happens on one loopback interface: the machine's own, or one in namespaces of our own."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping, Sequence

from sockviz.kernel import capture, sock_diag
from sockviz.kernel.errors import KernelRefused
from sockviz.lab.crew import Ports
from sockviz.lab.crewed import CrewedLab
from sockviz.lab.directory import sweep
from sockviz.lab.lab import Link, Passed
from sockviz.lab.own_sockets import OwnSockets
from sockviz.lab.ports import choose_ports, ephemeral_range, privileged_below, swapped_ports
from sockviz.lab.supervisor import FurnishedHost
from sockviz.lab.window import SYSCTLS, Window, check_proc, differing, unset, why
from sockviz.language import _
from sockviz.model.events import CaptureLost, PacketCaptured
from sockviz.model.first_names import LOCALHOST, PRIVATE_PORTS
from sockviz.model.hosts import LOOPBACK
from sockviz.model.lab_facts import LabFacts
from sockviz.model.segments import endpoint
from sockviz.model.sockets import State
from sockviz.model.values import Address, Json


class LoopbackLab(CrewedLab):
    """A lab on one loopback interface. Made by `open_lab`; to be closed by `close`, however the lesson ends."""

    def __init__(self, programs: bool = False) -> None:
        super().__init__("host")
        self.link: Link | None = None
        self._programs = programs
        self._own: OwnSockets | None = None  # where there are others' too
        self._capture: socket.socket | None = None
        self._awaits_packets = False

    async def open(self, kind: str, sysctls: Mapping[str, str]) -> None:
        """Sets the lab up; a private one with `sysctls`. Raises `LabRefused`; nothing is left then."""
        sweep()
        private = kind == "isolated"
        missing: dict[str, str] = {}
        try:
            check_proc()
            if private:
                # Programs of the user's own find what the kernel has: nothing of theirs is held on the wire here.
                settings = ({} if self._programs else SYSCTLS) | dict(sysctls)
                ready = await self._crew.open(kind, self._directory.setup(settings) | self._kind())
                window = self._take_windows(ready.hosts[LOOPBACK], missing)
                missing |= unset(sysctls, ready.sysctls, ready.hosts[LOOPBACK].refused)
                ports: tuple[int, ...] = PRIVATE_PORTS
            else:
                window = self._open_windows(missing)
                taken = window.all_rows()
                ports = choose_ports(taken, ephemeral_range())
                home = self._at_home(window, (*ports, *swapped_ports(taken)))
                ready = await self._crew.open(kind, self._directory.setup({}) | home | self._kind())
            facts = (
                *(["private"] if private else []),
                *(["packets"] if self._capture else []),
                *window.facts,
            )
            missing |= window.missing
            addresses = {LOOPBACK: LOCALHOST}
            self.facts = LabFacts(
                kind, facts, (LOOPBACK,), addresses, ports, differing(ready.sysctls), missing
            )
            self._note_place(ready.pid)
        except BaseException:
            await self.close()
            raise

    def _kind(self) -> dict[str, Json]:
        """What init.py is told of who lives here."""
        return {"programs": True} if self._programs else {}

    def _at_home(self, window: Window, own: Sequence[int]) -> dict[str, Json]:
        """Keeps a lesson on the machine's own loopback to the ports that are its `own`. Returns what init.py is told of it."""
        prefix = f"sockviz-{os.getpid()}-"
        below = privileged_below()
        self._own = window.own = OwnSockets(frozenset(own), str(self._directory.files), prefix.encode())
        self._reach = {"prefix": prefix, "home": True, "bindable": list(own), "below": below}
        return {"ports": list(own), "below": below, "ephemeral": list(ephemeral_range())}

    def _ports(self) -> Ports | None:
        return self._own.ports_seen() if self._own is not None else None

    # --- windows on the kernel -------------------------------------------------------------------------------

    def _take_windows(self, given: FurnishedHost, missing: dict[str, str]) -> Window:
        missing |= {name: why(number) for name, number in given.refused.items() if name != "capture"}
        if "capture" in given.refused:
            missing["packets"] = why(given.refused["capture"])
        if "capture" in given.windows:
            try:
                self._capture = capture.prepare_capture(given.windows["capture"], "lo")
            except KernelRefused as refusal:
                missing["packets"] = str(refusal)
        return self._furnished(LOOPBACK, given)

    def _open_windows(self, missing: dict[str, str]) -> Window:
        diag = None
        try:
            diag = sock_diag.SockDiag(sock_diag.open_sock_diag())
        except KernelRefused as refusal:
            missing["diag"] = str(refusal)
        try:
            self._capture = capture.open_capture("lo")
        except KernelRefused as refusal:  # EPERM for an ordinary user: the usual case
            missing["packets"] = str(refusal)
        self._windows[LOOPBACK] = window = Window(LOOPBACK, diag, "/proc/self/net")
        return window

    # --- what passes -------------------------------------------------------------------------------------------

    def drain(self) -> Sequence[Passed]:
        """Takes what the capture holds. There is nothing to wait for: it has a packet before whoever sent that goes on."""
        if self._capture is None:
            return []
        self._await_packets()
        taken = capture.read_packets(self._capture, "lo")
        if self._own is not None:
            taken = [packet for packet in taken if self._own.concerns(packet)]
        passed: list[Passed] = [PacketCaptured(packet.at, LOOPBACK, packet, "", "") for packet in taken]
        lost = capture.lost_packets(self._capture)
        return [*passed, CaptureLost(time.time(), LOOPBACK, lost)] if lost else passed

    def _await_packets(self) -> None:
        """Has `news` set by the next packet. Not on the machine's own loopback, where most are not the lesson's."""
        if self._awaits_packets:
            return
        if self._capture is not None and self.facts.kind == "isolated":
            self._awaits_packets = True
            asyncio.get_running_loop().add_reader(self._capture, self._stir, self._capture)

    def _stir(self, capture_socket: socket.socket) -> None:
        self.news.set()
        self._awaits_packets = False
        asyncio.get_running_loop().remove_reader(capture_socket)  # until it is drained

    # --- the end --------------------------------------------------------------------------------------------------------

    async def _close(self) -> tuple[str, ...]:
        captures, self._capture = self._capture, None
        if captures is None:
            return await super()._close()
        loop = asyncio.get_running_loop()
        loop.remove_reader(captures)
        # At the side: the kernel waits for some ticks of its clock (net/packet/af_packet.c, packet_release: synchronize_net).
        closed = loop.run_in_executor(None, captures.close)
        left = await super()._close()
        await closed
        return left

    def _left(self) -> tuple[str, ...]:
        """TIME-WAIT and orphans on the host's loopback."""
        if self._own is None:
            return ()
        rows = self._own.only(self._windows[LOOPBACK].all_rows(), ())
        return tuple(
            _("{row}: the kernel keeps it for up to a minute").format(
                row=f"{row.state} {_text(row.local)} → {_text(row.peer)}"
            )
            for row in rows
            if row.protocol == "TCP" and row.state is not State.CLOSED
        )


def _text(address: Address | None) -> str:
    end = endpoint(address)
    return str(address) if end is None else f"{end[0]}:{end[1]}"


async def open_lab(
    kind: str, sysctls: Mapping[str, str] | None = None, *, programs: bool = False
) -> LoopbackLab:
    """A lab of the kind ``host`` or ``isolated``, for a lesson or for `programs` of the user's own. One that has its network to
    itself has `sysctls` set: those that could not be are among what its facts say is missing. Raises `LabRefused`."""
    lab = LoopbackLab(programs)
    await lab.open(kind, sysctls or {})
    return lab
