"""What of a program is out of sight, or goes otherwise than it would untraced: found at the calls by which that comes about, and
in what it executes. Each has a code (`sockviz.words.caveats`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence, Set

from sockviz.lab.tracer.image import outer_pid
from sockviz.lab.tracer.memory import numbers

# linux/prctl.h, sched.h, ptrace.h
_PR_SET_DUMPABLE, _DUMPABLE = 4, 1
_PR_SET_SECCOMP, _CLONE_UNTRACED = 22, 0x00800000
#: A task shares the descriptors of its maker. And the code of threads that do not, of one process.
CLONE_FILES, TABLES = 0x00000400, "tables"
#: The codes of a program of 32 bits, and of calls of 32 bits on sockets that another makes.
_NARROW, _NARROW_CALLS = "32-bit", "32-bit calls"
#: The code of a Python whose lines are not known.
NO_LINES = "no lines"
_TRACEME, _ATTACH, _SEIZE = 0, 16, 0x4206
#: linux/audit.h: the architecture is one of 64 bits.
AUDIT_64_BIT = 0x80000000
#: Who owns what has no owner in our user namespace.
_OVERFLOW_UID = 65534


def of_call(tid: int, name: str, a: Sequence[int]) -> str | None:
    """That of a call which is about to be made."""
    match name:
        case "prctl" if a[0] == _PR_SET_SECCOMP:
            return "filter"
        case "prctl" if a[0] == _PR_SET_DUMPABLE and a[1] != _DUMPABLE:
            return "hidden"
        case "seccomp" if a[0] in (0, 1):  # SECCOMP_SET_MODE_STRICT, _FILTER
            return "filter"
        case "io_uring_setup":
            return "io_uring"
        case "io_setup":
            return "aio"
        case "ptrace" if a[0] in (_TRACEME, _ATTACH, _SEIZE):
            return "traced"
        case "alarm" if a[0]:
            return "alarm"
        case "setitimer" if a[0] == 0 and (numbers(tid, a[1], "4q") or (0,) * 4)[2:] != (0, 0):  # ITIMER_REAL
            return "alarm"
        case "timer_settime" if a[2]:
            return "alarm"
        case "clone" | "clone3" if clone_flags(tid, name, a) & _CLONE_UNTRACED:
            return "untraced"
    return None


def of_narrow_call(known: Set[str]) -> str | None:
    """That of a call of 32 bits on a socket, made by a program of which is `known` what of it is out of sight."""
    return None if _NARROW in known else _NARROW_CALLS


def clone_flags(tid: int, name: str, a: Sequence[int]) -> int:
    """What is asked of a call that makes a task; 0 of fork and vfork, which ask for a copy of everything."""
    match name:
        case "clone":
            return a[0]
        case "clone3":
            return (numbers(tid, a[0], "Q") or (0,))[0]
    return 0


def of_program(pidfd: int | None, arch: int) -> str | None:
    """That of a program which has just been executed, on a machine of that architecture (linux/audit.h)."""
    if not arch & AUDIT_64_BIT:
        return _NARROW
    try:
        pid = outer_pid(pidfd) if pidfd is not None else None
        if pid is None:
            return None
        program = f"/proc/{pid}/exe"
        about = os.stat(program)
    except PermissionError:
        return "hidden"  # its file may be executed, and not read (fs/exec.c, would_dump)
    except OSError:
        return None  # ENOENT: /proc does not show it
    is_others = about.st_uid != os.geteuid() or (about.st_uid == _OVERFLOW_UID and os.getuid())
    by_mode = (about.st_mode & stat.S_ISUID and is_others) or (
        about.st_mode & (stat.S_ISGID | stat.S_IXGRP) == stat.S_ISGID | stat.S_IXGRP
        and os.getegid() != about.st_gid
    )
    return "privileges" if by_mode or (os.geteuid() and _has_capabilities(program)) else None


def _has_capabilities(program: str) -> bool:
    try:
        return bool(os.getxattr(program, "security.capability"))
    except OSError:  # ENODATA: it has none
        return False
