"""Linux's numbers by their names: as the kernel's headers, C's library and Python have them, and found again from the numbers."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from sockviz.model.linux import files, options, resolver, signals, sockets
from sockviz.model.linux.errnos import ERRNOS
from sockviz.model.linux.nameless import NAMELESS
from sockviz.model.linux.names import errno_name, mask, name_of, named, numbers, signal_name
from tests.required import unavailable

MODULES: dict[str, ModuleType] = {
    "socket": socket, "select": select, "os": os, "signal": signal, "fcntl": fcntl, "errno": errno, "resource": resource,
}  # fmt: skip
#: Of C's library, then of the kernel itself: their structures cannot be had together.
LIBRARY = (
    "sys/socket.h", "netinet/in.h", "netinet/tcp.h", "netinet/udp.h", "poll.h", "sys/epoll.h", "fcntl.h", "sys/ioctl.h",
    "signal.h",
    "sys/wait.h", "netdb.h", "errno.h", "sys/resource.h", "unistd.h",
)  # fmt: skip
KERNEL = (
    "asm/socket.h", "linux/in.h", "linux/in6.h", "linux/tcp.h", "linux/udp.h", "asm/errno.h", "linux/fcntl.h",
    "linux/eventpoll.h", "asm/poll.h", "asm/ioctls.h", "linux/sockios.h", "linux/icmp.h", "linux/icmpv6.h", "linux/netlink.h",
)  # fmt: skip
#: What is in neither: newer than the headers of the oldest system that sockviz is built on, or the kernel's own.
NOT_IN_HEADERS = {
    "SO_PASSPIDFD", "SO_PEERPIDFD", "SCM_PIDFD", "IP_LOCAL_PORT_RANGE", "IP_PROTOCOL", "MSG_PROBE", "SOL_MPTCP", "SOL_UDPLITE",
    "SOL_TLS", "SCM_SECURITY", "SOCK_DCCP", "EPOLLNVAL", "AF_MCTP", "SO_DETACH_BPF", "SO_RCVMARK", "RLIM_INFINITY",
    "SO_RESERVE_MEM", "SO_TXREHASH", "IP_CHECKSUM", "SOMAXCONN", "IPV6_ADDR_PREFERENCES", "IPPORT_USERRESERVED",
}  # fmt: skip


def every_number() -> dict[str, int]:
    groups: list[Iterable[tuple[str, int]]] = [numbers(module).items() for module in MODULES]
    groups += [files.REQUESTS.items(), sockets.FAMILIES.items()]
    return {name: number for group in groups for name, number in group}


@pytest.mark.parametrize("module", MODULES)
def test_numbers_are_pythons(module: str) -> None:
    for name, number in numbers(module).items():
        theirs = getattr(MODULES[module], name, None)
        if theirs is not None:
            assert int(theirs) == number, name
        else:
            assert name in NAMELESS.get(module, ()), name


def test_only_what_the_oldest_python_lacks_is_brought_along() -> None:
    for module, names in NAMELESS.items():
        assert names <= numbers(module).keys()
        if sys.version_info[:2] == (3, 11):
            # What a Python has depends on the headers that it was built with, too.
            assert {name for name in names if hasattr(MODULES[module], name)} <= {
                name for name in names if name.startswith("AF_")
            }


def _in_headers(tmp_path: Path, headers: Iterable[str]) -> dict[str, int]:
    """What C makes of each name that these headers define."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        unavailable("no C compiler is installed")
    there = [header for header in headers if _has(compiler, header)]
    if not there:
        unavailable("no headers of C's library or of Linux are installed")
    names = "\n".join(
        f'#ifdef {name}\n    printf("{name} %lld\\n", (long long)({name}));\n#endif'
        for name in every_number()
    )
    includes = "\n".join(f"#include <{header}>" for header in there)
    source = tmp_path / "numbers.c"
    source.write_text(
        f"#define _GNU_SOURCE\n#include <stdio.h>\n{includes}\nint main(void)\n{{\n{names}\n}}\n"
    )
    subprocess.run([compiler, "-w", "-o", tmp_path / "numbers", source], check=True, capture_output=True)
    told = subprocess.run([tmp_path / "numbers"], check=True, capture_output=True, text=True).stdout
    return {name: int(number) for name, number in (line.split() for line in told.splitlines())}


