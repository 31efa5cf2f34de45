"""Processes of a lab make calls as the student's own program would; the kernel is the witness."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from sockviz.dataclass import replace
from sockviz.kernel import procfs
from sockviz.lab.supervisor import LabRefused
from sockviz.model.hosts import LOOPBACK
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue, Value
from tests.lab.driver import Driver, a_lab, directory_of, first_pid, job, packets, run, until
from tests.lab.linked import children


def test_the_first_socket_is_descriptor_3_and_nothing_of_ours_is_seen(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            assert [entry.fd for entry in lab.process("server").fds] == [0, 1, 2]
            made = await lab.call("server", "s = socket.socket()")
            assert isinstance(made.value, SocketValue)
            assert made.value.fd == 3
            assert await lab.value("server", "socket.socket().fileno()") == 4  # and the next one 4
            fds = lab.process("server").fds
            assert [(entry.fd, entry.target) for entry in fds] == [
                (0, "/dev/null"), (1, "/dev/null"), (2, "/dev/null"), (3, f"socket:[{made.value.inode}]"),
            ]  # fmt: skip
            assert fds[3].protocol == "TCP"

    run(body())


def test_a_process_begins_with_default_signals_whatever_sockviz_was_started_with(kind: str) -> None:
    """As a student's program in an interactive shell, though sockviz stands behind ``nohup``, ``&`` or what blocks signals."""

    def signals(pid: int, field: str) -> set[int]:
        bits = int(re.findall(rf"^{field}:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.M)[0], 16)
        return {number for number in signal.valid_signals() if bits >> number - 1 & 1}

    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            begun = lab.lab.begun("server")
            assert begun is not None
            for pid in (first_pid(lab.lab), begun.outer_pid):
                assert signals(pid, "SigBlk") == set()
                assert signals(pid, "SigIgn") == {signal.SIGPIPE, signal.SIGXFSZ}  # by Python, at its start
            assert (
                await lab.value("server", "signal.signal(signal.SIGALRM, signal.SIG_DFL)") == signal.SIG_DFL
            )

    deaf = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGALRM, signal.SIGUSR1, signal.SIGRTMIN)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in deaf}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR2})
    try:
        run(body())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_blocked_accept_is_asleep_in_the_kernel(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            await listening(lab)
            await lab.enter("server", "conn, peer = s.accept()")
            seen = await lab.asleep_in("server", "accept4")
            assert seen.state == "S"
            if seen.interface == "/proc/PID/syscall":
                assert seen.arguments[0] == 3
                assert seen.wchan in ("inet_csk_accept", "inet_csk_wait_for_connect", None)
            assert not (await lab.do("client", "a = socket.socket()")).error
            assert not (await lab.do("client", "a.connect((HOST, PORT))")).error
            done = await lab.finished("server", lab.lines - 2)
            conn = done.bound["conn"]
            assert isinstance(conn, SocketValue)
            assert conn.fd == 4
            assert await lab.value("client", "a.getsockname()") == done.bound["peer"]

    run(body())


def test_it_is_known_how_many_lines_a_process_was_handed_that_may_name_a_socket() -> None:
    """None while it is at one: what the line has done by now is anybody's guess."""

    async def body() -> None:
        async with a_lab("isolated", "server", "client") as lab:

            def given() -> dict[str, int | None]:
                return {each.name: each.given for each in lab.lab._crew.sources("loopback")}

            assert given() == {"server": 0, "client": 0}
            await listening(lab)
            lines = given()["server"]
            assert lines
            harmless = replace(job("s.getsockname()", lab.lines + 1), may_name=False)
            await lab.lab.perform("server", harmless)
            await lab.finished("server", harmless.line)
            assert given() == {"server": lines, "client": 0}
            await lab.enter("server", "conn, peer = s.accept()")
            assert given() == {"server": None, "client": 0}

    run(body())


def test_fork_copies_names_and_descriptors_and_both_go_on(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            await listening(lab)
            await lab.do("server", 'word = b"kept"')
            worker = await lab.fork("server", "worker")
            assert await lab.value("server", "worker") == worker.pid
            assert await lab.value("worker", "worker") == 0
            assert await lab.value("worker", "os.getpid()") == worker.pid
            assert await lab.value("worker", "word") == b"kept"
            inodes = {
                name: [e.inode for e in lab.process(name).fds if e.is_socket] for name in ("server", "worker")
            }
            assert inodes["server"] == inodes["worker"] != []
            await lab.do("server", "s.close()")
            assert [row.state for row in lab.rows()] == [State.LISTEN]  # the worker's copy keeps it
            await lab.enter("worker", "conn, peer = s.accept()")
            await lab.do("client", "a = socket.socket()")
            assert not (await lab.do("client", "a.connect((HOST, PORT))")).error
            await lab.do("server", 'word = b"changed"')
            await lab.finished("worker", lab.lines - 3)
            assert await lab.value("worker", "word") == b"kept"

    run(body())


VALUES: list[tuple[str, Value]] = [
    ('b"\\x00\\xff" + b"abc"', b"\x00\xffabc"),
    ('"é\\u2028\\U0001F600"', "é\u2028\U0001f600"),
    ("(1, True, None, (b'', 'x'))", (1, True, None, (b"", "x"))),
    ("[1, [2, (3,)]]", [1, [2, (3,)]]),
    ("{1: b'a', 'b': (2,)}", {1: b"a", "b": (2,)}),
    ("True", True),
    ("1", 1),
    ("-(1 << 4000)", -(1 << 4000)),
    ("1.5", 1.5),
    ("()", ()),
    ("struct.unpack('d', b'\\x00\\x00\\x00\\x00\\x00\\x00\\xf0\\x7f')", (float("inf"),)),
]


def test_values_cross_exactly() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            for source, expected in VALUES:
                value = await lab.value("server", source)
                assert value == expected
                assert repr(value) == repr(expected)  # True is not 1, a list no tuple

    run(body())


def test_sockets_inside_other_values_cross_as_themselves(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "a, b = socket.socketpair()")
            a, b = await lab.value("server", "a"), await lab.value("server", "b")
            assert isinstance(a, SocketValue)
            assert isinstance(b, SocketValue)
            assert (a.fd, a.family, b.fd) == (3, "AF_UNIX", 4)
            assert await lab.value("server", "[(a, 1), {'b': b}]") == [(a, 1), {"b": b}]
            assert {a.inode, b.inode} <= {entry.inode for entry in lab.process("server").fds}

    run(body())


def test_a_call_that_fails_leaves_its_target_as_it_was(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "s = 5")
            finished = await lab.do("server", "s = socket.socket(99)")
            assert finished.bound == {}
            assert await lab.value("server", "s") == 5

    run(body())


def test_rebinding_a_name_closes_the_socket_and_the_peer_is_told(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            await connected(lab)
            await lab.enter("server", "end = conn.recv(10)")
            await lab.asleep_in("server", "recvfrom")
            finished = await lab.do("client", "a = 0")
            assert finished.open_fds == {}
            assert (await lab.finished("server", lab.lines - 1)).bound["end"] == b""
            assert [entry.fd for entry in lab.process("client").fds] == [0, 1, 2]

    run(body())


FAILURES = [
    ("socket.socket(99)", "EAFNOSUPPORT"),
    ("os.close(99)", "EBADF"),
    ("os.waitpid(-1, 0)", "ECHILD"),
    ("refused.connect((HOST, PORT2))", "ECONNREFUSED"),
    ("impatient.accept()", "TimeoutError"),
    ("never.accept()", "EAGAIN"),
    ('socket.getaddrinfo("127.0.0.1", "no such service")', "EAI_SERVICE"),
    ('refused.connect(("127.0.0.1", 99999))', "OverflowError"),
    ('refused.connect("a path")', "TypeError"),
    ("gone.recv(1)", "EBADF"),
    ('socket.inet_pton(socket.AF_INET, "127.1")', "OSError"),
    ('socket.inet_pton(socket.AF_UNIX, "127.0.0.1")', "EAFNOSUPPORT"),
    ('socket.inet_aton("one")', "OSError"),
]


def test_failures_by_name() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            for name in ("refused", "impatient", "never", "gone"):
                await lab.do("server", f"{name} = socket.socket()")
            await lab.do("server", "impatient.listen(1)")
            await lab.do("server", "impatient.settimeout(0.01)")
            await lab.do("server", "never.listen(1)")
            await lab.do("server", "never.setblocking(False)")
            await lab.do("server", "gone.close()")
            for source, error in FAILURES:
                returned = await lab.call("server", source)
                assert (source, returned.error) == (source, error)
                assert returned.message
                assert not (await lab.do("server", "x = 1")).error  # and the process goes on

    run(body())


FAILED_LINES = [
    ("missing", "LookupError"),
    ("(1, 2)[5]", "IndexError"),
    ("1 // 0", "ZeroDivisionError"),
    ('socket.inet_ntoa(b"short")', "OSError"),
    ('b"\\xff".decode()', "UnicodeDecodeError"),
]


def test_a_line_that_fails_outside_any_call_is_a_failed_line() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            for source, error in FAILED_LINES:
                finished = await lab.do("server", f"x = {source}")
                assert (source, finished.error) == (source, error)
                assert not (await lab.do("server", "x = 1")).error

    run(body())


# --- deaths -----------------------------------------------------------------------------------------------------------

ENDINGS = [
    ("os._exit(7)", 7, None),
    ("os._exit(0)", 0, None),
    ("os.kill(os.getpid(), signal.SIGKILL)", None, "SIGKILL"),
    ("os.kill(os.getpid(), signal.SIGTERM)", None, "SIGTERM"),
    ("os.kill(os.getpid(), 40)", None, "signal 40"),
]


def test_the_death_of_a_process_is_noticed_with_its_status(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "other") as lab:
            for number, (source, code, by) in enumerate(ENDINGS):
                name = f"server{number}"
                await lab.start(name)
                await lab.hand(name, source)
                ended = await lab.ended(name)
                assert (source, ended.exit_code, ended.signal) == (source, code, by)
                assert not (await lab.do("other", "x = 1")).error
                assert [row.process for row in lab.lab.look()[0].processes] == ["other"]

    run(body())


@pytest.mark.parametrize("waits", [True, False], ids=["its parent waits", "no one waits"])
def test_the_death_of_a_forked_child(kind: str, waits: bool) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            for number, (source, code, by) in enumerate(ENDINGS):
                name = f"worker{number}"
                worker = await lab.fork("server", name)
                if waits:
                    await lab.enter("server", f"pid, status = os.waitpid({name}, 0)")
                    await lab.asleep_in("server", "wait4")
                await lab.hand(name, source)
                ended = await lab.ended(name)
                assert (source, ended.exit_code, ended.signal) == (source, code, by)
                if waits:
                    told = await lab.finished("server", lab.lines - 1)
                    assert told.bound["pid"] == worker.pid
                else:
                    assert lab.process("server").state in "SR"

    run(body())


def test_an_orphan_s_death_is_noticed(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.fork("server", "worker")
            await lab.hand("server", "os._exit(0)")
            await lab.ended("server")
            await lab.hand("worker", "os._exit(9)")
            assert (await lab.ended("worker")).exit_code == 9

    run(body())


def test_a_process_that_cannot_start_is_refused(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind) as lab:
            (directory_of(lab.lab) / "files").rmdir()  # its working directory
            with pytest.raises(LabRefused, match="starting server"):
                await lab.start("server")
            (directory_of(lab.lab) / "files").mkdir()
            await lab.start("other")

    run(body())


async def prepared(lab: Driver) -> int:
    """The pid of a process that was prepared as ``server``, when its interpreter sleeps until it is asked for."""
    before = children(first_pid(lab.lab))
    lab.lab.prepare("server", LOOPBACK, privileged=False)

    def ready() -> int | None:
        for pid in set(children(first_pid(lab.lab))).difference(before):
            stat = procfs.read_stat(pid)
            asleep = procfs.read_asleep(pid, stat.state) if stat else None
            if asleep is not None and b"child.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    return await until(ready, "a process that waits to be asked for")


def test_a_prepared_process_is_nobodys_until_it_is_started(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "client") as lab:
            pid = await prepared(lab)
            lab.track(pid)
            (look,) = lab.lab.look()
            assert [row.process for row in look.processes] == ["client"]
            begun = await lab.start("server")
            assert begun.outer_pid == pid
            (look,) = lab.lab.look()
            assert {row.process for row in look.processes} == {"client", "server"}
            assert await lab.value("server", "PORT") == lab.lab.facts.ports[0]

    run(body())


def test_a_prepared_process_that_dies_is_said_when_it_is_asked_for() -> None:
    async def body() -> None:
        async with a_lab("host") as lab:
            os.kill(await prepared(lab), signal.SIGKILL)
            await until(lambda: not children(first_pid(lab.lab)), "its end")
            with pytest.raises(LabRefused, match="ended before its first call"):
                await lab.start("server")
            await lab.start("other")

    run(body())


def test_a_lab_may_close_while_a_process_is_being_prepared(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "client") as lab:
            lab.lab.prepare("server", LOOPBACK, privileged=False)
            first = first_pid(lab.lab)
            await until(lambda: len(children(first)) == 2, "a second process")
            for pid in children(first):
                lab.track(pid)

    run(body())


def test_there_is_no_host_but_loopback(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind) as lab:
            assert lab.lab.facts.hosts == (LOOPBACK,)
            with pytest.raises(LabRefused, match="no host mars"):
                await lab.lab.start("server", "mars", privileged=False)

    run(body())


# --- privileges -------------------------------------------------------------------------------------------------------


def test_a_process_has_no_capability_and_no_new_privileges(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind) as lab:
            begun = await lab.start("server")
            status = status_of(begun.outer_pid)
            assert status["NoNewPrivs"] == "1"
            assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
            assert status["Uid"].split() == [str(os.getuid())] * 4
            low = await lab.call("server", "s = socket.socket()")
            assert low.error is None
            assert (await lab.call("server", "s.bind((HOST, 80))")).error == "EACCES"
            raw = await lab.call(
                "server", "r = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"
            )
            assert raw.error == "EPERM"

    run(body())


def test_a_privileged_process_of_a_private_lab_gets_both() -> None:
    async def body() -> None:
        async with a_lab("isolated") as lab:
            begun = await lab.start("server", privileged=True)
            assert int(status_of(begun.outer_pid)["CapEff"], 16) == 1 << 10 | 1 << 13
            await lab.do("server", "s = socket.socket()")
            assert (await lab.call("server", "s.bind((HOST, 80))")).error is None
            raw = await lab.call(
                "server", "r = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"
            )
            assert raw.error is None
            await lab.start("client")
            await lab.do("client", "s = socket.socket()")
            assert (await lab.call("client", "s.bind((HOST, 81))")).error == "EACCES"

    run(body())


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_time_wait_keeps_the_cookie_of_its_socket(kind: str) -> None:
    """The world finds a closed connection by it."""

    async def body() -> None:
        async with a_lab(kind, "server", "client") as lab:
            await connected(lab)
            here = await lab.value("client", "a.getsockname()")
            (before,) = [row for row in lab.rows() if row.local == here]
            await lab.do("client", "a.close()")
            await lab.do("server", "conn.close()")
            (after,) = await until(
                lambda: [row for row in lab.rows() if row.local == here and row.state is State.TIME_WAIT],
                "TIME-WAIT",
            )
            assert after.inode == 0
            if after.interface == "sock_diag":
                assert after.cookie == before.cookie != 0

    run(body())


def test_on_the_host_unrelated_sockets_are_never_seen() -> None:
    async def body() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.create_connection(listener.getsockname()) as near,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        ):
            datagrams.bind(("127.0.0.1", 0))
            nearer, further = socket.socketpair()
            others = {os.fstat(each.fileno()).st_ino for each in (listener, near, datagrams, nearer, further)}
            async with a_lab("host", "server", "client") as lab:
                assert lab.rows() == []
                nearer.send(b"unrelated")
                await connected(lab)
                await lab.do("server", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
                await lab.do("server", "u.bind((HOST, 0))")
                await lab.do("server", "x, y = socket.socketpair()")
                rows = lab.rows()
                near.send(b"unrelated")
                assert not others & {row.inode for row in rows}
                ports = set(lab.lab.facts.ports)
                for row in rows:
                    if row.protocol == "TCP":
                        ends = [end[1] for end in (row.local, row.peer) if isinstance(end, tuple)]
                        assert ports & set(ends), row
                for packet in packets(lab.lab.drain()):
                    assert near.getsockname() not in (packet.source, packet.destination)
            nearer.close()
            further.close()

    run(body())


def test_the_ports_of_the_host_lab_are_free_and_new_each_time() -> None:
    async def body() -> None:
        async with a_lab("host") as one, a_lab("host") as other:
            assert len(set(one.lab.facts.ports)) == 5
            assert one.lab.facts.ports != other.lab.facts.ports
            for port in one.lab.facts.ports:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))

    run(body())


def test_what_the_kernel_keeps_is_named_at_the_end() -> None:
    async def body() -> None:
        async with a_lab("host", "server", "client") as lab:
            await connected(lab)
            await lab.do("client", "a.close()")
            await lab.do("server", "conn.close()")
            await until(lambda: [row for row in lab.rows() if row.state is State.TIME_WAIT], "TIME-WAIT")
            left = await lab.lab.close()
            assert any("TIME-WAIT" in line and str(lab.lab.facts.ports[0]) in line for line in left)
            assert await lab.lab.close() == ()

    run(body())


def test_the_isolated_lab_is_empty_and_captures() -> None:
    async def body() -> None:
        async with a_lab("isolated", "server", "client") as lab:
            assert lab.rows() == []
            assert lab.lab.facts.ports == (8080, 8081, 8082, 8083, 8084)
            assert {"private", "packets"} <= set(lab.lab.facts.facts)
            await connected(lab)
            labels = [packet.label for packet in packets(lab.lab.drain())]
            assert labels == ["SYN", "SYN+ACK", "ACK"]
            outside = await lab.call("client", "b = socket.socket()")
            assert outside.error is None
            assert (await lab.call("client", 'b.connect(("192.0.2.1", 9))')).error == "ENETUNREACH"

    run(body())


@pytest.mark.parametrize("kind", ["isolated", "host"])
def test_what_a_bad_address_gives(kind: str) -> None:
    async def body() -> None:
        async with a_lab(kind, "server") as lab:
            await lab.do("server", "s = socket.socket()")
            for host in ("192.0.2.1", "192.0.2.254"):
                assert (await lab.call("server", f's.bind(("{host}", PORT))')).error == "EADDRNOTAVAIL"
            null = "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, None, 4)"
            assert (await lab.call("server", null)).error == "EFAULT"

    run(body())


async def listening(lab: Driver) -> None:
    await lab.do("server", "s = socket.socket()")
    await lab.do("server", "s.bind((HOST, PORT))")
    assert not (await lab.do("server", "s.listen(5)")).error


async def connected(lab: Driver) -> None:
    await listening(lab)
    await lab.do("client", "a = socket.socket()")
    await lab.do("client", "a.connect((HOST, PORT))")
    assert not (await lab.do("server", "conn, peer = s.accept()")).error


def test_signals_of_a_terminal_do_not_reach_the_lab(kind: str) -> None:
    """Ctrl-C in a terminal goes to its foreground group: no process of a lesson is in it."""

    async def body() -> None:
        async with a_lab(kind) as lab:
            begun = await lab.start("server")
            assert os.getpgid(begun.outer_pid) == begun.outer_pid
            assert os.getsid(begun.outer_pid) == begun.outer_pid

    run(body())
