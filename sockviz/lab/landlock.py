"""The second wall around a lab, where the kernel has Landlock: files, TCP ports, signals. Put up once, over all its processes.

It needs no privilege and can never be taken down. Files are read where the interpreter and the system have theirs, and written
in the lab's own directory only; on the machine's own loopback TCP is bound and connected to the lesson's ports only (and to those
that the kernel hands out, which no list can tell apart: reach.py does); signals and abstract UNIX names stay within the lab.

Standard library only: it is part of what runs inside a lab (see init.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator

from sockviz.lab.confinement import PR_SET_NO_NEW_PRIVS, StepRefused, libc, prctl

# asm-generic/unistd.h; the same numbers everywhere.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION = 1
PATH_BENEATH, NET_PORT = 1, 2
# linux/landlock.h
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_FILE, MAKE_SOCK = 1 << 5, 1 << 9
BIND_TCP, CONNECT_TCP = 1, 2
#: What each version of the interface can hold: rights over files, over TCP, and scopes (abstract UNIX names, signals).
FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
NET_SINCE, SCOPES_SINCE = 4, 6
BOTH_SCOPES = 3
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: Where a system keeps its programs and libraries.
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt", "/nix", "/gnu", "/proc")
#: What a resolver of names reads, and the dynamic linker.
SETTINGS = ("hosts", "host.conf", "nsswitch.conf", "services", "protocols", "gai.conf", "resolv.conf", "ld.so.cache",
            "ld.so.preload", "ld.so.conf", "localtime")  # fmt: skip
DEVICES = ("/dev/null", "/dev/urandom")


def version() -> int:
    """The interface's version; 0 where this kernel has none, or was started without it."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))))


def shut_in(directory: str, ports: Iterable[int] | None = None) -> int:
    """Puts the wall over this process and all its children to be. Returns the version that holds it, 0 where there is none.

    `directory` is the lab's; `ports` those that TCP may use, None where the network is the lab's own. Raises `StepRefused`.
    """
    found = version()
    if not found:
        return 0
    rights = FILE_RIGHTS[min(found, max(FILE_RIGHTS))]
    network = BIND_TCP | CONNECT_TCP if ports is not None and found >= NET_SINCE else 0
    attributes = struct.pack("QQQ", rights, network, BOTH_SCOPES if found >= SCOPES_SINCE else 0)
    size = 24 if found >= SCOPES_SINCE else 16 if found >= NET_SINCE else 8
    ruleset = _check(
        libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0)),
        "landlock_create_ruleset",
    )
    try:
        reading = EXECUTE | READ_FILE | READ_DIR
        for path in readable():
            allow(ruleset, path, reading)
        allow(ruleset, os.path.dirname(PACKAGE), READ_DIR)  # to find it there
        for device in DEVICES:
            allow(ruleset, device, (READ_FILE | WRITE_FILE) & rights)
        allow(ruleset, directory, READ_FILE | READ_DIR | REMOVE_FILE | MAKE_SOCK)
        if network:
            _allow_ports(ruleset, ports or ())
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        _check(libc.syscall(RESTRICT_SELF, ruleset, ctypes.c_uint32(0)), "landlock_restrict_self")
    finally:
        os.close(ruleset)
    return found


def readable() -> Iterator[str]:
    """Directories and files that an interpreter reads: where it has its own, and the system's."""
    own = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, PACKAGE}
    own.add(os.path.dirname(os.path.realpath(sys.executable)))
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:  # libraries that lie elsewhere
        own |= {os.path.dirname(line.split(maxsplit=5)[5].strip()) for line in maps if "/" in line}
    yield from sorted({*own, *SYSTEM} - {"/", ""})
    for name in SETTINGS:
        yield f"/etc/{name}"


def allow(ruleset: int, path: str, rights: int) -> None:
    """A rule for all that lies beneath a path, where there is such a one. Raises `StepRefused`."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # ENOENT: this system has none; EACCES: nobody here reads it
    try:
        if not os.path.isdir(path):
            rights &= ~(READ_DIR | REMOVE_FILE | MAKE_SOCK)
        beneath = struct.pack("=Qi", rights, opened)
        _check(
            libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, beneath, ctypes.c_uint32(0)),
            f"landlock_add_rule({path})",
        )
    finally:
        os.close(opened)


def _allow_ports(ruleset: int, ports: Iterable[int]) -> None:
    """A rule for each; the ports that the kernel hands out are tens of thousands."""
    rule = ctypes.create_string_buffer(struct.pack("QQ", BIND_TCP | CONNECT_TCP, 0), 16)
    call, flags, its_port = libc.syscall, ctypes.c_uint32(0), ctypes.c_uint64.from_buffer(rule, 8)
    for port in ports:
        its_port.value = port
        if call(ADD_RULE, ruleset, NET_PORT, rule, flags) == -1:
            raise StepRefused(f"landlock_add_rule(port {port})", ctypes.get_errno())


def _check(result: int, step: str) -> int:
    if result == -1:
        raise StepRefused(step, ctypes.get_errno())
    return result
