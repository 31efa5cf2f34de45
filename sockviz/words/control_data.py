"""What the control data of a message holds, by its kind: descriptors, credentials, addresses, times, an error queue's errors."""

from __future__ import annotations

import socket
import struct

from sockviz.language import _, ngettext
from sockviz.model.linux.names import errno_name
from sockviz.model.linux.options import option_of
from sockviz.model.segments import IcmpHeader
from sockviz.words.icmp_meanings import icmp_meaning
from sockviz.words.number_kinds import beside_name
from sockviz.words.option_words import value_text, with_unit
from sockviz.words.shown import show
from sockviz.words.wording import address_text

#: include/uapi/linux/errqueue.h: who has put an entry into the error queue.
_LOCAL, _ICMP, _ICMP6, _ZEROCOPY = 1, 2, 3, 5
#: SO_EE_CODE_ZEROCOPY_COPIED.
_WAS_COPIED = 1


def name_of(level: int, number: int) -> str:
    """``SCM_RIGHTS``; its numbers where it has no name here."""
    return beside_name(level, number) or f"({level}, {number})"


def came_beside(level: int, number: int, data: bytes) -> str:
    """One item of what recvmsg gave beside the data."""
    name = name_of(level, number)
    if name == "SCM_RIGHTS" and not len(data) % 4:
        fds = ", ".join(str(int.from_bytes(data[at : at + 4], "little")) for at in range(0, len(data), 4))
        return ngettext(
            "SCM_RIGHTS brings a descriptor: {fds} here",
            "SCM_RIGHTS brings descriptors: {fds} here",
            len(data) // 4,
        ).format(fds=fds)
    if name in ("IP_RECVERR", "IPV6_RECVERR") and len(data) >= 16:
        return f"{name}: {_queued_error(data, six=name.startswith('IPV6'))}"
    return f"{name}: {value_beside(level, number, data)}"


def value_beside(level: int, number: int, data: bytes) -> str:
    """What goes, or came, beside a message, for people: ``10.0.0.2, interface 2``, ``5 hops``."""
    match name_of(level, number):
        case "SCM_CREDENTIALS" if len(data) >= 12:
            pid, uid, gid = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4, 8))
            return f"pid {pid}, uid {uid}, gid {gid}"
        case "IP_PKTINFO" if (
            len(data) >= 12
        ):  # struct in_pktinfo: the interface, a local address, the one in the header
            interface, local, meant = struct.unpack_from("=i4s4s", data)
            address = meant if any(meant) else local
            return _at_interface(socket.inet_ntop(socket.AF_INET, address), interface)
        case "IPV6_PKTINFO" if len(data) >= 20:
            address, interface = struct.unpack_from("=16si", data)
            return _at_interface(socket.inet_ntop(socket.AF_INET6, address), interface)
        case "IP_RECVORIGDSTADDR" if len(data) >= 8:  # struct sockaddr_in
            port, address = struct.unpack_from("!H4s", data, 2)
            return address_text((socket.inet_ntop(socket.AF_INET, address), port))
        case "IPV6_RECVORIGDSTADDR" if len(data) >= 24:  # struct sockaddr_in6
            port, _flow, address = struct.unpack_from("!HI16s", data, 2)
            return address_text((socket.inet_ntop(socket.AF_INET6, address), port))
        case "SCM_TIMESTAMP" | "SCM_TIMESTAMPNS" as kind if len(data) >= 16:
            whole, part = struct.unpack_from("=qq", data)
            digits = 6 if kind == "SCM_TIMESTAMP" else 9
            return _("{seconds} s after 1970 began").format(seconds=f"{whole}.{part:0{digits}}")
    if len(data) in (1, 2, 4):
        return value_text(option_of(level, number), int.from_bytes(data, "little"))
    return show(data, 32)


def _at_interface(address: str, interface: int) -> str:
    if not interface:
        return address
    return _("{address}, interface {number}").format(address=address, number=interface)


def _queued_error(data: bytes, *, six: bool) -> str:
    """struct sock_extended_err (linux/errqueue.h): an error, and who says so."""
    number, origin, kind, code, _pad, info, last = struct.unpack_from("=I4BII", data)
    name = errno_name(number) or str(number)
    if origin == _LOCAL:
        return _("{error}, found here; the path takes {size}").format(
            error=name, size=with_unit(info, "bytes")
        )
    if origin in (_ICMP, _ICMP6):
        family = "AF_INET6" if six or origin == _ICMP6 else "AF_INET"
        meaning = icmp_meaning(IcmpHeader(kind, code), family)
        return _("{error}, by ICMP {meaning}").format(error=name, meaning=meaning)
    if origin == _ZEROCOPY:
        return _given_back(info, last, was_copied=code == _WAS_COPIED)
    return name


def _given_back(first: int, last: int, *, was_copied: bool) -> str:
    """Documentation/networking/msg_zerocopy.rst: which of the sends, from 0, the kernel needs the data of no more."""
    told = ngettext(
        "no error: the kernel is done with the data of MSG_ZEROCOPY's send {first} (from 0)",
        "no error: the kernel is done with the data of MSG_ZEROCOPY's sends {first} to {last} (from 0)",
        last - first + 1,
    ).format(first=first, last=last)
    return _("{told}; it has copied them all the same").format(told=told) if was_copied else told
