from __future__ import annotations

import contextlib
import socket
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.kernel.errors import BadMessage, KernelError
from sockviz.kernel.proc_net import INET_TABLES, parse_inet_table, parse_unix_table, read_tables
from sockviz.kernel.sock_diag import read_sockets
from sockviz.model.sockets import SocketRow, State, Timer

if TYPE_CHECKING:
    from tests.kernel.conftest import Theatre

NOW = 1000.0


def rows(fixtures: Path, table: str) -> list[SocketRow]:
    return parse_inet_table(
        (fixtures / f"{table}.txt").read_bytes(), table, NOW, byteorder="little", hertz=100
    )


def test_recorded_tcp(fixtures: Path) -> None:
    found = rows(fixtures, "tcp")
    assert Counter(row.state for row in found) == {
        State.LISTEN: 3, State.SYN_SENT: 1, State.SYN_RECEIVED: 1, State.ESTABLISHED: 15, State.FIN_WAIT_1: 2,
        State.FIN_WAIT_2: 3, State.CLOSE_WAIT: 2, State.CLOSING: 1, State.LAST_ACK: 1, State.TIME_WAIT: 1,
    }  # fmt: skip
    full = next(row for row in found if row.local == ("127.0.0.1", 8080) and row.is_listening)
    assert (full.recv_q, full.peer, full.cookie, full.interface) == (2, None, 0, "/proc/net/tcp")
    stuffed = next(row for row in found if row.timer is Timer.PERSIST)
    assert (stuffed.peer, stuffed.send_q) == (("127.0.0.1", 8082), 3797504)
    over = next(row for row in found if row.state is State.TIME_WAIT)
    assert over.expires is not None
    assert NOW + 55 < over.expires <= NOW + 60
    assert b"0100007F:1F92" in over.raw


def test_recorded_tcp6(fixtures: Path) -> None:
    found = {(row.local, row.state) for row in rows(fixtures, "tcp6")}
    assert (("::", 8085, 0, 0), State.LISTEN) in found
    assert (("::1", 8085, 0, 0), State.ESTABLISHED) in found
    assert (("::ffff:127.0.0.1", 8085, 0, 0), State.ESTABLISHED) in found
    assert (("fe80::1", 8085, 0, 0), State.ESTABLISHED) in found  # the table has no scope


def test_recorded_udp_and_raw(fixtures: Path) -> None:
    inbox = next(row for row in rows(fixtures, "udp") if row.local == ("127.0.0.1", 9090))
    assert (inbox.state, inbox.peer, inbox.recv_q, inbox.drops) == (State.UNCONNECTED, None, 3840, 17)
    sender = next(row for row in rows(fixtures, "udp6") if row.state is State.CONNECTED)
    assert sender.peer == ("::1", 9091, 0, 0)
    (raw,) = rows(fixtures, "raw")
    assert (raw.type, raw.local, raw.drops) == ("SOCK_RAW", ("0.0.0.0", 1), 0)


def test_the_other_byte_order() -> None:
    header = b"  sl  local_address ...\n"
    line = (
        b"   0: 7F000001:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 77 1 0\n"
    )
    (row,) = parse_inet_table(header + line, "tcp", NOW, byteorder="big")
    assert (row.local, row.uid, row.inode) == (("127.0.0.1", 8080), 1000, 77)


def test_probes_are_counted_where_a_probe_timer_runs() -> None:
    line = b"   0: 0100007F:1F90 0100007F:1F91 01 00000001:00000000 %s 00000003 0 6 77 1 0\n"
    for timer, count in ((b"01:00000064", 3), (b"02:00000064", 6), (b"04:00000064", 6)):
        (row,) = parse_inet_table(b"header\n" + line % timer, "tcp", NOW, byteorder="little", hertz=100)
        assert (row.expires, row.retransmits) == (NOW + 1, count)


