"""One look at a host: every socket of its namespace, the processes asked for, and the counters."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace

from sockviz.dataclass import dataclass
from sockviz.kernel.counters import read_counters
from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.files import read_file
from sockviz.kernel.inet_diag import NAMED_STATES
from sockviz.kernel.kept_files import KeptFiles, Read
from sockviz.kernel.known_descriptors import KnownDescriptors
from sockviz.kernel.known_processes import KnownBoundOnly, KnownProcesses, is_still
from sockviz.kernel.proc_net import TABLES, read_tables
from sockviz.kernel.procfs import read_process
from sockviz.kernel.sock_diag import SockDiag, read_bound_only, read_sockets
from sockviz.model.sockets import ProcessRow, SocketRow


@dataclass(frozen=True, slots=True)
class ProcessSource:
    """A process to look at: its name in the lesson, its pid as this /proc numbers it, descriptors to leave out. ``given``: how
    many lines it was handed that have a call by which a socket gets a port, or loses it; None where nobody knows, or it is at
    such a line."""

    name: str
    pid: int
    hidden: frozenset[int] = frozenset()
    given: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a host from one look to the next, so that what did not change is not asked for again."""

    files: KeptFiles = field(default_factory=KeptFiles)
    descriptors: KnownDescriptors = field(default_factory=KnownDescriptors)
    processes: KnownProcesses = field(default_factory=KnownProcesses)
    bound_only: KnownBoundOnly = field(default_factory=KnownBoundOnly)
    empty: set[str] = field(default_factory=set)  # tables of /proc/net

    def settle(self) -> None:
        """Lets go of what the last look did not meet."""
        self.files.settle()
        self.descriptors.settle()


