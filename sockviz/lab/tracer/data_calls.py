"""Calls that send and receive: buffers, vectors of buffers, and what goes beside data."""

from __future__ import annotations

import struct

from sockviz.lab.tracer import addresses, values
from sockviz.lab.tracer.made import CallEntry, Made, number
from sockviz.lab.tracer.memory import numbers, peek, structures

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

    from sockviz.lab.tracer.made import Gives
    from sockviz.lab.tracer.socket_calls import Decoder

_METHOD = "socket.socket."
#: struct msghdr and struct mmsghdr of a 64-bit machine: name and its length, vectors and how many, what goes beside and its
#: length, flags; then how much was transferred.
_MSGHDR, _MMSGHDR = "QI4xQQQQi4x", "QI4xQQQQi4xI4x"
_CMSGHDR = struct.Struct("Qii")
#: The kernel takes no more buffers in one call (UIO_MAXIOV), and more messages than these are not told.
_VECTORS, _MESSAGES = 1024, 16
#: What goes beside data is told as far as this (bytes).
_BESIDE = 4096


def _data(tid: int, address: int, length: int) -> Any:
    """What is sent; of a length that no buffer has, (size_t)-1 say, it is the length that tells."""
    data = peek(tid, address, values.wanted(length)) if length <= values.LONGEST else b""
    return values.data(data, length) if data or not length else values.pointer(address, length)


def _received(entry: CallEntry) -> Gives:
    """What was put into the buffer of recv or read; with MSG_TRUNC a call may return more than there is room for."""
    address, room = entry.a[1], entry.a[2]
    return lambda result: _data(entry.tid, address, min(result, room))


def _room_of(entry: CallEntry) -> list[Any]:
    """How much may be received; with the pointer, where nothing can be written there."""
    return (values.nowhere(entry.a[1], entry.a[2]) if entry.a[2] else []) or [entry.a[2]]


def _flags(entry: CallEntry, place: int) -> list[Any]:
    return [entry.int(place)] if entry.int(place) else []


def _named_flags(entry: CallEntry) -> dict[str, Any]:
    """Likewise, of a message that cannot be read: what would stand before them is not known."""
    return {"flags": entry.int(2)} if entry.int(2) else {}


def _sendto(entry: CallEntry) -> Made | None:
    held = entry.named()
    sent = _data(entry.tid, entry.a[1], entry.a[2])
    if not entry.a[4]:
        return Made("send", _METHOD + "send", [held, sent, *_flags(entry, 3)], number)
    to = addresses.given(entry.tid, entry.a[4], entry.a[5])
    return Made("sendto", _METHOD + "sendto", [held, sent, *_flags(entry, 3), to], number)


def _recvfrom(entry: CallEntry) -> Made | None:
    held = entry.named()
    arguments = [held, *_room_of(entry), *_flags(entry, 3)]
    if not entry.a[4]:
        return Made("recv", _METHOD + "recv", arguments, _received(entry))
    received, room = _received(entry), addresses.room_of(entry.tid, entry.a[5])

    def gives(result: int) -> Any:
        sender = addresses.returned(entry.tid, entry.a[4], entry.a[5], room)
        return values.a_tuple(received(result), None if sender == "" else sender)

    return Made("recvfrom", _METHOD + "recvfrom", arguments, gives, addresses.odd(room, held))


def _write(entry: CallEntry) -> Made | None:
    held = entry.socket()
    return held and Made("write", "os.write", [held, _data(entry.tid, entry.a[1], entry.a[2])], number)


def _read(entry: CallEntry) -> Made | None:
    held = entry.socket()
    return held and Made("read", "os.read", [held, *_room_of(entry)], _received(entry))


# --- vectors ----------------------------------------------------------------------------------------------------------


def _vectors(tid: int, address: int, count: int) -> list[tuple[int, int]] | None:
    """Addresses and lengths; None where they cannot be read."""
    if count > _VECTORS:
        return None
    told = [(base, length) for base, length in structures(tid, address, "QQ", count)]
    return told if len(told) == count else None


def _buffers(tid: int, address: int, count: int) -> Any:
    """What is sent, a list of buffers; together no more of them is told than of one."""
    vectors = _vectors(tid, address, count)
    if vectors is None:
        return values.pointer(address, count)
    left = values.WHOLE
    told = []
    for base, length in vectors[: values.ITEMS]:
        if left <= 0:
            told.append(values.data(b"", length))
            continue
        some = peek(tid, base, min(values.wanted(length), left)) if length <= values.LONGEST else b""
        left -= len(some)
        told.append(values.data(some, length) if some or not length else values.pointer(base, length))
    return values.sequence("list", told, len(vectors))


def _room(tid: int, address: int, count: int) -> Any:
    """How much may be received."""
    vectors = _vectors(tid, address, count)
    return sum(length for _base, length in vectors) if vectors is not None else values.pointer(address, count)


def _gathered(tid: int, address: int, count: int, length: int) -> Any:
    """The `length` bytes that were received into vectors, in order."""
    found, left = b"", min(values.wanted(length), length)
    for base, size in _vectors(tid, address, count) or ():
        some = peek(tid, base, min(size, left))
        found += some
        left -= len(some)
        if left <= 0:
            break
    return values.data(found, length)


