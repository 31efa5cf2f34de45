"""Why setsockopt and getsockopt fail: which option, on which socket, with which value."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import _, ngettext
from sockviz.model.linux.options import Form, SocketOption, option_of
from sockviz.model.values import Value
from sockviz.words.option_words import option_name, value_text
from sockviz.words.situation import Cause, Situation

#: The values that are taken of some that EINVAL refuses others of: net/ipv4/tcp.c, include/net/tcp.h; net/ipv4/ip_sockglue.c;
#: net/ipv6/ipv6_sockglue.c. 0 and -1, where they ask for the default, stand by themselves.
_TAKEN: Mapping[str, tuple[int, int]] = {
    "TCP_MAXSEG": (88, 32767), "TCP_KEEPIDLE": (1, 32767), "TCP_KEEPINTVL": (1, 32767), "TCP_KEEPCNT": (1, 127),
    "TCP_SYNCNT": (1, 127), "IP_TTL": (1, 255), "IP_MULTICAST_TTL": (0, 255), "IP_MINTTL": (0, 255),
    "IPV6_UNICAST_HOPS": (0, 255), "IPV6_MULTICAST_HOPS": (0, 255), "IPV6_MINHOPCOUNT": (0, 255), "IPV6_TCLASS": (0, 255),
    "IP_MTU_DISCOVER": (0, 5), "IPV6_MTU_DISCOVER": (0, 5),
}  # fmt: skip
#: The bytes that the value of a form has on 64-bit Linux.
_BYTES: Mapping[Form, int] = {Form.TIME: 16, Form.LINGER: 8}
_INT = 4
#: net/core/sock.c, sock_setsockopt; net/ipv4/ip_sockglue.c: what setsockopt refuses with ENOPROTOOPT and getsockopt tells.
_ONLY_READ = frozenset(
    {"SO_TYPE", "SO_PROTOCOL", "SO_DOMAIN", "SO_ERROR", "SO_ACCEPTCONN", "SO_SNDLOWAT", "SO_PEERCRED", "SO_PEERNAME",
     "SO_PEERSEC", "SO_PEERGROUPS", "SO_COOKIE", "SO_NETNS_COOKIE", "SO_MEMINFO", "SO_INCOMING_NAPI_ID", "SO_PEERPIDFD",
     "SO_BPF_EXTENSIONS", "TCP_INFO", "TCP_CC_INFO", "TCP_SAVED_SYN", "IP_MTU", "IP_PROTOCOL", "IPV6_PATHMTU"}
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
    match s.error:
        case "ENOPROTOOPT" if (
            s.call.name == "setsockopt" and option is not None and option.name in _ONLY_READ
        ):
            return Cause(
                _("{option} can only be read: nothing sets it").format(option=name),
                _("ask for it with getsockopt"),
            )
        case "ENOPROTOOPT" | "EOPNOTSUPP":
            return Cause(
                _("this kernel has no {option} for {name} ({family}, {type})").format(
                    option=name, name=s.name, family=s.family, type=s.type
                ),
                _("set it on a socket of the family and type that it belongs to"),
            )
        case "EFAULT" if s.call.name == "setsockopt" and given is None:
            return Cause(
                _("{option} was given NULL: the kernel has no memory to read its value from").format(
                    option=name
                ),
                _("pass a value"),
            )
        case "EINVAL" if option is not None and s.call.name == "setsockopt":
            return Cause(_not_taken(option, given, s), _("give it a value that it takes, while it takes one"))
        case "EDOM" if option is not None and option.form is Form.TIME:
            return Cause(_("its microseconds are not between 0 and 999,999"))
        case "ENOENT" if name == "TCP_CONGESTION":
            return Cause(
                _("this kernel has no congestion control {value}").format(
                    value=value_text(option, _text(given))
                ),
                _("see net.ipv4.tcp_available_congestion_control"),
            )
        case _ if option is not None and option.form in _GROUPS and isinstance(given, bytes):
            return _membership(option, given, s)
        case "ENOTCONN":
            return Cause(
                _("{name} has no peer, and {option} is a connection's").format(name=s.name, option=name)
            )
    return Cause()


def _text(value: Value) -> Value:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _not_taken(option: SocketOption, given: Value, s: Situation) -> str:
    """Why a value is invalid, or that it comes too late."""
    if option.form in _GROUPS and isinstance(given, bytes):
        return _membership(option, given, s).why
    needed = _BYTES.get(option.form, _INT if option.form.value.startswith("int") else 0)
    if isinstance(given, bytes) and len(given) < needed:
        return ngettext(
            "{option} takes {needed} bytes ({form}), and {count} was given",
            "{option} takes {needed} bytes ({form}), and {count} were given",
            len(given),
        ).format(option=option.name, needed=needed, form=_(option.form.value), count=len(given))
    if isinstance(given, int) and " " in option.form.value and not option.form.value.startswith("int"):
        return _("{option} takes a {form}, not a number").format(
            option=option.name, form=_(option.form.value)
        )
    if option.name == "IPV6_V6ONLY" and s.local:
        # net/ipv6/ipv6_sockglue.c: whether it takes IPv4 too is part of its name.
        return _("{name} has a name already: IPV6_V6ONLY is for before bind").format(name=s.name)
    low, high = _TAKEN.get(option.name, (0, -1))
    number = int.from_bytes(given[:_INT], "little", signed=True) if isinstance(given, bytes) else given
    if isinstance(number, int) and low <= high and not low <= number <= high:
        return _("{option} takes {low} to {high}, not {value}").format(
            option=option.name, low=low, high=high, value=number
        )
    return ""


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
        case "EPROTO":
            # net/ipv4/ip_sockglue.c: inet_csk_has_ulp and streams have no groups.
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
