"""What a failed call means *here*: its error told of this call on this socket in this world.

What the error means at large, whatever the call: its page in `sockviz.manual`.
"""

from __future__ import annotations

import errno as numbers
from dataclasses import dataclass

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.errnos import ALIASES
from sockviz.model.segments import EVERY_ADDRESS, endpoint
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import Address
from sockviz.model.world import World
from sockviz.words.wording import address_text, receiver_name

#: Local addresses that stand for all, and the name that a lesson may give for this machine.
_EVERY_ADDRESS = (*EVERY_ADDRESS, "", "localhost")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A failed call explained. ``here`` says what the error means for this call, else what the system said; ``number`` as the
    call reported it."""

    call: str
    name: str
    number: int | None
    here: str
    manual: str


def manual_of(call: Call) -> str:
    """The manual page that lists the error: ``connect(2)``."""
    page = {
        "recv_into": "recv", "recvfrom_into": "recvfrom", "sendall": "send", "connect_ex": "connect",
        "setblocking": "fcntl", "settimeout": "fcntl",
    }.get(call.name, call.name)  # fmt: skip
    section = (
        3
        if page in ("getaddrinfo", "getnameinfo", "gethostbyname", "inet_pton", "inet_ntop", "inet_aton")
        else 2
    )
    return f"{page}({section})"


def explain(call: Call, world: World) -> Explanation | None:
    """What the failure of `call` means in `world` (the one right after it); None where it did not fail."""
    if call.error is None:
        return None
    number = call.errno if call.errno is not None else getattr(numbers, call.error, None)
    return Explanation(call.name, call.error, number, _here(call, world) or call.message, manual_of(call))


def _here(call: Call, world: World) -> str:
    held = call.receiver
    row = world.row_of(held.inode) if held is not None else None
    name = receiver_name(call, world) or _("the socket")
    target = _target(call)
    is_datagram = held is not None and held.type == "SOCK_DGRAM"
    match call.name, ALIASES.get(call.error or "", call.error):
        case _, "ECONNREFUSED" if held is not None and held.family == "AF_UNIX":
            return _("the path {target} exists, but no socket listens behind it").format(target=target)
        case "connect" | "connect_ex", "ENOENT":
            return _("there is no file {target}: no socket has been bound to that path").format(target=target)
        case "connect" | "connect_ex", "EPROTOTYPE":
            return _("the socket behind {target} is of another type than {name}").format(
                target=target, name=name
            )
        case "connect" | "connect_ex", "EAGAIN" if held is not None and held.family == "AF_UNIX":
            return _("the accept queue of {target} is full, and {name} does not block").format(
                target=target, name=name
            )
        case "connect" | "connect_ex", "ENETUNREACH":
            return _("the routing table has no way to {target} that this call may take").format(target=target)
        case _, "ECONNREFUSED" if is_datagram:
            peer = row.peer if row is not None else None  # send names no address: its socket knows it
            return _(
                "an ICMP port unreachable answered an earlier datagram: no UDP socket has {target}"
            ).format(target=target if peer is None else address_text(peer))
        case "connect" | "connect_ex", "ECONNREFUSED":
            bound = _bound_only(world, call)
            if bound:
                return _("a RST answered: {target} is bound, but nobody called listen on it").format(
                    target=target
                )
            return _("a RST answered: nothing listens on {target}").format(target=target)
        case "connect" | "connect_ex", "ETIMEDOUT":
            return _("every SYN to {target} went unanswered").format(target=target)
        case "connect" | "connect_ex", "EINPROGRESS":
            return _("{name} does not block: the handshake with {target} has begun").format(
                name=name, target=target
            )
        case "connect" | "connect_ex", "EALREADY":
            return _("the connect of {name} that is under way has not been answered yet").format(name=name)
        case "connect" | "connect_ex", "EISCONN":
            return (
                _("{name} listens: it cannot call out too").format(name=name)
                if row and row.is_listening
                else _("{name} has a connection already").format(name=name)
            )
        case _, "ETIMEDOUT":
            return _(
                "the peer of {name} answered neither what was sent again and again nor a keepalive"
            ).format(name=name)
        case "sendto", "EISCONN":
            return _("{name} has a peer already: no address may be given beside it").format(name=name)
        case "bind", "EADDRINUSE":
            holder = _holder(world, call)
            return _("{target} is taken{holder}").format(target=target, holder=holder)
        case "bind", "EACCES":
            return _("{target}: this process may not bind a port below the unprivileged range").format(
                target=target
            )
        case "bind", "EADDRNOTAVAIL":
            return _("no interface of this host has the address of {target}").format(target=target)
        case "bind", "EINVAL":
            named = world.kept_name(held.inode) if held is not None else None
            local = row.local if row is not None else named.address if named is not None else None
            at = f" ({address_text(local)})" if local is not None else ""
            return _("{name} has a name already{at}: a socket is bound once").format(name=name, at=at)
        case "listen", "EADDRINUSE":
            return _("another socket already listens on the address of {name}").format(name=name)
        case "listen", "EINVAL":
            return _("{name} is {state}: only a fresh or bound socket can become passive").format(
                name=name, state=_state(row)
            )
        case "accept", "EINVAL":
            return _("{name} does not listen: there is no queue to take from").format(name=name)
        case "listen" | "accept", "EOPNOTSUPP":
            kind = (
                _("a datagram socket: each datagram comes by itself")
                if is_datagram
                else _("a socket without connections")
            )
            if call.name == "listen":
                return _("{name} is {kind}, so there is nobody to let in").format(name=name, kind=kind)
            return _("{name} is {kind}, so there is nobody to take in").format(name=name, kind=kind)
        case "accept", "EAGAIN":
            return _("the accept queue of {name} is empty, and {name} does not block").format(name=name)
        case "accept", "EMFILE":
            return _("no descriptor is free for it: the connection stays in the accept queue")
        case (("send" | "sendall" | "sendto" | "write"), "EPIPE"):
            if row is not None and row.is_listening:
                return _("{name} only listens: it has no peer to send to").format(name=name)
            known_socket = world.sockets.get(held.inode) if held is not None else None
            if row is None and known_socket is not None and known_socket.peer is None:
                return _("{name} was never connected: nobody will read this").format(name=name)
            return _("the sending side of {name} is over: nobody will read this").format(name=name)
        case (("recv" | "recvfrom" | "read" | "send" | "sendall" | "write"), "ECONNRESET"):
            return _("the peer of {name} sent a RST: the connection is gone").format(name=name)
        case (("recv" | "recvfrom" | "read"), "EAGAIN"):
            return _(
                "nothing waits in the receive queue of {name}, and the call was told not to sleep"
            ).format(name=name)
        case (("send" | "sendall" | "sendto" | "write"), "EAGAIN"):
            return _("the send queue of {name} is full, and the call was told not to sleep").format(name=name)
        case (("recv" | "recvfrom" | "read"), "ENOTCONN"):
            return (
                _("{name} listens: read from what accept returns").format(name=name)
                if row and row.is_listening
                else _("{name} was never connected").format(name=name)
            )
        case (("recv" | "recvfrom"), "EINVAL") if _urgent(call):
            return _("no urgent byte waits at {name}, or it was taken already").format(name=name)
        case (("send" | "sendto" | "recv" | "recvfrom"), "EOPNOTSUPP") if is_datagram and _urgent(call):
            return _("{name} sends whole datagrams: no byte of one can be urgent").format(name=name)
        case "getpeername", "ENOTCONN":
            return _("{name} has no peer").format(name=name)
        case "shutdown", "ENOTCONN":
            return _("{name} has no connection that could be shut down").format(name=name)
        case _, "EBADF" if (file := _open_file(call, world)) is not None:
            return _("descriptor {fd} is open ({file}), but not for this").format(
                fd=call.arguments[0], file=file
            )
        case _, "EBADF":
            return _("its descriptor is closed: there is no socket behind it any more")
        case "socket", "EPERM":
            return _("a raw socket needs the capability CAP_NET_RAW, which this process does not have")
        case "socket", "EMFILE":
            return _("all the descriptors that this process may have are open")
        case (("send" | "sendto"), "EMSGSIZE"):
            size = next((len(v) for v in call.arguments if isinstance(v, bytes)), None)
            return (
                _("{size} bytes do not fit into one datagram").format(size=size) if size is not None else ""
            )
        case "sendto" | "send", "EDESTADDRREQ":
            return _("{name} has no peer, and no address was given").format(name=name)
    return ""


def _urgent(call: Call) -> bool:
    """Whether the flags of a send or recv have MSG_OOB, which is 1 (include/linux/socket.h)."""
    flags = call.arguments[2] if len(call.arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & 1)


def _target(call: Call) -> str:
    for value in reversed(call.arguments[1:]):
        match value:
            case (str(), int(), *_) | str():
                return address_text(value)
            case bytes() if call.name in ("bind", "connect", "connect_ex"):
                return address_text(value)
    return _("the address")


def _open_file(call: Call, world: World) -> str | None:
    """What the descriptor that a call of os was given refers to; None where it is closed or was no number."""
    process = world.processes.get(call.process)
    number = call.arguments[0] if call.arguments else None
    if process is None or not isinstance(number, int):
        return None
    return next((entry.target.partition(":")[0] for entry in process.fds if entry.fd == number), None)


def _is_meant(name: Address | None, call: Call) -> bool:
    """Whether a local name is the one that the call was given, or covers it, or is covered by it."""
    wanted = call.target
    local = endpoint(name)
    if wanted is None or local is None or local[1] != wanted[1]:
        return False
    return local[0] == wanted[0] or local[0] in _EVERY_ADDRESS or wanted[0] in _EVERY_ADDRESS


def _bound_only(world: World, call: Call) -> bool:
    return any(row.bound_only and _is_meant(row.local, call) for row in world.rows.values()) or any(
        _is_meant(name.address, call) for _, name in world.bound_without_row()
    )


def _holder(world: World, call: Call) -> str:
    rows = [row for row in world.rows.values() if row.protocol == "TCP" and _is_meant(row.local, call)]
    held = call.receiver
    rows = [row for row in rows if held is None or row.inode != held.inode]
    for row in rows:
        owner = world.owner_of(row.inode)
        if row.is_listening:
            return _(": {owner} listens there").format(owner=owner or _("another process"))
    if any(row.state is State.TIME_WAIT for row in rows):
        return _(": an old connection of it is still in TIME-WAIT")
    if rows:
        owner = world.owner_of(rows[0].inode)
        return (
            _(": by a socket of {owner}").format(owner=owner)
            if owner
            else _(": by a socket that is {state}").format(state=rows[0].state)
        )
    for inode, name in world.bound_without_row():
        owner = world.owner_of(inode)
        if owner and _is_meant(name.address, call) and (held is None or inode != held.inode):
            return _(": by a socket of {owner}").format(owner=owner)
    return ""


def _state(row: SocketRow | None) -> str:
    return str(row.state) if row is not None else _("in no kernel table")
