"""Runs a command on a machine that refuses some system calls, as sandboxes, containers and distributions do.

    python refusing.py [--deny NAME:ERRNO | --deny NAME[ARG]=VALUE:ERRNO | --deny-open REGEX:ERRNO]… -- COMMAND…

``--deny unshare:EPERM`` refuses every unshare, ``--deny 'socket[0]=16:EPERM'`` those sockets whose first argument is 16
(AF_NETLINK), ``--deny-open '/proc/[0-9]+/syscall:EACCES'`` every open of a path that matches. The kernel itself refuses: a
seccomp filter that the command and all its children inherit (seccomp(2)), opens through a user notification.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import fcntl
import os
import platform
import re
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

_NUMBERS = {
    "x86_64": {
        "seccomp": 317, "socket": 41, "unshare": 272, "ioctl": 16, "pidfd_open": 434, "open": 2, "openat": 257,
        "getxattr": 191, "fcntl": 72, "clone": 56, "fork": 57, "setrlimit": 160, "bind": 49, "prctl": 157,
        "ptrace": 101, "process_vm_readv": 310, "pidfd_getfd": 438,
    },
    "aarch64": {
        "seccomp": 277, "socket": 198, "unshare": 97, "ioctl": 29, "pidfd_open": 434, "openat": 56,
        "getxattr": 8, "fcntl": 25, "clone": 220, "setrlimit": 164, "bind": 200, "prctl": 167,
        "ptrace": 117, "process_vm_readv": 270, "pidfd_getfd": 438,
    },
}  # fmt: skip
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 1 << 3
_RET_ALLOW, _RET_ERRNO, _RET_USER_NOTIF = 0x7FFF0000, 0x00050000, 0x7FC00000
_LOAD_WORD, _JUMP_EQUAL, _RETURN = (
    0x20,
    0x15,
    0x06,
)  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
_NOTIF_RECV, _NOTIF_SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_NOTIFICATION = struct.Struct("=QII iIQ 6Q")  # struct seccomp_notif, its seccomp_data within
_RESPONSE = struct.Struct("=QqiI")


@dataclass(frozen=True)
class Denied:
    """A system call that fails with `number`; only where argument `argument` is `value`, if one is given."""

    name: str
    number: int
    argument: int | None = None
    value: int = 0


@dataclass(frozen=True)
class DeniedOpen:
    """An open that fails with `number`, of a path that `pattern` matches whole."""

    pattern: re.Pattern[str]
    number: int


def is_supported() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    return sys.platform == "linux" and platform.machine() in _NUMBERS


def command(*rules: str) -> list[str]:
    """What stands before a command so that it is refused what `rules` say; a rule that begins with ``/`` is an open."""
    options = [word for rule in rules for word in ("--deny-open" if rule.startswith("/") else "--deny", rule)]
    return [sys.executable, __file__, *options, "--"]


def _denied(rule: str) -> Denied:
    found = re.fullmatch(r"(\w+)(?:\[(\d)\]=(\w+))?:(E\w+)", rule)
    if found is None or found[1] not in _NUMBERS[platform.machine()] or not hasattr(errno, found[4]):
        raise argparse.ArgumentTypeError(f"{rule!r} is not NAME:ERRNO or NAME[ARG]=VALUE:ERRNO")
    argument = None if found[2] is None else int(found[2])
    return Denied(found[1], getattr(errno, found[4]), argument, int(found[3] or "0", 0))


def _denied_open(rule: str) -> DeniedOpen:
    pattern, _, name = rule.rpartition(":")
    if not pattern or not hasattr(errno, name):
        raise argparse.ArgumentTypeError(f"{rule!r} is not REGEX:ERRNO")
    return DeniedOpen(re.compile(pattern), getattr(errno, name))


def _filter(rules: Sequence[Denied], opens: bool) -> bytes:
    """The BPF program (linux/filter.h)."""
    numbers = _NUMBERS[platform.machine()]
    program = [(_LOAD_WORD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[platform.machine()])]
    program.append((_RETURN, 0, 0, _RET_ALLOW))
    for rule in rules:
        verdict = _RET_ERRNO | rule.number
        if rule.argument is None:
            program += [(_LOAD_WORD, 0, 0, 0), (_JUMP_EQUAL, 0, 1, numbers[rule.name])]
        else:
            low_word = 16 + 8 * rule.argument  # both machines are little-endian
            program += [(_LOAD_WORD, 0, 0, 0), (_JUMP_EQUAL, 0, 3, numbers[rule.name])]
            program += [(_LOAD_WORD, 0, 0, low_word), (_JUMP_EQUAL, 0, 1, rule.value)]
        program.append((_RETURN, 0, 0, verdict))
    for name in ("open", "openat") if opens else ():
        if name in numbers:
            program += [(_LOAD_WORD, 0, 0, 0), (_JUMP_EQUAL, 0, 1, numbers[name])]
            program.append((_RETURN, 0, 0, _RET_USER_NOTIF))
    program.append((_RETURN, 0, 0, _RET_ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _install(code: bytes, listen: bool) -> int:
    """Puts the filter on this process. Returns the descriptor that notifications come from, if they were asked for."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(code) // 8, code)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    number = _NUMBERS[platform.machine()]["seccomp"]
    flags = _NEW_LISTENER if listen else 0
    result: int = libc.syscall(number, _SET_MODE_FILTER, flags, ctypes.byref(program))
    if result == -1:
        raise OSError(ctypes.get_errno(), "seccomp(SECCOMP_SET_MODE_FILTER)")
    return result


