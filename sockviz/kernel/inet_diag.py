"""sock_diag for IP sockets (include/uapi/linux/inet_diag.h): requests, and `inet_diag_msg` into `SocketRow`. No I/O."""

from __future__ import annotations

import socket
import sys
from functools import cache
from struct import Struct

from sockviz.kernel.errors import BadMessage
from sockviz.kernel.netlink import attributes
from sockviz.kernel.tcp_info import parse_tcp_info
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.model.values import Address

SOCK_DIAG_BY_FAMILY = 20
TCPDIAG_GETSOCK = 18

INET_DIAG_INFO = 2
INET_DIAG_SKMEMINFO = 7

#: Every state that TCP names, as the bits of a request.
NAMED_STATES = (1 << 13) - 2
#: Bit 13, TCP_BOUND_INACTIVE (Linux 6.8): has a port, neither listens nor is connected. An older kernel compares bits
#: with the states it knows, and so lists nothing for this one.
BOUND_ONLY = 1 << 13
ALL_STATES = NAMED_STATES | BOUND_ONLY

#: include/net/tcp_states.h. 12, NEW_SYN_RECV, is the kernel's own; inet_req_diag_fill reports SYN_RECV for it.
TCP_STATES: dict[int, State] = {
    1: State.ESTABLISHED,
    2: State.SYN_SENT,
    3: State.SYN_RECEIVED,
    4: State.FIN_WAIT_1,
    5: State.FIN_WAIT_2,
    6: State.TIME_WAIT,
    7: State.CLOSED,
    8: State.CLOSE_WAIT,
    9: State.LAST_ACK,
    10: State.LISTEN,
    11: State.CLOSING,
    12: State.SYN_RECEIVED,
    13: State.CLOSED,
}
#: UDP and raw sockets borrow two of TCP's numbers.
DATAGRAM_STATES: dict[int, State] = {1: State.CONNECTED, 7: State.UNCONNECTED}

#: net/ipv4/inet_diag.c, inet_sk_diag_fill and inet_twsk_diag_fill. 1 stands for retransmission, loss probe and
#: reordering timers alike.
TIMERS: dict[int, Timer] = {1: Timer.ON, 2: Timer.KEEPALIVE, 3: Timer.TIMEWAIT, 4: Timer.PERSIST}

_REQUEST = Struct("=4BI48x")  # family, protocol, extensions, pad, states, an empty inet_diag_sockid
_OLD_REQUEST = Struct("=4B48x2I")  # family, two address lengths, extensions, an empty sockid, states, dbs
_ROW = Struct("=4B4s16s16s3I5I")
#: Where in that its timer's milliseconds are.
EXPIRES = slice(52, 56)
_PORTS = Struct(">2H")
_MEMORY = Struct("=9I")  # SK_MEMINFO_*; the ninth is drops (Linux 4.7)

_PROTOCOLS = {
    socket.IPPROTO_TCP: ("SOCK_STREAM", "TCP"),
    socket.IPPROTO_UDP: ("SOCK_DGRAM", "UDP"),
    socket.IPPROTO_RAW: ("SOCK_RAW", "RAW"),
}


@cache
def tcp_request(states: int = ALL_STATES) -> bytes:
    """Asks for the TCP sockets of both families at once (TCPDIAG_GETSOCK).

    A TCP dump walks the machine's whole table of connections, however few match; the older request takes
    AF_UNSPEC, so that it is walked once and not once for each family.
    """
    return _OLD_REQUEST.pack(socket.AF_UNSPEC, 0, 0, _extension(INET_DIAG_INFO), states, 0)


def tcp_family_request(family: int, states: int = ALL_STATES) -> bytes:
    """Asks for the TCP sockets of one family (SOCK_DIAG_BY_FAMILY), for a kernel that refuses `tcp_request`."""
    return _REQUEST.pack(family, socket.IPPROTO_TCP, _extension(INET_DIAG_INFO), 0, states)


