"""One host's window on its kernel: its socket tables, its counters, what it has and what it lacks."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence

from sockviz.calls.constants import names_any
from sockviz.kernel import sock_diag
from sockviz.kernel.counters import growth, read_counters
from sockviz.kernel.errors import KernelError, KernelRefused
from sockviz.kernel.inet_diag import NAMED_STATES
from sockviz.kernel.observe import HostSources, Kept, ProcessSource, observe
from sockviz.kernel.procfs import read_process
from sockviz.lab.lab import Observation
from sockviz.lab.own_sockets import OwnSockets
from sockviz.lab.supervisor import LabRefused
from sockviz.model.groups import JOINING, JoinedGroup
from sockviz.model.sockets import SocketRow
from sockviz.model.values import Json
from sockviz.words.kept_sentences import (
    CANNOT_BE_READ,
    IN_NO_TABLE,
    MADE_OF_IT,
    NO_ADDRESS6,
    NO_PROC,
    NO_SETTING,
    NO_SOCKET6,
    NO_TABLE,
    NOT_SHOWN,
)

#: What a held or unanswered handshake needs to live as long as a lecturer talks, and an end that its program has closed; a
#: waiting SYN comes every second.
SYSCTLS = {
    "net.ipv4.tcp_orphan_retries": "255",
    "net.ipv4.tcp_syn_retries": "127",
    "net.ipv4.tcp_synack_retries": "255",
    "net.ipv4.tcp_syn_linear_timeouts": "127",
}

#: Options that join a group. A line that says one by its number is not found: then no groups are shown.
_JOINING = frozenset(f"socket.{name}" for name in JOINING)


class Window:
    """Looks at one host. `net` is the /proc directory of its network; `own` says what is the lesson's, where others live."""

    def __init__(self, host: str, diag: sock_diag.SockDiag | None, net: str) -> None:
        self.host = host
        self.own: OwnSockets | None = None
        self.counters: frozenset[str] = frozenset()
        self.facts: list[str] = []
        self.missing: dict[str, str] = {}
        self._diag = diag
        self._net = net
        self._kept = Kept()
        self._sources = HostSources(diag, net, kept=self._kept)
        self._baseline: Mapping[str, int] = {}
        self._counted: Mapping[str, int] = {}
        self._grown: Mapping[str, int] = {}
        self._follows_groups = False
        self._probe()
        try:
            self.all_rows()
        except KernelRefused as refusal:
            raise LabRefused(
                f"{refusal.operation}, and no sock_diag: its sockets cannot be read", refusal.number
            ) from None

    def _probe(self) -> None:
        try:
            self._baseline = read_counters(self._net)
            self.counters = frozenset(self._baseline)
            self.facts.append("counters")
        except KernelRefused as refusal:
            self.missing["counters"] = str(refusal)
        no_ipv6 = why_no_ipv6(self._net)
        if no_ipv6 is None:
            self.facts.append("ipv6")
        else:
            self.missing["ipv6"] = no_ipv6
        self.missing |= self._untold()

    def _untold(self) -> dict[str, str]:
        """What only sock_diag says of sockets (see `sockviz.lesson.told_by_diag`) and cannot be had here, and why."""
        if self._diag is None:
            return {"backlog": NO_TABLE, "UNIX queues": NO_TABLE}
        try:
            sock_diag.read_sockets(self._diag, now=time.time(), states=NAMED_STATES)
        except KernelRefused as refusal:
            said = IN_NO_TABLE.format(refusal=refusal)
            return {"backlog": said, "UNIX queues": said}  # see `observe`: then all rows come from /proc/net
        unix = self._diag.refused.get("UNIX")
        return {} if unix is None else {"UNIX queues": IN_NO_TABLE.format(refusal=unix)}

    def all_rows(self) -> Sequence[SocketRow]:
        """Every row of the host, the lesson's or not. Raises `KernelError`."""
        return observe(HostSources(self._diag, self._net), (), time.time()).rows

    def look(self, processes: Sequence[ProcessSource]) -> Observation:
        """Looks once. Raises `KernelError`."""
        reading = observe(self._sources, processes, time.time())
        rows: Sequence[SocketRow] = reading.rows
        if self.own is not None:
            rows = self.own.only(rows, reading.processes)
        if reading.counters is not self._counted:
            self._counted, self._grown = reading.counters, growth(self._baseline, reading.counters)
        # Stamped when all is read: what the rows show has then happened before, packets that caused it included.
        groups = self._groups() if self._follows_groups else ()
        return Observation(time.time(), self.host, rows, reading.processes, self._grown, groups)

    def _groups(self) -> tuple[JoinedGroup, ...]:
        from sockviz.kernel.groups import read_groups  # few lessons have any

        return read_groups(self._net, read=self._sources.read)

    def expect_groups(self, line: Json) -> None:
        """Has the host's multicast groups looked at from now on, if a `line` names an option that joins one."""
        self._follows_groups = self._follows_groups or names_any(line, _JOINING)

    def close(self) -> None:
        """Closes the window."""
        self._kept.files.close()
        if self._diag is not None:
            self._diag.close()


