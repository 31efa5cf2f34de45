"""Of processes that have not run since the last look nothing is read again, and nothing of those that have is missed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sockviz.kernel.kept_files import KeptFiles
from sockviz.kernel.known_processes import KnownBoundOnly, KnownProcesses
from sockviz.kernel.observe import HostSources, Kept, ProcessSource, Snapshot, observe
from sockviz.kernel.procfs import read_process
from sockviz.kernel.sock_diag import SockDiag, open_sock_diag, read_bound_only
from sockviz.model.scripted import row as tcp_row
from sockviz.model.sockets import Asleep, FdEntry, ProcessRow, SocketRow, State
from tests.kernel.stage import wait_until
from tests.required import unavailable

#: Two processes with one socket between them, made before the fork, each of which does what single letters tell it.
PAIR = """
import os, socket, sys, threading
shared, held = socket.socket(), []
def beside(told):
    while os.read(told, 1):
        held.append(socket.socket())
mine = 0 if (child := os.fork()) else int(sys.argv[1])
while told := os.read(mine, 1):
    if told == b"o":
        held.append(socket.socket())
    elif told == b"f":
        shared.setblocking(not shared.getblocking())
    elif told == b"b":
        held[-1].bind(("127.0.0.1", 0))
    elif told == b"t":
        ends = os.pipe()
        threading.Thread(target=beside, args=ends[:1], daemon=True).start()
    os.write(1, b"%d\\n" % os.getpid())
if child:
    os.waitpid(child, 0)
"""


class ReadFiles(KeptFiles):
    """Notes what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def read(self, path: str) -> bytes:
        self.names.add(path.rpartition("/")[2])
        return super().read(path)


@dataclass
class Pair:
    """The two processes, and looks at them."""

    tell: dict[int, int]  # by pid, where its letters are written
    said: int
    kept: Kept
    files: ReadFiles

    def do(self, pid: int, letter: bytes) -> None:
        """Has one of them do something, and waits until both sleep."""
        os.write(self.tell[pid], letter)
        assert int(os.read(self.said, 64)) == pid
        wait_until(lambda: all(map(asleep_in_read, self.tell)), "both asleep in read()")

    def look(self) -> list[ProcessRow]:
        """One look with what was kept of those before. ``files.names`` says what it read."""
        self.files.names.clear()
        return self._observed(self.kept)

    def anew(self) -> list[ProcessRow]:
        """One look with nothing kept."""
        return self._observed(None)

    def bound_only(self, diag: SockDiag, kept: Kept | None) -> set[int]:
        """The inodes of sockets of theirs that have a port and no more."""
        reading = self._reading(kept, diag)
        held = {entry.inode for row in reading.processes for entry in row.fds}
        return {row.inode for row in reading.rows if row.bound_only} & held

    def _observed(self, kept: Kept | None) -> list[ProcessRow]:
        return self._reading(kept, None).processes

    def _reading(self, kept: Kept | None, diag: SockDiag | None) -> Snapshot:
        sources = [ProcessSource(str(pid), pid) for pid in self.tell]
        return observe(HostSources(diag, "/proc/self/net", kept=kept), sources, time.time())


def asleep_in_read(pid: int) -> bool:
    row = read_process("p", pid)
    return row is not None and row.asleep is not None and row.asleep.syscall in ("read", None)


@pytest.fixture
def pair() -> Iterator[Pair]:
    theirs, ours = os.pipe()
    files = ReadFiles()
    command = [sys.executable, "-I", "-S", "-c", PAIR, str(theirs)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[theirs]
    ) as process:
        os.close(theirs)
        assert process.stdin
        assert process.stdout
        said = process.stdout.fileno()
        os.write(ours, b"-")
        child = int(os.read(said, 64))
        made = Pair({process.pid: process.stdin.fileno(), child: ours}, said, Kept(files=files), files)
        made.do(process.pid, b"-")
        yield made
        os.close(ours)
        process.stdin.close()
        process.wait()
    files.close()


def look_at_rest(pair: Pair) -> None:
    """A first look, after which both are known."""
    row = pair.look()[0]
    if (
        row.asleep is None
        or row.asleep.interface != "/proc/PID/syscall"
        or not os.path.exists("/proc/1/schedstat")
    ):
        unavailable("this kernel does not say of a process in which call it sleeps, or how often it ran")


def test_of_processes_that_have_not_run_nothing_is_read_again(pair: Pair) -> None:
    look_at_rest(pair)
    again = pair.look()
    assert "schedstat" in pair.files.names
    assert not pair.files.names & {"stat", "syscall", "wchan"}
    assert again == pair.anew()


def test_what_one_of_them_has_done_is_seen_of_both(pair: Pair) -> None:
    look_at_rest(pair)
    for pid in pair.tell:
        for letter in (
            b"o",
            b"f",
        ):  # its own descriptors; and the flags of the one that it shares with the other
            before = pair.look()
            pair.do(pid, letter)
            now = pair.look()
            assert now == pair.anew() != before
            assert "stat" in pair.files.names