def _has(compiler: str, header: str) -> bool:
    asked = subprocess.run(
        [compiler, "-E", "-"], input=f"#include <{header}>\n", capture_output=True, text=True, check=False
    )
    return asked.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's numbers")
def test_numbers_are_those_of_the_headers(tmp_path: Path) -> None:
    known = every_number()
    found = {**_in_headers(tmp_path, KERNEL), **_in_headers(tmp_path, LIBRARY)}
    wrong = {
        name: (known[name], number)
        for name, number in found.items()
        if number & 0xFFFFFFFF != known[name] & 0xFFFFFFFF  # EPOLLET is a bit of an unsigned number
        and name not in ("SOMAXCONN", "SIOCGPGRP")
    }
    assert wrong == {}
    missing = known.keys() - found.keys()
    assert missing <= NOT_IN_HEADERS | {name for name in missing if re.match("SHUT_|AF_DECnet", name)}


def test_each_number_has_a_name_and_each_name_its_number() -> None:
    assert named(2, sockets.FAMILIES) == "AF_INET"
    assert name_of(1, sockets.FAMILIES) == "AF_UNIX"  # of several names for one number the usual
    assert name_of(16, sockets.FAMILIES) == "AF_NETLINK"
    assert errno_name(11) == "EAGAIN"
    assert errno_name(95) == "EOPNOTSUPP"
    assert errno_name(111) == "ECONNREFUSED"
    assert errno_name(0) is None
    assert errno_name("111") is None
    assert signal_name(9) == "SIGKILL"
    assert signal_name(17) == "SIGCHLD"
    assert signal_name(40) == "40"
    assert named(77, signals.DISPOSITIONS) == "77"
    for number in set(ERRNOS.values()):
        assert ERRNOS[errno_name(number) or ""] == number


def test_the_flags_in_a_mask() -> None:
    assert mask(8197, files.POLL) == "POLLIN|POLLOUT|POLLRDHUP"
    assert mask(0x80000001, files.EPOLL) == "EPOLLIN|EPOLLET"
    assert mask(0, files.POLL) == "0"
    assert mask(0x8001, files.POLL) == "POLLIN|0x8000"
    assert mask(0o4010000, files.OPEN_FLAGS) == "O_SYNC"  # which has the bit of O_DSYNC
    assert mask(0o10000, files.OPEN_FLAGS) == "O_DSYNC"
    assert mask(0x28, sockets.MESSAGE_FLAGS) == "MSG_CTRUNC|MSG_TRUNC"
    assert mask(0x401, resolver.ADDRESS_FLAGS) == "AI_PASSIVE|AI_NUMERICSERV"


def test_flags_of_open_files_by_machine() -> None:
    assert files.open_flags("aarch64")["O_DIRECTORY"] == 0o40000
    assert files.open_flags("riscv64") == files.open_flags("x86_64") == files.open_flags("")
    if os.uname().machine in ("x86_64", "aarch64", "riscv64"):
        for name, number in files.open_flags(os.uname().machine).items():
            assert getattr(os, name) & ~os.O_LARGEFILE == number, name


def test_options_by_level_and_number() -> None:
    by_name = {option.name: option for option in options.every_option()}
    assert len(by_name) == len(list(options.every_option()))
    buffer = options.option_of(1, 8)
    assert buffer == by_name["SO_RCVBUF"]
    assert (by_name["SO_RCVBUF"].form, by_name["SO_RCVBUF"].unit) == (options.Form.NUMBER, "bytes")
    assert options.option_of(6, 1) == by_name["TCP_NODELAY"]
    assert options.option_of(6, 18) == by_name["TCP_USER_TIMEOUT"]
    assert by_name["TCP_USER_TIMEOUT"].unit == "ms"
    assert options.option_of(0, 14) == by_name["IP_MTU"]
    assert options.option_of(1, 9999) is None
    assert options.option_of(1, None) is None
    # Each ends a membership of the option that begins one.
    for ending, beginning in options.JOINING.items():
        assert options.option_of(*ending) is not None
        assert options.option_of(*beginning) is not None
