"""What a process of an expression is besides itself: of a student's program all that it has forked, and what those have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sockviz.lesson.work import Work
from sockviz.model.families import family
from sockviz.model.known import KnownSocket
from sockviz.model.long_values import whole_of
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry
from sockviz.model.world import World


def living(world: World, process: Process) -> Sequence[Process]:
    """A process, while it is alive; of a student's program those that it has forked, too, though it has ended itself: a program
    that goes on in the background has not ended."""
    if not process.command:
        return [process] if process.alive else []
    names, found = {process.name}, []
    for each in world.processes.values():  # a parent stands before what it forks
        if each.parent in names:
            names.add(each.name)
        if each.name in names and each.alive:
            found.append(each)
    return found


def most_descriptors(world: World, process: Process, work: Work) -> Sequence[FdEntry]:
    """The descriptors of a process; of a student's program those of whichever of its processes has the most."""
    held = [each.fds for each in living(world, process)] or [process.fds]
    work.spend(sum(map(len, held)))
    return max(held, key=len)


def connections(world: World, process: Process, work: Work) -> Sequence[int]:
    """The descriptors of TCP connections, whatever has become of those, that a program and what it has forked have open."""
    found: list[int] = []
    for each in living(world, process):
        work.spend(len(each.fds))
        found += [entry.fd for entry in each.fds if _is_connection(world.sockets.get(entry.inode))]
    return sorted(found)


def sockets(world: World, process: Process, work: Work) -> Sequence[int]:
    """The descriptors of sockets of TCP or UDP that it has, or whichever of what it has forked has the most."""
    held = most_descriptors(world, process, work)
    return sorted(entry.fd for entry in held if _is_of_internet(entry))


def _is_of_internet(entry: FdEntry) -> bool:
    return entry.is_socket and (entry.protocol or "").startswith(("TCP", "UDP"))  # TCPv6 and UDPv6, too


def _is_connection(known: KnownSocket | None) -> bool:
    return (
        known is not None
        and known.type == "SOCK_STREAM"
        and known.family != "AF_UNIX"
        and known.peer is not None
    )


def printed(process: Process, work: Work) -> str:
    """What a program has written to its standard output, as text."""
    parts = [part for part in map(whole_of, process.printed) if isinstance(part, bytes)]
    for part in parts:
        work.make(part)
    return b"".join(parts).decode("utf-8", "backslashreplace")


def pauses(world: World, process: Process, work: Work) -> Sequence[float]:
    """The seconds from each datagram that a program sent to somebody else until the next one, as captured; from the last one
    until its end, once it has ended."""
    own = family(world, process.name)
    senders = {*own, *(world.processes[each].host for each in own)}  # on a link packets are their hosts'
    work.spend(len(world.packets))
    times = sorted(
        packet.at
        for packet in (seen.event.packet for seen in world.packets if seen.event.sender in senders
                       and seen.event.receiver not in own)
        if packet.protocol == "UDP" and not packet.is_later_fragment
    )  # fmt: skip
    ended = [world.processes[each].ended for each in own]
    if times and not any(own.values()):
        times.append(max(filter(None, ended), default=times[-1]))
    return [round(later - earlier, 3) for earlier, later in pairwise(times)]
