"""What a lesson's process may name: families, options, what goes beside data, addresses, ports, names, descriptors. Allow-lists.

This is the first wall, and it speaks: what it refuses is told in a sentence and never tried. The second stands behind it and is
the kernel's (seccomp.py, landlock.py). What belongs to the machine outside differs by lab: in a private one the network ends at
its namespace; on the machine's own loopback only the lesson's own ports are there.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable, Iterator, Mapping

from sockviz.lab.bounds import Refused

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

UNIX, INET, INET6 = 1, 2, 10
#: Families that a lesson may use; and AF_PACKET, which the kernel gives to none but privileged processes of a private lab.
FAMILIES = (UNIX, INET, INET6, 17)
#: Families that no supported kernel has (include/linux/socket.h: 0 is AF_UNSPEC; the others are names without an implementation),
#: and numbers past any: to ask for one is to hear EAFNOSUPPORT from the kernel itself.
NOBODYS_FAMILIES = (0, 13, 14, 18, 19, 22, 23, 25, 27, 28)
PAST_EVERY_FAMILY = 64
#: SOCK_TYPE_MASK of include/linux/net.h. SOCK_DCCP and SOCK_PACKET are other families by another name.
TYPE_MASK = 0xF
OTHER_TYPES = (6, 10)
#: IP, ICMP, IGMP, TCP, UDP, ICMPv6, raw, MPTCP.
PROTOCOLS = (0, 1, 2, 6, 17, 58, 255, 262)
ICMP, ICMPV6 = 1, 58

SOL_SOCKET, SOL_IP, SOL_TCP, SOL_UDP, SOL_IPV6, SOL_ICMPV6, SOL_RAW = 1, 0, 6, 17, 41, 58, 255
#: Socket options by level and number (include/uapi/asm-generic/socket.h, linux/in.h, in6.h, tcp.h, udp.h): those that change or
#: tell only of the socket itself.
OPTIONS: Mapping[int, frozenset[int]] = {
    # REUSEADDR TYPE ERROR DONTROUTE BROADCAST SNDBUF RCVBUF KEEPALIVE OOBINLINE PRIORITY LINGER REUSEPORT PASSCRED PEERCRED
    # RCVLOWAT SNDLOWAT RCVTIMEO SNDTIMEO TIMESTAMP ACCEPTCONN PEERSEC PASSSEC TIMESTAMPNS TIMESTAMPING PROTOCOL DOMAIN RXQ_OVFL
    # PEEK_OFF MAX_PACING_RATE INCOMING_CPU MEMINFO COOKIE ZEROCOPY RCVTIMEO_NEW SNDTIMEO_NEW NO_CHECK BUF_LOCK TXREHASH; and
    # SNDBUFFORCE RCVBUFFORCE MARK RCVMARK, more of BUSY_POLL, PREFER_BUSY_POLL and BUSY_POLL_BUDGET, which the kernel itself
    # refuses to a process without capabilities. BUSY_POLL has any value: lo, and veth without GRO, have no NAPI that could be
    # asked (net/core/dev.c, napi_busy_loop: SO_INCOMING_NAPI_ID is 0), so that a receive sleeps at once
    SOL_SOCKET: frozenset((*range(2, 14), *range(15, 22), *range(29, 41), 42, 46, 47, 49, 55, 57, 60, 66, 67, 69, 70, 72,
                           74, 75)),
    # TOS TTL RECVOPTS PKTINFO MTU_DISCOVER RECVERR RECVTTL RECVTOS MTU RECVORIGDSTADDR MINTTL BIND_ADDRESS_NO_PORT
    # MULTICAST_TTL MULTICAST_LOOP
    SOL_IP: frozenset((1, 2, 6, 8, 10, 11, 12, 13, 14, 20, 21, 24, 33, 34)),
    # NODELAY MAXSEG CORK KEEPIDLE KEEPINTVL KEEPCNT SYNCNT LINGER2 DEFER_ACCEPT WINDOW_CLAMP INFO QUICKACK CONGESTION
    # THIN_LINEAR_TIMEOUTS THIN_DUPACK USER_TIMEOUT FASTOPEN TIMESTAMP NOTSENT_LOWAT CC_INFO SAVE_SYN SAVED_SYN
    # FASTOPEN_CONNECT FASTOPEN_NO_COOKIE INQ TX_DELAY
    SOL_TCP: frozenset((*range(1, 14), 16, 17, 18, 23, 24, 25, 26, 27, 28, 30, 34, 36, 37)),
    SOL_UDP: frozenset((1, 103, 104)),  # CORK SEGMENT GRO
    # UNICAST_HOPS MULTICAST_HOPS MULTICAST_LOOP MTU_DISCOVER MTU RECVERR V6ONLY RECVPKTINFO RECVHOPLIMIT RECVTCLASS TCLASS
    SOL_IPV6: frozenset((16, 18, 19, 23, 24, 25, 26, 49, 51, 66, 67)),
}  # fmt: skip
#: The same where the network is the lab's own. SO_BINDTODEVICE; HDRINCL, FREEBIND, MULTICAST_*, memberships, LOCAL_PORT_RANGE;
#: IPv6's multicast; ICMP_FILTER and ICMPV6_FILTER of a raw socket.
PRIVATE_OPTIONS: Mapping[int, frozenset[int]] = {
    SOL_SOCKET: frozenset((25, 62)),
    SOL_IP: frozenset((3, 15, 32, 35, 36, 49, 51)),
    SOL_IPV6: frozenset((17, 20, 21, 29, 62)),
    SOL_ICMPV6: frozenset((1,)),
    SOL_RAW: frozenset((1,)),
}
#: Numbers past any option, and past any level (include/linux/socket.h): to ask for one is to hear ENOPROTOOPT.
PAST_EVERY_OPTION, PAST_EVERY_LEVEL = 10_000, 400
SCM_RIGHTS = 1
#: SO_SNDBUF, SO_RCVBUF and those that ask with force; and how much they may ask for, in bytes.
BUFFERS, LARGEST_BUFFER = (
    frozenset({(SOL_SOCKET, 7), (SOL_SOCKET, 8), (SOL_SOCKET, 32), (SOL_SOCKET, 33)}),
    1 << 20,
)
#: What may go beside data, by level and type: SCM_RIGHTS, SCM_CREDENTIALS; IP_TOS, IP_TTL; UDP_SEGMENT; IPV6_HOPLIMIT, _TCLASS.
BESIDE = frozenset(((SOL_SOCKET, SCM_RIGHTS), (SOL_SOCKET, 2), (SOL_IP, 1), (SOL_IP, 2), (SOL_UDP, 103), (SOL_IPV6, 52),
                    (SOL_IPV6, 67)))  # fmt: skip
#: IP_PKTINFO and IPV6_PKTINFO choose the interface.
PRIVATE_BESIDE = frozenset(((SOL_IP, 8), (SOL_IPV6, 50)))

SO_BINDTODEVICE, SO_PROTOCOL, SO_DOMAIN = 25, 38, 39
NI_NUMERICHOST = 1
HOSTS_FILE = "/etc/hosts"
#: Names of this machine's loopback, where its own list has them.
LOCAL_NAMES = ("localhost", "ip6-localhost", "ip6-loopback")


class Reach:
    """What the processes of one lab may name. ``home`` says that the lab is the machine's own loopback.

    ``bindable`` are the ports that are the lesson's there, ``below`` the number under which the kernel itself refuses a port;
    ``ports`` those at which nobody but the lesson is now, by protocol.
    """

    def __init__(
        self, prefix: str = "", home: bool = False, bindable: Iterable[int] = (), below: int = 0
    ) -> None:
        self.prefix = prefix.encode()
        self.home = home
        self.bindable = frozenset(bindable)
        self.below = below
        self.ports: dict[str, frozenset[int]] = {}
        self.strangers: dict[str, frozenset[int]] = {}  # where somebody else receives, by protocol
        self.constants: Mapping[str, int] = {}  # of the line, by dotted name, those that not every Python has
        self.open_to_all: set[int] = (
            set()
        )  # inodes of sockets that were to be bound at every address to a port
        self.held: Iterable[object] = ()  # what the process has under its names

    # --- sockets and options ----------------------------------------------------------------------------

    def family(self, family: Any, kind: Any = 1, protocol: Any = 0) -> None:
        """A socket of this family, type and protocol. -1 is Python's default for each."""
        if _whole(family) and not (
            family in (-1, *FAMILIES) or family in NOBODYS_FAMILIES or not 0 <= family < PAST_EVERY_FAMILY
        ):
            raise Refused(
                f"family {getattr(family, 'name', int(family))}: a lesson's sockets are of AF_INET, AF_INET6 and AF_UNIX"
            )
        if _whole(kind) and kind != -1 and kind & TYPE_MASK in OTHER_TYPES:
            raise Refused(f"type {kind & TYPE_MASK}: a lesson's sockets are of types 1 to 5")
        if _whole(protocol) and protocol != -1 and protocol not in PROTOCOLS:
            raise Refused(
                f"protocol {int(protocol)}: a lesson's sockets speak IP's own protocols, TCP and UDP"
            )

    def option(self, level: Any, number: Any) -> None:
        """A socket option."""
        if not _whole(level) or not _whole(number):
            return  # the call itself says what is wrong with it
        if not -1 < number < PAST_EVERY_OPTION or not -1 < level < PAST_EVERY_LEVEL:
            return  # so does the kernel
        allowed = number in OPTIONS.get(level, ())
        if not allowed and not (not self.home and number in PRIVATE_OPTIONS.get(level, ())):
            where = " in this lab" if number in PRIVATE_OPTIONS.get(level, ()) else ""
            raise Refused(
                f"{_named(level, number, self.constants)} is not an option that a lesson may name{where}"
            )

    def buffer(self, level: Any, number: Any, size: Any) -> None:
        """What a socket option sets: the kernel's memory is nobody's, so its buffers are bounded one by one."""
        if (level, number) in BUFFERS and _whole(size) and size > LARGEST_BUFFER:
            raise Refused(f"a buffer of {size} bytes: a lesson's have {LARGEST_BUFFER} at most")

    def beside(self, ancillary: Any) -> Iterator[int]:
        """What goes beside data. Gives the descriptors among it."""
        if not isinstance(ancillary, (list, tuple, dict)):
            raise Refused("what goes beside data is a list of (level, type, data)")
        for item in ancillary:  # Python takes whatever it can go through
            if not isinstance(item, (list, tuple)) or len(item) != 3:
                return  # the call itself says what is wrong with it
            level, kind, payload = item
            if (level, kind) not in BESIDE and (self.home or (level, kind) not in PRIVATE_BESIDE):
                raise Refused(f"({level}, {kind}) is not something that a lesson may send beside data")
            if (level, kind) == (SOL_SOCKET, SCM_RIGHTS) and isinstance(payload, (bytes, bytearray)):
                whole = len(payload) - len(payload) % 4
                yield from memoryview(bytes(payload[:whole])).cast("i")

    # --- addresses --------------------------------------------------------------------------------------

    def address(self, held: socket.socket, address: Any, *, binds: bool) -> Any:
        """The address as the call gets it: an abstract UNIX name with the lab's prefix, any other as it is."""
        family, kind, protocol = kind_of(held)
        if family == UNIX:
            return self.unix(address)
        if not isinstance(address, tuple) or not address:
            return address  # no address of a network: the call itself says what is wrong with it
        host = text_of(address[0])
        if host is None:
            return address
        resolvable(host, family)
        if self.home:
            if not (binds and nowhere(host)):
                at_home(host)
            if binds and family and is_everywhere(host) and address[1:2] != (0,):
                self.open_to_all.add(os.fstat(held.fileno()).st_ino)
            if protocol not in (ICMP, ICMPV6):  # which have no ports
                if family and not (binds and len(address) > 1 and address[1]) and shares(held, kind):
                    raise Refused(
                        "the kernel might give a socket that shares its port (SO_REUSEADDR, SO_REUSEPORT) another program's: "
                        "bind it to one of PORT to PORT5"
                    )
                self.port(kind, host, address[1] if len(address) > 1 else None, binds=binds)
        return address

    def holder(self, fd: int) -> socket.socket | None:
        """The socket that a name of the lesson's holds, by its descriptor."""
        return next((s for s in self.held if isinstance(s, socket.socket) and 0 <= s.fileno() == fd), None)

    def unix(self, address: Any) -> Any:
        """An address of AF_UNIX."""
        if isinstance(address, (bytes, bytearray)) and address[:1] == b"\0":
            return b"\0" + self.prefix + bytes(address[1:])
        if isinstance(address, str) and address[:1] == "\0":
            return b"\0" + self.prefix + address[1:].encode()
        plain(address)
        return address

    def port(self, kind: int, host: str, port: Any, *, binds: bool) -> None:
        """A port of the machine's own loopback."""
        if not _whole(port) or not 0 < port < 65536:
            return  # the call itself says so, or the kernel chooses
        protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
        if port in self.ports.get(protocol, ()) or self.is_held(kind, host, port):
            return
        if binds and (port in self.bindable or port < self.below):
            return  # below: EACCES
        what = "binds to" if binds else "reaches"
        raise Refused(
            f"port {port}: on this machine's own loopback a lesson {what} its own ports only, PORT to PORT5"
        )

    def is_held(self, kind: int, host: str, port: int) -> bool:
        """Whether a socket of this process is what answers there: it has that port, and that address or all of its family, and
        nobody else has been seen there.
        """
        protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
        if port in self.strangers.get(protocol, ()):
            return False
        return any(answers(each, kind, host, port) for each in self.held if isinstance(each, socket.socket))


