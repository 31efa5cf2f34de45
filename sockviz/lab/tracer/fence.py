"""What keeps a program that nobody trusts to itself: others in its lab it can neither look into nor signal, nor set limits of; of
memory and disk it takes so much; and what it asks of the kernel is in sight.

Standard library only: it is part of what runs inside a lab (see init.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import struct

from sockviz.lab import landlock
from sockviz.lab.confinement import PR_SET_NO_NEW_PRIVS, StepRefused, libc, limit_to, prctl
from sockviz.lab.seccomp import ALLOW, ERRNO, KILL_PROCESS, X32, shut_in

#: A file that it writes, and the memory of one process, in bytes; SIGXFSZ and ENOMEM tell it.
LARGEST_FILE, MOST_MEMORY = 256 << 20, 4 << 30
#: linux/landlock.h: moving files between directories, which every wall over files forbids but for where it is allowed.
_REFER, _REFER_SINCE = 1 << 13, 2
_SIGNALS = 2
#: Numbers by machine (linux/audit.h: x86-64, arm64, riscv64): of calls whose work goes on out of sight
#: (io_uring_setup, io_setup), of seccomp, and of prlimit64.
_CALLS = {
    0xC000003E: ((425, 206), 317, 302),
    0xC00000B7: ((425, 0), 277, 261),
    0xC00000F3: ((425, 0), 277, 261),
}
#: A number from here on is a negative one, which no architecture has a call for: ENOSYS.
_NO_CALL = 1 << 31
#: linux/seccomp.h: with this flag another process says of each call whether it is made, and it is made unseen.
_NEW_LISTENER = 1 << 3
# linux/bpf_common.h, and struct seccomp_data
_LOAD, _RETURN, _EQUAL, _AT_LEAST, _ANY_BIT = 0x20, 0x06, 0x15, 0x35, 0x45
_NUMBER, _ARCH, _PID, _FLAGS, _LIMIT = 0, 4, 16, 24, 32


def put_up() -> None:
    """Over this process and all that it will make, for good. Where the kernel has no Landlock the limits stand alone."""
    limit_to(resource.RLIMIT_FSIZE, most=LARGEST_FILE)
    limit_to(resource.RLIMIT_AS, most=MOST_MEMORY)
    # EINVAL: a kernel without CONFIG_SECCOMP_FILTER, on which nothing is traced either.
    with contextlib.suppress(StepRefused):
        shut_in(_refusals())
    with contextlib.suppress(StepRefused, OSError):  # E2BIG: sixteen walls stand around sockviz already
        _keep_to_itself(landlock.version())


def _keep_to_itself(version: int) -> None:
    """security/landlock/task.c, hook_ptrace_access_check: who is inside of a wall traces, and reads and writes the memory of,
    nobody outside of it, whatever the wall is about; and since version 6 it can keep signals in (hook_task_kill)."""
    if version >= landlock.SCOPES_SINCE:
        attributes = struct.pack("QQQ", 0, 0, _SIGNALS)
    elif version >= _REFER_SINCE:
        attributes = struct.pack("Q", _REFER)
    else:
        return  # a wall of the first version forbids moving files between directories, wherever they are
    ruleset = libc.syscall(
        landlock.CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)
    )
    if ruleset == -1:
        raise StepRefused("landlock_create_ruleset", ctypes.get_errno())
    try:
        if version < landlock.SCOPES_SINCE:
            landlock.allow(ruleset, "/", _REFER)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if libc.syscall(landlock.RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) == -1:
            raise StepRefused("landlock_restrict_self", ctypes.get_errno())
    finally:
        os.close(ruleset)


def _refusals() -> bytes:
    """A filter, of struct sock_filter: what a process may do to others of its user that no other wall keeps it from, and by which
    it would get around its tracer.

    prlimit(2) sets the limits of others: of CPU time, at which the kernel ends them. Its own a program sets by pid 0, as
    setrlimit does. What is asked for through io_uring or io_submit(2) no tracer sees: refused as where kernel.io_uring_disabled
    is 2. Nor does it see a call of 32 bits (int 0x80) or x32, whose numbers are others: SIGSYS ends whoever makes one.
    """
    refused = (_RETURN, 0, 0, ERRNO | errno.EPERM)
    code = [(_LOAD, 0, 0, _ARCH)]
    for arch, (unseen, filtering, limiting) in _CALLS.items():
        block = [
            (_LOAD, 0, 0, _NUMBER),
            (_AT_LEAST, 0, 2, X32),
            (_AT_LEAST, 1, 0, _NO_CALL),
            (_RETURN, 0, 0, KILL_PROCESS),
        ]
        for number in unseen:
            block += [(_EQUAL, 0, 1, number), refused]
        block += [
            (_EQUAL, 0, 3, filtering), (_LOAD, 0, 0, _FLAGS), (_ANY_BIT, 0, 1, _NEW_LISTENER), refused,
            (_LOAD, 0, 0, _NUMBER), (_EQUAL, 0, 7, limiting),
            (_LOAD, 0, 0, _PID), (_EQUAL, 5, 0, 0),
            (_LOAD, 0, 0, _LIMIT), (_EQUAL, 0, 2, 0), (_LOAD, 0, 0, _LIMIT + 4), (_EQUAL, 1, 0, 0),
            refused, (_RETURN, 0, 0, ALLOW),
        ]  # fmt: skip
        code += [(_EQUAL, 0, len(block), arch), *block]
    code.append((_RETURN, 0, 0, KILL_PROCESS))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)