@cache
def udp_request(family: int) -> bytes:
    """Asks for the UDP sockets of one family, with their memory counts (drops)."""
    return _REQUEST.pack(family, socket.IPPROTO_UDP, _extension(INET_DIAG_SKMEMINFO), 0, ALL_STATES)


@cache
def raw_request(family: int) -> bytes:
    """Asks for the raw sockets of one family. ENOENT where the kernel was built without raw_diag."""
    return _REQUEST.pack(family, socket.IPPROTO_RAW, _extension(INET_DIAG_SKMEMINFO), 0, ALL_STATES)


def _extension(number: int) -> int:
    return 1 << (number - 1)


def parse_inet_row(data: bytes, protocol: int, now: float) -> SocketRow:
    """The row in `data`, an `inet_diag_msg` and its attributes, of a dump of `protocol` (IPPROTO_TCP …).

    `now` is CLOCK_REALTIME in seconds: the message counts a timer down, the row says when it expires.
    Raises `BadMessage`.
    """
    if len(data) < _ROW.size:
        raise BadMessage(f"inet_diag message of {len(data)} bytes; it has at least {_ROW.size}")
    (
        family, number, timer_code, retransmits, ports, source, destination, interface, cookie_low, cookie_high,
        expires_ms, recv_q, send_q, uid, inode,
    ) = _ROW.unpack_from(data)  # fmt: skip
    found = attributes(data, _ROW.size)
    kind, name = _PROTOCOLS[protocol]
    tcp = protocol == socket.IPPROTO_TCP
    state = (TCP_STATES if tcp else DATAGRAM_STATES).get(number)
    if state is None:
        raise BadMessage(f"state {number} is none that a {name} socket has")
    source_port, destination_port = _PORTS.unpack(ports)
    if family == socket.AF_INET:
        family_name = "AF_INET"
        local: Address = (socket.inet_ntop(socket.AF_INET, source[:4]), source_port)
        peer: Address = (socket.inet_ntop(socket.AF_INET, destination[:4]), destination_port)
    elif family == socket.AF_INET6:
        family_name = "AF_INET6"
        local = inet6_address(source, source_port, interface)
        peer = inet6_address(destination, destination_port, interface)
    else:
        raise BadMessage(f"address family {family} in an inet_diag message")
    connected = state not in (State.LISTEN, State.CLOSED, State.UNCONNECTED)
    timer = TIMERS.get(timer_code) if tcp else None
    info = parse_tcp_info(found[INET_DIAG_INFO]) if INET_DIAG_INFO in found else None
    memory = found.get(INET_DIAG_SKMEMINFO, b"")
    return SocketRow(
        family_name, kind, name, state, local, peer if connected else None, recv_q, send_q, inode,
        cookie_high << 32 | cookie_low, uid, timer,
        None if timer is None else now + _milliseconds(expires_ms) / 1000,
        retransmits,
        # A TCP socket in state CLOSE is in none of the kernel's tables but that of taken ports.
        tcp and state is State.CLOSED,
        0,
        _MEMORY.unpack_from(memory)[8] if len(memory) >= _MEMORY.size and not tcp else None,
        info, "sock_diag", data,
    )  # fmt: skip


def inet6_address(packed: bytes, port: int, interface: int) -> Address:
    """The 4-tuple that getsockname gives for an address on the interface with that index (0 where it is not said)."""
    # include/net/ipv6.h, ipv6_iface_scope_id: only link-local addresses, unicast or multicast, have a scope.
    unicast = packed[0] == 0xFE and packed[1] & 0xC0 == 0x80
    multicast = packed[0] == 0xFF and packed[1] & 0xF in (1, 2)
    local = unicast or multicast
    return (socket.inet_ntop(socket.AF_INET6, packed), port, 0, interface if local else 0)


def expires(data: bytes, now: float) -> float:
    """When the timer that `data` has expires."""
    return now + _milliseconds(int.from_bytes(data[EXPIRES], sys.byteorder)) / 1000


def _milliseconds(field: int) -> int:
    # Kernels that subtract without jiffies_delta_to_msecs's clamp show a timer that is just due as a huge number.
    return 0 if field >= 1 << 31 else field
