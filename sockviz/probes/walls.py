"""Probes of the second wall around a lesson: what the kernel itself keeps it from (seccomp.py, landlock.py). Linux only."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable

from sockviz.lab import landlock, seccomp
from sockviz.lab.confinement import StepRefused
from sockviz.lab.directory import for_a_probe
from sockviz.probes.probe import WALLS, Probe, failed, passed, refused

_COSTS = "a lesson is held by sockviz's own checks alone"
_HELD_BY = {
    1: "files",
    landlock.NET_SINCE: "TCP ports",
    landlock.SCOPES_SINCE: "signals and abstract UNIX names",
}


def probe_walls() -> list[Probe]:
    """Each wall, put up for good in a process of its own."""
    return [_seccomp(), _landlock()]


def _seccomp() -> Probe:
    name = "seccomp"
    program = seccomp.program(True)
    if program is None:
        why = f"the numbers of {os.uname().machine}'s system calls are not known to sockviz"
        return failed(WALLS, name, why, _COSTS)
    number = _tried(lambda: seccomp.shut_in(program))
    if number:
        return refused(WALLS, name, number, _COSTS, "a kernel built with CONFIG_SECCOMP_FILTER")
    return passed(WALLS, name, f"{len(seccomp.CALLS)} system calls, and no others")


def _landlock() -> Probe:
    name = "Landlock"
    found = landlock.version()
    if not found:
        enable = "Linux 5.13 or later with landlock among the kernel's lsm= (seccomp and sockviz's own checks hold without it)"
        return refused(
            WALLS,
            name,
            ctypes.get_errno() or errno.ENOSYS,
            "files, TCP ports and signals have one wall, not two",
            enable,
        )
    with for_a_probe() as directory:
        number = _tried(lambda: landlock.shut_in(directory, ()))
    if number:
        return refused(
            WALLS,
            name,
            number,
            _COSTS,
            "what confines this program (a container, a sandbox) would have to allow it",
        )
    held = ", ".join(what for since, what in _HELD_BY.items() if found >= since)
    return passed(WALLS, name, f"version {found}: holds {held}")


def _tried(put_up: Callable[[], object]) -> int:
    """The errno with which a process that puts up a wall is refused, 0 where it stands then."""
    pid = os.fork()
    if pid == 0:
        try:
            put_up()
        except StepRefused as refusal:
            os._exit(refusal.args[1] or errno.EINVAL)
        except BaseException:
            os._exit(errno.EINVAL)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
