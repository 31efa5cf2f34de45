"""Why setsockopt and getsockopt fail: which option, on which socket, with which value."""

from __future__ import annotations

import socket
import struct

from sockviz.language import _
from sockviz.model.linux.options import Form, SocketOption, option_of
from sockviz.model.values import Value
from sockviz.words.causes.option_rights import not_permitted
from sockviz.words.causes.option_values import no_room, not_a_number, not_taken
from sockviz.words.option_words import option_name, value_text
from sockviz.words.shown import show
from sockviz.words.situation import Cause, Situation

#: net/core/sock.c, sock_setsockopt; net/ipv4/ip_sockglue.c: what setsockopt refuses with ENOPROTOOPT and getsockopt tells.
_ONLY_READ = frozenset(
    {"SO_TYPE", "SO_PROTOCOL", "SO_DOMAIN", "SO_ERROR", "SO_ACCEPTCONN", "SO_SNDLOWAT", "SO_PEERCRED", "SO_PEERNAME",
     "SO_PEERSEC", "SO_PEERGROUPS", "SO_COOKIE", "SO_NETNS_COOKIE", "SO_MEMINFO", "SO_INCOMING_NAPI_ID", "SO_PEERPIDFD",
     "SO_BPF_EXTENSIONS", "TCP_INFO", "TCP_CC_INFO", "TCP_SAVED_SYN", "IP_MTU", "IP_PROTOCOL", "IPV6_PATHMTU"}
)  # fmt: skip
#: net/core/sock.c, sk_getsockopt; net/ipv4/ip_sockglue.c; net/ipv6/ipv6_sockglue.c: what getsockopt does not tell.
_ONLY_SET = frozenset(
    {"SO_SNDBUFFORCE", "SO_RCVBUFFORCE", "SO_DETACH_FILTER", "SO_ATTACH_BPF", "SO_ATTACH_REUSEPORT_CBPF",
     "SO_ATTACH_REUSEPORT_EBPF", "SO_BUSY_POLL_BUDGET", "IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP", "IP_ADD_SOURCE_MEMBERSHIP",
     "IP_DROP_SOURCE_MEMBERSHIP", "IP_BLOCK_SOURCE", "IP_UNBLOCK_SOURCE", "MCAST_JOIN_GROUP", "MCAST_LEAVE_GROUP",
     "IPV6_JOIN_GROUP", "IPV6_LEAVE_GROUP", "IPV6_PKTINFO", "TCP_MD5SIG"}
)  # fmt: skip
_GROUPS = frozenset({Form.GROUP, Form.GROUP_6})
_FIRST_OF_GROUPS, _LAST_OF_GROUPS = 224, 239


def setting(s: Situation) -> Cause:
    """Of setsockopt and getsockopt."""
    arguments = s.call.arguments
    if len(arguments) < 3:
        return Cause()
    option = option_of(arguments[1], arguments[2])
    name = option_name(arguments[1], arguments[2])
    given = arguments[3] if s.call.name == "setsockopt" and len(arguments) > 3 else None
    if option is None:
        return _unknown(name, s)
    match s.error:
        case "ENOPROTOOPT" | "EINVAL" if s.call.name == "setsockopt" and option.name in _ONLY_READ:
            return Cause(
                _("{option} can only be read: nothing sets it").format(option=name),
                _("ask for it with getsockopt"),
            )
        case "ENOPROTOOPT" if s.call.name == "getsockopt" and option.name in _ONLY_SET:
            return Cause(
                _("{option} can only be set: getsockopt does not tell it").format(option=name),
                _("keep what was set, in the program"),
            )
        case "EFAULT" if s.call.name == "setsockopt" and given is None:
            return Cause(
                _("{option} was given NULL: the kernel has no memory to read its value from").format(
                    option=name
                ),
                _("pass a value"),
            )
        case "EDOM" if option.form is Form.TIME:
            return Cause(_("its microseconds are not between 0 and 999,999"))
        case _ if (
            option.form in _GROUPS
            and isinstance(given, bytes)
            and (told := _membership(option, given, s)).why
        ):
            return told
        case "EINVAL" if s.call.name == "getsockopt":
            return Cause(no_room(option, s), _("ask for that many bytes"))
        case "EINVAL" if option.name == "IPV6_V6ONLY" and s.local:
            return Cause(not_taken(option, given, s), _("set it on a new socket, before bind"))
        case "EINVAL" | "EPROTO":
            return Cause(not_taken(option, given, s), _("give it a value that it takes, while it takes one"))
        case "EPERM" | "EACCES":
            return not_permitted(option, given, s)
        case "ENODEV" | "EADDRNOTAVAIL":
            return _no_interface(option, given)
        case "ENOENT":
            return _no_such(option, given, s)
        case "ENODATA":
            return Cause(
                _(
                    "{option} tells of the process at the other end of a UNIX socket, and {name} has none"
                ).format(option=name, name=s.name)
            )
        case "ENOTCONN":
            return Cause(
                _("{name} has no peer, and {option} is a connection's").format(name=s.name, option=name)
            )
    return _unknown(name, s)


