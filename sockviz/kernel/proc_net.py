"""/proc/net/tcp, udp, raw, unix and their IPv6 twins: the fallback where sock_diag is refused.

They say less: no cookie, no backlog of a listener (``send_q`` is 0 there), no bound-only sockets, no peer of a
UNIX socket, and timers in hundredths of a second.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from typing import Literal

from sockviz.kernel.errors import BadMessage, KernelRefused
from sockviz.kernel.files import read_file
from sockviz.kernel.inet_diag import DATAGRAM_STATES, TCP_STATES, TIMERS, inet6_address
from sockviz.kernel.kept_files import Read
from sockviz.kernel.unix_diag import TYPES
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import Address
from sockviz.pattern import pattern

#: The tables by file name, with what a row of each is.
INET_TABLES: dict[str, tuple[str, str, str]] = {
    "tcp": ("AF_INET", "SOCK_STREAM", "TCP"),
    "tcp6": ("AF_INET6", "SOCK_STREAM", "TCP"),
    "udp": ("AF_INET", "SOCK_DGRAM", "UDP"),
    "udp6": ("AF_INET6", "SOCK_DGRAM", "UDP"),
    "raw": ("AF_INET", "SOCK_RAW", "RAW"),
    "raw6": ("AF_INET6", "SOCK_RAW", "RAW"),
    "icmp": ("AF_INET", "SOCK_DGRAM", "ICMP"),  # ping sockets
    "icmp6": ("AF_INET6", "SOCK_DGRAM", "ICMP"),
}
#: All tables that `read_tables` reads for a whole namespace.
TABLES = (*INET_TABLES, "unix")

#: tm->when is in USER_HZ (net/ipv4/tcp_ipv4.c, jiffies_delta_to_clock_t).
_USER_HZ = os.sysconf("SC_CLK_TCK")

ByteOrder = Literal["little", "big"]


def parse_inet_table(
    text: bytes, table: str, now: float, *, byteorder: ByteOrder = sys.byteorder, hertz: int = _USER_HZ
) -> list[SocketRow]:
    """The rows of /proc/net/`table`. `byteorder` is that of the machine whose kernel wrote `text`. Raises `BadMessage`."""
    lines = _whole(text, table).split(b"\n")[1:]
    return [_inet_row(line, table, now, byteorder, hertz) for line in lines]


def _inet_row(line: bytes, table: str, now: float, byteorder: ByteOrder, hertz: int) -> SocketRow:
    family, kind, protocol = INET_TABLES[table]
    tcp = protocol == "TCP"
    try:
        fields = line.decode("ascii").split()
        local = _address(fields[1], family, byteorder)
        peer = _address(fields[2], family, byteorder)
        state = (TCP_STATES if tcp else DATAGRAM_STATES)[int(fields[3], 16)]
        send_q, recv_q = (int(part, 16) for part in fields[4].split(":"))
        timer_code, when = (int(part, 16) for part in fields[5].split(":"))
        timeouts, uid, probes, inode = int(fields[6], 16), int(fields[7]), int(fields[8]), int(fields[9])
        drops = None if tcp else int(fields[12])
    except (ValueError, KeyError, IndexError, OverflowError):
        raise BadMessage(f"/proc/net/{table}: not a row of this table: {line[:80]!r}") from None
    timer = TIMERS.get(timer_code) if tcp else None
    return SocketRow(
        family, kind, protocol, state, local,
        None if state in (State.LISTEN, State.CLOSED, State.UNCONNECTED) else peer,
        recv_q, send_q, inode, 0, uid, timer,
        None if timer is None else now + when / hertz,
        # sock_diag counts probes where a probe or keepalive timer runs; here they have a column of their own.
        probes if timer_code in (2, 4) else timeouts,
        drops=drops, interface=f"/proc/net/{table}", raw=line,
    )  # fmt: skip


def _address(text: str, family: str, byteorder: ByteOrder) -> Address:
    host, _, port = text.partition(":")
    # The kernel prints each 32-bit word of the address as a number of its own byte order, the port as a number.
    words = [int(host[i : i + 8], 16).to_bytes(4, byteorder) for i in range(0, len(host), 8)]
    packed = b"".join(words)
    number = int(port, 16)
    if len(packed) != (4 if family == "AF_INET" else 16) or not 0 <= number < 1 << 16:
        raise ValueError(text)
    if family == "AF_INET":
        return (socket.inet_ntop(socket.AF_INET, packed), number)
    return inet6_address(packed, number, 0)  # the table has no interface, and so no scope


_ACCEPTS = 0x10000  # __SO_ACCEPTCON
#: What /proc/net/unix prints is `socket_state`; 2 is a connection that nobody has accepted yet (net/unix/af_unix.c).
_SS_CONNECTING, _SS_CONNECTED = 2, 3
_UNIX_ROW = pattern(
    rb"[^ \n]+: [0-9A-F]{8} [0-9A-F]{8} (?P<flags>[0-9A-F]{8}) (?P<type>[0-9A-F]{4}) (?P<state>[0-9A-F]{2})"
    rb" +(?P<inode>[0-9]+)(?: (?P<name>.*))?",
    re.DOTALL,
)
#: A path may contain a newline, so rows are told apart by how they begin.
_NEXT_UNIX_ROW = pattern(rb"\n(?=[^ \n]+: [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} )")


def parse_unix_table(text: bytes) -> list[SocketRow]:
    """The rows of /proc/net/unix. Raises `BadMessage`.

    The kernel shows a name's NUL bytes as ``@``, so an abstract name cannot be told from a path that begins with one.
    """
    return [_unix_row(row) for row in _NEXT_UNIX_ROW.split(_whole(text, "unix"))[1:]]


def _unix_row(line: bytes) -> SocketRow:
    found = _UNIX_ROW.fullmatch(line)
    kind = None if found is None else TYPES.get(int(found["type"], 16))
    if found is None or kind is None:
        raise BadMessage(f"/proc/net/unix: not a row of this table: {line[:80]!r}")
    connected = int(found["state"], 16) in (_SS_CONNECTING, _SS_CONNECTED)
    if kind == "SOCK_DGRAM":
        state = State.CONNECTED if connected else State.UNCONNECTED
    elif int(found["flags"], 16) & _ACCEPTS:
        state = State.LISTEN
    else:
        state = State.ESTABLISHED if connected else State.CLOSED
    name = found["name"] or b""
    local: Address = b"\0" + name[1:] if name.startswith(b"@") else os.fsdecode(name)
    return SocketRow(
        "AF_UNIX", kind, "UNIX", state, local, None, 0, 0, int(found["inode"]), 0, 0,
        interface="/proc/net/unix", raw=line,
    )  # fmt: skip


def _whole(text: bytes, table: str) -> bytes:
    """`text` without its last newline: a table that does not end in one was cut short, perhaps inside a number."""
    if not text.endswith(b"\n"):
        raise BadMessage(f"/proc/net/{table} is cut short: it ends in {text[-20:]!r}")
    return text[:-1]


def read_tables(
    net: str = "/proc/net", *, now: float, tables: tuple[str, ...] = TABLES, read: Read = read_file
) -> list[SocketRow]:
    """The rows of the given tables under `net` (``/proc/PID/net`` for another process's namespace). Raises `KernelRefused`."""
    rows: list[SocketRow] = []
    for table in tables:
        try:
            text = read(f"{net}/{table}")
        except KernelRefused as refusal:
            if refusal.is_missing:
                continue  # ENOENT: a kernel without this family or protocol
            raise
        rows += parse_unix_table(text) if table == "unix" else parse_inet_table(text, table, now)
    return rows