def answers(held: socket.socket, kind: int, host: str, port: int) -> bool:
    """Whether what is sent to `host` and `port` would come to this socket."""
    family, its_kind, protocol = kind_of(held)
    if family not in (INET, INET6) or its_kind != kind or protocol in (ICMP, ICMPV6):
        return False
    name = held.getsockname()
    mine, asked = packed(name[0]), packed(host) or b""
    if asked in (b"", bytes(4)):
        asked = b"\x7f\0\0\1"  # to nobody in particular is to this machine
    if name[1] != port:
        return False
    if mine == bytes(16):  # also IPv4's, unless it keeps to IPv6
        return len(asked) == 16 or not held.getsockopt(SOL_IPV6, socket.IPV6_V6ONLY)
    return mine == asked or (mine == bytes(4) and len(asked) == 4)


def shares(held: socket.socket, kind: int) -> bool:
    """Whether the kernel may give this socket, which has no port yet, one that another program has: it has allowed sharing."""
    options = (
        (socket.SO_REUSEPORT, socket.SO_REUSEADDR) if kind == socket.SOCK_DGRAM else (socket.SO_REUSEPORT,)
    )
    name = held.getsockname()
    return name[1] == 0 and any(held.getsockopt(SOL_SOCKET, option) for option in options)


def kind_of(held: socket.socket) -> tuple[int, int, int]:
    """Family, type and protocol of what the descriptor is now, as the kernel says: Python's object tells what it was made as.

    (0, 0, 0) where it is no socket: the call itself says so.
    """
    try:
        return (
            held.getsockopt(SOL_SOCKET, SO_DOMAIN),
            held.getsockopt(SOL_SOCKET, socket.SO_TYPE),
            held.getsockopt(SOL_SOCKET, SO_PROTOCOL),
        )
    except OSError:
        return 0, 0, 0


