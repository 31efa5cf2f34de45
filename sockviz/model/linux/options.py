"""Socket options: each with its level, its number, the form of its value and the unit (asm-generic/socket.h, linux/in.h, in6.h,
tcp.h, udp.h). Alpha, MIPS, PA-RISC, PowerPC and SPARC number some of SOL_SOCKET's otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache

from sockviz.dataclass import dataclass
from sockviz.model.linux.sockets import LEVELS


class Form(Enum):
    """What an option's value is, in C: an ``int`` of some meaning, or a structure."""

    SWITCH = "int: 0 off, else on"
    NUMBER = "int"
    ERROR = "int: an errno"
    FAMILY = "int: AF_…"
    TYPE = "int: SOCK_…"
    PROTOCOL = "int: IPPROTO_…"
    DISCOVERY = "int: IP_PMTUDISC_…"
    TRAFFIC_CLASS = "int: DSCP and ECN"
    TIME = "struct timeval"
    LINGER = "struct linger"
    GROUP = "struct ip_mreqn"
    GROUP_6 = "struct ipv6_mreq"
    INTERFACE = "struct in_addr or ip_mreqn"
    CREDENTIALS = "struct ucred"
    NAME = "char[]"
    PORTS = "int: lowest port, and highest × 65536"
    STRUCTURE = "a structure"


@dataclass(frozen=True, slots=True)
class SocketOption:
    """One option. ``unit`` is that of a number: ``bytes``, ``s``, ``ms``, ``µs``, ``hops``, ``bytes/s``; none of a count."""

    level: str
    name: str
    number: int
    form: Form
    unit: str = ""