def test_recorded_unix(fixtures: Path) -> None:
    found = parse_unix_table((fixtures / "unix.txt").read_bytes())
    by_name = {(row.local, row.state): row for row in found}
    assert by_name[("stage sock", State.LISTEN)].inode
    assert by_name[("stage bound", State.CLOSED)].type == "SOCK_STREAM"
    assert by_name[(b"\0stage@packets", State.LISTEN)].type == "SOCK_SEQPACKET"
    waiting = next(row for row in found if row.inode == 0)  # not accepted yet; sock_diag does not list it
    assert (waiting.local, waiting.state) == ("stage sock", State.ESTABLISHED)


def test_a_unix_path_may_hold_anything() -> None:
    head = b"Num       RefCount Protocol Flags    Type St Inode Path\n"
    row = b"0000000000000000: 00000002 00000000 00010000 0001 01 %d %s\n"
    text = head + row % (5, b" two\nlines and spaces ") + row % (6, b"")
    first, second = parse_unix_table(text)
    assert (first.local, first.inode) == (" two\nlines and spaces ", 5)
    assert (second.local, second.inode) == ("", 6)


@pytest.mark.parametrize("table", ["tcp", "tcp6", "udp", "udp6", "raw", "unix"])
def test_a_table_cut_anywhere_is_an_error_unless_between_rows(fixtures: Path, table: str) -> None:
    text = (fixtures / f"{table}.txt").read_bytes()
    parse = parse_unix_table if table == "unix" else (lambda text: parse_inet_table(text, table, NOW))
    whole = parse(text)
    for length in range(len(text)):
        if text[:length].endswith(b"\n"):
            found = parse(text[:length])
            assert found == whole[: len(found)]
        else:
            with pytest.raises(BadMessage, match="cut short"):
                parse(text[:length])


@given(st.binary(max_size=150), st.sampled_from(sorted(INET_TABLES)))
def test_any_bytes_give_rows_or_a_typed_error(line: bytes, table: str) -> None:
    with contextlib.suppress(BadMessage):
        parse_inet_table(b"head\n" + line + b"\n", table, NOW)
    with contextlib.suppress(BadMessage):
        parse_unix_table(b"head\n0: 00000002 00000000 00010000 " + line + b"\n")


@given(st.lists(st.from_regex(r"[0-9A-F:]{1,34}|-?[0-9]{1,12}", fullmatch=True), min_size=10, max_size=13))
def test_fields_of_the_wrong_size(fields: list[str]) -> None:
    for table in ("tcp", "udp6"):
        with contextlib.suppress(BadMessage):
            parse_inet_table(b"head\n" + " ".join(fields).encode() + b"\n", table, NOW)


def test_the_same_sockets_as_sock_diag(stage: Theatre) -> None:
    """What both interfaces say must agree, for every IP socket that they both list."""
    net = f"/proc/{stage.pid}/net"
    said = {_ends(row): row for row in read_sockets(stage.diag, now=NOW) if row.family != "AF_UNIX"}
    read = {_ends(row): row for row in read_tables(net, now=NOW) if row.protocol in ("TCP", "UDP")}
    assert {ends for ends, row in said.items() if not row.bound_only} == set(read)
    for ends, row in read.items():
        other = said[ends]
        assert (row.family, row.type, row.inode, row.recv_q) == (
            other.family,
            other.type,
            other.inode,
            other.recv_q,
        )
        assert row.drops == other.drops
        if row.inode:
            assert row.uid == other.uid
        if not row.is_listening:  # /proc has no backlog
            assert row.send_q == other.send_q


def _ends(row: SocketRow) -> tuple[object, ...]:
    assert isinstance(row.local, tuple)
    return row.protocol, row.state, row.local[:2], row.peer[:2] if row.peer else None


def test_a_raw_socket(stage: Theatre) -> None:
    (row,) = read_tables(f"/proc/{stage.pid}/net", now=NOW, tables=("raw",))
    assert (row.inode, row.local) == (stage.sockets["raw"].inode, ("0.0.0.0", socket.IPPROTO_ICMP))


def test_a_missing_table_is_an_empty_one(tmp_path: Path) -> None:
    assert read_tables(str(tmp_path), now=NOW) == []


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "tcp").mkdir()
    with pytest.raises(KernelError, match="EISDIR"):
        read_tables(str(tmp_path), now=NOW)