def check_proc(proc: str = "/proc") -> None:
    """Raises `LabRefused` where /proc does not say of a process what no lesson can be shown without."""
    me = os.getpid()
    try:
        seen = read_process("sockviz", me, proc=proc) if _number_in(proc) == me else None
    except KernelError as error:
        number = error.number if isinstance(error, KernelRefused) else 0
        said = error.operation if isinstance(error, KernelRefused) else str(error)
        raise LabRefused(NOT_SHOWN.format(said=said), number) from None
    if seen is None:
        # Not there, as in a sandbox of somebody's own making; or of another PID namespace, where all have other numbers.
        raise LabRefused(NO_PROC.format(cure="mount -t proc proc /proc; bwrap --proc /proc"), 0)


def _number_in(proc: str) -> int | None:
    """By which number the /proc at `proc` knows this process; None where it does not."""
    try:
        return int(os.readlink(f"{proc}/self"))
    except (OSError, ValueError):
        return None


def why_no_ipv6(net: str) -> str | None:
    """Why no lesson can use IPv6 in the network whose /proc directory is `net`; None where it can.

    A lesson's processes live under whatever filter is on this one, so that what is refused here is refused there.
    """
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError as error:
        # EAFNOSUPPORT: a kernel without IPv6, or ipv6.disable=1. EPERM, EACCES, and the same: a seccomp filter.
        return NO_SOCKET6.format(error=why(error.errno or 0))
    try:
        with open(f"{net}/if_inet6") as interfaces:
            if any(line.split()[0] == "0" * 31 + "1" for line in interfaces):
                return None
    except OSError as error:
        # ENOENT: the kernel has no IPv6; or this /proc does not show it, and then nobody knows.
        return CANNOT_BE_READ.format(path=f"{net}/if_inet6", error=why(error.errno or 0))
    return NO_ADDRESS6


def unset(
    wanted: Mapping[str, str], in_force: Mapping[str, str], refused: Mapping[str, int]
) -> dict[str, str]:
    """Of the sysctls that a lesson `wanted` those that could not be had in its lab, and why."""
    lacking = {}
    for name, value in wanted.items():
        if name in refused:
            lacking[name] = why(refused[name])
        elif name not in in_force:
            lacking[name] = NO_SETTING
        elif in_force[name].split() != value.split():
            lacking[name] = MADE_OF_IT.format(value=in_force[name])
    return lacking


def differing(in_force: Mapping[str, str]) -> Mapping[str, str]:
    """Of the sysctls that were set in a lab, those that now differ from this machine's own."""
    differs = {}
    for name, value in in_force.items():
        try:
            with open("/proc/sys/" + name.replace(".", "/")) as file:
                if file.read().strip() == value:
                    continue
        except OSError:
            pass  # unreadable here: then it is said, as a difference
        differs[name] = value
    return differs


def why(number: int) -> str:
    """An errno, for a person."""
    return f"{os.strerror(number)} (errno {number})"