def _named(level: int, number: int, others: Mapping[str, int]) -> str:
    """An option by its name, where Python knows it; `others` are names that its line brought along."""
    prefix = {SOL_SOCKET: "SO_", SOL_IP: "IP_", SOL_TCP: "TCP_", SOL_UDP: "UDP_", SOL_IPV6: "IPV6_"}.get(
        level
    )
    brought = {dotted.rpartition(".")[2]: value for dotted, value in others.items()}
    for name, value in {**brought, **vars(socket)}.items() if prefix else ():
        if name.startswith(str(prefix)) and value == number:
            return f"{name} ({number} of level {level})"
    return f"{number} of level {level}"


def _whole(value: Any) -> bool:
    return isinstance(value, int)


def text_of(host: Any) -> str | None:
    """A host as text, whichever way Python lets it be written; None where it is none."""
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("latin-1")
    return host if isinstance(host, str) else None


def plain(name: Any) -> None:
    """Files are plain names in the lesson's own directory."""
    text = os.fsdecode(name) if isinstance(name, (str, bytes)) else ""
    if not text or "/" in text or "\0" in text or text in (".", ".."):
        raise Refused(f"{name!r:.60}: a lesson's files are plain names, in a directory of its own")


def packed(host: str) -> bytes | None:
    """The bytes of a host that is a number; an IPv4 address in IPv6's form as IPv4. None for a name."""
    with contextlib.suppress(OSError, ValueError):
        six = socket.inet_pton(INET6, host.partition("%")[0])
        return six[12:] if six[:12] == bytes(10) + b"\xff\xff" else six
    with contextlib.suppress(OSError, ValueError):
        return (
            socket.inet_aton(host) if not any(c.isspace() for c in host) else None
        )  # inet_aton("127.1 x") is 127.1
    return None


