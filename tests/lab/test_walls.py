"""The second wall: what the kernel keeps from a lesson process even if nothing stood before it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import select
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz.lab import landlock, seccomp
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import LabRefused, Supervisor
from sockviz.lab.tracer.numbers import ENDING, MAKING, NOTED, WATCHED, Machine
from sockviz.model.values import Json
from tests.lab.driver import FORBIDDEN, run
from tests.required import unavailable

INTRUDER = Path(__file__).parent / "intruder.py"
#: What seccomp keeps everywhere, and with which answer.
ALWAYS = {
    "socket(AF_VSOCK)": "EPERM", "socket(AF_NETLINK)": "EPERM", "socket(AF_PACKET)": "EPERM", "socket(AF_ALG)": "EPERM",
    "socket(99)": "EAFNOSUPPORT", "setsockopt(SO_ATTACH_FILTER)": "EPERM", "open for writing": "EPERM", "exec": "ENOSYS",
    "ptrace": "ENOSYS", "setsid": "ENOSYS", "chdir": "ENOSYS", "mkdir": "ENOSYS", "unshare": "ENOSYS", "io_uring_setup": "ENOSYS",
    "pidfd_getfd": "ENOSYS", "clone(CLONE_NEWUSER)": "EPERM", "setrlimit of another": "EPERM", "fork": "done",
    "bind its own port": "done",
}  # fmt: skip


class Intruded:
    """A lab in which an intruder runs in a lesson process's place."""

    def __init__(self, kind: str, directory: Path, own: int) -> None:
        self.supervisor = Supervisor(lambda _death: None, lambda: None, Readers())
        # Into the lab's directory: it can be read nowhere else.
        self.supervisor.program = Path(shutil.copy(INTRUDER, directory))
        self.kind = kind
        self.directory = directory
        self.setup: dict[str, Json] = {"sysctls": {}, "directory": str(directory)}
        if kind == "host":
            self.setup |= {"ports": [own], "below": 0, "ephemeral": [1, 0]}

    async def hear(self, given: dict[str, Json]) -> dict[str, str]:
        try:
            ready = await self.supervisor.open(self.kind, self.setup)
            for window in ready.hosts["loopback"].windows.values():
                window.close()
        except LabRefused as refusal:
            if refusal.number in FORBIDDEN:
                unavailable(str(refusal))
            raise
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours:
            with theirs:
                await self.supervisor.start("intruder", "loopback", theirs, self.directory, privileged=False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(ours, bytes(32) + json.dumps(given).encode() + b"\n")
            said = b""
            while not said.endswith(b"\n"):
                part = await loop.sock_recv(ours, 65536)
                assert part, f"the intruder ended: {said!r}"
                said += part
        answers: dict[str, str] = json.loads(said)
        return answers


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        yield made


def processes_of(program: Path) -> list[int]:
    """The pids of all that run `program`."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # gone since it was listed
            if (
                entry.name.isdigit()
                and os.fsencode(program) in (entry / "cmdline").read_bytes().split(b"\0")[:4]
            ):
                found.append(int(entry.name))
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_intruder_meets_the_kernel(kind: str, listener: socket.socket, tmp_path: Path) -> None:
    own, free = free_port(), free_port()

    async def body() -> dict[str, str]:
        with tempfile.TemporaryDirectory() as directory:
            secret = tmp_path / "secret"
            secret.write_text("mine")
            lab = Intruded(kind, Path(directory), own)
            try:
                return await lab.hear({
                    "secret": str(secret), "stranger": listener.getsockname()[1], "free": free, "own": own,
                    "sockviz": os.getpid(),
                })  # fmt: skip
            finally:
                await lab.supervisor.close()

    answers = run(body())
    if seccomp.program(False) is None:
        unavailable("seccomp: the numbers of this machine's system calls are not known")
    assert {name: answers[name] for name in ALWAYS} == ALWAYS
    if not landlock.version():
        unavailable("this kernel has no Landlock")
    assert answers["open a secret"] == "EACCES"
    if landlock.version() >= landlock.SCOPES_SINCE or kind == "isolated":
        # In namespaces of its own that number is nobody's.
        assert answers["signal sockviz"] == ("EPERM" if kind == "host" else "ESRCH")
    if kind == "isolated":
        assert answers["connect to a stranger"] == "ECONNREFUSED"  # another network
    elif landlock.version() >= landlock.NET_SINCE:
        assert answers["connect to a stranger"] == answers["bind a stranger's port"] == "EACCES"


def test_a_lifeline_without_teeth_keeps_nothing_alive(kind: str) -> None:
    """Whatever the process does to its own descriptor, its lab's first process holds on to another."""

    async def body() -> None:
        with tempfile.TemporaryDirectory() as directory:
            lab = Intruded(kind, Path(directory), 0)
            try:
                await lab.hear({"outlive": True})
                pids = processes_of(lab.supervisor.program)
                assert len(pids) == 2
                pidfds = [os.pidfd_open(pid) for pid in pids]
            finally:
                await lab.supervisor.close()
            for pidfd in pidfds:
                ended, _, _ = select.select([pidfd], [], [], 2)
                os.close(pidfd)
                assert ended

    run(body())


@pytest.mark.parametrize(
    ("column", "header", "pattern"),
    [
        (0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+) (\d+)"),
        (1, "/usr/include/asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+) (\d+)"),
    ],
    ids=["x86-64", "generic"],
)
def test_the_numbers_of_system_calls_are_the_kernel_s(column: int, header: str, pattern: str) -> None:
    if not Path(header).exists():
        unavailable(f"no {header}")
    known: dict[str, int] = {}
    for name, number in re.findall(pattern, Path(header).read_text()):
        known.setdefault(name, int(number))
    known.setdefault("newfstatat", known.get("fstatat", -1))
    for name, numbers in seccomp.CALLS.items():
        assert numbers[column] == known.get(name), name
    for name, (_audit, its_column) in seccomp.MACHINES.items():
        if its_column == column:
            traced = Machine(name)
            told = traced.watched | traced.making | traced.noted | traced.ending
            told |= {"restart_syscall": traced.restart, "rt_sigreturn": traced.sigreturn}
            wanted = {*WATCHED, *MAKING, *NOTED, *ENDING, "restart_syscall", "rt_sigreturn"}
            assert told == {each: known[each] for each in wanted & set(known)}
