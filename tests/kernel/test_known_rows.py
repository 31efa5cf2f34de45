from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.kernel.errors import BadMessage
from sockviz.kernel.inet_diag import parse_inet_row
from sockviz.kernel.known_rows import KnownRows
from sockviz.kernel.netlink import attributes, parse_part
from sockviz.model.sockets import SocketRow

MESSAGES = parse_part((Path(__file__).parent / "fixtures" / "tcp.bin").read_bytes(), 1).payloads
IDLE = next(data for data in MESSAGES if data[1] == 1 and data[2] == 0)
INFO_AT = IDLE.index(attributes(IDLE, 72)[2])


def anew(messages: list[bytes], now: float) -> list[SocketRow]:
    return [parse_inet_row(data, socket.IPPROTO_TCP, now) for data in messages]


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_an_unchanged_dump_gives_the_rows_that_are_known() -> None:
    known = KnownRows()
    first, second = known.rows(MESSAGES, 5.0), known.rows(MESSAGES, 6.0)
    assert first == anew(MESSAGES, 5.0)
    assert second == anew(MESSAGES, 6.0)  # timers move on
    kept = [a is b for a, b in zip(first, second, strict=True)]
    assert kept == [row.timer is None for row in first]
    assert any(kept)


def test_elapsed_times_alone_change_nothing() -> None:
    known = KnownRows()
    (row,) = known.rows([IDLE], 0.0)
    for at in range(INFO_AT + 44, INFO_AT + 60):
        assert known.rows([changed(IDLE, at)], 0.0)[0] is row
    for at in (INFO_AT + 43, INFO_AT + 60):
        known = KnownRows()
        (row,) = known.rows([IDLE], 0.0)
        assert known.rows([changed(IDLE, at)], 0.0)[0] is not row


def test_a_timer_s_row_is_not_parsed_again_to_know_when_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = [data for data in MESSAGES if data[2]]
    assert timed
    known = KnownRows()
    known.rows(timed, 5.0)
    later = [data[:52] + (1234).to_bytes(4, sys.byteorder) + data[56:] for data in timed]
    expected = anew(later, 6.0)
    with monkeypatch.context() as there_is:
        there_is.setattr("sockviz.kernel.known_rows.parse_inet_row", None)
        found = known.rows(later, 6.0)
    assert [(row, row.raw) for row in found] == [(row, row.raw) for row in expected]
    assert {row.expires for row in found} == {7.234}


def test_rows_that_are_gone_are_forgotten() -> None:
    known = KnownRows()
    idle = [data for data in MESSAGES if data[2] == 0]
    first = known.rows(idle, 0.0)
    known.rows(idle[1:], 0.0)
    again = known.rows(idle, 0.0)
    assert again[0] is not first[0]
    assert again[1] is first[1]


@given(st.lists(st.tuples(st.integers(0, len(MESSAGES) - 1), st.integers(0, 431)), max_size=12))
def test_whatever_changes_the_rows_are_those_of_parsing_anew(changes: list[tuple[int, int]]) -> None:
    known = KnownRows()
    messages = list(MESSAGES)
    known.rows(messages, 0.0)
    for index, at in changes:
        before = messages[index]
        messages[index] = changed(before, min(at, len(before) - 1))
        try:
            expected = anew(messages, 1.0)
        except BadMessage:  # the byte said what kind of message it is, or how long a part of it
            messages[index] = before
            continue
        assert known.rows(messages, 1.0) == expected
