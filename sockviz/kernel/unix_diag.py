"""sock_diag for UNIX sockets (include/uapi/linux/unix_diag.h): the request, and messages into `SocketRow`. No I/O."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from struct import Struct, iter_unpack

from sockviz.dataclass import dataclass
from sockviz.kernel.errors import BadMessage
from sockviz.kernel.netlink import attributes
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import Address

UNIX_DIAG_NAME = 0
UNIX_DIAG_PEER = 2
UNIX_DIAG_ICONS = 3
UNIX_DIAG_RQLEN = 4
UNIX_DIAG_UID = 7

_SHOW_NAME, _SHOW_PEER, _SHOW_ICONS, _SHOW_RQLEN, _SHOW_UID = 0x1, 0x4, 0x8, 0x10, 0x40

#: By the number that the kernel gives.
TYPES: dict[int, str] = {
    socket.SOCK_STREAM: "SOCK_STREAM",
    socket.SOCK_DGRAM: "SOCK_DGRAM",
    socket.SOCK_SEQPACKET: "SOCK_SEQPACKET",
}
#: af_unix keeps TCP's numbers in sk_state.
_STATES = {1: State.ESTABLISHED, 7: State.CLOSED, 10: State.LISTEN}

_REQUEST = Struct("=BBH3I2I")  # family, protocol, pad, states, inode, show, cookie
_ROW = Struct("=4B3I")  # family, type, state, pad, inode, cookie
_NUMBER = Struct("=I")
_QUEUES = Struct("=2I")


@dataclass(frozen=True, slots=True)
class UnixRow:
    """A row as one message says it, before the names of peers are looked up among the others.

    ``peer_inode`` is None where the socket has no peer, 0 where nobody holds the peer. ``pending`` are the inodes of the
    clients that wait in a listener's queue.
    """

    row: SocketRow
    peer_inode: int | None
    pending: tuple[int, ...]


@cache
def unix_request() -> bytes:
    """Asks for all UNIX sockets with names, peers, queues, pending clients and owners."""
    show = _SHOW_NAME | _SHOW_PEER | _SHOW_ICONS | _SHOW_RQLEN | _SHOW_UID
    return _REQUEST.pack(socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, show, 0xFFFFFFFF, 0xFFFFFFFF)


def unix_name(packed: bytes) -> Address:
    """A `sun_path` as `socket.getsockname` gives it: a path is text, an abstract name is bytes, '' is no name."""
    if packed[:1] == b"\0":
        return packed
    return os.fsdecode(packed.split(b"\0", 1)[0])


def parse_unix_row(data: bytes) -> UnixRow:
    """The row in `data`, a `unix_diag_msg` and its attributes. Raises `BadMessage`."""
    if len(data) < _ROW.size:
        raise BadMessage(f"unix_diag message of {len(data)} bytes; it has at least {_ROW.size}")
    family, type_number, number, _, inode, cookie_low, cookie_high = _ROW.unpack_from(data)
    found = attributes(data, _ROW.size)
    if family != socket.AF_UNIX or type_number not in TYPES:
        raise BadMessage(f"a unix_diag message of family {family} and type {type_number}")
    if number not in _STATES:
        raise BadMessage(f"state {number} is none that a UNIX socket has")
    peer_inode = _number(found.get(UNIX_DIAG_PEER))
    if type_number == socket.SOCK_DGRAM:
        # Kernels differ in what sk_state of a connected datagram socket says (5.15 marked even the other end);
        # that it has a peer is the same in all.
        state = State.UNCONNECTED if peer_inode is None else State.CONNECTED
    else:
        state = _STATES[number]
    queues = found.get(UNIX_DIAG_RQLEN, b"")
    if len(queues) < _QUEUES.size:
        queues = bytes(_QUEUES.size)
    # net/unix/diag.c, sk_diag_show_rqlen: for LISTEN the pending clients and the backlog, else bytes.
    recv_q, send_q = _QUEUES.unpack_from(queues)
    pending = found.get(UNIX_DIAG_ICONS, b"")
    row = SocketRow(
        "AF_UNIX", TYPES[type_number], "UNIX", state,
        unix_name(found.get(UNIX_DIAG_NAME, b"")), None, recv_q, send_q, inode,
        cookie_high << 32 | cookie_low, _number(found.get(UNIX_DIAG_UID)) or 0,
        peer_inode=peer_inode or 0, raw=data,
    )  # fmt: skip
    whole = len(pending) & ~3
    return UnixRow(row, peer_inode, tuple(inode for (inode,) in iter_unpack("=I", pending[:whole])))


def _number(field: bytes | None) -> int | None:
    if field is None:
        return None
    if len(field) < _NUMBER.size:
        raise BadMessage(f"a number of {len(field)} bytes in a unix_diag attribute")
    value: int = _NUMBER.unpack_from(field)[0]
    return value


def with_peers(rows: Iterable[UnixRow]) -> list[SocketRow]:
    """The rows with each peer's name, where the other rows say it.

    A client that nobody has accepted yet has a peer without inode; its name is the listener's in whose queue it waits. The
    peer stays None where it is closed or in another network namespace.
    """
    rows = list(rows)
    names = {each.row.inode: each.row.local for each in rows}
    waiting = {inode: each.row.local for each in rows for inode in each.pending if inode}
    named = []
    for each in rows:
        peer = names.get(each.peer_inode) if each.peer_inode else None
        if each.peer_inode == 0:
            peer = waiting.get(each.row.inode)
        named.append(each.row if peer is None else replace(each.row, peer=peer))
    return named
