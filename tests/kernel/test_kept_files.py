"""What is kept between two looks never shows anything but what a first look shows."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.files import read_file
from sockviz.kernel.kept_files import ROOM, KeptFiles
from sockviz.kernel.known_descriptors import KnownDescriptors
from sockviz.kernel.procfs import read_fds, read_process
from sockviz.model.sockets import FdEntry
from tests.kernel.stage import wait_until

IPV6_ADDRFORM = 1  # linux/in6.h


def our_descriptors() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/fd")}


@pytest.fixture
def kept() -> Iterator[KeptFiles]:
    files = KeptFiles()
    yield files
    files.close()


def sleeps_in_read(pid: int) -> bool:
    row = read_process("p", pid)
    return row is not None and row.asleep is not None and row.asleep.syscall == "read"


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    program = "import sys; print('ready', flush=True); sys.stdin.read()"
    command = [sys.executable, "-I", "-S", "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        wait_until(lambda: sleeps_in_read(process.pid), "the process asleep in read()")
        yield process
        process.kill()


def test_a_kept_file_is_as_fresh_as_one_just_opened(kept: KeptFiles) -> None:
    with socket.socket() as sock:
        path = f"/proc/self/fdinfo/{sock.fileno()}"
        before = kept.read(path)
        sock.setblocking(False)
        after = kept.read(path)
        with open(path, "rb") as file:
            assert after == file.read() != before
    with pytest.raises(KernelRefused) as refusal:
        kept.read(path)
    assert refusal.value.is_missing


def test_a_table_of_many_pages_is_read_whole(kept: KeptFiles) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(100):
            held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", 0))
        for _ in range(2):
            assert kept.read("/proc/self/net/udp").count(b"0100007F:") >= 100


def test_a_process_that_is_gone(kept: KeptFiles, other: subprocess.Popen[bytes]) -> None:
    known = KnownDescriptors()
    assert read_process("p", other.pid, read=kept.read, known=known) == read_process("p", other.pid)
    other.kill()
    other.wait()
    assert read_process("p", other.pid, read=kept.read, known=known) is None


def test_what_is_not_read_any_more_is_closed(kept: KeptFiles) -> None:
    before = our_descriptors()
    kept.read("/proc/self/stat")
    kept.read("/proc/self/wchan")
    assert len(our_descriptors() - before) == 2
    kept.settle()
    kept.read("/proc/self/stat")
    kept.settle()
    assert len(our_descriptors() - before) == 1
    kept.close()
    assert our_descriptors() == before


def test_no_more_than_so_many_stay_open() -> None:
    before, kept = our_descriptors(), KeptFiles(most=2)
    for name in ("stat", "wchan", "comm", "cmdline"):
        assert kept.read(f"/proc/self/{name}") is not None
    assert len(our_descriptors() - before) == 2
    kept.close()


def test_where_no_descriptor_is_left_the_kept_ones_are_given_up(kept: KeptFiles) -> None:
    kept.read("/proc/self/wchan")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held: list[int] = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(our_descriptors()) + 10, hard))
        with contextlib.suppress(OSError):  # EMFILE
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        assert kept.read("/proc/self/comm")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in held:
            os.close(fd)


def test_some_descriptors_are_left_for_others(kept: KeptFiles) -> None:
    """Else the next that is needed, to list a directory say, is the one that is missing."""
    before = our_descriptors()  # the lowest that is free among them, by which the directory was listed
    second = next(number for number in range(min(before), len(before) + 2) if number not in before) + 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (second + ROOM, hard))
        for number in range(20):
            assert kept.read(f"/proc/self/{('stat', 'wchan', 'comm', 'cmdline')[number % 4]}") is not None
            assert kept.read(f"/proc/self/task/{os.getpid()}/{('stat', 'comm')[number % 2]}") is not None
        assert 0 < len(our_descriptors() - before) <= 2
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nothing_is_kept_where_nothing_was_learned(kept: KeptFiles) -> None:
    before = our_descriptors()
    for path in ("/proc/self/no such file", "/proc/self"):
        with pytest.raises(KernelRefused):
            kept.read(path)
    assert our_descriptors() == before


class Table:
    """Eight descriptor numbers, and what can happen to them."""

    def __init__(self) -> None:
        self.numbers = list(range(800, 808))  # which nobody is given, however many are closed

    def put(self, at: int, made: int) -> None:
        os.dup2(made, self.numbers[at])
        os.close(made)

    def tcp(self, at: int) -> None:
        self.put(at, socket.socket().detach())

    def udp6(self, at: int) -> None:
        self.put(at, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).detach())

    def pipe(self, at: int) -> None:
        reader, writer = os.pipe()
        self.put(at, reader)
        os.close(writer)

    def file(self, at: int) -> None:
        self.put(at, os.open("/dev/null", os.O_RDWR))

    def close(self, at: int) -> None:
        with contextlib.suppress(OSError):  # EBADF: it is closed already
            os.close(self.numbers[at])

    def copy(self, at: int) -> None:
        with contextlib.suppress(OSError):
            os.dup2(self.numbers[at - 1], self.numbers[at])

    def blocking(self, at: int) -> None:
        with contextlib.suppress(OSError):
            os.set_blocking(self.numbers[at], not os.get_blocking(self.numbers[at]))

    def look(self, at: int) -> None:
        """Nothing happens."""

    def end(self) -> None:
        for at in range(8):
            self.close(at)


ACTS: list[Callable[[Table, int], None]] = [
    Table.tcp, Table.udp6, Table.pipe, Table.file, Table.close, Table.copy, Table.blocking, Table.look,
]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7)), max_size=40))
def test_whatever_happens_to_descriptors_a_later_look_shows_what_a_first_look_shows(
    acts: list[tuple[Callable[[Table, int], None], int]],
) -> None:
    kept, known, table = KeptFiles(), KnownDescriptors(), Table()

    def ours(found: tuple[FdEntry, ...] | None) -> list[FdEntry]:
        return [entry for entry in found or () if entry.fd in table.numbers]

    try:
        for act, at in acts:
            act(table, at)
            later = ours(read_fds(os.getpid(), read=kept.read, known=known))
            assert later == ours(read_fds(os.getpid()))
            kept.settle()
            known.settle()
    finally:
        kept.close()
        table.end()


def test_a_socket_that_did_not_change_is_not_looked_into_again() -> None:
    known = KnownDescriptors()
    with socket.socket() as sock:

        def look() -> FdEntry:
            found = read_fds(os.getpid(), known=known) or ()
            return next(entry for entry in found if entry.fd == sock.fileno())

        first = look()
        known.settle()
        if b"\nino:" not in read_file(f"/proc/self/fdinfo/{sock.fileno()}"):
            pytest.skip("fdinfo says no inode (before Linux 5.14)")
        assert look() is first
        known.settle()
        known.settle()
        assert look() is not first  # forgotten: a look came between that did not ask for it


def test_a_sockets_protocol_is_its_files_name_for_good() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", server.getsockname()[1]))
        client.setsockopt(socket.IPPROTO_IPV6, IPV6_ADDRFORM, socket.AF_INET)
        found = read_fds(os.getpid()) or ()
        assert next(entry.protocol for entry in found if entry.fd == client.fileno()) == "TCPv6"
