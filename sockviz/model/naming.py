"""Local names of sockets as their processes know them.

Before Linux 6.8 no table lists a TCP socket that is bound and neither listens nor is connected, and /proc/net never does: then
what bind and getsockname returned is all there is. It is another voice than the kernel's rows (*returned*), kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sockviz.dataclass import dataclass, replace
from sockviz.model.call import CONNECTING, Call
from sockviz.model.linux.names import errno_name
from sockviz.model.sockets import SocketRow, ToldName
from sockviz.model.values import Address, SocketValue, Value, sockets_in

#: How a connect fails whose SYN had gone out, or is still on its way: the earlier errors leave the socket as it was.
_HAD_BEGUN = frozenset(
    {"EINPROGRESS", "ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "ETIMEDOUT", "EHOSTUNREACH", "EINTR"}
)
_UNNAMED: Mapping[str, Address] = {"AF_INET": ("0.0.0.0", 0), "AF_INET6": ("::", 0, 0, 0), "AF_UNIX": ""}
#: Hosts that a lesson may write, as getsockname says them.
_HOSTS = {"AF_INET": {"": "0.0.0.0", "localhost": "127.0.0.1"}, "AF_INET6": {"": "::", "localhost": "::1"}}


@dataclass(frozen=True, slots=True)
class Name:
    """A socket's local name, as its process was told it last through the descriptor ``fd``.

    ``told_by`` is the call that says so: ``getsockname``; or ``bind``, by the address that it was given, and ``socket``, for what
    is new has none. ``after`` is the call that gave the name. ``fixed``: bind was given the port itself. ``used``: it has
    listened or called out under this name.
    """

    address: Address
    told_by: str
    after: str
    fd: int
    fixed: bool = False
    used: bool = False

    @property
    def is_none(self) -> bool:
        """Whether it says that the socket has no name."""
        return self.address in _UNNAMED.values() and not self.port_is_unknown

    @property
    def port_is_unknown(self) -> bool:
        """Whether the kernel was left to choose the port, and nobody has asked which it is."""
        return self.told_by == "bind" and isinstance(self.address, tuple) and self.address[1:2] == (0,)

    @property
    def is_kept(self) -> bool:
        """Whether the socket still has it where no table has a row of it.

        net/ipv4/tcp.c, tcp_set_state: with the end of a connection or of listening the kernel lets a port go that it had chosen
        itself, although getsockname goes on to say it.
        """
        return not self.is_none and (self.fixed or not self.used)


def unnamed(family: str) -> Address | None:
    """What getsockname says of a socket that was never given a name."""
    return _UNNAMED.get(family)


def names_after(call: Call, told: Sequence[ToldName], known: Mapping[int, Name]) -> dict[int, Name]:
    """What is learned of names, by inode, from `call`, which is over; `told` is what getsockname said after it."""
    held = call.receiver
    inode = held.inode if held is not None else 0
    made = sockets_in(call.value)
    found = {each.inode: Name(each.local, "getsockname", call.name, each.fd) for each in told if each.inode}
    if held is not None and inode and inode not in found:
        name = _told_by(call, held)
        if name is not None:
            found[inode] = name
    for each in made:
        if each.inode and each.inode not in found and each.inode not in known and call.name != "accept":
            none = unnamed(each.family)
            if none is not None and each.family != "AF_UNIX":
                found[each.inode] = Name(none, "socket", call.name, each.fd)
    begun = _has_begun(call)
    if begun and inode in known and inode not in found:
        found[inode] = known[inode]
    accepted = {each.inode for each in made} if call.name == "accept" else set()
    return {
        each: _with_history(name, known.get(each), call if each == inode else None, begun or each in accepted)
        for each, name in found.items()
    }


def seen_in_use(known: Mapping[int, Name], rows: Sequence[SocketRow]) -> dict[int, Name]:
    """The names under which a socket was now seen to listen or be connected for the first time."""
    return {
        row.inode: replace(name, used=True)
        for row in rows
        if not row.bound_only and (name := known.get(row.inode)) is not None and not name.used
    }


def _told_by(call: Call, held: SocketValue) -> Name | None:
    """What a call says of its socket's name by itself."""
    match call.name, call.error, call.value, call.arguments[1:]:
        case "getsockname", None, (tuple() | str() | bytes()) as address, _:
            return Name(_address(address, held.family), "getsockname", "getsockname", held.fd)
        case "bind", None, _, (address, *_rest) if held.family in _HOSTS:
            return Name(_address(address, held.family), "bind", "bind", held.fd)
    return None


def _with_history(name: Name, before: Name | None, call: Call | None, in_use: bool) -> Name:
    if name.is_none:
        return name
    fixed = (before is not None and before.fixed) or (call is not None and _fixes_port(call))
    after = before.after if before is not None and name.after == "getsockname" else name.after
    return replace(name, after=after, fixed=fixed, used=in_use or (before is not None and before.used))


def _fixes_port(call: Call) -> bool:
    match call.name, call.error, call.arguments[1:]:
        case "bind", None, ((_, int(port), *_),):
            return port != 0  # net/ipv4/af_inet.c, __inet_bind: only then SOCK_BINDPORT_LOCK
    return False


def _has_begun(call: Call) -> bool:
    """Whether the call made its socket listen or call out."""
    if call.name == "listen":
        return call.error is None
    if call.name not in CONNECTING:
        return False
    error = call.error
    if call.name == "connect_ex" and isinstance(call.value, int) and call.value:
        error = errno_name(call.value) or ""
    return error is None or error in _HAD_BEGUN


def _address(given: Value, family: str) -> Address:
    """An address as getsockname would write it."""
    match given:
        case (str(host), int(port), *rest):
            said = _HOSTS.get(family, {}).get(host, host)
            scope = tuple(part for part in rest if isinstance(part, int))
            return (said, port, *(*scope, 0, 0)[:2]) if family == "AF_INET6" else (said, port)
        case str() | bytes():
            return given
    return _UNNAMED.get(family, "")
