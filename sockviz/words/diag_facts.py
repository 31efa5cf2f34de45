"""What sock_diag says of a socket's options and buffers beside its row (include/uapi/linux/inet_diag.h), from the row's bytes.

Nothing more is asked of the kernel for it: these attributes come with every row.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from sockviz.language import _
from sockviz.model.sockets import SocketRow, State
from sockviz.words.facts import Fact, Section, Voice
from sockviz.words.option_meanings import MEANINGS

_HEADER = 72  # struct inet_diag_msg
_INTERFACE = 40  # where in it idiag_if is: sk_bound_dev_if
_LO = 1  # net/core/net_namespace.c: the first device of every network is lo
_UNIX_HEADER, _UNIX_SHUTDOWN = 16, 6  # struct unix_diag_msg; UNIX_DIAG_SHUTDOWN
_SKMEMINFO, _SHUTDOWN, _V6ONLY, _SOCKOPT = 7, 8, 11, 22
#: struct inet_diag_sockopt: bits of two bytes, the first at the lowest (where bit fields begin there: on little-endian machines).
_BITS = (
    "IP_RECVERR", "", "IP_FREEBIND", "IP_HDRINCL", "IP_MULTICAST_LOOP", "IP_TRANSPARENT", "IP_MULTICAST_ALL", "IP_NODEFRAG",
    "IP_BIND_ADDRESS_NO_PORT", "IP_RECVERR_RFC4884", "TCP_FASTOPEN_CONNECT",
)  # fmt: skip
#: Those that are on unless somebody turns them off.
_ON = ("IP_MULTICAST_LOOP", "IP_MULTICAST_ALL")


def sections(row: SocketRow) -> Iterator[Section]:
    """What is not the default, in a section of its own."""
    is_unix = row.family == "AF_UNIX"
    header = _UNIX_HEADER if is_unix else _HEADER
    if row.interface != "sock_diag" or len(row.raw) < header:
        return
    found = _attributes(row.raw, header)
    if is_unix:
        facts = [*_ended(found.get(_UNIX_SHUTDOWN, b""), row)]
    else:
        facts = [
            *_device(row.raw), *_options(found, row), *_ended(found.get(_SHUTDOWN, b""), row), *_buffers(found, row),
        ]  # fmt: skip
    if facts:
        yield Section(
            _("what the kernel says of its options"),
            Voice.OBSERVED,
            "sock_diag, UNIX_DIAG_SHUTDOWN" if is_unix else "sock_diag, INET_DIAG_SOCKOPT, …",
            tuple(facts),
        )


def _attributes(raw: bytes, header: int) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    at = header
    while at + 4 <= len(raw):
        length, number = struct.unpack_from("=HH", raw, at)
        if length < 4 or at + length > len(raw):
            break
        found[number & 0x3FFF] = raw[at + 4 : at + length]
        at += length + 3 & ~3
    return found


def _device(raw: bytes) -> Iterator[Fact]:
    """What ss writes behind a local address: ``127.0.0.1%lo``."""
    index: int = struct.unpack_from("=I", raw, _INTERFACE)[0]
    if index:
        name = "lo" if index == _LO else str(index)
        yield Fact("SO_BINDTODEVICE", name, _(MEANINGS["SO_BINDTODEVICE"]))


def _options(found: Mapping[int, bytes], row: SocketRow) -> Iterator[Fact]:
    bits = int.from_bytes(found.get(_SOCKOPT, b"")[:2], "little")
    if _SOCKOPT in found:
        for place, name in enumerate(_BITS):
            on = bool(bits >> place & 1)
            if name and on != (name in _ON):
                yield Fact(name, _("on") if on else _("off"), _(MEANINGS[name]) if name in MEANINGS else "")
    if found.get(_V6ONLY, b"\0")[:1] == b"\1" and row.family == "AF_INET6":
        yield Fact("IPV6_V6ONLY", _("on"), _(MEANINGS["IPV6_V6ONLY"]))


def _ended(shutdown: bytes, row: SocketRow) -> Iterator[Fact]:
    """sk_shutdown: 1, nothing more is received; 2, nothing more is sent."""
    bits = shutdown[0] if shutdown else 0
    if bits and row.state not in (State.TIME_WAIT, State.CLOSED):
        ways = [word for bit, word in ((1, _("receiving")), (2, _("sending"))) if bits & bit]
        yield Fact(
            _("over"),
            _(" and ").join(ways),
            _("sk_shutdown: by a shutdown or close at either end")
            if row.family == "AF_UNIX"
            else _("sk_shutdown: by a FIN that came, or a shutdown or close here"),
        )


def _buffers(found: Mapping[int, bytes], row: SocketRow) -> Iterator[Fact]:
    """SK_MEMINFO: of datagram sockets it is asked for."""
    memory = found.get(_SKMEMINFO, b"")
    if len(memory) < 16 or row.protocol == "TCP":
        return
    taken, room, sending, sending_room = struct.unpack_from("=4I", memory)
    yield Fact(
        "SO_RCVBUF", _("{taken} of {room} bytes").format(taken=taken, room=room), _("memory, not data")
    )
    yield Fact(
        "SO_SNDBUF",
        _("{taken} of {room} bytes").format(taken=sending, room=sending_room),
        _("memory, not data"),
    )