def _writev(entry: CallEntry) -> Made | None:
    held = entry.socket()
    return held and Made("writev", "os.writev", [held, _buffers(entry.tid, entry.a[1], entry.a[2])], number)


def _readv(entry: CallEntry) -> Made | None:
    held = entry.socket()
    tid, address, count = entry.tid, entry.a[1], entry.a[2]
    if held is None:
        return None
    room = _room(tid, address, count)
    return Made("readv", "os.readv", [held, room], lambda n: _gathered(tid, address, count, n))


def _without_place(decode: Decoder) -> Decoder:
    """Of a call that says from where in a file, too: a socket has no such place (ESPIPE), but -1 stands for none."""
    return lambda entry: decode(entry) if values.signed(entry.a[3], 64) == -1 else None


# --- messages ----------------------------------------------------------------------------------------------------------


def beside(data: bytes) -> list[Any]:
    """What goes beside data (struct cmsghdr, one after the other): level, type and content of each, as far as they are whole."""
    found: list[Any] = []
    at = 0
    while at + _CMSGHDR.size <= len(data) and len(found) < values.ITEMS:
        length, level, kind = _CMSGHDR.unpack_from(data, at)
        if not _CMSGHDR.size <= length <= len(data) - at:
            break
        content = data[at + _CMSGHDR.size : at + length]
        found.append(values.a_tuple(level, kind, values.data(content, len(content))))
        at += (length + 7) & ~7  # CMSG_ALIGN
    return found


def _beside_at(tid: int, address: int, length: int) -> Any:
    return values.sequence("list", beside(peek(tid, address, min(length, _BESIDE))))


def _sendmsg(entry: CallEntry) -> Made | None:
    held, header = entry.named(), numbers(entry.tid, entry.a[1], _MSGHDR)
    if header is None:
        return Made(
            "sendmsg", _METHOD + "sendmsg", [held, values.pointer(entry.a[1])], number, _named_flags(entry)
        )
    return Made("sendmsg", _METHOD + "sendmsg", [held, *_sent(entry, header, entry.int(2))], number)


def _sent(entry: CallEntry, header: tuple[int, ...], flags: int) -> list[Any]:
    """What a message has: buffers, and as far as it has them what goes beside, flags, an address."""
    name, name_length, vectors, count, control, control_length, _flags = header[:7]
    told = [_buffers(entry.tid, vectors, count), _beside_at(entry.tid, control, control_length), flags]
    if name:
        return [*told, addresses.given(entry.tid, name, name_length)]
    if not flags:
        told.pop()
        if not told[1]["items"]:
            told.pop()
    return told


def _recvmsg(entry: CallEntry) -> Made | None:
    held, header = entry.named(), numbers(entry.tid, entry.a[1], _MSGHDR)
    if header is None:
        return Made(
            "recvmsg", _METHOD + "recvmsg", [held, values.pointer(entry.a[1])], number, _named_flags(entry)
        )

    def gives(result: int) -> Any:
        after = numbers(entry.tid, entry.a[1], _MSGHDR)
        return _got(entry, header, after, result) if after is not None else result

    room = _room(entry.tid, header[2], header[3])
    return Made("recvmsg", _METHOD + "recvmsg", [held, room, header[5], *_flags(entry, 2)], gives)


def _got(entry: CallEntry, before: tuple[int, ...], after: tuple[int, ...], length: int) -> Any:
    """Data, what came beside it, flags, and whose it is, as the kernel has written them."""
    data = _gathered(entry.tid, before[2], before[3], length)
    came = _beside_at(entry.tid, before[4], min(after[5], before[5]))
    sender = None
    if before[0]:
        sender = addresses.decoded(peek(entry.tid, before[0], min(after[1], before[1], addresses.LONGEST)))
    return values.a_tuple(data, came, after[6], sender if sender != "" else None)


def _several(name: str, sends: bool) -> Decoder:
    """Several messages in one call."""

    def decode(entry: CallEntry) -> Made | None:
        held, count = entry.named(), entry.a[2] & 0xFFFFFFFF
        before = structures(entry.tid, entry.a[1], _MMSGHDR, min(count, _MESSAGES))
        flags = entry.int(3)
        if sends:
            told = [values.a_tuple(*_sent(entry, header, 0)) for header in before]
            sent = (
                values.sequence("list", told, count)
                if told or not count
                else values.pointer(entry.a[1], count)
            )
            return Made(name, "", [held, sent, *_flags(entry, 3)], number)

        def gives(result: int) -> Any:
            after = structures(entry.tid, entry.a[1], _MMSGHDR, min(result, len(before)))
            told = [_got(entry, old, new, new[7]) for old, new in zip(before, after, strict=False)]
            return values.sequence("list", told, result)

        return Made(name, "", [held, count, *([flags] if flags else [])], gives)

    return decode


CALLS: dict[str, Decoder] = {
    "sendto": _sendto, "recvfrom": _recvfrom, "write": _write, "read": _read, "writev": _writev, "readv": _readv,
    "pwritev2": _without_place(_writev), "preadv2": _without_place(_readv),
    "sendmsg": _sendmsg, "recvmsg": _recvmsg, "sendmmsg": _several("sendmmsg", True), "recvmmsg": _several("recvmmsg", False),
}  # fmt: skip
