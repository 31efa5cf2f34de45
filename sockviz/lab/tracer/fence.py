"""What keeps a program that nobody trusts to itself: others in its lab it can neither look into nor signal, and of memory and
disk it takes so much.

Standard library only: it is part of what runs inside a lab (see init.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import struct

from sockviz.lab import landlock
from sockviz.lab.confinement import PR_SET_NO_NEW_PRIVS, StepRefused, libc, limit_to, prctl

#: A file that it writes, and the memory of one process, in bytes; SIGXFSZ and ENOMEM tell it.
LARGEST_FILE, MOST_MEMORY = 256 << 20, 4 << 30
#: linux/landlock.h: moving files between directories, which every wall over files forbids but for where it is allowed.
_REFER, _REFER_SINCE = 1 << 13, 2
_SIGNALS = 2


def put_up() -> None:
    """Over this process and all that it will make, for good. Where the kernel has no Landlock the limits stand alone."""
    limit_to(resource.RLIMIT_FSIZE, most=LARGEST_FILE)
    limit_to(resource.RLIMIT_AS, most=MOST_MEMORY)
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
