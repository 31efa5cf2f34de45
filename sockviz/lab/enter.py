"""Opens a shell, or runs a command, inside a running lab. What `sockviz shell` names where nsenter would leave too little.

Standard library only; run as ``python -I -S enter.py PID [COMMAND…]``. It does what
``nsenter -t PID -U -n -p --preserve-credentials`` does, and lets CAP_NET_RAW and CAP_NET_ADMIN of the lab survive the exec (the
kernel takes capabilities from an ordinary user at every exec unless they are ambient), so that tcpdump works in there.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import struct
import sys
import termios
from typing import NoReturn

CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_NET_ADMIN, CAP_NET_RAW = 12, 13

libc = ctypes.CDLL(None, use_errno=True)


def say(message: str) -> None:
    """To standard error; a name in it is written by `ascii` (`sockviz.door` is not to be had here)."""
    if sys.stderr is not None:  # closed: print would take standard output
        with contextlib.suppress(OSError):  # full, or its reader has gone
            print(f"sockviz: {message}", file=sys.stderr, flush=True)


def enter(pid: int) -> None:
    """Moves this process into the user and network namespace of `pid`, and its children to be into its PID namespace."""
    pidfd = os.pidfd_open(pid)
    try:
        # One call for all three (Linux 5.8), so the lab cannot end, and its pid be given anew, in between.
        if libc.setns(pidfd, CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID) == -1:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(pidfd)


def keep_capabilities() -> None:
    """Makes the network capabilities of the lab survive an exec."""
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    held = ctypes.create_string_buffer(24)
    if libc.capget(header, held) == -1:
        raise OSError(ctypes.get_errno(), "capget")
    words = list(struct.unpack("6I", held.raw))  # effective, permitted, inheritable; then their upper halves
    words[2] |= 1 << CAP_NET_ADMIN | 1 << CAP_NET_RAW
    if libc.capset(header, struct.pack("6I", *words)) == -1:
        raise OSError(ctypes.get_errno(), "capset")
    for capability in (CAP_NET_ADMIN, CAP_NET_RAW):
        if libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, ctypes.c_ulong(capability), 0, 0) == -1:
            raise OSError(ctypes.get_errno(), "prctl(PR_CAP_AMBIENT_RAISE)")


def become(command: list[str]) -> NoReturn:
    """In the child: the command."""
    try:
        keep_capabilities()
    except OSError as error:
        say(f"without packet capture: {error.strerror}: {os.strerror(error.errno or 0)}")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        say(f"{command[0]!a}: {error.strerror}")
    os._exit(127)


def wait_for(child: int) -> int:
    """Waits as a shell does: the keyboard's signals are the child's. Returns its exit code."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    settings = termios.tcgetattr(0) if os.isatty(0) else None
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != -signal.SIGKILL:
        return code if code >= 0 else 128 - code
    # The lab's first process died, and the kernel killed everything in its PID namespace: an interactive shell had no
    # chance to put the terminal back.
    if settings is not None:
        with contextlib.suppress(OSError):  # ENOTTY: it is not this session's terminal
            os.tcsetpgrp(0, os.getpgrp())
        with contextlib.suppress(termios.error):  # EIO: it has hung up
            termios.tcsetattr(0, termios.TCSADRAIN, settings)
    say("the lab has ended, and everything in it")
    return 128 + signal.SIGKILL


def main() -> int:
    """See the module's docstring."""
    if len(sys.argv) < 2 or not sys.argv[1].isdecimal():
        say("which lab? `sockviz shell` prints the whole line")
        return 2
    pid = int(sys.argv[1])
    command = sys.argv[2:] or [os.environ.get("SHELL") or "/bin/sh"]
    try:
        enter(pid)
        child = os.fork()  # only children are in the PID namespace
    except OSError as error:
        if error.errno in (errno.ESRCH, errno.ENOENT, errno.ENOMEM):
            # ENOMEM: net ns alive, but its PID namespace takes no more processes (kernel/pid.c, alloc_pid).
            say(f"the lab of process {pid} has ended; `sockviz shell` lists those that are open")
        elif error.errno in (errno.EPERM, errno.EINVAL):
            # EPERM: another user's, or in no namespaces of its own. EINVAL: in the very user namespace that we are in.
            say(f"process {pid} is in no lab of yours")
        else:
            say(f"process {pid}: {os.strerror(error.errno or 0)}")
        return 1
    if child == 0:
        become(command)
    return wait_for(child)


if __name__ == "__main__":
    sys.exit(main())