_S, _N, _T, _X = Form.SWITCH, Form.NUMBER, Form.TIME, Form.STRUCTURE
_OF_LEVELS: Mapping[str, tuple[tuple[str, int, Form, str], ...]] = {
    "SOL_SOCKET": (
        ("SO_DEBUG", 1, _S, ""), ("SO_REUSEADDR", 2, _S, ""), ("SO_TYPE", 3, Form.TYPE, ""), ("SO_ERROR", 4, Form.ERROR, ""),
        ("SO_DONTROUTE", 5, _S, ""), ("SO_BROADCAST", 6, _S, ""), ("SO_SNDBUF", 7, _N, "bytes"), ("SO_RCVBUF", 8, _N, "bytes"),
        ("SO_KEEPALIVE", 9, _S, ""), ("SO_OOBINLINE", 10, _S, ""), ("SO_NO_CHECK", 11, _S, ""), ("SO_PRIORITY", 12, _N, ""),
        ("SO_LINGER", 13, Form.LINGER, ""), ("SO_BSDCOMPAT", 14, _S, ""), ("SO_REUSEPORT", 15, _S, ""),
        ("SO_PASSCRED", 16, _S, ""), ("SO_PEERCRED", 17, Form.CREDENTIALS, ""), ("SO_RCVLOWAT", 18, _N, "bytes"),
        ("SO_SNDLOWAT", 19, _N, "bytes"), ("SO_RCVTIMEO", 20, _T, ""), ("SO_SNDTIMEO", 21, _T, ""),
        ("SO_BINDTODEVICE", 25, Form.NAME, ""), ("SO_ATTACH_FILTER", 26, _X, ""), ("SO_DETACH_FILTER", 27, _S, ""),
        ("SO_PEERNAME", 28, _X, ""), ("SO_TIMESTAMP", 29, _S, ""), ("SO_ACCEPTCONN", 30, _S, ""),
        ("SO_PEERSEC", 31, Form.NAME, ""), ("SO_SNDBUFFORCE", 32, _N, "bytes"), ("SO_RCVBUFFORCE", 33, _N, "bytes"),
        ("SO_PASSSEC", 34, _S, ""), ("SO_TIMESTAMPNS", 35, _S, ""), ("SO_MARK", 36, _N, ""), ("SO_TIMESTAMPING", 37, _N, ""),
        ("SO_PROTOCOL", 38, Form.PROTOCOL, ""), ("SO_DOMAIN", 39, Form.FAMILY, ""), ("SO_RXQ_OVFL", 40, _S, ""),
        ("SO_WIFI_STATUS", 41, _S, ""), ("SO_PEEK_OFF", 42, _N, "bytes"), ("SO_NOFCS", 43, _S, ""),
        ("SO_LOCK_FILTER", 44, _S, ""), ("SO_SELECT_ERR_QUEUE", 45, _S, ""), ("SO_BUSY_POLL", 46, _N, "µs"),
        ("SO_MAX_PACING_RATE", 47, _N, "bytes/s"), ("SO_BPF_EXTENSIONS", 48, _N, ""), ("SO_INCOMING_CPU", 49, _N, ""),
        ("SO_ATTACH_BPF", 50, _N, ""), ("SO_ATTACH_REUSEPORT_CBPF", 51, _X, ""), ("SO_ATTACH_REUSEPORT_EBPF", 52, _N, ""),
        ("SO_MEMINFO", 55, _X, ""), ("SO_INCOMING_NAPI_ID", 56, _N, ""), ("SO_COOKIE", 57, _X, ""),
        ("SO_PEERGROUPS", 59, _X, ""), ("SO_ZEROCOPY", 60, _S, ""), ("SO_TXTIME", 61, _X, ""), ("SO_BINDTOIFINDEX", 62, _N, ""),
        ("SO_TIMESTAMP_NEW", 63, _S, ""), ("SO_TIMESTAMPNS_NEW", 64, _S, ""), ("SO_TIMESTAMPING_NEW", 65, _N, ""),
        ("SO_RCVTIMEO_NEW", 66, _T, ""), ("SO_SNDTIMEO_NEW", 67, _T, ""), ("SO_PREFER_BUSY_POLL", 69, _S, ""),
        ("SO_BUSY_POLL_BUDGET", 70, _N, ""), ("SO_NETNS_COOKIE", 71, _X, ""), ("SO_BUF_LOCK", 72, _N, ""),
        ("SO_RESERVE_MEM", 73, _N, "bytes"), ("SO_TXREHASH", 74, _S, ""), ("SO_RCVMARK", 75, _S, ""),
        ("SO_PASSPIDFD", 76, _S, ""), ("SO_PEERPIDFD", 77, _N, ""),
    ),
    "SOL_IP": (
        ("IP_TOS", 1, Form.TRAFFIC_CLASS, ""), ("IP_TTL", 2, _N, "hops"), ("IP_HDRINCL", 3, _S, ""), ("IP_OPTIONS", 4, _X, ""),
        ("IP_ROUTER_ALERT", 5, _S, ""), ("IP_RECVOPTS", 6, _S, ""), ("IP_RETOPTS", 7, _S, ""), ("IP_PKTINFO", 8, _S, ""),
        ("IP_PKTOPTIONS", 9, _X, ""), ("IP_MTU_DISCOVER", 10, Form.DISCOVERY, ""), ("IP_RECVERR", 11, _S, ""),
        ("IP_RECVTTL", 12, _S, ""), ("IP_RECVTOS", 13, _S, ""), ("IP_MTU", 14, _N, "bytes"), ("IP_FREEBIND", 15, _S, ""),
        ("IP_PASSSEC", 18, _S, ""), ("IP_TRANSPARENT", 19, _S, ""), ("IP_RECVORIGDSTADDR", 20, _S, ""),
        ("IP_MINTTL", 21, _N, "hops"), ("IP_NODEFRAG", 22, _S, ""), ("IP_CHECKSUM", 23, _S, ""),
        ("IP_BIND_ADDRESS_NO_PORT", 24, _S, ""), ("IP_RECVFRAGSIZE", 25, _S, ""), ("IP_RECVERR_RFC4884", 26, _S, ""),
        ("IP_MULTICAST_IF", 32, Form.INTERFACE, ""), ("IP_MULTICAST_TTL", 33, _N, "hops"), ("IP_MULTICAST_LOOP", 34, _S, ""),
        ("IP_ADD_MEMBERSHIP", 35, Form.GROUP, ""), ("IP_DROP_MEMBERSHIP", 36, Form.GROUP, ""),
        ("IP_UNBLOCK_SOURCE", 37, _X, ""), ("IP_BLOCK_SOURCE", 38, _X, ""), ("IP_ADD_SOURCE_MEMBERSHIP", 39, _X, ""),
        ("IP_DROP_SOURCE_MEMBERSHIP", 40, _X, ""), ("IP_MSFILTER", 41, _X, ""), ("MCAST_JOIN_GROUP", 42, _X, ""),
        ("MCAST_LEAVE_GROUP", 45, _X, ""), ("IP_MULTICAST_ALL", 49, _S, ""), ("IP_UNICAST_IF", 50, _N, ""),
        ("IP_LOCAL_PORT_RANGE", 51, Form.PORTS, ""), ("IP_PROTOCOL", 52, Form.PROTOCOL, ""),
    ),
    "SOL_IPV6": (
        ("IPV6_ADDRFORM", 1, Form.FAMILY, ""), ("IPV6_CHECKSUM", 7, _N, ""), ("IPV6_UNICAST_HOPS", 16, _N, "hops"),
        ("IPV6_MULTICAST_IF", 17, _N, ""), ("IPV6_MULTICAST_HOPS", 18, _N, "hops"), ("IPV6_MULTICAST_LOOP", 19, _S, ""),
        ("IPV6_JOIN_GROUP", 20, Form.GROUP_6, ""), ("IPV6_LEAVE_GROUP", 21, Form.GROUP_6, ""),
        ("IPV6_ROUTER_ALERT", 22, _S, ""), ("IPV6_MTU_DISCOVER", 23, Form.DISCOVERY, ""), ("IPV6_MTU", 24, _N, "bytes"),
        ("IPV6_RECVERR", 25, _S, ""), ("IPV6_V6ONLY", 26, _S, ""), ("IPV6_MULTICAST_ALL", 29, _S, ""),
        ("IPV6_RECVERR_RFC4884", 31, _S, ""), ("IPV6_FLOWINFO_SEND", 33, _S, ""), ("IPV6_HDRINCL", 36, _S, ""),
        ("IPV6_RECVPKTINFO", 49, _S, ""), ("IPV6_PKTINFO", 50, _X, ""), ("IPV6_RECVHOPLIMIT", 51, _S, ""),
        ("IPV6_HOPLIMIT", 52, _N, "hops"), ("IPV6_RECVHOPOPTS", 53, _S, ""), ("IPV6_RECVRTHDR", 56, _S, ""),
        ("IPV6_RECVDSTOPTS", 58, _S, ""), ("IPV6_RECVPATHMTU", 60, _S, ""), ("IPV6_PATHMTU", 61, _X, ""),
        ("IPV6_DONTFRAG", 62, _S, ""), ("IPV6_RECVTCLASS", 66, _S, ""), ("IPV6_TCLASS", 67, Form.TRAFFIC_CLASS, ""),
        ("IPV6_AUTOFLOWLABEL", 70, _S, ""), ("IPV6_ADDR_PREFERENCES", 72, _N, ""), ("IPV6_MINHOPCOUNT", 73, _N, "hops"),
        ("IPV6_RECVORIGDSTADDR", 74, _S, ""), ("IPV6_TRANSPARENT", 75, _S, ""), ("IPV6_UNICAST_IF", 76, _N, ""),
        ("IPV6_RECVFRAGSIZE", 77, _S, ""), ("IPV6_FREEBIND", 78, _S, ""),
    ),
    "SOL_TCP": (
        ("TCP_NODELAY", 1, _S, ""), ("TCP_MAXSEG", 2, _N, "bytes"), ("TCP_CORK", 3, _S, ""), ("TCP_KEEPIDLE", 4, _N, "s"),
        ("TCP_KEEPINTVL", 5, _N, "s"), ("TCP_KEEPCNT", 6, _N, ""), ("TCP_SYNCNT", 7, _N, ""), ("TCP_LINGER2", 8, _N, "s"),
        ("TCP_DEFER_ACCEPT", 9, _N, "s"), ("TCP_WINDOW_CLAMP", 10, _N, "bytes"), ("TCP_INFO", 11, _X, ""),
        ("TCP_QUICKACK", 12, _S, ""), ("TCP_CONGESTION", 13, Form.NAME, ""), ("TCP_MD5SIG", 14, _X, ""),
        ("TCP_THIN_LINEAR_TIMEOUTS", 16, _S, ""), ("TCP_THIN_DUPACK", 17, _S, ""), ("TCP_USER_TIMEOUT", 18, _N, "ms"),
        ("TCP_REPAIR", 19, _N, ""), ("TCP_FASTOPEN", 23, _N, ""), ("TCP_TIMESTAMP", 24, _N, ""),
        ("TCP_NOTSENT_LOWAT", 25, _N, "bytes"), ("TCP_CC_INFO", 26, _X, ""), ("TCP_SAVE_SYN", 27, _N, ""),
        ("TCP_SAVED_SYN", 28, _X, ""), ("TCP_FASTOPEN_CONNECT", 30, _S, ""), ("TCP_ULP", 31, Form.NAME, ""),
        ("TCP_FASTOPEN_KEY", 33, _X, ""), ("TCP_FASTOPEN_NO_COOKIE", 34, _S, ""), ("TCP_ZEROCOPY_RECEIVE", 35, _X, ""),
        ("TCP_INQ", 36, _S, ""), ("TCP_TX_DELAY", 37, _N, "µs"),
    ),
    "SOL_UDP": (
        ("UDP_CORK", 1, _S, ""), ("UDP_ENCAP", 100, _N, ""), ("UDP_NO_CHECK6_TX", 101, _S, ""), ("UDP_NO_CHECK6_RX", 102, _S, ""),
        ("UDP_SEGMENT", 103, _N, "bytes"), ("UDP_GRO", 104, _S, ""),
    ),
    "SOL_ICMPV6": (("ICMPV6_FILTER", 1, _X, ""),),
    "SOL_RAW": (("ICMP_FILTER", 1, _X, ""),),
}  # fmt: skip
#: Other names of some of them.
SYNONYMS: Mapping[str, str] = {
    "IPV6_ADD_MEMBERSHIP": "IPV6_JOIN_GROUP", "IPV6_DROP_MEMBERSHIP": "IPV6_LEAVE_GROUP", "IP_ORIGDSTADDR": "IP_RECVORIGDSTADDR",
    "IP_RECVRETOPTS": "IP_RETOPTS", "SO_GET_FILTER": "SO_ATTACH_FILTER",
}  # fmt: skip
#: What path MTU discovery does: of IP_MTU_DISCOVER, and of IPV6_MTU_DISCOVER by names that begin with IPV6_.
DISCOVERIES: Mapping[str, int] = {
    "IP_PMTUDISC_DONT": 0, "IP_PMTUDISC_WANT": 1, "IP_PMTUDISC_DO": 2, "IP_PMTUDISC_PROBE": 3, "IP_PMTUDISC_INTERFACE": 4,
    "IP_PMTUDISC_OMIT": 5,
}  # fmt: skip
DISCOVERIES_6: Mapping[str, int] = {
    name.replace("IP_", "IPV6_"): number for name, number in DISCOVERIES.items()
}
#: A membership, and what ends it.
JOINING: Mapping[tuple[int, int], tuple[int, int]] = {
    (0, 36): (0, 35),
    (41, 21): (41, 20),
    (0, 40): (0, 39),
    (0, 45): (0, 42),
}


def every_option() -> Iterator[SocketOption]:
    """All of them, level by level."""
    for level, rows in _OF_LEVELS.items():
        for name, number, form, unit in rows:
            yield SocketOption(level, name, number, form, unit)


@cache
def _by_number() -> Mapping[tuple[int, int], SocketOption]:
    return {(LEVELS[option.level], option.number): option for option in every_option()}


def option_of(level: object, number: object) -> SocketOption | None:
    """The option of that number of a level, both as the kernel numbers them; None of what is not known."""
    if not isinstance(level, int) or not isinstance(number, int):
        return None
    return _by_number().get((level, number))