def _path(pid: int, address: int) -> str | None:
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            text = memory.read(4096 - address % 4096)  # not past its page; the paths that matter are short
            if b"\0" not in text:
                text += memory.read(4096)
    except OSError:
        return None  # ESRCH: killed meanwhile. EACCES: not ours to look at
    return os.fsdecode(text.split(b"\0")[0])


def _answer(listener: int, opens: Sequence[DeniedOpen]) -> None:
    """Answers one notification."""
    try:
        notification = fcntl.ioctl(listener, _NOTIF_RECV, bytes(_NOTIFICATION.size))
    except OSError:
        return  # ENOENT: the caller was killed before this could be read
    ident, pid, _flags, number, _arch, _ip, first, second, *_rest = _NOTIFICATION.unpack(notification)
    is_open = number == _NUMBERS[platform.machine()].get("open")
    path = _path(pid, first if is_open else second)
    refusal = next((rule for rule in opens if path is not None and rule.pattern.fullmatch(path)), None)
    response = (
        _RESPONSE.pack(ident, 0, -refusal.number, 0) if refusal else _RESPONSE.pack(ident, 0, 0, _CONTINUE)
    )
    try:
        fcntl.ioctl(listener, _NOTIF_SEND, response)
    except OSError:
        return  # ENOENT: the caller was killed meanwhile


def _supervise(pid: int, listener: int, opens: Sequence[DeniedOpen]) -> int:
    """Answers notifications until `pid` ends. Returns its exit code."""
    pidfd = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(pidfd, select.POLLIN)
    while True:
        ready = dict(poll.poll())
        if ready.get(listener, 0) & select.POLLIN:
            _answer(listener, opens)
        elif listener in ready:  # POLLHUP: nobody has the filter any more
            poll.unregister(listener)
        if pidfd in ready:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description="Runs a command that is refused some system calls.")
    parser.add_argument("--deny", action="append", type=_denied, default=[], metavar="RULE")
    parser.add_argument("--deny-open", action="append", type=_denied_open, default=[], metavar="RULE")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    return _refuse(options.deny, options.deny_open, lambda: os.execvp(options.command[0], options.command))


def refuse(rules: Sequence[str], go_on: Callable[[], NoReturn]) -> NoReturn:
    """Goes on in this process, or in a child of it, where `rules` are refused, as they are given to `command`."""
    opens = [_denied_open(rule) for rule in rules if rule.startswith("/")]
    denied = [_denied(rule) for rule in rules if not rule.startswith("/")]
    os._exit(_refuse(denied, opens, go_on))


def _refuse(rules: Sequence[Denied], opens: Sequence[DeniedOpen], go_on: Callable[[], NoReturn]) -> int:
    code = _filter(rules, bool(opens))
    if not opens:
        _install(code, listen=False)
        go_on()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    pid = os.fork()
    if pid == 0:
        # Until the descriptor is sent nothing is opened: nobody could answer.
        ours.close()
        listener = _install(code, listen=True)
        socket.send_fds(theirs, [b"."], [listener])
        os.close(listener)
        theirs.close()
        go_on()
    theirs.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    if not fds:
        return 1  # the child said why
    status = _supervise(pid, fds[0], opens)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
