"""Ports for a lesson: five that no socket of this machine uses in any state, and two that a mistake leads to."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from sockviz.model.first_names import PRIVATE_PORTS
from sockviz.model.segments import endpoint
from sockviz.model.sockets import SocketRow

COUNT = len(PRIVATE_PORTS)
#: The ports that need no privilege, as `range` takes them.
UNPRIVILEGED = (1025, 65536)
#: Where a program lands that forgot htons, or used it twice, with 80 or 8000: the lesson's own too, where nobody has them.
SWAPPED = (20480, 16415)


def privileged_below(proc: Path = Path("/proc")) -> int:
    """The number under which the kernel gives no port to an ordinary process: ip_unprivileged_port_start, or its default."""
    try:
        return int((proc / "sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except (OSError, ValueError):
        return 0


def ephemeral_range(proc: Path = Path("/proc")) -> tuple[int, int]:
    """The ports the kernel hands out by itself: ip_local_port_range, or its default where that cannot be read."""
    try:
        low, high = (proc / "sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(low), int(high)
    except (OSError, ValueError):
        return 32768, 60999


def ports_in_use(rows: Iterable[SocketRow]) -> set[int]:
    """Every local or peer port of every row, TIME-WAIT and merely bound ones included."""
    return {
        end[1] for row in rows for address in (row.local, row.peer) if (end := endpoint(address)) is not None
    }


def choose_ports(rows: Iterable[SocketRow], ephemeral: tuple[int, int]) -> tuple[int, ...]:
    """Five free ports outside the ephemeral range, new ones each time. Raises LookupError where there are not five."""
    taken, chosen = ports_in_use(rows), set[int]()
    for port in _by_chance(range(ephemeral[0], ephemeral[1] + 1)):
        # Before Linux 6.8 no table lists a socket of somebody's that is bound and no more.
        if port not in taken and port not in chosen and can_be_bound(port):
            chosen.add(port)
            if len(chosen) == COUNT:
                return tuple(sorted(chosen))
    raise LookupError("no five free ports")


def _by_chance(ephemeral: range) -> Iterator[int]:
    """Ports in no order: of those outside the ephemeral range some, which nearly always will do, then all; then all others."""
    for port in (random.randrange(*UNPRIVILEGED) for _ in range(100)):
        if port not in ephemeral:
            yield port
    for inside in (False, True):
        ports = [port for port in range(*UNPRIVILEGED) if (port in ephemeral) is inside]
        random.shuffle(ports)
        yield from ports


def swapped_ports(rows: Iterable[SocketRow]) -> tuple[int, ...]:
    """Those of `SWAPPED` that no socket uses."""
    taken = ports_in_use(rows)
    return tuple(port for port in SWAPPED if port not in taken and can_be_bound(port))


def can_be_bound(port: int) -> bool:
    """Whether nobody has `port`, of TCP or of UDP, on any IPv4 address: it is tried, and let go."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(socket.AF_INET, kind) as trial:
                trial.bind(("", port))
        except OSError as error:
            # EADDRINUSE; of others (EPERM: a sandbox that forbids UDP) nothing follows for the port
            if error.errno == errno.EADDRINUSE:
                return False
    return True
