"""The second wall around a lesson process: the system calls that the kernel lets it make (seccomp). An allow-list.

It stands behind reach.py and says nothing that a lesson should ever hear: a call that is not on it gives ENOSYS, as on a kernel
without it; arguments that are not, EPERM. What lies behind a pointer (an address, what goes beside data) no filter sees.

Standard library only: it is part of what runs inside a lab (see init.py).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Mapping, Sequence

from sockviz.lab.confinement import PR_SET_NO_NEW_PRIVS, prctl
from sockviz.lab.reach import (
    FAMILIES,
    NOBODYS_FAMILIES,
    OPTIONS,
    PAST_EVERY_FAMILY,
    PAST_EVERY_LEVEL,
    PAST_EVERY_OPTION,
    PRIVATE_OPTIONS,
    SO_BINDTODEVICE,
)

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
#: linux/audit.h: the machines whose numbers stand below, by `uname -m`, and the column.
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
#: Numbers of the x32 ABI have this bit; it is another machine within x86-64.
X32 = 0x40000000
#: Numbers of the calls a lesson process makes: on x86-64 (asm/unistd_64.h), and the generic ones (asm-generic/unistd.h). None
#: where a machine has no such call.
CALLS: Mapping[str, tuple[int | None, int | None]] = {
    # What an interpreter does by itself.
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "close": (3, 57), "fstat": (5, 80),
    "newfstatat": (262, 79), "stat": (4, None), "lstat": (6, None), "statx": (332, 291), "readlink": (89, None),
    "readlinkat": (267, 78), "getdents64": (217, 61), "lseek": (8, 62), "pread64": (17, 67), "mmap": (9, 222),
    "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "brk": (12, 214), "madvise": (28, 233),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "rt_sigpending": (127, 136), "getrandom": (318, 278), "getcwd": (79, 17), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "arch_prctl": (158, None), "set_tid_address": (218, 96),
    "set_robust_list": (273, 99), "rseq": (334, 293), "getrlimit": (97, 163), "futex": (202, 98),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, None), "sched_getaffinity": (204, 123), "sched_yield": (24, 124),
    "sysinfo": (99, 179), "uname": (63, 160), "exit": (60, 93), "exit_group": (231, 94), "restart_syscall": (219, 128),
    "membarrier": (324, 283),
    # What a lesson asks for (sockviz/lesson/*_calls.py).
    "bind": (49, 200), "connect": (42, 203), "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212), "shutdown": (48, 210),
    "getsockname": (51, 204), "getpeername": (52, 205), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "pipe": (22, None), "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
    "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441), "fork": (57, None), "vfork": (58, None), "wait4": (61, 260),
    "waitid": (247, 95), "kill": (62, 129), "tgkill": (234, 131), "alarm": (37, None), "setitimer": (38, 103),
    "getitimer": (36, 102), "unlink": (87, None), "unlinkat": (263, 35), "pause": (34, None),
    # With arguments that are looked at.
    "socket": (41, 198), "socketpair": (53, 199), "setsockopt": (54, 208), "getsockopt": (55, 209), "ioctl": (16, 29),
    "fcntl": (72, 25), "clone": (56, 220), "open": (2, None), "openat": (257, 56), "prlimit64": (302, 261),
}  # fmt: skip
#: Requests of ioctl: TCGETS (is it a terminal?), FIONBIO, FIOCLEX, FIONCLEX, FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK. They
#: only read, or set a flag of the descriptor.
IOCTLS = (0x5401, 0x5421, 0x5451, 0x5450, 0x541B, 0x5411, 0x894B, 0x8905)
#: Commands of fcntl: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETOWN (see restrictions.safe_fcntl), F_GETOWN,
#: F_GETOWN_EX (by which glibc asks the same), F_DUPFD_CLOEXEC.
FCNTLS = (0, 1, 2, 3, 4, 8, 9, 16, 1030)
#: Of clone's flags those that would make namespaces (CLONE_NEW*), threads or shared memory.
MORE_THAN_FORK = 0x7E020000 | 0x00000100 | 0x00010000
#: Of open's flags all that would write: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, and O_TMPFILE's own bit.
WRITING = 0o3 | 0o100 | 0o1000 | 0o2000 | 0o20000000

# linux/bpf_common.h
_LOAD, _RETURN, _JUMP = 0x20, 0x06, 0x05
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16

Instruction = tuple[int, int, int, int]


def program(home: bool, machine: str | None = None) -> bytes | None:
    """The filter as struct sock_filter's, for `machine` (this one); None where its numbers are not known.

    ``home``: the lab is the machine's own loopback.
    """
    known = MACHINES.get(machine or os.uname().machine)
    if known is None or struct.calcsize("P") != 8:
        return None
    arch, column = known
    numbers = {name: number for name, row in CALLS.items() if (number := row[column]) is not None}
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, KILL_PROCESS), (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, X32), (_RETURN, 0, 0, ERRNO | errno.ENOSYS),
    ]  # fmt: skip
    code += _one_of(number for name, number in numbers.items() if name not in _CONDITIONS)
    for name, condition in _CONDITIONS.items():
        if (number := numbers.get(name)) is None:
            continue
        block = condition(home)
        code += [
            (_EQUAL, 1, 0, number),
            (_JUMP, 0, 0, len(block) + 1),
            *block,
            (_RETURN, 0, 0, ERRNO | errno.EPERM),
        ]
    code.append((_RETURN, 0, 0, ERRNO | errno.ENOSYS))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def shut_in(filter_program: bytes) -> None:
    """Puts the filter over this process and all that it becomes or forks. Raises `StepRefused`."""
    room = ctypes.create_string_buffer(filter_program)
    fprog = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(filter_program) // 8, ctypes.addressof(room))
    )
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(fprog))


# --- conditions: each ends in ALLOW or falls through ------------------------------------------------------------------


def _argument(number: int, *, upper: bool = False) -> Instruction:
    """Loads half of an argument; of an int there is only the lower."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * number + (4 if upper else 0))


