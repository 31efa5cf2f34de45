"""A lesson is somebody else's data: what its processes refuse, whatever the lesson's grammar let through."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.lab.supervisor import LabRefused
from sockviz.model.events import CallEntered
from sockviz.model.limits import MOST_PROCESSES
from tests.lab.driver import Driver, a_lab, directory_of, run, until

MIB = 1024 * 1024


async def refused(lab: Driver, source: str, process: str = "server") -> str:
    """The words with which a process refuses a line. It makes no call for it, and goes on."""
    before = peak(lab, process)
    finished = await lab.do(process, source)
    assert finished.error == "Refused", finished
    assert finished.bound == {}
    assert not [
        message for message in lab.heard if isinstance(message, CallEntered) and message.line == finished.line
    ]
    assert peak(lab, process) - before < 8 * MIB
    assert not (await lab.do(process, "x = 1")).error
    return finished.message


def peak(lab: Driver, process: str) -> int:
    begun = lab.lab.begun(process)
    assert begun is not None
    for line in Path(f"/proc/{begun.outer_pid}/status").read_text().splitlines():
        if line.startswith("VmPeak:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmPeak")


TOO_MUCH = [
    'x = "x" * 1000000000000',
    "x = b'x' * 67108865",
    "x = 67108865 * b'x'",
    "x = (1, 2) * 40000000",
    "x = [0] * 67108865",
    "x = 1 << 1000000000",
    "x = 1 << 4096",
    "x = (1 << 3000) * (1 << 3000)",
    "x = half + half + b'x'",
    "x = '%1000000000d' % 5",
    "s.recv(67108865)",
    "s.recvfrom(1 << 40)",
    "s.recvmsg(1, 67108865)",
    "os.read(0, 67108865)",
    "x = bytearray(67108865)",
]


def test_more_than_64_mib_is_refused_before_memory_is_used() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "s = socket.socket()")
            await lab.do("server", "half = b'x' * 33554432")
            await lab.do("server", "whole = half + half")  # is allowed, and part of one that is not
            await lab.do("server", "whole = 0")
            for source in TOO_MUCH:
                await refused(lab, source)

    run(body())


def test_bytes_that_were_never_received_are_not_shown() -> None:
    """CPython's recv makes a bytes object of the length that the kernel says, copied or not."""

    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await lab.do("server", "d.bind((HOST, 0))")
            await lab.do("server", "d.sendto(b'0123456789', d.getsockname())")
            for call in ("recv(4, 0x20)", "recvfrom(4, 0x22)", "recvmsg(4, 64, 0x20)"):
                assert "never received" in await refused(lab, f"x = d.{call}")
            assert await lab.value("server", "d.recv_into(bytearray(4), 0, 0x22)") == 10
            await lab.do("server", "got = d.recvmsg(4, 32)")
            assert await lab.value("server", "got[0]") == b"0123"
            assert await lab.value("server", "got[2]") == socket.MSG_TRUNC

    run(body())


def test_64_mib_themselves_are_allowed() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            value = await lab.value("server", "b'x' * 67108864")
            assert isinstance(value, bytes)
            assert len(value) == 64 * MIB
            text = await lab.value("server", '"\U0001f600" * 16777216')
            assert isinstance(text, str)
            assert len(text) == 16 * MIB

    run(body())


def test_a_value_that_is_too_long_to_be_told_is_kept_all_the_same() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "x = b'x' * 67108864")
            finished = await lab.do("server", "y = (x, x, x, x, x, x, x, x)")
            assert not finished.error
            told = finished.bound["y"]
            assert isinstance(told, tuple)
            assert [len(part) for part in told if isinstance(part, bytes)] == [64 * MIB] * 8
            assert await lab.value("server", "y[7][0]") == ord("x")

    run(body())


def test_kill_reaches_only_the_lab_s_own(kind: str) -> None:
    foreign = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            own = lab.lab.begun("client")
            assert own is not None
            for pid in (foreign.pid, os.getpid(), os.getppid(), 0, 1, -1, -own.pid):
                assert "kill reaches only" in await refused(lab, f"os.kill({pid}, 9)")
            assert (await lab.call("server", f"os.kill({own.pid}, 0)")).error is None
            await lab.call("server", f"os.kill({own.pid}, 9)")
            assert (await lab.ended("client")).signal == "SIGKILL"
            await refused(lab, f"os.kill({own.pid}, 9)")  # its number may be another's now

    try:
        run(body())
        assert foreign.poll() is None
    finally:
        foreign.communicate(b"\n")


def test_files_are_plain_names() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "u = socket.socket(socket.AF_UNIX)")
            await lab.do("server", "d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)")
            for name in ("/etc/passwd", "../x", "a/b", "", ".", "..", "a\\0b"):
                for source in (
                    f'u.bind("{name}")',
                    f'u.connect(b"{name}")',
                    f'd.sendto(b"x", "{name}")',
                    f'd.sendto(b"x", 0, "{name}")',
                    f'd.sendmsg([b"x"], [], 0, "{name}")',
                    f'os.unlink("{name}")',
                ):
                    assert "plain names" in await refused(lab, source)

    run(body())


def test_files_are_in_a_directory_of_the_lab(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "u = socket.socket(socket.AF_UNIX)")
            assert (await lab.call("server", 'u.bind("mailbox")')).error is None
            assert [path.name for path in (directory_of(lab.lab) / "files").iterdir()] == ["mailbox"]
            assert (await lab.call("server", 'os.unlink("mailbox")')).error is None

    run(body())


