"""Every field of a row, against what `ss` prints in the same namespace and what the socket's own calls say."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.inet_diag import TCPDIAG_GETSOCK, tcp_request
from sockviz.kernel.netlink import dump_request
from sockviz.kernel.sock_diag import SockDiag, read_sockets
from sockviz.model.sockets import SocketRow, State, TcpInfo, Timer, says_the_same
from tests.required import unavailable

if TYPE_CHECKING:
    from tests.kernel.conftest import Theatre


@pytest.fixture(autouse=True)
def ss() -> None:
    if shutil.which("ss") is None:
        unavailable("iproute2's ss is not installed")


DEADLINE = 8.0
OLDER = "this kernel does not list bound-only sockets (older than 6.8)"
SS_STATES = {
    "ESTAB": State.ESTABLISHED,
    "SYN-RECV": State.SYN_RECEIVED,
    "UNCONN": State.CLOSED,
    **{state.value: state for state in State},
}


@dataclass(frozen=True)
class Printed:
    """One line of ss."""

    state: str
    recv_q: int
    send_q: int
    local: str
    peer: str
    rest: str

    def number(self, name: str) -> int | None:
        found = re.search(rf"(?:^| |\(|,){name}(\d+)", self.rest)
        return int(found[1]) if found else None

    def pair(self, name: str) -> tuple[float, float] | None:
        found = re.search(rf" {name}:([\d.]+)/([\d.]+)", self.rest)
        return (float(found[1]), float(found[2])) if found else None


def printed(theatre: Theatre, *options: str) -> dict[int, Printed]:
    lines = {}
    for line in theatre.run("ss", "-H", "-O", "-n", "-a", "-o", "-e", "-i", "-m", *options).splitlines():
        state, recv_q, send_q, local, peer, rest = (line + " ").split(None, 5)
        cookie = re.search(r" sk:([0-9a-f]+)", rest)
        assert cookie, line
        lines[int(cookie[1], 16)] = Printed(state, int(recv_q), int(send_q), local, peer, " " + rest)
    return lines


def as_ss_prints(row: SocketRow) -> tuple[str, str]:
    assert isinstance(row.local, tuple)
    ends = []
    for end in (row.local, row.peer):
        if end is None:
            end = ("0.0.0.0" if row.family == "AF_INET" else "::", 0)
        assert isinstance(end, tuple)
        host = f"[{end[0]}]" if row.family == "AF_INET6" else end[0]
        ends.append(f"{host}:{end[1] or '*'}")
    return ends[0], ends[1]


def without_scope(text: str) -> str:
    # A socket that is not v6-only shows as *; a scope is not part of what either column of an address compares.
    return re.sub(r"%\w+", "", re.sub(r"^\*", "[::]", text))


def seconds(timer: str) -> tuple[float, float]:
    """The time that ss prints, and how far it is rounded down."""
    found = re.fullmatch(r"(?:(\d+)min)?(?:(\d+)(?:sec|\.))?(?:(\d+)ms)?", timer)
    assert found, timer
    minutes, whole, milliseconds = (int(part or 0) for part in found.groups())
    rounding = 60.0 if minutes > 9 else 1.0 if minutes or whole > 9 else 0.001
    return minutes * 60 + whole + milliseconds / 1000, rounding


def steady(
    theatre: Theatre, protocol: str, *options: str
) -> list[tuple[SocketRow, float, SocketRow, float, Printed]]:
    """Rows that said the same before and after ss looked, with what it printed; each cookie once."""
    found: dict[int, tuple[SocketRow, float, SocketRow, float, Printed]] = {}
    end = time.monotonic() + DEADLINE
    missing = {0}
    while missing and time.monotonic() < end:
        at = time.time()
        before = {row.cookie: row for row in read_sockets(theatre.diag, now=at) if row.protocol == protocol}
        lines = printed(theatre, *options)
        later = time.time()
        after = {row.cookie: row for row in read_sockets(theatre.diag, now=later) if row.protocol == protocol}
        for cookie in lines.keys() & before.keys() & after.keys():
            if says_the_same(before[cookie], after[cookie]):
                found.setdefault(cookie, (before[cookie], at, after[cookie], later, lines[cookie]))
        missing = {row.cookie for row in before.values() if not row.bound_only} - found.keys()
        assert lines.keys() <= before.keys() | after.keys(), "ss lists a socket that we do not"
    assert not missing, "some sockets never held still, or ss does not list them"
    return list(found.values())


def test_tcp(stage: Theatre) -> None:
    rows = steady(stage, "TCP", "-t")
    assert {row.state for row, *_ in rows} == {
        State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2,
        State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT,
    }  # fmt: skip
    assert {row.timer for row, *_ in rows} == {None, *Timer}
    for before, at, after, later, line in rows:
        assert SS_STATES[line.state] is before.state
        assert (line.recv_q, line.send_q) == (before.recv_q, before.send_q)
        assert (without_scope(line.local), without_scope(line.peer)) == as_ss_prints(before)
        assert line.number("ino:") == before.inode
        assert (line.number("uid:") or 0) == before.uid
        check_timer(before, at, after, later, line)
        if before.info is not None:
            check_info(before.info, line)
        else:
            assert " cwnd:" not in line.rest


def check_timer(before: SocketRow, at: float, after: SocketRow, later: float, line: Printed) -> None:
    found = re.search(r" timer:\((\w+),([^,]*),(\d+)\)", line.rest)
    if before.timer is None:
        assert found is None
        return
    assert found is not None
    assert before.expires is not None
    assert after.expires is not None
    assert found[1] == before.timer
    assert int(found[3]) == before.retransmits
    left, rounding = seconds(found[2])
    assert after.expires - later - rounding - 0.02 <= left <= before.expires - at + 0.02


def check_info(info: TcpInfo, line: Printed) -> None:
    rtt = line.pair("rtt")
    if rtt is not None:
        assert rtt == (info.rtt / 1000, info.rttvar / 1000)
    rto = re.search(r" rto:([\d.]+)", line.rest)
    if rto is not None:
        assert float(rto[1]) == info.rto / 1000
    retrans = line.pair("retrans")
    assert (retrans or (0, 0)) == (info.retrans, info.total_retrans)
    always = {"cwnd:": info.snd_cwnd, "unacked:": info.unacked, "lost:": info.lost}
    if info.state != 10:  # of a listener ss prints little
        always |= {
            "ato:": info.ato // 1000, "rcvmss:": info.rcv_mss, " mss:": info.snd_mss, "sacked:": info.sacked,
            "bytes_sent:": info.bytes_sent or 0, "bytes_acked:": info.bytes_acked or 0,
            "bytes_received:": info.bytes_received or 0, "segs_out:": info.segs_out or 0, "segs_in:": info.segs_in or 0,
            "notsent:": info.notsent_bytes or 0,
        }  # fmt: skip
    for name, value in always.items():
        # ss leaves out what is 0; where it has no word for a figure on this kernel either, nothing is compared.
        assert (line.number(name.strip() if name != " mss:" else "mss:") or 0) == value, (name, line.rest)
    for name, window in (("snd_wnd:", info.snd_wnd), ("rcv_wnd:", info.rcv_wnd)):
        shown = line.number(name)  # newer than this ss may be
        assert shown is None or shown == window


def test_udp(stage: Theatre) -> None:
    rows = steady(stage, "UDP", "-u")
    assert {row.state for row, *_ in rows} == {State.CONNECTED, State.UNCONNECTED}
    for row, _, _, _, line in rows:
        assert line.state == ("ESTAB" if row.state is State.CONNECTED else "UNCONN")
        assert (line.recv_q, line.send_q) == (row.recv_q, row.send_q)
        assert (without_scope(line.local), without_scope(line.peer)) == as_ss_prints(row)
        assert line.number("ino:") == row.inode
        assert (line.number("uid:") or 0) == row.uid
        assert line.number("d") == row.drops
    assert max(row.drops or 0 for row, *_ in rows) > 0


UNIX_LINE = re.compile(r"u_(str|dgr|seq) +(\S+) +(\d+) +(\d+) +(.*?) (\d+) +\* (\d+) +(.*)")


def test_unix(stage: Theatre) -> None:
    rows = {row.inode: row for row in read_sockets(stage.diag, now=0.0) if row.protocol == "UNIX"}
    lines = stage.run("ss", "-H", "-O", "-x", "-a", "-n", "-o", "-e").splitlines()
    assert len(lines) == len(rows)
    for line in lines:
        found = UNIX_LINE.fullmatch(line.rstrip())
        assert found, line
        kind, state, recv_q, send_q, name, inode, peer_inode, _ = found.groups()
        row = rows[int(inode)]
        assert row.type == {"str": "SOCK_STREAM", "dgr": "SOCK_DGRAM", "seq": "SOCK_SEQPACKET"}[kind]
        assert (row.recv_q, row.send_q, row.peer_inode) == (int(recv_q), int(send_q), int(peer_inode))
        if kind == "dgr":
            # Some kernels call both ends connected, so a datagram socket's peer decides (see unix_diag.py).
            assert row.state is (State.CONNECTED if row.peer_inode else State.UNCONNECTED)
        else:
            assert SS_STATES[state] is row.state
        shown = row.local.replace(b"\0", b"@").decode() if isinstance(row.local, bytes) else row.local
        assert name == (shown or "*")
        assert row.uid == stage.uid


def test_bound_only(stage: Theatre) -> None:
    rows = {row.cookie: row for row in read_sockets(stage.diag, now=0.0) if row.bound_only}
    if not rows:
        unavailable(OLDER)
    assert {row.cookie for row in rows.values()} == {
        stage.sockets[name].cookie for name in ("bound", "bound to all", "bound 6")
    }
    assert all((row.state, row.peer, row.info) == (State.CLOSED, None, None) for row in rows.values())
    try:
        lines = stage.run("ss", "-H", "-O", "-n", "-o", "-e", "-t", "-B").splitlines()
    except AssertionError:
        return  # an ss older than 6.8 has no -B; the sockets' own calls are compared below
    assert len(lines) == len(rows)


def test_what_the_sockets_say_of_themselves(stage: Theatre) -> None:
    rows = {row.cookie: row for row in read_sockets(stage.diag, now=0.0)}
    listed = {name: said for name, said in stage.sockets.items() if name not in ("fresh", "raw")}
    assert stage.sockets["fresh"].cookie not in rows  # never bound: in no table
    if not any(row.bound_only for row in rows.values()):
        listed = {name: said for name, said in listed.items() if not name.startswith("bound")}
    for name, said in listed.items():
        row = rows[said.cookie]
        assert (row.local, row.inode, row.family, row.type) == (
            said.local,
            said.inode,
            said.family,
            said.type,
        ), name
        if name == "widow":
            assert row.peer is None  # its peer is gone, and no row says what it was called
        elif said.peer is not None:
            assert row.peer == said.peer, name
        elif row.state is not State.SYN_SENT:  # the row knows where to; getpeername says ENOTCONN
            assert row.peer is None, name
    full = rows[stage.sockets["full listener"].cookie]
    assert (full.recv_q, full.send_q) == (2, 1)
    assert rows[stage.sockets["unread server"].cookie].recv_q == 1000
    assert rows[stage.sockets["stuffed client"].cookie].timer is Timer.PERSIST
    assert rows[stage.sockets["unix listener"].cookie].recv_q == 1
    waiting = [row for row in rows.values() if row.local == ("127.0.0.1", 8080) and row.inode == 0]
    assert sorted(row.recv_q for row in waiting) == [5, 10]
    (half_open,) = [row for row in rows.values() if row.state is State.SYN_RECEIVED]
    assert half_open.local == ("127.0.0.1", 8081)
    assert half_open.peer == stage.sockets["half open client"].local


def test_raw_is_what_the_row_was_made_of(stage: Theatre) -> None:
    rows = read_sockets(stage.diag, now=0.0)
    cookies = {int.from_bytes(row.raw[44:52], "little") for row in rows if row.protocol == "TCP"}
    assert cookies == {row.cookie for row in rows if row.protocol == "TCP"}


def test_a_dump_that_was_given_up_half_way_does_not_spoil_the_next(stage: Theatre) -> None:
    expected = {row.cookie for row in read_sockets(stage.diag, now=0.0)}
    stage.diag.sock.send(dump_request(TCPDIAG_GETSOCK, tcp_request(), 77))
    assert {row.cookie for row in read_sockets(stage.diag, now=0.0)} == expected


def test_one_family_at_a_time_gives_the_same_rows(stage: Theatre) -> None:
    by_family = SockDiag(stage.diag.sock)
    by_family.refused["TCP"] = KernelRefused(22, "as if TCPDIAG_GETSOCK were unknown")
    assert {row.cookie for row in read_sockets(by_family, now=0.0)} == {
        row.cookie for row in read_sockets(stage.diag, now=0.0)
    }
