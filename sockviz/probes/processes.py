"""Probes of what /proc says of a process that we started, and of how we learn that it is alive or dead. Linux only."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.kernel.errors import KernelError, KernelRefused
from sockviz.kernel.files import read_file
from sockviz.kernel.procfs import SLEEPING, parse_fd_flags, parse_stat, parse_syscall, read_stat
from sockviz.probes.advice import Settings, for_resources
from sockviz.probes.probe import PROCESSES, Probe, failed, not_reached, passed, refused

_PATIENCE = 5.0
_SOON = 0.2
#: With fewer a lesson process has hardly any of its own beside sockviz's (cradle.py), and a lab of two hosts cannot be held.
_DESCRIPTORS = 128
_CREDENTIALS = struct.Struct("3i")

_STARTED = "a process of our own"
_FILES = {
    "stat": "without it nothing can be said of a process: lessons cannot be performed",
    "syscall": "which call a process sleeps in comes from wchan and stat instead",
    "wchan": "the kernel function that a process sleeps in is not shown",
    "fd": "no descriptor tables: lessons cannot be performed",
    "fdinfo": "no descriptor tables: lessons cannot be performed",
}
_OTHERS = ("sockprotoname", "pidfd_open", "SCM_CREDENTIALS", "lifeline (O_ASYNC, F_SETSIG)")


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    lifeline: int  # our end; closing it kills the child
    sender: int  # the pid in its SCM_CREDENTIALS, 0 without
    fd: int  # its never-bound TCP socket
    lifeline_errno: int


def probe_processes(settings: Settings) -> list[Probe]:
    """Everything that is read of a process, tried on a child that sleeps in recv."""
    try:
        with _child() as child:
            return [
                _descriptors(),
                passed(PROCESSES, _STARTED, "started, asleep in recv"),
                *(_file(child, name, settings) for name in _FILES),
                _protocol_name(child),
                _pidfd(child, settings),
                _credentials(child),
                _lifeline(child),
            ]
    except OSError as error:
        number = error.errno or 0
        costs = "lessons cannot be performed"
        first = refused(PROCESSES, _STARTED, number, costs, for_resources(number))
        return [
            _descriptors(),
            first,
            *(not_reached(PROCESSES, name) for name in (*(f"/proc/PID/{n}" for n in _FILES), *_OTHERS)),
        ]


def _descriptors() -> Probe:
    name, (soft, hard) = "open files", resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{_limit(soft)}, at most {_limit(hard)}"
    if hard == resource.RLIM_INFINITY or hard >= _DESCRIPTORS:
        return passed(PROCESSES, name, found)
    costs = "lessons may run out of descriptors where they should not, and labs may not start"
    enable = f"`ulimit -n {_DESCRIPTORS}`, or nofile in /etc/security/limits.conf"
    return failed(PROCESSES, name, found, costs, enable)


def _limit(value: int) -> str:
    return "no limit" if value == resource.RLIM_INFINITY else str(value)


@contextlib.contextmanager
def _child() -> Iterator[_Child]:
    """A child that sleeps in recv. Raises OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    reading, writing = os.pipe2(os.O_CLOEXEC)
    process: subprocess.Popen[bytes] | None = None
    try:
        with theirs:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            ours.settimeout(_PATIENCE)
            program = str(Path(__file__).with_name("child.py"))
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", program, str(theirs.fileno()), str(reading)],
                pass_fds=[theirs.fileno(), reading],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        os.close(reading)
        reading = -1
        hello, ancillary, _, _ = ours.recvmsg(1 << 12, socket.CMSG_SPACE(_CREDENTIALS.size))
        if not hello:
            raise ChildProcessError(0, "it ended before it spoke")
        said = json.loads(hello)
        sender = next(
            (
                _CREDENTIALS.unpack(payload[: _CREDENTIALS.size])[0]
                for _, kind, payload in ancillary
                if kind == socket.SCM_CREDENTIALS
            ),
            0,
        )
        _fall_asleep(process.pid)
        child = _Child(process, writing, sender, said["fd"], said["lifeline"])
        writing = -1
        try:
            yield child
        finally:
            writing = child.lifeline
    finally:
        for fd in (reading, writing):
            if fd >= 0:
                os.close(fd)
        ours.close()
        if process is not None:
            process.kill()
            process.wait()


