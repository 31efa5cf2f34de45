"""The rule `short`: reads and writes on streams move few bytes at a time, in pieces that are always the same ones.

What may be done so, and what not (the sources are told in `sockviz.words.worst_kernel`):

- Streams only: TCP and UNIX sockets of SOCK_STREAM. Datagrams, files, pipes, terminals are let be.
- A receive call gives what is there, up to what was asked for, so that fewer bytes are always right, but: with MSG_WAITALL; below
  SO_RCVLOWAT; and never fewer than the program was shown before (MSG_PEEK) or told (FIONREAD).
- A send call gives how much it took, which may be less than all.
- A socket on an epoll list with EPOLLET, or with O_ASYNC, is let be: epoll(7) says that there a read or write which moves less
  than was asked for means that nothing is left (or no room), and no further event would come. So is one with SO_PEEK_OFF, whose
  program is shown other bytes than those that come next.
- What goes beside data (SCM_RIGHTS) is sent with its data whole, and MSG_OOB means the last byte: such sends are let be. So is
  every call with a flag that is not listed here.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterable

from sockviz.lab.tracer.altering import Altered, put
from sockviz.lab.tracer.memory import numbers, peek, structures
from sockviz.lab.tracer.pieces import StreamFlow
from sockviz.lab.tracer.ptrace import copy_of

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

    from sockviz.lab.tracer.tasks import TracedProcess, TracedTask

_FAMILIES = ("AF_INET", "AF_INET6", "AF_UNIX")
#: Calls with one buffer: where its length stands, and where the flags do.
_PLAIN = {"read": (2, None), "write": (2, None), "recvfrom": (2, 3), "sendto": (2, 3)}
_VECTORED = ("readv", "writev", "preadv2", "pwritev2")
#: Calls with a message: where the flags stand.
_MESSAGES = {"recvmsg": 2, "sendmsg": 2, "recvmmsg": 3, "sendmmsg": 3}
_READS = ("read", "recvfrom", "readv", "preadv2", "recvmsg", "recvmmsg")
#: Flags with which a call may move less than it was asked to: it does not wait, nobody is signalled, more is to come.
_PEEK, _OOB = socket.MSG_PEEK, socket.MSG_OOB
_HARMLESS = int(
    _PEEK | socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL | socket.MSG_MORE | socket.MSG_EOR | socket.MSG_CMSG_CLOEXEC
)  # fmt: skip
#: No call moves more (linux/fs.h, MAX_RW_COUNT); what asks for more may be wrong, and is the kernel's to judge.
_MOST = 0x7FFFF000
#: No more buffers are taken by a call (UIO_MAXIOV); and so many of them stand in the copy at most.
_VECTORS, _FEW = 1024, 64
#: struct msghdr, and with how much of it was transferred struct mmsghdr: see `sockviz.lab.tracer.data_calls`.
_MSGHDR = struct.Struct("QI4xQQQQi4x")
_MMSGHDR = struct.Struct("QI4xQQQQi4xI4x")
#: What the kernel writes into a message that was received: how long a name and what goes beside are, flags; how much came.
_WRITTEN, _COUNT = ((8, 4), (40, 8), (48, 4)), (56, 4)
_EPOLL_ADD, _EPOLL_MOD, _EPOLLET = 1, 3, 1 << 31
_EVENT = "<IQ" if os.uname().machine == "x86_64" else "I4xQ"
_F_SETFL, _O_ASYNC = 4, 0o20000
_FIONREAD, _SO_PEEK_OFF = 0x541B, 42


class _Cut:
    """A call under way: which flow it moves, whether it only looks; and, where it was altered, how. ``message`` and ``copy``:
    where a message of the program's stands, and the copy that the kernel was given. ``untold``: how many bytes it is let move,
    and wanted to, where that is told only once it has moved some."""

    __slots__ = ("altered", "copy", "flow", "message", "peeks", "several", "untold")

    def __init__(self, flow: StreamFlow, *, peeks: bool, several: bool) -> None:
        self.flow = flow
        self.peeks = peeks
        self.several = several
        self.altered: Altered | None = None
        self.message = self.copy = 0
        self.untold: tuple[int, int] | None = None


class Short:
    """Does so to the calls of the programs that it is asked to."""

    def __init__(self) -> None:
        self._flows: dict[tuple[int, bool], StreamFlow] = {}  # by the socket's inode, and whether it is read
        self._let_be: set[int] = set()
        self._cuts: dict[int, _Cut] = {}  # by task

    def enters(self, task: TracedTask, name: str, place: tuple[int, ...]) -> tuple[int, int] | None:
        """A task is stopped where it enters a call; `place` has its number, arguments and stack. Returns how many bytes it is let
        move, and how many it wanted to, where that is less, and to be told now: of who asks again and again whether anything can
        be moved it is told the first time, and when something was. Raises ProcessLookupError."""
        self._cuts.pop(task.tid, None)
        arguments, stack = place[1:7], place[7]
        if name in ("epoll_ctl", "fcntl", "setsockopt"):
            self._note(task, name, arguments)
            return None
        reads, fd = _direction(task.process, name, arguments)
        inode = _stream(task.process, fd)
        if inode is None:
            return None
        flags = _flags(name, arguments)
        flow = self._flows.setdefault((inode, reads), StreamFlow())
        if flags & _OOB and reads:
            return None  # it is not in the stream
        cut = _Cut(flow, peeks=bool(flags & _PEEK), several=name in ("recvmmsg", "sendmmsg"))
        self._cuts[task.tid] = cut
        if flags & ~_HARMLESS or inode in self._let_be:
            return None
        allowed = flow.allowed(peeks=cut.peeks)
        if reads:
            allowed = max(allowed, _low_water(task.process, fd))
        told = _shortened(task.tid, cut, name, arguments, stack, allowed)
        if flow.in_vain:
            cut.untold, told = told, None
        return told

    def leaves(
        self, task: TracedTask, name: str, place: tuple[int, ...], result: int
    ) -> tuple[tuple[int, int] | None, StreamFlow | None]:
        """It is stopped where that call comes back with `result`: the program finds nothing altered. Returns as `enters` does
        what has not been told, and the flow of which a call that was cut short has moved some. Raises ProcessLookupError."""
        if name == "ioctl":
            self._told(task, place[1:7], result)
        cut = self._cuts.pop(task.tid, None)
        if cut is None:
            return None, None
        cut.flow.in_vain = result == -errno.EAGAIN
        count = result
        if cut.copy and result >= 0:
            for at, size in (*_WRITTEN, *((_COUNT,) if cut.several else ())):
                put(task.tid, cut.message + at, peek(task.tid, cut.copy + at, size, noted=False))
        if cut.several and result > 0:
            got = structures(task.tid, cut.message or place[2], _MMSGHDR.format, min(result, _VECTORS))
            count = sum(message[7] for message in got)
        if cut.altered is not None:
            cut.altered.put_back()
        if count > 0 and cut.peeks:
            cut.flow.show(count)
        elif count > 0:
            cut.flow.moved(count)
        if count <= 0:
            return None, None
        return cut.untold, cut.flow if cut.altered is not None else None

    def ended_by(self, task: TracedTask, name: str, arguments: tuple[int, ...]) -> Iterable[StreamFlow]:
        """The flows that a call, which a task is about to make, may end."""
        if name == "exit_group":
            return self._flows.values()
        inode = _stream(task.process, arguments[0]) if name in ("close", "shutdown") else None
        flows = (self._flows.get((inode, reads)) for reads in (True, False)) if inode is not None else ()
        return [flow for flow in flows if flow is not None]

    def _note(self, task: TracedTask, name: str, arguments: tuple[int, ...]) -> None:
        """A program asks to be told when something changes, and not as long as it is so; or to be shown other bytes than those
        that come next."""
        if name != "epoll_ctl":
            inode = _stream(task.process, arguments[0])
            if name == "fcntl":
                is_let_be = arguments[1] == _F_SETFL and bool(arguments[2] & _O_ASYNC)
            else:
                is_let_be = arguments[1:3] == (socket.SOL_SOCKET, _SO_PEEK_OFF)
            if inode is not None and is_let_be:
                self._let_be.add(inode)
            return
        inode = _stream(task.process, arguments[2])
        told = numbers(task.tid, arguments[3], _EVENT) if arguments[1] in (_EPOLL_ADD, _EPOLL_MOD) else None
        if inode is not None and told is not None and told[0] & _EPOLLET:
            self._let_be.add(inode)

    def _told(self, task: TracedTask, arguments: tuple[int, ...], result: int) -> None:
        """A program has asked how many bytes are there."""
        inode = _stream(task.process, arguments[0]) if arguments[1] == _FIONREAD and result >= 0 else None
        told = numbers(task.tid, arguments[2], "i") if inode is not None else None
        if inode is not None and told is not None:
            self._flows.setdefault((inode, True), StreamFlow()).show(told[0])


def _direction(process: TracedProcess, name: str, arguments: tuple[int, ...]) -> tuple[bool, int]:
    """Whether a call reads, and which descriptor."""
    if name == "splice":
        return (True, arguments[0]) if _stream(process, arguments[0]) is not None else (False, arguments[2])
    return name in _READS, arguments[0]


def _flags(name: str, arguments: tuple[int, ...]) -> int:
    place = _PLAIN[name][1] if name in _PLAIN else _MESSAGES.get(name)
    return arguments[place] & 0xFFFFFFFF if place is not None else 0


def _stream(process: TracedProcess, fd: int) -> int | None:
    """The inode of the stream socket behind a descriptor; None where it is none."""
    fd &= 0xFFFFFFFF
    held: Any = process.descriptors.socket(fd) if fd < 1 << 31 else None
    if held is None or held["type"] != "SOCK_STREAM" or held["family"] not in _FAMILIES:
        return None
    return int(held["inode"])


def _low_water(process: TracedProcess, fd: int) -> int:
    """A read waits until so much is there."""
    copy = copy_of(process.pidfd, fd) if process.pidfd is not None else -1
    if copy < 0:
        return 1
    ours = socket.socket(fileno=copy)
    try:
        return ours.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
    except OSError:
        return 1
    finally:
        ours.close()


# --- one call ---------------------------------------------------------------------------------------------------------


def _shortened(
    tid: int, cut: _Cut, name: str, arguments: tuple[int, ...], stack: int, allowed: int
) -> tuple[int, int] | None:
    """Alters the call. Returns how much it moves now at most, and how much it would have; None where nothing was altered."""
    if name in _PLAIN or name in ("sendfile", "splice"):
        place = _PLAIN[name][0] if name in _PLAIN else 3 if name == "sendfile" else 4
        wanted = arguments[place]
        if not allowed < wanted <= _MOST:
            return None
        cut.altered = Altered(tid)
        cut.altered.arguments({place: allowed}, {place: wanted})
        return allowed, wanted
    if name in _VECTORED:
        few, wanted = _few(tid, arguments[1], arguments[2], allowed)
        if not few:
            return None
        return _with_copy(tid, cut, b"", few, {2: len(few)}, arguments, stack, wanted)
    if name in _MESSAGES:
        return _message(tid, cut, name, arguments, stack, allowed)
    return None


def _message(
    tid: int, cut: _Cut, name: str, arguments: tuple[int, ...], stack: int, allowed: int
) -> tuple[int, int] | None:
    """Likewise, of a call with a message; of several only the first is moved, which is so many fewer."""
    form = _MMSGHDR if cut.several else _MSGHDR
    if cut.several and not 0 < arguments[2] & 0xFFFFFFFF <= _VECTORS:
        return None
    header = numbers(tid, arguments[1], form.format)
    if header is None or (name in ("sendmsg", "sendmmsg") and header[5]):
        return None
    few, wanted = _few(tid, header[2], header[3], allowed)
    if not few:
        return None
    copy = form.pack(
        *header[:2], 0, len(few), *header[4:]
    )  # where the buffers stand comes with the place of the copy
    return _with_copy(tid, cut, copy, few, {2: 1} if cut.several else {}, arguments, stack, wanted)


def _with_copy(
    tid: int,
    cut: _Cut,
    message: bytes,
    few: list[tuple[int, int]],
    new: dict[int, int],
    arguments: tuple[int, ...],
    stack: int,
    wanted: int,
) -> tuple[int, int] | None:
    """Gives the kernel a copy of the message, where there is one, and `few` buffers."""
    buffers = b"".join(struct.pack("QQ", *each) for each in few)
    altered = Altered(tid)
    at = altered.below_the_stack(stack, len(message) + len(buffers))
    if not at:
        return None
    if message:
        message = message[:16] + struct.pack("Q", at + len(message)) + message[24:]
        cut.message, cut.copy = arguments[1], at
    if not put(tid, at, message + buffers):
        cut.message = cut.copy = 0
        return None
    new = {1: at, **new}
    altered.arguments(new, {place: arguments[place] for place in new})
    cut.altered = altered
    return sum(length for _base, length in few), wanted


def _few(tid: int, address: int, count: int, allowed: int) -> tuple[list[tuple[int, int]], int]:
    """The first of a call's buffers, the last of them shortened, that have room for `allowed` bytes; and for how much all have
    room. None of them where that is not more, or they cannot be read."""
    if not 0 < count <= _VECTORS:
        return [], 0
    all_of_them = [(base, length) for base, length in structures(tid, address, "QQ", count)]
    wanted = sum(length for _base, length in all_of_them)
    if len(all_of_them) != count or not allowed < wanted <= _MOST:
        return [], wanted
    few: list[tuple[int, int]] = []
    left = allowed
    for base, length in all_of_them:
        if left <= 0 or len(few) == _FEW:
            break
        if length:
            few.append((base, min(length, left)))
            left -= few[-1][1]
    return few, wanted