def test_abstract_names_are_the_lab_s_own_on_the_host() -> None:
    async def body() -> None:
        with socket.socket(socket.AF_UNIX) as outside:
            outside.bind(b"\0sockviz test")
            outside.listen()
            async with a_lab("host", "server", "client") as lab:
                await lab.do("server", "u = socket.socket(socket.AF_UNIX)")
                assert (await lab.call("server", 'u.connect("\\0sockviz test")')).error == "ECONNREFUSED"
                assert (await lab.call("server", 'u.bind(b"\\0sockviz test")')).error is None
                await lab.do("server", "u.listen(1)")
                assert (
                    await lab.value("server", "u.getsockname()")
                ) == f"\0sockviz-{os.getpid()}-sockviz test".encode()
                await lab.do("client", "c = socket.socket(socket.AF_UNIX)")
                assert (await lab.call("client", 'c.connect("\\0sockviz test")')).error is None
                assert [row.local for row in lab.rows() if row.is_listening] != []

    run(body())


def test_on_the_host_a_lesson_speaks_to_this_machine_only() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            for address in ("192.0.2.1", "8.8.8.8", "2001:db8::1", "255.255.255.255", "::ffff:8.8.8.8"):
                family = "AF_INET6" if ":" in address else "AF_INET"
                await lab.do("server", f"s = socket.socket(socket.{family})")
                await lab.do("server", f"u = socket.socket(socket.{family}, socket.SOCK_DGRAM)")
                for source in (
                    f's.connect(("{address}", 9))',
                    f's.connect_ex(("{address}", 9))',
                    f'u.sendto(b"x", ("{address}", 9))',
                    f'u.sendmsg([b"x"], [], 0, ("{address}", 9))',
                    *([f's.bind(("{address}", 0))'] if address != "192.0.2.1" else []),
                ):
                    assert "127.0.0.1" in await refused(lab, source)

    run(body())


def test_on_the_host_a_name_that_no_machine_has_may_be_asked_for() -> None:
    """So that a lesson meets EADDRNOTAVAIL: bind sends nothing, and addresses for documents (RFC 5737) are nobody's."""

    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "s = socket.socket()")
            assert (await lab.call("server", 's.bind(("192.0.2.1", 0))')).error == "EADDRNOTAVAIL"
            assert "name service" in await refused(lab, 's.bind(("192.0.2.example", 0))')

    run(body())


def test_every_address_of_this_machine_s_own_is_allowed() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            for address in ("127.0.0.1", "127.3.2.1", "localhost", "", "0.0.0.0"):
                await lab.do("server", "s = socket.socket()")
                assert (await lab.call("server", f's.bind(("{address}", PORT))')).error is None
                await lab.do("server", "s.close()")

    run(body())


def test_sockviz_s_own_descriptors_are_out_of_reach(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            for source in (
                "os.close(1024)", "os.write(1024, b'junk')", "os.read(1025, 1)", "os.dup(1024)", "os.dup2(1, 1024)",
                "os.dup2(1024, 5)", "fcntl.fcntl(1024, fcntl.F_GETFL)", "s = socket.socket(fileno=1024)",
                "os.close(fd=1024)",
            ):  # fmt: skip
                assert await refused(lab, source)
            await lab.fork("server", "worker")
            assert "own" in await refused(lab, "os.close(1026)", "worker")

    run(body())


def test_nothing_but_the_table_s_functions_can_be_called() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "s = socket.socket()")
            for source in (
                "x = s._accept()",
                "x = os._execvpe()",
                "x = s.__class__",
                "x = s.close",
                "x = socket._GLOBAL_DEFAULT_TIMEOUT",
            ):
                await refused(lab, source)

    run(body())


def test_at_most_64_processes(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            for number in range(MOST_PROCESSES - 2):
                await lab.fork("server", f"w{number}")
            await lab.start("client")
            with pytest.raises(LabRefused, match="64"):
                await lab.start("another")
            finished = await lab.finished(
                "server", await lab.hand("server", "one_more = os.fork()", "one_more")
            )
            assert finished.error == "Refused"
            assert "64" in finished.message
            await lab.hand("w0", "os._exit(0)")
            await lab.ended("w0")
            await lab.fork("server", "one_more")
            assert len(lab.lab.look()[0].processes) == MOST_PROCESSES

    run(body())


def test_a_process_that_may_open_no_more_cannot_fork_and_says_so() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            await lab.do("server", "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 1024))")
            assert (await lab.call("server", "s = socket.socket()")).error == "EMFILE"
            line = await lab.hand("server", "worker = os.fork()", "worker")
            assert (await lab.finished("server", line)).error == "Refused"
            assert (await lab.do("server", "x = 1")).error is None

    run(body())


def test_a_process_sees_nothing_of_our_environment(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind) as lab:
            begun = await lab.start("server")
            names = {
                entry.split(b"=")[0]
                for entry in Path(f"/proc/{begun.outer_pid}/environ").read_bytes().split(b"\0")
            }
            assert names <= {b"LC_ALL", b"PATH", b""}

    run(body())


def test_a_process_may_ignore_every_signal_and_still_ends_with_the_lab(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
            await lab.do("server", "signal.signal(signal.SIGIO, signal.SIG_IGN)")
            begun = lab.lab.begun("server")
            assert begun is not None
            os.kill(begun.outer_pid, signal.SIGTERM)
            assert not (await lab.do("server", "x = 1")).error
            await lab.lab.close()
            await until(lambda: not lab.alive() or None, "its end", 1.0)

    run(body())
