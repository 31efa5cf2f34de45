from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.kernel.errors import BadMessage, KernelRefused
from sockviz.kernel.procfs import (
    parse_fd_flags,
    parse_stat,
    parse_syscall,
    read_asleep,
    read_fds,
    read_process,
    read_run_delay,
    read_stat,
)
from sockviz.kernel.syscalls import GENERIC, X86_64, syscall_name
from sockviz.model.sockets import Asleep
from tests.required import unavailable

STAT = (
    b"4121 (a) S (b) R 4000 4121 4121 0 -1 4194304 97 0 0 0 0 0 0 0 20 0 1 0 555 9 9 9 1 1 1 1 1 1 0 0 0 0 0 0 17 1"
    b" 0 0 0 0 0 1 1 1 1 1 1 1 256\n"
)


def test_stat_of_a_command_with_parentheses() -> None:
    stat = parse_stat(STAT)
    assert (stat.pid, stat.comm, stat.state, stat.ppid) == (4121, "a) S (b", "R", 4000)
    assert (stat.starttime, stat.exit_code) == (555, 256)


def test_stat_cut_anywhere() -> None:
    for length in range(len(STAT)):
        with pytest.raises(BadMessage):
            parse_stat(STAT[:length])


def test_stat_of_ourselves() -> None:
    stat = read_stat(os.getpid())
    assert stat is not None
    assert (stat.pid, stat.ppid, stat.state) == (os.getpid(), os.getppid(), "R")


ACCEPTING = b"288 0x3 0x7ffd5ab8 0x7ffd5ab4 0x80000 0x0 0x0 0x7ffd5a90 0x7f01\n"


def test_syscall() -> None:
    name, arguments = parse_syscall(ACCEPTING, "x86_64") or (None, ())
    assert name == "accept4"
    assert arguments == (3, 0x7FFD5AB8, 0x7FFD5AB4, 0x80000, 0, 0)
    assert (parse_syscall(ACCEPTING.replace(b"288", b"242"), "aarch64") or ("",))[0] == "accept4"
    assert (parse_syscall(ACCEPTING, "m68k") or ("",))[0] == "syscall 288"
    assert parse_syscall(b"running\n") is None
    assert parse_syscall(b"-1 0x7ffd5a90 0x7f01\n") == (None, ())


def test_syscall_cut_anywhere() -> None:
    for line in (ACCEPTING, b"running\n", b"-1 0x7ffd5a90 0x7f01\n"):
        for length in range(len(line)):
            with pytest.raises(BadMessage):
                parse_syscall(line[:length])


@given(st.binary(max_size=200))
def test_any_bytes_give_a_typed_error_at_worst(data: bytes) -> None:
    for parse in (parse_stat, parse_syscall, parse_fd_flags):
        with contextlib.suppress(BadMessage):
            parse(data)


@pytest.mark.parametrize(
    ("header", "table"),
    [
        ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", X86_64),
        ("/usr/include/asm-generic/unistd.h", GENERIC),
    ],
)
def test_numbers_are_those_of_the_kernels_headers(header: str, table: dict[int, str]) -> None:
    if not Path(header).exists():
        pytest.skip(f"no {header}: the kernel's headers are not installed")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text())
    numbers = {int(number): name for name, number in defined}
    newest = max(numbers)
    assert {n: name for n, name in table.items() if n <= newest} == {
        n: numbers[n] for n in table if n <= newest
    }


def test_both_machines_know_the_same_calls() -> None:
    # The generic table has only the newer of each pair: epoll_pwait for epoll_wait, ppoll for poll …
    older = {"open", "poll", "select", "epoll_wait", "pause"}
    assert set(X86_64.values()) - older == set(GENERIC.values())
    assert len(set(GENERIC.values())) == len(GENERIC)


