"""ptrace(2) and what is asked beside it, as far as the tracer needs them."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct

from sockviz.lab.confinement import libc

_CONT, _SYSCALL = 7, 24
_GETEVENTMSG, _SEIZE, _INTERRUPT, _LISTEN, _GET_SYSCALL_INFO = 0x4201, 0x4206, 0x4207, 0x4208, 0x420E
_GETREGSET, _SETREGSET, _NT_PRSTATUS, _NT_ARM_SYSTEM_CALL = 0x4204, 0x4205, 1, 0x404
#: Of struct user_regs_struct of x86-64; arm64 has 34 words (struct user_pt_regs).
_RBP, _RAX, _ORIG_RAX, _MOST_REGISTERS = 4, 10, 15, 34
_X29, _X30 = 29, 30
#: What a tracee does besides: SIGTRAP|0x80 at calls; an event at fork, vfork, clone, exec and where seccomp says so; it dies with
#: its tracer.
_OPTIONS = 1 | 2 | 4 | 8 | 16 | 128 | 1 << 20
FORK, VFORK, CLONE, EXEC, SECCOMP, STOP = 1, 2, 3, 4, 7, 128
#: Operations that GET_SYSCALL_INFO tells (linux/ptrace.h).
AT_ENTRY, AT_EXIT, AT_SECCOMP = 1, 2, 3
#: waitpid: of every child, however it was made.
WALL = 0x40000000
_PIDFD_OPEN, _PIDFD_GETFD = 434, 438  # the same on every machine

_call = libc.ptrace
_call.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_call.restype = ctypes.c_long
#: The same for what is asked at every stop: what is passed is not converted (int, or an object of ctypes), no errno is kept, and
#: no other thread let run meanwhile, as these requests do not wait for anything.
quickly = ctypes.PyDLL(None).ptrace
_info = ctypes.create_string_buffer(88)
_info_there = ctypes.byref(_info)
_info_at = ctypes.addressof(_info)
#: op, arch, instruction pointer, stack pointer; at entry the number and six arguments, at exit the value and whether that is
#: an error.
_unpack = struct.Struct("<BxxxIQQ8Q").unpack_from
#: Of what was asked last: the operation; at `AT_EXIT` what the call has returned; of who is about to make a call its stack
#: pointer, the number of the call, its arguments.
operation = ctypes.c_uint8.from_buffer(_info)
returned = ctypes.c_int64.from_buffer(_info, 24)
place = memoryview(_info).cast("B")[16:80].tobytes
_message = ctypes.c_ulong()


def _ptrace(request: int, tid: int, address: int = 0, data: int = 0) -> None:
    if _call(request, tid, address, data) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace({request:#x}): {os.strerror(number)}")


class NotTraced(OSError):
    """The kernel lets nobody trace a process."""


def seize(pid: int) -> None:
    """Traces `pid` and all that it will make. Raises `NotTraced`."""
    try:
        _ptrace(_SEIZE, pid, 0, _OPTIONS)
    except OSError as error:
        raise NotTraced(error.errno, error.strerror) from None


def go_on(tid: int, *, to_next_call: bool = False, signal: int = 0) -> None:
    """Lets a stopped task run: to its next event, or also to the next entry of a call or return from one."""
    request = _SYSCALL if to_next_call else _CONT
    if quickly(request, tid, 0, signal) == -1:
        with contextlib.suppress(ProcessLookupError):  # killed meanwhile: its death comes by wait
            _ptrace(request, tid, 0, signal)  # which says why


def orders(tid: int) -> tuple[tuple[object, ...], tuple[object, ...], tuple[object, ...]]:
    """What `quickly` is passed, of one task: to ask for what `operation` and its like say; to let it run to its next event, and
    from a call's entry to the return from it, as `go_on` does."""
    return (_GET_SYSCALL_INFO, tid, 88, _info_there), (_CONT, tid, 0, 0), (_SYSCALL, tid, 0, 0)


