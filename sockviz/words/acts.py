"""What a run's processes have done with a socket, by the calls that did: options set, limits, directions ended, flags given."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

from sockviz.model.call import Call
from sockviz.model.events import CallEntered
from sockviz.model.linux.files import OPEN_FLAGS
from sockviz.model.linux.options import option_of
from sockviz.model.linux.sockets import MESSAGE_FLAGS, SHUTDOWNS
from sockviz.model.set_options import PYTHONS
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World

SHUT_RD, SHUT_WR, SHUT_RDWR = (SHUTDOWNS[name] for name in ("SHUT_RD", "SHUT_WR", "SHUT_RDWR"))

_TIMEVAL, _LINGER = struct.Struct("=qq"), struct.Struct("=ii")
#: So many calls back are looked through for one that nobody has looked after.
_RECENT = 64
_FLAGS_AT = {
    "recv": 2, "recvfrom": 2, "recvmsg": 3, "recv_into": 3, "recvfrom_into": 3, "send": 2, "sendall": 2, "sendmsg": 3,
}  # fmt: skip


def over(world: World, *names: str) -> Iterator[Call]:
    """The calls of these names that have succeeded, of all processes."""
    for process in world.processes.values():
        if any(name in process.latest for name in names):
            yield from (call for call in process.calls if call.name in names and call.error is None)


def on(world: World, inode: int, *names: str) -> Iterator[Call]:
    """Those of them that were made on the socket."""
    return (
        call for call in over(world, *names) if call.receiver is not None and call.receiver.inode == inode
    )


def made_on(world: World, inode: int) -> Iterator[Call]:
    """All calls that were made on the socket, whatever came of them, of all processes."""
    return (
        call
        for process in world.processes.values()
        for call in process.calls
        if call.receiver is not None and call.receiver.inode == inode
    )


def is_unseen(world: World, inode: int, *names: str, but: Call | None = None) -> bool:
    """Whether such a call on the socket, other than `but`, has come back since its kernel was last seen to say anything.

    Lines performed together are not looked at one by one: what was seen of a socket is then older than what was done with it.
    """
    known = world.sockets.get(inode)
    looked = world.looked.get(known.host, 0.0) if known is not None else 0.0
    return any(
        call.receiver is not None and call.receiver.inode == inode and (call.returned or 0.0) > looked
        for process in world.processes.values()
        for call in islice(reversed(process.calls), _RECENT)
        if call.name in names and call is not but
    )


def under_way_at(world: World, inode: int, at: float, *names: str) -> Iterator[Call]:
    """The calls of these names on the socket that were under way at that instant, but for those that failed: what left the socket
    then, they have sent."""
    return (
        call
        for process in world.processes.values()
        for call in (*islice(reversed(process.calls), _RECENT), *process.under_way)
        if call.name in names
        and call.receiver is not None
        and call.receiver.inode == inode
        and call.error is None
        and call.entered <= at <= (call.returned or at)
    )


def was_being_closed(world: World, inode: int, at: float) -> bool:
    """Whether a call of close was under way on the socket at that instant."""
    return any(under_way_at(world, inode, at, "close"))


def last(calls: Iterator[Call]) -> Call | None:
    """The one that returned last."""
    return max(calls, key=lambda call: call.returned or 0.0, default=None)


def option(world: World, inode: int, name: str) -> Value:
    """The value that was set last, of an option by its name, on the socket or on the listener that it was accepted from; None
    where nobody has set it."""
    for found in world.options.get(inode, {}).values():
        known = option_of(found.level, found.number)
        if known is not None and known.name == name:
            return found.value
    return None


def place_of_peek(world: World, inode: int) -> int | None:
    """Behind how many bytes its next MSG_PEEK looks, as the kernel said last; None where SO_PEEK_OFF is not on."""
    for found in world.options.get(inode, {}).values():
        known = option_of(found.level, found.number)
        if (
            known is not None
            and known.name == "SO_PEEK_OFF"
            and isinstance(found.now, int)
            and found.now >= 0
        ):
            return found.now
    return None


def is_on(world: World, inode: int, name: str) -> bool:
    """Whether an option that is on or off was set on."""
    value = option(world, inode, name)
    if isinstance(value, bytes):
        return any(value)
    return isinstance(value, int) and value != 0


def time_limit(world: World, inode: int, name: str) -> float | None:
    """The seconds that SO_RCVTIMEO or SO_SNDTIMEO lets a call of the socket wait; None where it is not limited."""
    value = option(world, inode, name)
    if not isinstance(value, bytes) or len(value) != _TIMEVAL.size:
        return None
    whole, micro = _TIMEVAL.unpack(value)
    if whole < 0:  # net/core/sock.c, sock_set_timeout
        return 0.0
    return (whole + micro / 1e6) or None


def timeout(world: World, inode: int) -> float | None:
    """The seconds that settimeout or setblocking lets its calls wait, 0: not at all; None: for ever."""
    found = world.options.get(inode, {}).get((PYTHONS, 0, b""))
    return float(found.value) if found is not None and isinstance(found.value, int | float) else None


def lingers(world: World, inode: int) -> int | None:
    """The seconds that SO_LINGER has close wait, 0: it ends the connection at once; None where it is not on."""
    value = option(world, inode, "SO_LINGER")
    if not isinstance(value, bytes) or len(value) != _LINGER.size:
        return None
    is_set, seconds = _LINGER.unpack(value)
    return int(seconds) if is_set else None


def shut(world: World, inode: int, *directions: int) -> Call | None:
    """The call of shutdown that ended one of these directions of the socket.

    Of an Internet socket without a connection it fails with ENOTCONN, and has ended them all the same: net/ipv4/af_inet.c,
    inet_shutdown.
    """
    known = world.sockets.get(inode)
    even_so = known is not None and known.family != "AF_UNIX"
    return last(
        call
        for process in world.processes.values()
        if "shutdown" in process.latest
        for call in process.calls
        if call.name == "shutdown"
        and (call.error is None or (even_so and call.error == "ENOTCONN"))
        and call.receiver is not None
        and call.receiver.inode == inode
        and len(call.arguments) > 1
        and call.arguments[1] in directions
    )


def shut_for_reading(world: World, inode: int) -> bool:
    """Whether its receiving side was ended by the lesson, through any descriptor."""
    return shut(world, inode, SHUT_RD, SHUT_RDWR) is not None


def shut_both(world: World, inode: int) -> bool:
    """Whether both its sides were, at once or one after the other."""
    return shut_for_reading(world, inode) and shut(world, inode, SHUT_WR, SHUT_RDWR) is not None


def flags(call: Call | CallEntered) -> int:
    """The flags that a send or recv was given."""
    at = 2 if call.name == "sendto" and len(call.arguments) == 4 else _FLAGS_AT.get(call.name)
    placed = call.arguments[at] if at is not None and len(call.arguments) > at else 0
    given = call.keywords.get("flags", placed)
    return given if isinstance(given, int) else 0


def has(call: Call | CallEntered, flag: str) -> bool:
    """Whether they have this one."""
    return bool(flags(call) & MESSAGE_FLAGS[flag])


def takes(call: Call) -> bool:
    """Whether a call that receives takes what waits first: it does not only look, nor at errors, and asks for something.
    (Python's recv that asks for nothing asks no kernel.)"""
    asks_nothing = call.name in ("recv", "read") and call.arguments[1:2] == (0,)
    return not (has(call, "MSG_PEEK") or has(call, "MSG_ERRQUEUE") or asks_nothing)


def does_not_block(call: Call, world: World) -> bool:
    """Whether its socket was told not to block, or its descriptor was last seen not to."""
    process = world.processes.get(call.process)
    given = call.arguments[0] if call.arguments else None
    if isinstance(given, SocketValue) and timeout(world, given.inode) == 0.0:
        return True  # lines that are performed together are not looked at one by one
    fd = given.fd if isinstance(given, SocketValue) else given
    entry = next((e for e in process.fds if e.fd == fd), None) if process is not None else None
    return entry is not None and bool(entry.flags & OPEN_FLAGS["O_NONBLOCK"])
