"""Why a call fails whatever it was going to do: its descriptor is not what it needs, or none is to be had."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.linux.files import ACCESS, RESOURCES
from sockviz.model.linux.sockets import TYPE_FLAGS
from sockviz.model.values import SocketValue, Value, sockets_in
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes.option_values import OF_PROGRAMS
from sockviz.words.causes.receiving import instead_of, unconnected
from sockviz.words.membership import LISTING, membership
from sockviz.words.option_words import option_name
from sockviz.words.rights import rights_passed
from sockviz.words.shown import show
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import call_as_made


def of_descriptor(s: Situation) -> Cause:
    """EBADF, ENOTSOCK and ESPIPE, of any call."""
    if s.error == "EBADF":
        if not _has_closed(s) and (beside := _bad_beside(s)) is not None:
            return Cause(beside)
        entry = s.entry
        if entry is not None and entry.fd == s.number and not (entry.is_socket and _has_closed_number(s)):
            # fs/read_write.c, vfs_read and vfs_write: FMODE_READ and FMODE_WRITE, from the flags that it was opened with.
            told = {
                ("write", ACCESS["O_RDONLY"]): _("descriptor {fd} is open ({file}) to read only"),
                ("read", ACCESS["O_WRONLY"]): _("descriptor {fd} is open ({file}) to write only"),
            }.get((s.call.name, entry.flags & 3), _("descriptor {fd} is open ({file}), but not for this"))
            return Cause(told.format(fd=s.number, file=entry.target.partition(":")[0]))
        if _has_closed(s) or _has_closed_number(s):
            return Cause(
                _("its descriptor is closed: {process} has closed it before").format(process=s.call.process)
            )
        if s.call.receiver is None and s.number is not None:
            return Cause(_not_open(s, s.number))
        return Cause(_("its descriptor is closed: there is no socket behind it any more"))
    entry = s.entry
    if s.error == "ESPIPE":
        # fs/read_write.c, vfs_llseek: neither a socket nor a pipe has FMODE_LSEEK.
        if entry is None or entry.fd != s.number:
            return Cause()
        told = (
            _("descriptor {fd} is a socket: bytes come in order, and there is no position to go to")
            if entry.is_socket
            else _("descriptor {fd} has no positions to go to ({file})")
        )
        return Cause(told.format(fd=s.number, file=entry.target.partition(":")[0]))
    if entry is not None and not entry.is_socket:
        return Cause(
            _("descriptor {fd} is no socket ({file})").format(
                fd=s.number, file=entry.target.partition(":")[0]
            )
        )
    return Cause()


def _not_open(s: Situation, number: int) -> str:
    if number == -1:
        return _(
            "-1 is no number of a descriptor: a closed socket of Python has it, and a failed call of C returns it"
        )
    if number < 0:
        return _("{number} is no number of a descriptor").format(number=number)
    return _("{process} has no open descriptor {fd}").format(process=s.call.process, fd=number)


def _bad_beside(s: Situation) -> str | None:
    """What is said of a bad descriptor that is not the one the call was made on; None where none is known to be."""
    arguments = s.call.arguments
    match s.call.name:
        case "dup2" if len(arguments) > 1 and isinstance(arguments[1], int) and arguments[1] < 0:
            return _not_open(s, arguments[1])
        case name if name in LISTING:
            changed = membership(s.call)
            given = _numbers([changed.given]) if changed is not None else []
        case "select":
            given = [fd for each in arguments[:3] if isinstance(each, list | tuple) for fd in _numbers(each)]
        case "sendmsg":
            given = rights_passed(s.call)
        case "setsockopt" if len(arguments) > 3 and option_name(*arguments[1:3]) in OF_PROGRAMS:
            given = _numbers([arguments[3]])
        case _:
            return None
    bad = next((fd for fd in given if not _is_open(s, fd)), None)
    if bad is None:
        return None
    if s.call.name == "sendmsg" and bad >= 0:
        return _(
            "SCM_RIGHTS was to pass descriptor {fd} along, and {process} has none of that number"
        ).format(fd=bad, process=s.call.process)
    return _not_open(s, bad)


def _numbers(values: list[Value] | tuple[Value, ...]) -> list[int]:
    return [
        fd for value in values if isinstance(fd := value.fd if isinstance(value, SocketValue) else value, int)
    ]


def _is_open(s: Situation, number: int) -> bool:
    return s.process is not None and any(entry.fd == number for entry in s.process.fds)


def _has_closed(s: Situation) -> bool:
    """Whether its process has closed the socket."""
    return s.call.receiver is not None and any(
        call.process == s.call.process for call in acts.on(s.world, s.inode, "close")
    )


def _has_closed_number(s: Situation) -> bool:
    """Whether the last that its process did with that number was to close it: no look may have seen it since."""
    process = s.process
    if process is None:
        return False
    for call in reversed(process.calls):
        if call.error is not None or call is s.call:
            continue
        if any(held.fd == s.number for held in sockets_in(call.value)):
            return False
        if call.value == s.number and call.name in ("dup", "dup2", "fcntl"):
            return False
        number = call.receiver.fd if call.receiver is not None else next(iter(call.arguments), None)
        if call.name == "close" and number == s.number:
            return True
    return False


def none_free(s: Situation) -> Cause:
    """EMFILE, of any call."""
    if s.call.name == "accept":
        return Cause(_("no descriptor is free for it: the connection stays in the accept queue"))
    told = (
        _("of the descriptors that this process may have fewer than two are free")
        if s.call.name in ("socketpair", "pipe")
        else _("all the descriptors that this process may have are open")
    )
    return Cause(told + limit_of_descriptors(s.call.process, s.world))


def limit_of_descriptors(process: str, world: World) -> str:
    """How many it may have, in brackets, where a call has set that; else nothing."""
    limit = acts.last(
        call
        for call in acts.over(world, "setrlimit")
        if call.process == process and call.arguments[:1] == (RESOURCES["RLIMIT_NOFILE"],)
    )
    match limit.arguments[1:] if limit is not None else ():
        case ((int(soft), *_rest),) | ([int(soft), *_rest],):
            return _(" (RLIMIT_NOFILE is {count})").format(count=soft)
    return ""


def making(s: Situation) -> Cause:
    """Of socket."""
    match s.error:
        case "EPERM" | "EACCES" if any(str(value) in ("3", "SOCK_RAW") for value in s.call.arguments[1:2]):
            return Cause(_("a raw socket needs the capability CAP_NET_RAW, which this process does not have"))
        case "EACCES" if s.call.arguments[2:3] in ((1,), (58,)):
            # net/ipv4/ping.c, ping_init_sock.
            return Cause(
                _(
                    "net.ipv4.ping_group_range names none of the groups of {process}, and lets only theirs ping"
                ).format(process=s.call.process),
                _("have the range name its group, or use a raw socket, which needs CAP_NET_RAW"),
            )
        case "EINVAL" if len(s.call.arguments) > 1:
            return _out_of_range(s)
        case "EOPNOTSUPP" if s.call.name == "socketpair":
            return Cause(
                _("only AF_UNIX makes two ends that are connected already"),
                _("connect two sockets by bind, listen, connect and accept, or use AF_UNIX"),
            )
        case "EAFNOSUPPORT" | "EPROTONOSUPPORT" | "ESOCKTNOSUPPORT":
            return Cause(_not_to_be_had(s))
    return Cause()


#: What is left of socket's second argument without its flags; the first number that is no type; the first that is no protocol of
#: AF_INET and AF_INET6 (net/socket.c, __sys_socket and __sock_create; net/ipv4/af_inet.c, inet_create).
_TYPES, _NO_TYPE, _NO_PROTOCOL = 0xF, 11, 263


def _out_of_range(s: Situation) -> Cause:
    """Of socket's EINVAL: the kernel has looked at no more than the numbers."""
    family, kind, *others = s.call.arguments
    if not isinstance(kind, int):
        return Cause()
    if kind & ~(_TYPES | sum(TYPE_FLAGS.values())) or (kind & _TYPES) >= _NO_TYPE:
        return Cause(_("there is no type {type} of sockets").format(type=show(kind, 24)))
    match family, others:
        case 2 | 10, [int(protocol), *_rest] if not 0 <= protocol < _NO_PROTOCOL:
            told = _("{protocol} is no number that a protocol of {family} can have")
            return Cause(told.format(protocol=protocol, family=_asked(s, 0)))
    return Cause()


