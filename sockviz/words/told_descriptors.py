"""A program's descriptors as its calls tell them, where its table was looked at before they came back: a program that is not held
makes many calls between two looks, and what was true at the first of them is not true after a call that says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.model.call import Call
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry
from sockviz.model.values import SocketValue, sockets_in
from sockviz.model.world import World

#: So many calls since the last look are gone through: who makes more has been looked at in between.
_MOST = 256
_PROTOCOLS = {
    ("AF_INET", "SOCK_STREAM"): "TCP", ("AF_INET6", "SOCK_STREAM"): "TCPv6", ("AF_INET", "SOCK_DGRAM"): "UDP",
    ("AF_INET6", "SOCK_DGRAM"): "UDPv6", ("AF_UNIX", "SOCK_STREAM"): "UNIX-STREAM", ("AF_UNIX", "SOCK_DGRAM"): "UNIX",
}  # fmt: skip


def descriptors(world: World, process: Process) -> tuple[tuple[FdEntry, bool], ...]:
    """Each descriptor, and whether a call alone has told of it so far. A lesson's are looked at after each line."""
    seen = {entry.fd: (entry, False) for entry in process.fds}
    if not process.command or not process.alive:
        return tuple(seen.values())
    looked = world.looked.get(process.host, 0.0)
    for call in reversed([*_since(process, looked)]):
        if call.name == "close" and call.receiver is not None:
            seen.pop(call.receiver.fd, None)
        for held in sockets_in(call.value):
            known = seen.get(held.fd)
            if held.fd >= 0 and held.inode and (known is None or known[0].inode != held.inode):
                seen[held.fd] = _entry(held), True
    return tuple(seen[fd] for fd in sorted(seen))


def _since(process: Process, looked: float) -> Iterator[Call]:
    """The calls that have succeeded since, the newest first."""
    for number, call in enumerate(reversed(process.calls)):
        if number == _MOST or (call.returned or 0.0) <= looked:
            return
        if call.error is None:
            yield call


def _entry(held: SocketValue) -> FdEntry:
    return FdEntry(held.fd, f"socket:[{held.inode}]", held.inode, _PROTOCOLS.get((held.family, held.type)))