def _fall_asleep(pid: int) -> None:
    """Waits until `pid` sleeps, as far as that may be seen."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            stat = read_stat(pid)
        except KernelError:
            return
        if stat is None or stat.state in SLEEPING:
            return
        os.sched_yield()


def _file(child: _Child, name: str, settings: Settings) -> Probe:
    directory, title = f"/proc/{child.process.pid}", f"/proc/PID/{name}"
    deadline = time.monotonic() + _SOON
    try:
        while True:
            try:
                return passed(PROCESSES, title, _read(directory, name, child.fd))
            except _Empty:  # perhaps it is not asleep yet: where stat is hidden nobody could wait for that
                if time.monotonic() > deadline:
                    raise
    except KernelRefused as refusal:
        advice = settings.for_process(refusal.number, name)
        return refused(PROCESSES, title, refusal.number, _FILES[name], advice)
    except OSError as error:
        number = error.errno or 0
        return refused(PROCESSES, title, number, _FILES[name], settings.for_process(number, name))
    except _Empty as empty:
        # wchan: seen on x86-64 with the kernels of Debian 11 (5.10: always 0) and 12 (6.1: the name).
        enable = "a kernel that says more: built with CONFIG_KALLSYMS, and newer than 5.10 on x86-64"
        return failed(PROCESSES, title, str(empty), _FILES[name], enable)
    except KernelError as error:
        return failed(PROCESSES, title, str(error), _FILES[name])


class _Empty(Exception):
    """A file that could be read and said nothing."""


def _read(directory: str, name: str, fd: int) -> str:
    if name == "fd":
        return (
            f"{len(os.listdir(f'{directory}/fd'))} descriptors, {fd} is {os.readlink(f'{directory}/fd/{fd}')}"
        )
    if name == "fdinfo":
        return f"flags {parse_fd_flags(read_file(f'{directory}/fdinfo/{fd}')):o}"
    text = read_file(f"{directory}/{name}")
    if name == "stat":
        return f"state {parse_stat(text).state}"
    if name == "syscall":
        call = parse_syscall(text)
        if call is None or call[0] is None:
            raise _Empty(
                f"does not name the call that it sleeps in: {text.decode('ascii', 'replace').strip()}"
            )
        return f"asleep in {call[0]}"
    wchan = text.decode("ascii", "replace").strip()
    if wchan in ("", "0"):
        raise _Empty("does not name the function that it sleeps in")
    return f"asleep in {wchan}"


def _protocol_name(child: _Child) -> Probe:
    name, costs = "sockprotoname", "an fd of a socket that was never bound shows no protocol"
    try:
        said = os.getxattr(f"/proc/{child.process.pid}/fd/{child.fd}", "system.sockprotoname")
    except OSError as error:
        return refused(
            PROCESSES, name, error.errno or 0, costs, "a kernel, or sandbox, with sockfs attributes"
        )
    return passed(
        PROCESSES, name, f"a socket never bound is {said.rstrip(bytes(1)).decode('ascii', 'replace')}"
    )


def _pidfd(child: _Child, settings: Settings) -> Probe:
    name, costs = "pidfd_open", "the death of a process is seen a moment later, from its parent"
    try:
        fd = os.pidfd_open(child.process.pid)
    except OSError as error:
        number = error.errno or 0
        filtered = " that lets pidfd_open through" if settings.has_seccomp else " from Linux 5.3 on"
        return refused(PROCESSES, name, number, costs, "a kernel or sandbox" + filtered)
    os.close(fd)
    return passed(PROCESSES, name, "deaths are noticed at once")


def _credentials(child: _Child) -> Probe:
    name = "SCM_CREDENTIALS"
    if child.sender == child.process.pid:
        return passed(PROCESSES, name, "a message says whose it is")
    costs = "the processes of an isolated lab cannot be told apart from outside"
    return failed(PROCESSES, name, f"said pid {child.sender} of {child.process.pid}", costs)


def _lifeline(child: _Child) -> Probe:
    """Last of all: it kills the child."""
    name = _OTHERS[-1]
    costs = "lesson processes cannot be started: nothing would end them if sockviz were killed"
    if child.lifeline_errno:
        return refused(PROCESSES, name, child.lifeline_errno, costs, "a kernel, or sandbox, with F_SETSIG")
    os.close(child.lifeline)
    child.lifeline = -1
    try:
        code = child.process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        return failed(PROCESSES, name, "the process outlived its lifeline", costs)
    if code == -signal.SIGKILL:
        return passed(PROCESSES, name, "a process asleep in a call dies when sockviz does")
    return failed(PROCESSES, name, f"it ended with {code}, not by SIGKILL", costs)
