"""Namespaces in which an administrator's programs find every user, as they are used to: they give files away and become others.

Standard library only: it is part of what runs inside a lab (see init.py).
"""

from __future__ import annotations

import contextlib
import os

from sockviz.lab.confinement import (
    CLONE_NEWUSER,
    OF_ROOT,
    StepRefused,
    check,
    libc,
    unshare_all,
    unshare_rest,
    write_map,
)

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import NoReturn


def unshare_with_users() -> frozenset[int]:
    """Into namespaces of our own: of an administrator with all users of the machine, else as the one user that we are. Returns
    the capabilities that programs keep there: those over files and users that this process has outside."""
    own = _capabilities() & OF_ROOT if os.geteuid() == 0 else frozenset[int]()
    if not own:
        unshare_all()
        return own
    waiting, going = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(going)
        _map_all(parent, waiting)
    os.close(waiting)
    try:
        check(libc.unshare(CLONE_NEWUSER), "unshare(CLONE_NEWUSER)")
        os.write(going, b"g")
    finally:
        os.close(going)
        is_mapped = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    if not is_mapped:
        write_map("/proc/self/setgroups", "deny")
        write_map("/proc/self/uid_map", "0 0 1")
        write_map("/proc/self/gid_map", f"{os.getegid()} {os.getegid()} 1")
    unshare_rest()
    return own if is_mapped else frozenset()


def _map_all(pid: int, waiting: int) -> NoReturn:
    """In a process that has stayed outside: only one there may map others than itself (user_namespaces(7))."""
    status = 1
    try:
        if os.read(waiting, 1):
            with contextlib.suppress(StepRefused):  # EPERM: no CAP_SETUID, or CAP_SETFCAP, here
                for kind in ("gid_map", "uid_map"):
                    with open(f"/proc/self/{kind}") as file:
                        ranges = [line.split() for line in file]
                    lines = [f"{inside} {inside} {count}\n" for inside, _outside, count in ranges]
                    write_map(f"/proc/{pid}/{kind}", "".join(lines))
                status = 0
    finally:
        os._exit(status)


def _capabilities() -> frozenset[int]:
    """Those that are in effect."""
    with open("/proc/self/status") as file:
        found = next((line for line in file if line.startswith("CapEff:")), "CapEff: 0")
    mask = int(found.split()[1], 16)
    return frozenset(number for number in range(64) if mask >> number & 1)