SLEEPS: dict[str, tuple[str, set[str], int | None]] = {
    "accept": ("s = socket.socket(); s.listen(); s.accept()", {"accept4", "accept"}, 3),
    "recv": ("a, b = socket.socketpair(); a.recv(1)", {"recvfrom"}, 3),
    "recvmsg": ("a, b = socket.socketpair(); a.recvmsg(1)", {"recvmsg"}, 3),
    "read": ("r, w = os.pipe(); os.read(r, 1)", {"read"}, 3),
    "write": ("a, b = socket.socketpair(); os.write(a.fileno(), bytes(10 ** 7))", {"write"}, 3),
    "send": ("a, b = socket.socketpair(); a.sendall(bytes(10 ** 7))", {"sendto"}, 3),
    "poll": ("p = select.poll(); p.register(0, 0); p.poll()", {"poll", "ppoll"}, None),
    "select": ("select.select([], [], [], 1000)", {"select", "pselect6"}, None),
    "epoll": ("select.epoll().poll()", {"epoll_wait", "epoll_pwait"}, 3),
    "sleep": ("time.sleep(1000)", {"clock_nanosleep", "nanosleep"}, None),
    "wait": ("os.fork() or time.sleep(1000); os.wait()", {"wait4"}, None),
    "flock": ("fcntl.flock(os.open(sys.argv[1], 0), 2)", {"flock"}, 3),
    "futex": ("import _thread; k = _thread.allocate_lock(); k.acquire(); k.acquire()", {"futex"}, None),
}


