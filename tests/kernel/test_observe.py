from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.kernel.observe import HostSources, Kept, ProcessSource, beside_diag, observe
from sockviz.kernel.sock_diag import SockDiag, open_sock_diag, read_sockets
from sockviz.model.sockets import SocketRow, State
from tests.required import unavailable

if TYPE_CHECKING:
    from tests.kernel.conftest import Theatre


#: A line of /proc/net/icmp.
PING_SOCKET = (
    "    1: 0100007F:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 "
    "0000000000000000 0\n"
)


def test_a_lab_in_one_look(stage: Theatre) -> None:
    host = HostSources(stage.diag, f"/proc/{stage.pid}/net")
    server = ProcessSource("server", stage.pid, frozenset({stage.sockets["fresh"].inode}))
    gone = ProcessSource("gone", 2**22 + 1)
    now = time.time()
    reading = observe(host, [server, gone], now)
    assert reading.at == now
    (process,) = reading.processes
    assert process.process == "server"
    fds = {entry.fd: entry for entry in process.fds}
    assert stage.sockets["fresh"].fd not in fds
    listener = stage.sockets["full listener"]
    assert fds[listener.fd].inode == listener.inode
    assert process.asleep is None or process.asleep.state == "S"
    inodes = {row.inode: row for row in reading.rows if row.inode}
    assert inodes[listener.inode].recv_q == 2
    assert reading.counters["TcpExt.ListenOverflows"] > 0


def raw_inodes(rows: list[SocketRow]) -> list[int]:
    return [row.inode for row in rows if row.type == "SOCK_RAW"]


def test_raw_sockets_are_seen_once_whether_or_not_the_kernel_has_raw_diag(stage: Theatre) -> None:
    reading = observe(HostSources(stage.diag, f"/proc/{stage.pid}/net"), [], time.time())
    assert raw_inodes(reading.rows) == [stage.sockets["raw"].inode]


def test_without_netlink_the_tables_are_read(stage: Theatre) -> None:
    reading = observe(HostSources(None, f"/proc/{stage.pid}/net"), [], time.time())
    assert {row.interface for row in reading.rows} >= {"/proc/net/tcp", "/proc/net/udp6", "/proc/net/unix"}
    assert not any(row.cookie for row in reading.rows)
    assert raw_inodes(reading.rows) == [stage.sockets["raw"].inode]
    assert State.SYN_RECEIVED in {row.state for row in reading.rows}


def test_where_the_kernel_refuses_tcp_the_tables_are_read(stage: Theatre) -> None:
    closed = SockDiag(open_sock_diag())
    closed.close()
    reading = observe(HostSources(closed, f"/proc/{stage.pid}/net"), [], time.time())
    assert "/proc/net/tcp" in {row.interface for row in reading.rows}


def test_a_host_that_says_nothing(tmp_path: Path) -> None:
    reading = observe(HostSources(None, str(tmp_path)), [], 5.0)
    assert (reading.at, reading.rows, reading.processes, reading.counters) == (5.0, [], [], {})


def test_counters_that_are_refused_do_not_hide_the_sockets(tmp_path: Path) -> None:
    header = b"  sl  local_address\n"
    (tmp_path / "tcp").write_bytes(header + b"0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 77\n")
    (tmp_path / "netstat").mkdir()
    reading = observe(HostSources(None, str(tmp_path)), [], 5.0)
    assert [row.inode for row in reading.rows] == [77]
    assert reading.counters == {}


def bound_only(stage: Theatre, *processes: ProcessSource) -> set[int]:
    reading = observe(HostSources(stage.diag, f"/proc/{stage.pid}/net"), processes, time.time())
    return {row.inode for row in reading.rows if row.bound_only}


def test_a_table_that_was_empty_is_read_again_once_somebody_has_run(tmp_path: Path) -> None:
    head = "  sl  local_address rem_address\n"
    (tmp_path / "icmp").write_text(head)
    kept = Kept()
    host = HostSources(None, str(tmp_path), kept=kept)

    def ping_sockets(*, still: bool) -> list[int]:
        return [row.inode for row in beside_diag(host, ("icmp", "icmp6"), 0.0, still=still)]

    try:
        assert ping_sockets(still=True) == [], "the first time in any case"
        (tmp_path / "icmp").write_text(f"{head}{PING_SOCKET}")
        assert ping_sockets(still=True) == [], "only processes make sockets, and none has run"
        assert ping_sockets(still=False) == [4711]
        (tmp_path / "icmp").write_text(head)
        assert ping_sockets(still=True) == [], "what had rows is read: the kernel may let go of them"
    finally:
        kept.files.close()


def test_bound_only_sockets_are_looked_for_when_a_process_holds_one(stage: Theatre) -> None:
    if not any(row.bound_only for row in read_sockets(stage.diag, now=0.0)):
        unavailable("this kernel does not list bound-only sockets (older than 6.8)")
    bound = {name: stage.sockets[name] for name in ("bound", "bound to all", "bound 6")}
    without = frozenset(said.inode for said in (*bound.values(), stage.sockets["fresh"]))
    assert bound_only(stage, ProcessSource("server", stage.pid)) == {said.inode for said in bound.values()}
    assert bound_only(stage, ProcessSource("server", stage.pid, without)) == set()
    only_six = without - {bound["bound 6"].inode}  # an IPv6 socket's protocol has a name of its own
    assert bound["bound 6"].inode in bound_only(stage, ProcessSource("server", stage.pid, only_six))