def _unknown(name: str, s: Situation) -> Cause:
    if s.error not in ("ENOPROTOOPT", "EOPNOTSUPP"):
        return Cause()
    return Cause(
        _("this kernel has no {option} for {name} ({family}, {type})").format(
            option=name, name=s.name, family=s.family, type=s.type
        ),
        _("set it on a socket of the family and type that it belongs to"),
    )


def _no_interface(option: SocketOption, given: Value) -> Cause:
    """ENODEV and EADDRNOTAVAIL: what names an interface names none."""
    remedy = _("choose one of those that ip addr lists")
    match option.name:
        case "SO_BINDTODEVICE" if isinstance(given, int):
            return Cause(not_a_number(option), remedy)
        case "SO_BINDTODEVICE":
            told = _("no interface of this host is called {name}").format(name=_name(option, given))
        case "IP_UNICAST_IF" | "IPV6_UNICAST_IF" if isinstance(given, int):
            told = _(
                "no interface of this host has the number {number}: {option} takes it with htonl"
            ).format(number=socket.ntohl(given & 0xFFFFFFFF), option=option.name)
        case "IPV6_MULTICAST_IF" | "SO_BINDTOIFINDEX":
            told = _("no interface of this host has the number {number}").format(number=_whole(given))
        case "IP_MULTICAST_IF":
            told = _("no interface of this host has the address {address}").format(
                address=value_text(
                    option, struct.pack("=I", given & 0xFFFFFFFF) if isinstance(given, int) else given
                )
            )
        case _:
            return Cause()
    return Cause(told, remedy)


def _name(option: SocketOption, given: Value) -> str:
    """The name that was given; as bytes where it is none that could be read."""
    text = value_text(option, given)
    return text if text and text.isprintable() and "\\" not in text else show(given, 40)


def _whole(given: Value) -> Value:
    return struct.unpack_from("=i", given)[0] if isinstance(given, bytes) and len(given) >= 4 else given


def _no_such(option: SocketOption, given: Value, s: Situation) -> Cause:
    """ENOENT: what is named, or was to be taken off, is not there."""
    match option.name:
        case "TCP_CONGESTION" | "TCP_ULP" if isinstance(given, int):
            return Cause(not_a_number(option))
        case "TCP_CONGESTION":
            return Cause(
                _("this kernel has no congestion control {value}").format(value=_name(option, given)),
                _("see net.ipv4.tcp_available_congestion_control"),
            )
        case "TCP_ULP":
            return Cause(
                _("this kernel has no protocol {value} to put on top of TCP").format(
                    value=_name(option, given)
                ),
                _("see net.ipv4.tcp_available_ulp"),
            )
        case "SO_DETACH_FILTER":
            return Cause(_("{name} has no filter that could be taken off").format(name=s.name))
    return Cause()


def _membership(option: SocketOption, given: bytes, s: Situation) -> Cause:
    group = value_text(option, given)
    is_four = option.form is Form.GROUP
    match s.error:
        case "EADDRINUSE":
            return Cause(
                _("{name} has joined {group} already").format(name=s.name, group=group),
                _("once is enough: nothing has to be done"),
            )
        case "EADDRNOTAVAIL":
            return Cause(
                _("{name} has not joined {group}").format(name=s.name, group=group),
                _("leave only what this socket has joined, by the same interface"),
            )
        case "EPROTO":  # net/ipv4/ip_sockglue.c: streams have no groups
            return Cause(
                _("{name} is a stream: only datagrams can be for a group").format(name=s.name),
                _("join with a datagram socket"),
            )
        case "EINVAL" if is_four and len(given) < 8:
            return Cause(
                _("{option} takes 8 bytes or more ({form})").format(
                    option=option.name, form=option.form.value
                )
            )
        case "EINVAL" if is_four and not _FIRST_OF_GROUPS <= given[0] <= _LAST_OF_GROUPS:
            address = ".".join(map(str, given[:4]))
            return Cause(
                _("{address} is no group: those are 224.0.0.0 to 239.255.255.255").format(address=address)
            )
        case "ENODEV":
            return Cause(
                _("no interface of this host is the one that was named, or leads to {group}").format(
                    group=group
                ),
                _("give the address of an interface that ip addr lists"),
            )
        case "ENOBUFS":
            return Cause(
                _("{name} is in as many groups as one socket may be (net.ipv4.igmp_max_memberships)").format(
                    name=s.name
                ),
                _("leave one, or take another socket"),
            )
    return Cause()