def _one_of(values: Iterable[int]) -> list[Instruction]:
    """Allows where what is loaded is one of `values`."""
    found: list[Instruction] = []
    for value in values:
        found += [(_EQUAL, 0, 1, value & 0xFFFFFFFF), (_RETURN, 0, 0, ALLOW)]
    return found


def _families(_home: bool) -> list[Instruction]:
    past: Sequence[Instruction] = [
        (_AT_LEAST, 0, 1, PAST_EVERY_FAMILY),
        (_RETURN, 0, 0, ALLOW),
    ]  # also what is negative
    return [_argument(0), *_one_of((*FAMILIES, *NOBODYS_FAMILIES)), *past]


def _options(home: bool) -> list[Instruction]:
    past: Sequence[Instruction] = [(_AT_LEAST, 0, 1, PAST_EVERY_OPTION), (_RETURN, 0, 0, ALLOW)]
    code = [_argument(2), *past]
    allowed: dict[int, set[int]] = {level: set(numbers) for level, numbers in OPTIONS.items()}
    for level, numbers in PRIVATE_OPTIONS.items():
        # On the machine's own loopback child.py ties sockets to lo, and no other process can untie them.
        allowed.setdefault(level, set()).update({SO_BINDTODEVICE} & numbers if home else numbers)
    for level, chosen in allowed.items():
        block = [_argument(2), *_one_of(sorted(chosen))]
        code += [_argument(1), (_EQUAL, 1, 0, level), (_JUMP, 0, 0, len(block)), *block]
    # A level that nothing has is refused by the kernel itself.
    return [*code, _argument(1), (_AT_LEAST, 0, 1, PAST_EVERY_LEVEL), (_RETURN, 0, 0, ALLOW)]


def _second_of(values: Sequence[int]) -> list[Instruction]:
    return [_argument(1), *_one_of(values)]


def _no_bit(argument: int, bits: int) -> list[Instruction]:
    return [_argument(argument), (_ANY_BIT, 1, 0, bits), (_RETURN, 0, 0, ALLOW)]


def _itself(_home: bool) -> list[Instruction]:
    return [_argument(0), *_one_of((0,))]


_CONDITIONS = {
    "socket": _families,
    "socketpair": _families,
    "setsockopt": _options,
    "getsockopt": _options,
    "ioctl": lambda _home: _second_of(IOCTLS),
    "fcntl": lambda _home: _second_of(FCNTLS),
    "clone": lambda _home: _no_bit(0, MORE_THAN_FORK),
    "open": lambda _home: _no_bit(1, WRITING),
    "openat": lambda _home: _no_bit(2, WRITING),
    "prlimit64": _itself,
}
