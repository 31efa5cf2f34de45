"""Drives a lab of two hosts: lines of Python in its processes, orders to its link, and what the link tells as a world's state."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from sockviz.kernel import procfs
from sockviz.kernel.errors import KernelError
from sockviz.lab.directory import open_labs
from sockviz.lab.init import WIRE
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.two_hosts import TwoHostsLab, open_two_hosts
from sockviz.model.events import CaptureLost, LinkActed, LinkSet, PacketCaptured, ProcessStarted
from sockviz.model.link import LinkState, acted, arrived, set_holding
from sockviz.model.segments import Packet
from sockviz.model.sockets import SocketRow
from tests.lab.driver import FORBIDDEN, Driver, inhabited, until
from tests.required import unavailable

ROOT = Path(__file__).parents[2]
HOSTS = ("client", "server")


class Linked(Driver):
    """A lab of two hosts; a process runs on the host that its name begins with."""

    lab: TwoHostsLab  # type: ignore[assignment]  # the one other kind of lab

    def __init__(self, lab: TwoHostsLab, directory: Path) -> None:
        super().__init__(lab)  # type: ignore[arg-type]  # likewise
        self.directory = directory
        self.packets: list[tuple[str, Packet]] = []
        self.frames: dict[int, int] = {}  # frame -> its place in packets
        self.state = LinkState()
        self.lost = 0

    # --- the lab -------------------------------------------------------------------------------------------------

    @property
    def anchors(self) -> dict[str, int]:
        """A process in each host's network, as the lab's directory names it."""
        lines = (self.directory / "hosts").read_text().splitlines()
        return {host: int(pid) for host, pid in (line.split() for line in lines)}

    @property
    def first_pid(self) -> int:
        return int((self.directory / "init-pid").read_text().split()[1])

    @property
    def wire_pid(self) -> int:
        """The process that is the link, by its name."""
        for pid in children(self.first_pid):
            if Path(f"/proc/{pid}/comm").read_bytes().strip() == WIRE:
                return pid
        raise AssertionError("the lab has no wire")

    async def start(self, name: str, *, privileged: bool = False) -> ProcessStarted:
        host = "server" if name.startswith("server") else "client"
        begun = await self.lab.start(name, host, privileged=privileged)
        self.track(begun.outer_pid)
        return begun

    def rows_of(self, host: str) -> list[SocketRow]:
        return [row for look in self.lab.look() if look.host == host for row in look.rows]

    def states(self, host: str) -> list[str]:
        """States of the host's TCP rows, sorted."""
        return sorted(
            row.state.value for row in self.rows_of(host) if row.protocol == "TCP" and not row.bound_only
        )

    def counter(self, host: str, name: str) -> int:
        return next(look for look in self.lab.look() if look.host == host).counters.get(name, 0)

    # --- the link --------------------------------------------------------------------------------------------------

    async def order(
        self, verb: str, pattern: str | None = None, *, frame: int | None = None, seconds: float = 0.0
    ) -> None:
        assert self.lab.link is not None
        await self.lab.link.order(verb, pattern=pattern, frame=frame, seconds=seconds)

    def listen(self) -> LinkState:
        """Takes what the link has told; the state of the link now."""
        for passed in self.lab.drain():
            match passed:
                case PacketCaptured(frame=int(frame)):
                    number = len(self.packets)
                    self.packets.append((passed.host, passed.packet))
                    self.frames[frame] = number
                    self.state = arrived(self.state, passed, number)
                case LinkActed():
                    self.state = acted(self.state, passed)
                case LinkSet():
                    self.state = set_holding(self.state, passed)
                case CaptureLost():
                    self.lost += passed.count
        return self.state

    def said(self, number: int) -> str:
        host, packet = self.packets[number]
        return f"{host} {packet.label}"

    def sent(self) -> list[str]:
        """Every packet that was sent, as lessons write them."""
        self.listen()
        return [self.said(number) for number in range(len(self.packets))]

    def held(self) -> list[str]:
        return [self.said(flight.packet) for flight in self.listen().held]

    def dropped(self) -> list[str]:
        return [self.said(number) for number in self.listen().dropped]

    async def until_held(self, *wanted: str) -> None:
        """Waits until exactly these segments are on the link."""
        try:
            await until(lambda: self.held() == list(wanted), f"{wanted} on the link")
        except AssertionError as error:
            raise AssertionError(f"{error}; there are {self.held()}; sent were {self.sent()[-20:]}") from None

    async def until_among_held(self, wanted: str) -> None:
        """Waits until such a segment is among those on the link."""
        await until(lambda: wanted in self.held(), f"{wanted} on the link")

    async def until_states(self, host: str, *wanted: str) -> None:
        try:
            await until(lambda: self.states(host) == sorted(wanted), f"{wanted} on {host}")
        except AssertionError as error:
            raise AssertionError(
                f"{error}; there are {self.states(host)}; sent were {self.sent()[-20:]}"
            ) from None

    async def traffic(self, what: str, count: int) -> object:
        """Runs tests/lab/traffic.py between the hosts; what it has measured."""
        anchors = self.anchors
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.lab.traffic", str(anchors["server"]), str(anchors["client"]), what, str(count),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert process.returncode == 0
        return json.loads(said)

    # --- lines -----------------------------------------------------------------------------------------------------

    async def listening(self, backlog: int = 5) -> None:
        await self.do("server", "s = socket.socket()")
        await self.do("server", "s.bind((HOST, PORT))")
        await self.do("server", f"s.listen({backlog})")

    async def connected(self) -> None:
        """``c`` of the client and ``conn`` of the server are a connection."""
        await self.do("client", "c = socket.socket()")
        assert (await self.call("client", "c.connect((HOST, PORT))")).error is None
        await self.do("server", "conn, peer = s.accept()")

    # --- other eyes --------------------------------------------------------------------------------------------------

    def by_ss(self, host: str) -> set[tuple[str, ...]]:
        """(state, Recv-Q, Send-Q, local, peer) of every TCP row that ss prints in the host's network."""
        command = [
            "nsenter",
            "-t",
            str(self.anchors[host]),
            "-U",
            "-n",
            "--preserve-credentials",
            "ss",
            "-Htan",
        ]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return {tuple(line.split()[:5]) for line in printed.splitlines()}


def children(pid: int) -> list[int]:
    """The processes that `pid` has started and that live."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(KernelError):
                stat = procfs.read_stat(int(entry.name))
                if stat is not None and stat.ppid == pid:
                    found.append(int(entry.name))
    return found


@contextlib.asynccontextmanager
async def two_hosts(*processes: str) -> AsyncIterator[Linked]:
    """An open lab of two hosts with processes in it. At its end nothing of it may be left."""
    before = set(open_labs())
    try:
        lab = await open_two_hosts()
    except LabRefused as refusal:
        if refusal.number not in FORBIDDEN:
            raise
        unavailable(f"this machine allows no two hosts: {refusal}")
    (directory,) = set(open_labs()) - before
    driver = Linked(lab, directory)
    for pid in (driver.first_pid, *children(driver.first_pid)):
        driver.track(pid)
    async with inhabited(driver, processes):
        yield driver