def resolvable(host: str, family: int = 0) -> None:
    """Names come from numbers, and from this machine's own list: nobody is asked, over no network and no local service."""
    if host in ("", "<broadcast>") or packed(host) is not None:
        return
    name = host.lower()
    if name in LOCAL_NAMES and listed(name, family):
        return
    raise Refused(f"{host[:60]!r}: a lesson names hosts by numbers and as localhost; it asks no name service")


def listed(name: str, family: int = 0) -> bool:
    """Whether /etc/hosts has the name, or an address's name, in this family (0: any)."""
    with contextlib.suppress(OSError), open(HOSTS_FILE, encoding="latin-1") as hosts:
        for line in hosts:
            words = line.partition("#")[0].lower().split()
            if name in words and (not family or (":" in words[0]) == (family == INET6)):
                return True
    return False


def at_home(host: str) -> None:
    """On this machine's own network a lesson speaks to this machine only."""
    number = packed(host)
    if host == "" or host.lower() in LOCAL_NAMES or number in (bytes(4), bytes(16), bytes(15) + b"\1"):
        return
    if number is None or len(number) != 4 or number[0] != 127:
        raise Refused(f"{host[:60]!r}: in this lab a lesson reaches 127.0.0.1 and ::1 only")


def nowhere(host: str) -> bool:
    """Whether no machine has this address: those of 192.0.2.0/24 are for documents (RFC 5737). To bind it fails."""
    number = packed(host)
    return number is not None and len(number) == 4 and number[:3] == b"\xc0\x00\x02"


def asks_nobody(host: Any, flags: Any) -> None:
    """The address of getnameinfo: its name is looked up in this machine's own list or not at all."""
    text = text_of(host)
    if text is None or (_whole(flags) and flags & NI_NUMERICHOST):
        return
    if packed(text) is not None and not listed(text):
        raise Refused(f"{text[:60]!r}: to find its name would ask a name service; NI_NUMERICHOST asks nobody")


def is_everywhere(host: str) -> bool:
    """Whether to bind it is to be found at every address."""
    return host == "" or packed(host) in (bytes(4), bytes(16))