def test_a_process_that_is_gone_is_missed(pair: Pair) -> None:
    look_at_rest(pair)
    first, other = pair.tell
    os.kill(other, 9)
    wait_until(lambda: (row := read_process("p", other)) is not None and row.state == "Z", "its end")
    assert pair.look() == pair.anew()
    assert [row.state for row in pair.look() if row.process == str(other)] == ["Z"]
    assert [row.process for row in pair.look()] == [str(first), str(other)]


def test_of_a_process_with_threads_all_is_read_though_its_first_one_sleeps(pair: Pair) -> None:
    look_at_rest(pair)
    first = next(iter(pair.tell))
    held = set(pair.look()[0].fds)
    pair.do(first, b"t")
    told = max(entry.fd for entry in pair.look()[0].fds if entry not in held)  # the end of a pipe to write to
    before = pair.look()
    with open(f"/proc/{first}/fd/{told}", "wb", buffering=0) as beside:
        beside.write(b".")
        wait_until(lambda: pair.anew() != before, "another thread has made a socket")
        assert pair.look() == pair.anew()


def test_the_table_of_ports_is_read_again_once_somebody_has_run_who_may_have_taken_one(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at_rest(pair)
    dumps: list[float] = []

    def read(diag: SockDiag, *, now: float) -> list[SocketRow]:
        dumps.append(now)
        return read_bound_only(diag, now=now)

    monkeypatch.setattr("sockviz.kernel.observe.read_bound_only", read)
    with contextlib.closing(SockDiag(open_sock_diag())) as diag:
        for pid in pair.tell:
            for letter in (b"o", b"b", b"f"):
                pair.do(pid, letter)
                now = pair.bound_only(diag, None)
                assert pair.bound_only(diag, pair.kept) == now
                dumps.clear()
                assert pair.bound_only(diag, pair.kept) == now
                assert not dumps, "nobody has run since"
            if not now:
                unavailable("this kernel does not list bound-only sockets (older than 6.8)")


def row(asleep: Asleep | None, target: str = "socket:[7]") -> ProcessRow:
    inode = 7 if target.startswith("socket") else 0
    return ProcessRow("p", "S", (FdEntry(3, target, inode, None, 2),), asleep)


IN_READ = Asleep("read", (0,), None, "S", "/proc/PID/syscall", "0 0x0")


@pytest.mark.parametrize(
    ("ran", "rows"),
    [
        ([None], [row(IN_READ)]),  # no schedstat
        ([b"0 0 0\n"], [row(IN_READ)]),  # one that counts nothing
        ([b"9 9 9\n"], [row(None)]),  # it ran
        ([b"9 9 9\n"], [row(Asleep(None, (), "x", "S", "/proc/PID/wchan", "x"))]),  # nobody says that it is off its processor
        ([b"9 9 9\n"], [row(IN_READ, "/tmp/file")]),  # which anybody may rename
        ([b"9 9 9\n"], [None]),  # gone
    ],
)  # fmt: skip
def test_what_may_have_changed_unseen_is_not_remembered(
    ran: list[bytes | None], rows: list[ProcessRow | None]
) -> None:
    known = KnownProcesses()
    known.note(["p"], ran, rows)
    assert known.find(["p"], ran) is None
    known.note(["p"], [b"9 9 9\n"], [row(IN_READ)])
    assert known.find(["p"], [b"9 9 9\n"]) == [row(IN_READ)]
    assert known.find(["p"], [b"9 9 10\n"]) is None
    assert known.find(["q"], [b"9 9 9\n"]) is None


def test_ports_are_known_only_of_who_is_known_not_to_have_run() -> None:
    known, nobody_knows = KnownBoundOnly(), {"p": None}
    holder = ("p", (7,), b"9 9 9\n")
    known.note([holder], nobody_knows, ())
    assert known.find([holder], nobody_knows) == ()
    assert known.find([("p", (7,), b"9 9 10\n")], nobody_knows) is None
    assert known.find([("p", (7, 8), b"9 9 9\n")], nobody_knows) is None, (
        "a connection has ended, and left it its port"
    )
    known.note([("p", (7,), None)], nobody_knows, ())
    assert known.find([("p", (7,), None)], nobody_knows) is None


def test_ports_are_known_of_who_was_handed_no_line_that_takes_one() -> None:
    known = KnownBoundOnly()
    bound = [tcp_row(State.CLOSED, ("127.0.0.1", 8080), inode=7, bound_only=True)]
    known.met({5})
    known.note([("p", (7,), None)], {"p": 1}, bound)
    assert known.find([("p", (7,), None)], {"p": 1}) == bound
    assert known.find([("p", (7, 8), None)], {"p": 1, "q": 0}) == bound, "a new socket has no port"
    assert known.find([("p", (7,), None)], {"p": 2}) is None, "it was handed one since"
    assert known.find([("p", (7,), None)], {"p": None}) is None, "it is at one"
    assert known.find([("p", (7,), None)], {"p": 1, "q": 1}) is None, "another was handed one"
    assert known.find([("p", (5, 7), None)], {"p": 1}) is None, "a connection has ended, and left it its port"
    assert known.find([("p", (8,), None)], {"p": 1}) is None, "it was let go of, and its port with it"
    known.met({9})
    known.met({5})
    assert known.find([("p", (7, 9), None)], {"p": 1}) is None, "a connection was made since, and has ended"