@dataclass(frozen=True, slots=True)
class HostSources:
    """Where a host's facts come from. Without `diag` its sockets are read from `net`, which is
    ``/proc/PID/net`` of a process in its namespace, or ``/proc/net`` for our own. With `kept` looks are cheaper; whoever
    made it closes its files."""

    diag: SockDiag | None
    net: str = "/proc/net"
    proc: str = "/proc"
    kept: Kept | None = None

    @property
    def read(self) -> Read:
        """Reads one of the host's files."""
        return read_file if self.kept is None else self.kept.files.read


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a host's kernel said at one moment (CLOCK_REALTIME seconds). Processes that are gone are not in it.

    ``counters`` are absolute; `sockviz.kernel.counters.growth` compares those of two.
    """

    at: float
    rows: list[SocketRow]
    processes: list[ProcessRow]
    counters: Mapping[str, int] = field(default_factory=dict)


def observe(host: HostSources, processes: Sequence[ProcessSource], now: float) -> Snapshot:
    """Looks at `host` once. Raises `KernelError` where its sockets can be listed in no way, or a process is hidden."""
    if host.kept is None:
        seen = [row for row in _read_all(host, processes) if row is not None]
        return Snapshot(now, _rows(host, seen, now), seen, _counters(host))
    ran = [_ran(host, each) for each in processes]
    known = host.kept.processes.find(processes, ran)
    if known is not None:
        return Snapshot(now, _rows(host, known, now, processes, ran, still=True), known, _counters(host))
    looks = _read_all(host, processes)
    seen = [row for row in looks if row is not None]
    of_seen = [each for each, row in zip(ran, looks, strict=True) if row is not None]
    reading = Snapshot(now, _rows(host, seen, now, processes, of_seen), seen, _counters(host))
    host.kept.processes.note(processes, ran, looks)  # not before: with them their sockets are known
    host.kept.settle()  # not before: where nobody ran, the files of all processes are to be met again
    return reading


def _read_all(host: HostSources, processes: Sequence[ProcessSource]) -> list[ProcessRow | None]:
    known = None if host.kept is None else host.kept.descriptors
    return [
        read_process(each.name, each.pid, proc=host.proc, hidden=each.hidden, read=host.read, known=known)
        for each in processes
    ]


def _ran(host: HostSources, process: ProcessSource) -> bytes | None:
    """What the scheduler says of its one thread: nanoseconds on a processor, in its queue, and how often it was given one. None
    of a process with more: while that one sleeps the others may do anything."""
    directory = f"{host.proc}/{process.pid}"
    try:
        ran = host.read(f"{directory}/schedstat")
        links = os.stat(f"{directory}/task").st_nlink
    except (KernelRefused, OSError):
        return None  # ENOENT: built without CONFIG_SCHED_INFO, or gone. ESRCH: gone. Then all is read
    # fs/proc/base.c, proc_task_getattr: a link for each thread, beside a directory's own two.
    return ran if links == _LINKS + 1 else None


def _counters(host: HostSources) -> Mapping[str, int]:
    try:
        return read_counters(host.net, read=host.read)
    except KernelRefused:
        return {}  # EACCES: a sandbox. ENOENT: no such tables. Then no lesson is told that there are counters


#: Links that every directory has: its name, and "." in it.
_LINKS = 2
#: Tables that a kernel may refuse to list over sock_diag, by the name under which `read_sockets` notes it.
_TABLES = {
    "UDP AF_INET": "udp",
    "UDP AF_INET6": "udp6",
    "RAW AF_INET": "raw",
    "RAW AF_INET6": "raw6",
    "UNIX": "unix",
}
#: Ping sockets have no sock_diag family at all.
_NEVER_IN_DIAG = ("icmp", "icmp6")


def _rows(
    host: HostSources,
    processes: Sequence[ProcessRow],
    now: float,
    sources: Sequence[ProcessSource] = (),
    ran: Sequence[bytes | None] = (),
    *,
    still: bool = False,
) -> list[SocketRow]:
    if host.diag is None:
        return read_tables(host.net, now=now, tables=TABLES, read=host.read)
    try:
        rows = read_sockets(host.diag, now=now, states=NAMED_STATES, still=still)
    except KernelRefused:
        # The kernel lists no TCP sockets over netlink (built without tcp_diag, or a security module).
        return read_tables(host.net, now=now, tables=TABLES, read=host.read)
    listed = {row.inode for row in rows}
    if host.kept is not None:
        host.kept.bound_only.met(listed)
    if beside := _held_beside(listed, processes):
        given = {each.name: each.given for each in sources}
        rows += _beside_connections(rows, _bound_only(host, host.diag, beside, processes, given, ran, now))
    missing = tuple(
        table for what, table in _TABLES.items() if what in host.diag.refused or what in host.diag.missed
    )
    return rows + beside_diag(host, (*missing, *_NEVER_IN_DIAG), now, still=still)


def _beside_connections(rows: Sequence[SocketRow], bound: Sequence[SocketRow]) -> list[SocketRow]:
    """The rows that are `bound` only, marked where a TIME-WAIT row has the cookie too: a socket bound by hand keeps its port when
    its connection goes on without it (net/ipv4/tcp_minisocks.c, tcp_time_wait; inet_timewait_sock.c copies the cookie)."""
    left = {row.cookie for row in rows if row.cookie and not row.inode}
    return [replace(row, outlived=True) if row.cookie in left else row for row in bound]


def beside_diag(host: HostSources, tables: Sequence[str], now: float, *, still: bool) -> list[SocketRow]:
    """The rows of what sock_diag does not list. Where /proc/net is refused too, there are none to be had. ``still``: no process
    has run since the last look. As of `read_sockets`: where there were none, there are none."""
    if still and host.kept is not None:
        tables = [table for table in tables if table not in host.kept.empty]
    rows: list[SocketRow] = []
    for table in tables:
        try:
            found = read_tables(host.net, now=now, tables=(table,), read=host.read)
        except KernelRefused:
            continue  # EACCES: a sandbox that hides /proc/net. TCP is known all the same
        rows += found
        if host.kept is not None:
            (host.kept.empty.discard if found else host.kept.empty.add)(table)
    return rows


def _held_beside(listed: Collection[int], processes: Sequence[ProcessRow]) -> dict[str, list[int]]:
    """By process the inodes of the TCP sockets that it holds and that are not `listed`: never bound, or bound only."""
    found = {
        process.process: [
            entry.inode
            for entry in process.fds
            if entry.protocol in ("TCP", "TCPv6") and entry.inode not in listed
        ]
        for process in processes
    }
    return {name: beside for name, beside in found.items() if beside}


def _bound_only(
    host: HostSources,
    diag: SockDiag,
    beside: Mapping[str, list[int]],
    processes: Sequence[ProcessRow],
    given: Mapping[str, int | None],
    ran: Sequence[bytes | None],
    now: float,
) -> Sequence[SocketRow]:
    """The rows of sockets that are bound only. The table of taken ports is the whole machine's, whatever the namespace, so it is
    read for a reason only: somebody who holds a socket without a row may have made a call since the last time."""
    if host.kept is None:
        return read_bound_only(diag, now=now)
    holders = [
        (row.process, tuple(beside[row.process]), stamp if is_still(row) else None)
        for row, stamp in zip(processes, ran, strict=True)
        if row.process in beside
    ]
    known = host.kept.bound_only.find(holders, given)
    if known is not None:
        return known
    return host.kept.bound_only.note(holders, given, read_bound_only(diag, now=now))
