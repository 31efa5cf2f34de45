"""The processes that a program started, directly or not: remembered while they live, so that their end can be proved."""

from __future__ import annotations

import os
import re
import select
import time
from dataclasses import dataclass, field

_SOCKET = re.compile(r"socket:\[(\d+)\]")


def descendants(pid: int) -> set[int]:
    """All processes below `pid`, itself not among them."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            parent = _parent(int(name))
            if parent is not None:
                children.setdefault(parent, []).append(int(name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def _parent(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None  # it ended since it was listed


def command_line(pid: int) -> str:
    """Of a process, as it is now; nothing where it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read().replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def residents(networks: set[str]) -> set[int]:
    """The processes that are in one of these network namespaces, as far as that may be read."""
    found = set()
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                if os.readlink(f"/proc/{name}/ns/net") in networks:
                    found.add(int(name))
            except OSError:
                continue  # ENOENT, ESRCH: it ended since it was listed. EACCES: not ours
    return found


def socket_rows() -> set[int]:
    """The inodes of all IP and UNIX sockets of this network namespace."""
    inodes = set()
    for table, column in (("tcp", 9), ("tcp6", 9), ("udp", 9), ("udp6", 9), ("unix", 6)):
        try:
            with open(f"/proc/net/{table}") as file:
                inodes |= {int(line.split()[column]) for line in file.readlines()[1:]}
        except FileNotFoundError:
            continue  # a kernel without IPv6
    return inodes - {0}


@dataclass
class Family:
    """The descendants of `pid` as they were seen, with the sockets they held and the networks of their own.

    Whoever else is in those networks is one of them. A network's number proves nothing: the next one made gets it again.
    """

    pid: int
    sockets: set[int] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)
    _pidfds: dict[int, int] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)

    def look(self) -> set[int]:
        """Remembers those there are now; returns their pids."""
        now = descendants(self.pid)
        for pid in (self.pid, *now):
            self._remember(pid)
        for pid in now | residents(self.networks):
            if pid in self._pidfds:
                continue
            try:
                self._pidfds[pid] = os.pidfd_open(pid)
                with open(f"/proc/{pid}/cmdline") as file:
                    self._names[pid] = file.read().replace("\0", " ").strip()
            except (ProcessLookupError, FileNotFoundError):
                continue  # it ended since it was listed
        return now

    def _remember(self, pid: int) -> None:
        try:
            self.networks |= {os.readlink(f"/proc/{pid}/ns/net")} - {os.readlink("/proc/self/ns/net")}
            for name in os.listdir(f"/proc/{pid}/fd"):
                found = _SOCKET.fullmatch(os.readlink(f"/proc/{pid}/fd/{name}"))
                if found:
                    self.sockets.add(int(found[1]))
        except OSError:
            return  # it ended meanwhile, or it is not ours to look at

    def left(self, within: float) -> list[str]:
        """Waits `within` seconds for all of them to end. Returns the command lines of those that have not."""
        end = time.monotonic() + within
        for pid, pidfd in self._pidfds.items():
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)  # readable once the process has ended, waited for or not
            if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                return [self._names.get(pid, str(pid)), *self.left(0)] if within else [self._names[pid]]
        return []

    def close(self) -> None:
        """Lets go of the processes."""
        for pidfd in self._pidfds.values():
            os.close(pidfd)