def _not_to_be_had(s: Situation) -> str:
    """Which of what socket was asked for the kernel does not have, by its error."""
    family, kind, protocol = (_asked(s, place) for place in range(3))
    if s.error == "EAFNOSUPPORT":
        return _("there are no sockets of the family {family} here").format(family=family)
    if s.error == "ESOCKTNOSUPPORT":
        return _("{family} has no type {type} here").format(family=family, type=kind)
    if not protocol or protocol in ("0", "IPPROTO_IP"):
        told = _("{family} has no usual protocol of type {type} here: one has to be named")
        return told.format(family=family, type=kind)
    return _("{family} has no protocol {protocol} of type {type} here").format(
        family=family, protocol=protocol, type=kind
    )


def _asked(s: Situation, place: int) -> str:
    """An argument of socket's, as it is told: ``AF_INET``; nothing where none was given."""
    asked = call_as_made(s.call).partition("(")[2].removesuffix(")").split(", ")
    return asked[place] if place < len(asked) else ""


def ending(s: Situation) -> Cause:
    """Of shutdown."""
    if s.error == "EINVAL" and len(s.call.arguments) > 1:
        return Cause(
            _("{how} is none of SHUT_RD (0), SHUT_WR (1), SHUT_RDWR (2)").format(
                how=show(s.call.arguments[1], 24)
            )
        )
    if s.error != "ENOTCONN":
        return Cause()
    why = unconnected(s)
    if s.row is not None and s.row.is_listening:
        return Cause(_("{name} listens: it has no connection that could be shut down").format(name=s.name))
    told = _("{name} has no connection that could be shut down: {why}").format(name=s.name, why=why)
    if not s.is_unix and (s.is_datagram or s.known is None or s.known.peer is None):
        told += _("; what was asked for is ended all the same")  # net/ipv4/af_inet.c, inet_shutdown
    return Cause(told)


def asking_peer(s: Situation) -> Cause:
    """Of getpeername."""
    if s.error != "ENOTCONN":
        return Cause()
    if s.row is not None and s.row.is_listening:
        return Cause(_("{name} listens: it has no peer").format(name=s.name), instead_of(s))
    return Cause(_("{name} has no peer: {why}").format(name=s.name, why=unconnected(s)), instead_of(s))
