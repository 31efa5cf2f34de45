"""Which values a socket option takes, and when: what EINVAL refuses others of."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from sockviz.language import _, ngettext
from sockviz.model.linux.options import Form, SocketOption
from sockviz.model.sockets import State
from sockviz.model.values import Value
from sockviz.words.situation import Situation

#: The values that are taken of some that EINVAL refuses others of: net/core/sock.c; net/ipv4/tcp.c, include/net/tcp.h;
#: net/ipv4/ip_sockglue.c, udp.c; net/ipv6/ipv6_sockglue.c. 0 and -1, where they ask for the default, stand by themselves.
_INT_MAX = 2**31 - 1
_TAKEN: Mapping[str, tuple[int, int]] = {
    "TCP_MAXSEG": (88, 32767), "TCP_KEEPIDLE": (1, 32767), "TCP_KEEPINTVL": (1, 32767), "TCP_KEEPCNT": (1, 127),
    "TCP_SYNCNT": (1, 127), "IP_TTL": (1, 255), "IP_MULTICAST_TTL": (0, 255), "IP_MINTTL": (0, 255),
    "IPV6_UNICAST_HOPS": (0, 255), "IPV6_MULTICAST_HOPS": (0, 255), "IPV6_MINHOPCOUNT": (0, 255), "IPV6_TCLASS": (0, 255),
    "IP_MTU_DISCOVER": (0, 5), "IPV6_MTU_DISCOVER": (0, 5), "IPV6_MULTICAST_LOOP": (0, 1), "IP_MULTICAST_ALL": (0, 1),
    "IP_RECVERR_RFC4884": (0, 1), "IPV6_RECVERR_RFC4884": (0, 1), "IPV6_MTU": (1280, _INT_MAX), "SO_BUF_LOCK": (0, 3),
    "SO_BUSY_POLL": (0, _INT_MAX), "SO_BUSY_POLL_BUDGET": (0, 65535), "SO_RESERVE_MEM": (0, _INT_MAX),
    "SO_BINDTOIFINDEX": (0, _INT_MAX), "SO_TXREHASH": (-1, 1), "SO_ZEROCOPY": (0, 1), "TCP_FASTOPEN": (0, _INT_MAX),
    "TCP_FASTOPEN_CONNECT": (0, 1), "TCP_FASTOPEN_NO_COOKIE": (0, 1), "TCP_INQ": (0, 1), "TCP_SAVE_SYN": (0, 2),
    "TCP_THIN_DUPACK": (0, 1), "TCP_THIN_LINEAR_TIMEOUTS": (0, 1), "TCP_USER_TIMEOUT": (0, _INT_MAX),
    "UDP_SEGMENT": (0, 65535), "TCP_TX_DELAY": (0, 2**28 - 1),
}  # fmt: skip
#: The bytes that the value of a form has on 64-bit Linux, and those of structures that differ.
_BYTES: Mapping[Form, int] = {
    Form.TIME: 16,
    Form.LINGER: 8,
    Form.GROUP: 8,
    Form.GROUP_6: 20,
    Form.INTERFACE: 4,
}
_SIZES: Mapping[str, int] = {
    "IP_ADD_SOURCE_MEMBERSHIP": 12, "IP_DROP_SOURCE_MEMBERSHIP": 12, "IP_BLOCK_SOURCE": 12, "IP_UNBLOCK_SOURCE": 12,
    "IP_MSFILTER": 16, "MCAST_JOIN_GROUP": 136, "MCAST_LEAVE_GROUP": 136, "IPV6_PKTINFO": 20, "IPV6_PATHMTU": 32,
    "SO_ATTACH_FILTER": 16, "SO_ATTACH_REUSEPORT_CBPF": 16, "SO_TXTIME": 8, "SO_COOKIE": 8, "SO_NETNS_COOKIE": 8,
    "TCP_MD5SIG": 216, "TCP_FASTOPEN_KEY": 16, "TCP_CONGESTION": 1, "TCP_ULP": 1,
}  # fmt: skip
_INT = 4
#: Of which no byte more is taken either.
_EXACTLY = frozenset(
    {"IP_UNICAST_IF", "IPV6_UNICAST_IF", "IP_LOCAL_PORT_RANGE", "SO_TXTIME", "SO_ATTACH_FILTER", "SO_ATTACH_REUSEPORT_CBPF"}
)  # fmt: skip
#: The states that an option is set in: net/ipv4/tcp.c, do_tcp_setsockopt.
_UNCONNECTED, _LISTENING_TOO = (State.CLOSED,), (State.CLOSED, State.LISTEN)
_SET_IN: Mapping[str, tuple[State, ...]] = {
    "TCP_FASTOPEN": _LISTENING_TOO,
    "TCP_FASTOPEN_NO_COOKIE": _LISTENING_TOO,
    "TCP_FASTOPEN_CONNECT": _UNCONNECTED,
}
#: net/ipv4/ip_sockglue.c: what a stream refuses, for it has no multicast and no fragments.
_OF_GROUPS = frozenset({"IP_MULTICAST_TTL", "IP_MULTICAST_IF", "IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP"})
#: Options whose value is a descriptor: of a program for the kernel (bpf(2)).
OF_PROGRAMS = frozenset({"SO_ATTACH_BPF", "SO_ATTACH_REUSEPORT_EBPF"})
#: include/uapi/linux/net_tstamp.h: counts bytes from where a connection is, so there has to be one.
_OPT_ID = 1 << 7


def not_taken(option: SocketOption, given: Value, s: Situation) -> str:
    """Why a value is invalid, or that it comes too late; empty where nothing says so."""
    return (
        _wrong_kind(option, s)
        or _wrong_form(option, given, s)
        or _wrong_content(option)
        or _wrong_time(option, given, s)
        or _out_of_range(option, given)
    )


def no_room(option: SocketOption, s: Situation) -> str:
    """Why getsockopt found no room for a value; empty where that is not known to be."""
    needed = size_of(option)
    room = s.call.arguments[3] if len(s.call.arguments) > 3 else _INT
    room = _INT if room == 0 else room  # Python: 0, as no size at all, asks for an int
    if not isinstance(room, int) or room >= needed:
        return ""
    return ngettext(
        "{option} is {needed} bytes long ({form}), and there was room for {count}",
        "{option} is {needed} bytes long ({form}), and there was room for {count}",
        room,
    ).format(option=option.name, needed=needed, form=_(option.form.value), count=room)


def size_of(option: SocketOption) -> int:
    """The least bytes that its value has; 0 where that is not known."""
    size = _SIZES.get(option.name)
    if size is not None:
        return size
    return _BYTES.get(option.form, _INT if option.form.value.startswith("int") else 0)


def _wrong_form(option: SocketOption, given: Value, s: Situation) -> str:
    needed, size = size_of(option), _length(given, s)
    if size is not None and (size < needed or (size > needed and option.name in _EXACTLY)):
        return ngettext(
            "{option} takes {needed} bytes ({form}), and {count} was given",
            "{option} takes {needed} bytes ({form}), and {count} were given",
            size,
        ).format(option=option.name, needed=needed, form=_(option.form.value), count=size)
    if isinstance(given, int) and not option.form.value.startswith("int"):
        return not_a_number(option)
    return ""


def _length(given: Value, s: Situation) -> int | None:
    """The bytes that were given; of NULL what was said of it. None of a number."""
    if isinstance(given, bytes):
        return len(given)
    if given is None and len(s.call.arguments) > 4:
        said = s.call.arguments[4]
        return said if isinstance(said, int) else None
    return None


def not_a_number(option: SocketOption) -> str:
    """That its value is none."""
    if option.form is Form.NAME:
        return _("{option} takes a name, not a number").format(option=option.name)
    if option.form is Form.STRUCTURE:
        return _("{option} takes a structure, not a number").format(option=option.name)
    return _("{option} takes a {form}, not a number").format(option=option.name, form=_(option.form.value))


def _wrong_kind(option: SocketOption, s: Situation) -> str:
    if option.name in _OF_GROUPS and s.type == "SOCK_STREAM":
        return _("{name} is a stream: only datagrams can be for a group").format(name=s.name)
    if option.name == "IP_RECVFRAGSIZE" and s.type == "SOCK_STREAM":
        return _("{name} is a stream: only datagrams come in fragments that are told of").format(name=s.name)
    if option.name == "IP_ROUTER_ALERT" and s.type != "SOCK_RAW":
        return _("{option} is for raw sockets only").format(option=option.name)
    return ""


def _wrong_content(option: SocketOption) -> str:
    if option.name == "IPV6_ADDRFORM":
        # net/ipv6/ipv6_sockglue.c: nothing else, and then for a connection with an address of IPv4 only.
        return _("{option} takes AF_INET only").format(option=option.name)
    if option.name == "IP_OPTIONS":
        return _("these bytes are no options of an IP header")
    if option.name in OF_PROGRAMS:
        return _("this descriptor is not one of a BPF program")
    return ""


def _wrong_time(option: SocketOption, given: Value, s: Situation) -> str:
    if option.name == "IPV6_V6ONLY" and s.local:
        # net/ipv6/ipv6_sockglue.c: whether it takes IPv4 too is part of its name.
        return _("{name} has a name already: IPV6_V6ONLY is for before bind").format(name=s.name)
    state = s.row.state if s.row is not None else State.CLOSED
    allowed = _SET_IN.get(option.name)
    if allowed is not None and s.row is None and s.peer is not None:
        return _("{option} is set before a socket is connected, and {name} is").format(
            option=option.name, name=s.name
        )
    if allowed is not None and state not in allowed:
        told = (
            _("{option} is set before connect or listen, and {name} is {state}")
            if allowed is _UNCONNECTED
            else _("{option} is set on a listener, or before listen and connect, and {name} is {state}")
        )
        return told.format(option=option.name, name=s.name, state=state)
    number = _number(given)
    if option.name == "TCP_WINDOW_CLAMP" and number == 0 and state is not State.CLOSED:
        return _("{option} takes 0 (no limit) only before connect and listen, and {name} is {state}").format(
            option=option.name, name=s.name, state=state
        )
    counts = option.name.startswith("SO_TIMESTAMPING") and number is not None and number & _OPT_ID
    if counts and s.is_tcp and state in _LISTENING_TOO:
        return _("SOF_TIMESTAMPING_OPT_ID counts the bytes of a connection, and {name} has none").format(
            name=s.name
        )
    return ""


def _out_of_range(option: SocketOption, given: Value) -> str:
    number = _number(given)
    if number is None:
        return ""
    if option.form is Form.PORTS:
        # net/ipv4/ip_sockglue.c, IP_LOCAL_PORT_RANGE: 0 asks for the system's end.
        low, high = number & 0xFFFF, number >> 16 & 0xFFFF
        if low and high and low > high:
            return _("the lowest port, {low}, is above the highest, {high}").format(low=low, high=high)
        return ""
    low, high = _TAKEN.get(option.name, (0, -1))
    if low > high or low <= number <= high:
        return ""
    if high == _INT_MAX:
        return _("{option} takes {low} or more, not {value}").format(
            option=option.name, low=low, value=number
        )
    return _("{option} takes {low} to {high}, not {value}").format(
        option=option.name, low=low, high=high, value=number
    )


def _number(given: Value) -> int | None:
    """An int, as the kernel reads what was given."""
    if isinstance(given, bytes) and len(given) >= _INT:
        return int(struct.unpack_from("=i", given)[0])
    return given if isinstance(given, int) else None