def ask(request: int, tid: int, address: int = 0, data: int = 0) -> None:
    """Any request. Raises OSError, and ProcessLookupError of who was killed."""
    _ptrace(request, tid, address, data)


def interrupt(tid: int) -> None:
    """Stops a task that runs or sleeps, as a signal does that stops processes; it is to be let go on."""
    with contextlib.suppress(ProcessLookupError):  # killed meanwhile
        _ptrace(_INTERRUPT, tid)


def stay(tid: int) -> None:
    """Leaves a task stopped as SIGSTOP has it, until SIGCONT."""
    with contextlib.suppress(ProcessLookupError):  # likewise
        _ptrace(_LISTEN, tid)


def message(tid: int) -> int:
    """What the event that stopped the task says: the pid of the new process, or the former one of who has executed."""
    _ptrace(_GETEVENTMSG, tid, 0, ctypes.addressof(_message))
    return _message.value


def call_info(tid: int) -> tuple[int, ...]:
    """What the kernel knows of the call that a task is at: op, arch, instruction and stack pointer, and eight numbers (see
    `_unpack`). Raises ProcessLookupError of who was killed."""
    if quickly(_GET_SYSCALL_INFO, tid, 88, _info_there) == -1:
        _ptrace(_GET_SYSCALL_INFO, tid, 88, _info_at)  # which says why
    return _unpack(_info)


def refuse(tid: int, number: int) -> None:
    """Has the call that a task is about to make fail with an errno, unmade."""
    registers = ctypes.create_string_buffer(8 * _MOST_REGISTERS)
    room = struct.pack("QQ", ctypes.addressof(registers), len(registers))
    place = ctypes.create_string_buffer(room)
    _ptrace(_GETREGSET, tid, _NT_PRSTATUS, ctypes.addressof(place))
    words = (ctypes.c_int64 * _MOST_REGISTERS).from_buffer(registers)
    if os.uname().machine == "x86_64":
        words[_ORIG_RAX], words[_RAX] = -1, -number
    else:  # arm64: the number has a place of its own (not run anywhere yet)
        words[0] = -number
        none = ctypes.c_int(-1)
        call = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(none), 4))
        _ptrace(_SETREGSET, tid, _NT_ARM_SYSTEM_CALL, ctypes.addressof(call))
    _ptrace(_SETREGSET, tid, _NT_PRSTATUS, ctypes.addressof(place))


def frames(tid: int) -> tuple[int, int]:
    """Of a stopped task the frame pointer, and on arm64 the link register, where a call has left the address behind it: on x86-64
    that stands on the stack, and this is 0. Raises ProcessLookupError."""
    registers = (ctypes.c_uint64 * _MOST_REGISTERS)()
    place = ctypes.create_string_buffer(
        struct.pack("QQ", ctypes.addressof(registers), ctypes.sizeof(registers))
    )
    _ptrace(_GETREGSET, tid, _NT_PRSTATUS, ctypes.addressof(place))
    if os.uname().machine == "x86_64":
        return registers[_RBP], 0
    return registers[_X29], registers[_X30]


def pidfd_open(pid: int) -> int | None:
    """A pidfd of a process; None of a thread that is not its first, or of what is gone."""
    fd: int = libc.syscall(_PIDFD_OPEN, pid, 0)
    return fd if fd >= 0 else None


def copy_of(pidfd: int, fd: int) -> int:
    """A copy of a descriptor of another process, or a negative errno. To be closed at once: while it is open no close of theirs
    sends a FIN."""
    copy: int = libc.syscall(_PIDFD_GETFD, pidfd, fd, 0)
    return copy if copy >= 0 else -ctypes.get_errno()


def error_of(value: int) -> int:
    """The errno of a value that a call has returned to a register, 0 where it is none."""
    return -value if -4096 < value < 0 else 0


#: What never reaches a program: the call will be made again, or turn out to have failed with EINTR (linux/errno.h).
RESTARTED = frozenset({512, 513, 514, 516})
INTERRUPTED = errno.EINTR
