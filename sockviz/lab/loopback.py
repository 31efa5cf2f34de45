"""The two labs in which everything happens on one loopback interface: the machine's own, or one in namespaces of our own."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sockviz.kernel import capture, sock_diag
from sockviz.kernel.errors import KernelRefused
from sockviz.lab.crew import Crew
from sockviz.lab.directory import LabDirectory, sweep
from sockviz.lab.hearing import Heard
from sockviz.lab.lab import Job, Link, Observation, Passed
from sockviz.lab.own_sockets import OwnSockets
from sockviz.lab.ports import choose_ports, ephemeral_range, privileged_below, swapped_ports
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import FurnishedHost, LabRefused
from sockviz.lab.window import SYSCTLS, Window, check_proc, differing, unset, why
from sockviz.language import _
from sockviz.model.events import CaptureLost, OutputWritten, PacketCaptured, ProcessStarted
from sockviz.model.first_names import LOCALHOST, PRIVATE_PORTS, of_lab
from sockviz.model.hosts import LOOPBACK
from sockviz.model.segments import endpoint
from sockviz.model.sockets import Asleep, State
from sockviz.model.timeline import LabFacts
from sockviz.model.values import Address, Json

if TYPE_CHECKING:
    from sockviz.lab.source_texts import SourceTexts
    from sockviz.lab.tracing import Tracing


class LoopbackLab:
    """A lab on one loopback interface. Made by `open_lab`; to be closed by `close`, however the lesson ends."""

    def __init__(self, programs: bool = False) -> None:
        self._programs = programs
        self.facts = LabFacts("host")
        self.link: Link | None = None
        self.news = asyncio.Event()
        self._crew = Crew(self.news)
        self._tracings: list[Tracing] = []
        self._texts: SourceTexts | None = None
        self._directory = LabDirectory()
        self._window: Window | None = None
        self._capture: socket.socket | None = None
        self._reach: dict[str, Json] = {}
        self._closed = False

    def hear(self) -> Sequence[Heard]:
        """Takes all that has been said by now."""
        return self._crew.hear()

    def note_lesson(self, number: int | None, slug: str, title: str) -> None:
        """Says, for `sockviz shell`, whose lab this is."""
        self._directory.note_lesson(number, slug, title)

    @property
    def counters(self) -> frozenset[str]:
        """Every counter that this kernel has."""
        return self._window.counters if self._window else frozenset()

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
                window = self._window = self._open_windows(missing)
                taken = window.all_rows()
                ports = choose_ports(taken, ephemeral_range())
                home = self._at_home(window, (*ports, *swapped_ports(taken)))
                ready = await self._crew.open(kind, self._directory.setup({}) | home | self._kind())
            self._window = window
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
            self._directory.note("ports", " ".join(map(str, ports)) + "\n")
            self._directory.note("init-pid", f"{kind} {ready.pid}\n")
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
        window.own = OwnSockets(frozenset(own), str(self._directory.files), prefix.encode())
        self._reach = {"prefix": prefix, "home": True, "bindable": list(own), "below": below}
        return {"ports": list(own), "below": below, "ephemeral": list(ephemeral_range())}

    # --- windows on the kernel -------------------------------------------------------------------------------

    def _take_windows(self, given: FurnishedHost, missing: dict[str, str]) -> Window:
        missing |= {name: why(number) for name, number in given.refused.items() if name != "capture"}
        if "capture" in given.refused:
            missing["packets"] = why(given.refused["capture"])
        diag = sock_diag.SockDiag(given.windows["diag"]) if "diag" in given.windows else None
        if "capture" in given.windows:
            try:
                self._capture = capture.prepare_capture(given.windows["capture"], "lo")
            except KernelRefused as refusal:
                missing["packets"] = str(refusal)
        return Window(LOOPBACK, diag, f"/proc/{given.pid}/net")

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
        return Window(LOOPBACK, diag, "/proc/self/net")

    # --- processes ----------------------------------------------------------------------------------------------

    def prepare(self, name: str, host: str, *, privileged: bool) -> None:
        """Has a process made that is going to be started."""
        self._crew.prepare(name, host, directory=self._directory.files, privileged=privileged)

    async def start(self, name: str, host: str, *, privileged: bool) -> ProcessStarted:
        """Starts a process of the lesson on `host`, of which there is only one. Raises `LabRefused`."""
        if host != LOOPBACK:
            raise LabRefused(f"starting {name}: this lab has no host {host}", 0)
        names = of_lab(self.facts)
        return await self._crew.start(
            name,
            host,
            names=names,
            reach=self._reach,
            directory=self._directory.files,
            privileged=privileged,
        )

    async def perform(self, process: str, job: Job) -> None:
        """Hands a line to a process that is not at one. Raises OSError where it is gone."""
        own = self._window.own if self._window else None
        if self._window is not None:
            self._window.expect_groups(job.all_values)
        await self._crew.perform(process, job, own.ports_seen() if own is not None else None)

    def begun(self, process: str) -> ProcessStarted | None:
        """A process of the lab, also one that was forked."""
        return self._crew.begun(process)

    @property
    def readers(self) -> Readers:
        """What it reads on the event loop."""
        return self._crew.readers

    def say(self, event: OutputWritten) -> None:
        """Adds to what is heard."""
        self._crew.say(event)

    async def tracing(self, host: str) -> Tracing:
        """What starts programs on `host`, and watches them. Raises `LabRefused`."""
        from sockviz.lab.source_texts import SourceTexts  # with programs of the user's own, not with lessons
        from sockviz.lab.tracing import Tracing

        if self._texts is None:
            self._texts = SourceTexts(self._crew.say)
        private = self.facts.kind != "host"
        self._tracings.append(tracing := Tracing(self._crew, host, self._texts, private=private))
        await tracing.open()
        return tracing

    def asleep(self, process: str, task: int = 0) -> Asleep | None:
        """What the kernel says of the sleep of one process, or of a thread of its, now."""
        return self._crew.asleep(process, task)

    def caught(self, process: str) -> int | None:
        """The signals that a process has handlers for, now."""
        return self._crew.caught(process)

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self) -> Sequence[Observation]:
        """Observes the host once."""
        return [self._window.look(self._crew.sources(LOOPBACK))] if self._window else []

    async def catch_up(self) -> None:
        """Waits for what the tracers have to tell. Of lines there is nothing to wait for: the capture has a packet before whoever
        sent it goes on."""
        for tracing in self._tracings:
            await tracing.catch_up()

    def drain(self) -> Sequence[Passed]:
        """Takes what the capture holds."""
        if self._capture is None or self._window is None:
            return []
        self._await_packets()
        taken = capture.read_packets(self._capture, "lo")
        own = self._window.own
        if own is not None:
            taken = [packet for packet in taken if own.concerns(packet)]
        passed: list[Passed] = [PacketCaptured(packet.at, LOOPBACK, packet, "", "") for packet in taken]
        lost = capture.lost_packets(self._capture)
        return [*passed, CaptureLost(time.time(), LOOPBACK, lost)] if lost else passed

    def _await_packets(self) -> None:
        """Has `news` set by the next packet. Not on the machine's own loopback, where most are not the lesson's."""
        if self._capture is not None and self.facts.kind == "isolated":
            asyncio.get_running_loop().add_reader(self._capture, self._stir, self._capture)

    def _stir(self, capture_socket: socket.socket) -> None:
        self.news.set()
        asyncio.get_running_loop().remove_reader(capture_socket)  # until it is drained

    # --- the end --------------------------------------------------------------------------------------------------------

    async def close(self) -> tuple[str, ...]:
        """Ends everything. Returns what the kernel itself keeps for a while: TIME-WAIT and orphans on the host's loopback."""
        if self._closed:
            return ()
        self._closed = True
        for tracing in self._tracings:
            tracing.close()
        if self._texts is not None:
            self._texts.close()
        await self._crew.close()
        left = self._left()
        if self._window is not None:
            self._window.close()
        if self._capture is not None:
            asyncio.get_running_loop().remove_reader(self._capture)
            self._capture.close()
        self._directory.remove()
        return left

    def _left(self) -> tuple[str, ...]:
        window = self._window
        if window is None or window.own is None:
            return ()
        rows = window.own.only(window.all_rows(), ())
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
    try:
        lab = LoopbackLab(programs)
    except OSError as error:
        # EACCES, EROFS, ENOSPC, EDQUOT; ENOENT: tempfile found no directory at all that can be written.
        place = error.filename or "TMPDIR, /tmp, /var/tmp or here"
        raise LabRefused(f"making a temporary directory ({place})", error.errno or 0) from None
    await lab.open(kind, sysctls or {})
    return lab