@pytest.fixture
def sleeper(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int]]:
    locked = tmp_path / "locked"
    locked.write_text("")
    with locked.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code = "import socket, os, select, time, sys, fcntl\n" + SLEEPS[request.param][0]
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", code, str(locked)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        yield request.param, process.pid
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(look: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not look():
        assert time.monotonic() < end, "it did not come to pass"
        select.select([], [], [], 0.002)


@pytest.mark.parametrize("sleeper", sorted(SLEEPS), indirect=True)
def test_the_call_that_a_process_sleeps_in(sleeper: tuple[str, int]) -> None:
    what, pid = sleeper
    _, names, descriptor = SLEEPS[what]
    seen: list[Asleep] = []

    def sleeps() -> bool:
        row = read_process(what, pid)
        assert row is not None
        if row.asleep is not None and row.asleep.syscall in names:
            seen.append(row.asleep)
        return bool(seen)

    until(sleeps)
    asleep = seen[-1]
    if asleep.interface == "/proc/PID/syscall":
        assert len(asleep.arguments) == 6
        assert descriptor is None or asleep.arguments[0] == descriptor
    assert asleep.state == "S"
    assert asleep.wchan is None or asleep.wchan.isidentifier()


def fake(directory: Path, **files: bytes) -> str:
    (directory / "7").mkdir()
    (directory / "7" / "fd").mkdir()
    for name, text in files.items():
        (directory / "7" / name).write_bytes(text)
    return str(directory)


def test_without_syscall_there_is_wchan_and_without_that_stat(tmp_path: Path) -> None:
    proc = fake(tmp_path, stat=STAT.replace(b") R", b") S"), wchan=b"inet_csk_accept")
    assert read_asleep(7, "S", proc=proc) == Asleep(
        None, (), "inet_csk_accept", "S", "/proc/PID/wchan", "inet_csk_accept"
    )
    (tmp_path / "7" / "wchan").write_bytes(b"0")
    assert read_asleep(7, "S", proc=proc) == Asleep(None, (), None, "S", "/proc/PID/stat", "S")
    row = read_process("server", 7, proc=proc)
    assert row is not None
    assert (row.process, row.state, row.fds) == ("server", "S", ())


@pytest.mark.parametrize("state", ["R", "T", "t", "Z", "X", "I"])
def test_only_waiting_in_the_kernel_is_sleep(tmp_path: Path, state: str) -> None:
    assert read_asleep(7, state, proc=fake(tmp_path, syscall=ACCEPTING)) is None


def test_it_woke_between_two_looks(tmp_path: Path) -> None:
    assert read_asleep(7, "S", proc=fake(tmp_path, syscall=b"running\n")) is None


@pytest.mark.parametrize(
    ("syscall", "state", "of_the_machine"),
    [
        ("read", "D", True),
        (None, "D", True),
        ("read", "S", False),
        ("vfork", "D", False),
        ("clone", "D", False),
    ],
)
def test_who_waits_for_a_disk_goes_on_by_itself_and_who_has_forked_by_vfork_does_not(
    syscall: str | None, state: str, of_the_machine: bool
) -> None:
    assert Asleep(syscall, (), None, state, "/proc/PID/syscall", "").is_of_the_machine is of_the_machine


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_users_process_is_refused_and_named() -> None:
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    if any(mount[1] == "/proc" and "hidepid=" in mount[3] for mount in mounts):
        unavailable("this machine's /proc hides other users' processes (hidepid)")
    code = (
        "from sockviz.kernel.procfs import read_process, read_asleep\n"
        "from sockviz.kernel.errors import KernelRefused\n"
        "asleep = read_asleep(1, 'S')\n"
        "assert asleep.syscall is None and asleep.interface in ('/proc/PID/wchan', '/proc/PID/stat'), asleep\n"
        "try: read_process('init', 1)\n"
        "except KernelRefused as refusal: print(refusal)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], user=65534, group=65534, extra_groups=[], capture_output=True, text=True,
        cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert (done.stderr, done.stdout) == ("", "list /proc/1/fd: EACCES (Permission denied)\n")


def test_descriptors() -> None:
    left, right = socket.socketpair()
    fresh = socket.socket()
    fresh.setblocking(False)
    reader, writer = os.pipe()
    try:
        found = {
            entry.fd: entry for entry in read_fds(os.getpid(), hidden={os.fstat(right.fileno()).st_ino}) or ()
        }
        assert right.fileno() not in found
        assert {0, 1, 2} <= set(found)
        stream = found[left.fileno()]
        assert (stream.is_socket, stream.inode) == (True, os.fstat(left.fileno()).st_ino)
        assert stream.protocol in ("UNIX-STREAM", "UNIX")
        assert found[fresh.fileno()].protocol == "TCP"  # never bound: in no other table
        assert found[fresh.fileno()].flags & os.O_NONBLOCK
        assert found[fresh.fileno()].flags & os.O_CLOEXEC
        assert not stream.flags & os.O_NONBLOCK
        pipe = found[reader]
        assert (pipe.is_socket, pipe.inode, pipe.protocol) == (False, os.fstat(reader).st_ino, None)
        assert list(found) == sorted(found)
    finally:
        for each in (left, right, fresh):
            each.close()
        os.close(reader)
        os.close(writer)


def test_flags_are_octal() -> None:
    assert (
        parse_fd_flags(b"pos:\t0\nflags:\t02004002\nmnt_id:\t9\n") == os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
    )
    with pytest.raises(BadMessage):
        parse_fd_flags(b"pos:\t0\nflags:\t0200")


def test_a_process_that_ended_and_then_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    try:
        until(lambda: (read_stat(process.pid) or parse_stat(STAT)).state == "Z")
        row = read_process("client", process.pid)
        assert row is not None
        assert (row.state, row.fds, row.asleep) == ("Z", (), None)
    finally:
        process.wait()
    assert read_process("client", process.pid) is None
    assert read_fds(process.pid) is None


def test_a_descriptor_that_closes_while_we_look(tmp_path: Path) -> None:
    proc = fake(tmp_path)
    (tmp_path / "7" / "fd" / "5").symlink_to("socket:[99]")  # and no fdinfo: closed in between
    assert read_fds(7, proc=proc) == ()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "7" / "stat").mkdir(parents=True)
    with pytest.raises(KernelRefused, match="EISDIR"):
        read_stat(7, proc=str(tmp_path))


def test_names_of_calls() -> None:
    assert syscall_name(43, "x86_64") == "accept"
    assert syscall_name(202, "riscv64") == "accept"
    assert syscall_name(9999, "x86_64") == "syscall 9999"


def refuse_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel does to an ordinary user whose process has given up its memory."""

    def listdir(path: str) -> list[str]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(os, "listdir", listdir)


def test_a_process_that_is_ending_may_hide_its_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state is still R; that it ends is one of its flags."""
    (tmp_path / "4121").mkdir()
    (tmp_path / "4121" / "stat").write_bytes(STAT.replace(b" 4194304 ", b" 4194308 "))
    refuse_descriptors(monkeypatch)
    assert read_process("server", 4121, proc=str(tmp_path)) is None


def test_a_living_process_that_hides_its_descriptors_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "4121" / "fd").mkdir(parents=True)
    (tmp_path / "4121" / "stat").write_bytes(STAT)
    refuse_descriptors(monkeypatch)
    with pytest.raises(KernelRefused, match="EACCES"):
        read_process("server", 4121, proc=str(tmp_path))


def test_for_how_long_a_process_had_no_cpu(tmp_path: Path) -> None:
    proc = fake(tmp_path, schedstat=b"626560634 1338980 31\n")
    assert read_run_delay(7, proc=proc) == 0.00133898
    assert read_run_delay(8, proc=proc) == 0.0, "it is gone"
    (tmp_path / "7/schedstat").write_bytes(b"nonsense\n")
    assert read_run_delay(7, proc=proc) == 0.0
