from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sockviz.kernel.errors import Refused
from sockviz.kernel.observe import HostSources, ProcessSource, observe
from sockviz.kernel.sock_diag import SockDiag, open_sock_diag
from sockviz.model.sockets import SocketRow, State

if TYPE_CHECKING:
    from tests.kernel.conftest import Theatre


def test_a_lab_in_one_look(stage: Theatre) -> None:
    host = HostSources(stage.diag, f"/proc/{stage.pid}/net")
    server = ProcessSource("server", stage.pid, frozenset({stage.sockets["fresh"].fd}))
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
    with pytest.raises(Refused, match="ENOENT"):
        observe(HostSources(None, str(tmp_path)), [], time.time())
