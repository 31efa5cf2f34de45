from __future__ import annotations

import contextlib
import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.kernel import netlink
from sockviz.kernel.errors import BadMessage, KernelError, KernelRefused
from sockviz.kernel.netlink import attributes, change_request, dump_request, parse_part

ROW, DONE, ERROR, NOOP, OVERRUN = 20, 3, 2, 1, 4


def message(kind: int, body: bytes = b"", sequence: int = 7, flags: int = 2) -> bytes:
    padded = body + bytes(-len(body) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 99) + padded


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def test_messages_up_to_the_end_of_the_dump() -> None:
    data = message(ROW, b"first") + message(NOOP) + message(ROW, b"second") + message(DONE, bytes(4))
    part = parse_part(data, 7)
    assert part.payloads == [b"first", b"second"]
    assert part.finished
    assert not part.interrupted


def test_a_block_that_is_not_the_last_is_not_finished() -> None:
    assert not parse_part(message(ROW, b"one"), 7).finished


def test_messages_of_another_request_are_passed_over() -> None:
    stale = message(ROW, b"stale", sequence=6) + message(DONE, struct.pack("=i", -5), sequence=6)
    part = parse_part(stale + message(ROW, b"ours"), 7)
    assert part.payloads == [b"ours"]
    assert not part.finished


@pytest.mark.parametrize("kind", [ERROR, DONE])
def test_an_errno_is_a_refusal_wherever_it_stands(kind: int) -> None:
    with pytest.raises(KernelRefused) as caught:
        parse_part(message(ROW, b"row") + message(kind, struct.pack("=i", -errno.ENOENT)), 7, "sock_diag RAW")
    assert caught.value.number == errno.ENOENT
    assert str(caught.value) == "sock_diag RAW: ENOENT (No such file or directory)"


def test_an_error_of_zero_is_an_acknowledgement() -> None:
    assert parse_part(message(ERROR, bytes(4)), 7).payloads == []


def test_an_error_without_its_number_and_an_overrun_are_broken() -> None:
    for data in (message(ERROR, b"ab"), message(OVERRUN)):
        with pytest.raises(BadMessage):
            parse_part(data, 7)


def test_interruption_is_noticed_in_rows_and_at_the_end() -> None:
    assert parse_part(message(ROW, b"row", flags=0x12), 7).interrupted
    assert parse_part(message(DONE, bytes(4), flags=0x12), 7).interrupted
    assert not parse_part(message(ROW, b"row", sequence=6, flags=0x12), 7).interrupted


def test_every_truncation_of_a_block_is_noticed_or_ends_between_messages() -> None:
    pieces = [message(ROW, b"first!!!"), message(ROW, b"second!!"), message(DONE, bytes(4))]
    whole = b"".join(pieces)
    ends = {sum(map(len, pieces[:n])) for n in range(4)}
    for length in range(len(whole)):
        if length in ends:
            assert not parse_part(whole[:length], 7).finished
        else:
            with pytest.raises(BadMessage):
                parse_part(whole[:length], 7)


def test_attributes_by_type_without_padding_or_flag_bits() -> None:
    data = b"head" + attribute(1, b"abc") + attribute(0x8002, b"nested") + attribute(3, b"")
    assert attributes(data, 4) == {1: b"abc", 2: b"nested", 3: b""}


@pytest.mark.parametrize("data", [b"\1", b"\3\0\1\0", b"\x09\0\1\0abcd", b"\0\0\0\0"])
def test_broken_attributes(data: bytes) -> None:
    with pytest.raises(BadMessage):
        attributes(data, 0)


def test_a_request_says_its_own_length() -> None:
    request = dump_request(20, b"12345678", 5)
    assert struct.unpack_from("=IHHII", request) == (len(request), 20, 0x301, 5, 0)
    assert request.endswith(b"12345678")


@given(st.binary(max_size=200))
def test_any_bytes_give_messages_or_a_typed_error(data: bytes) -> None:
    for parse in (lambda: parse_part(data, 7), lambda: attributes(data, 0)):
        with contextlib.suppress(KernelError):
            parse()


@given(st.dictionaries(st.integers(1, 0x3FFF), st.binary(max_size=9), max_size=4))
def test_attributes_that_are_written_are_read_again(values: dict[int, bytes]) -> None:
    written = [netlink.attribute(kind, value) for kind, value in values.items()]
    assert attributes(b"".join(written), 0) == values
    assert attributes(attributes(netlink.attribute(1, *written), 0)[1], 0) == values


def test_a_change_asks_for_an_answer_by_its_number() -> None:
    request = change_request(16, b"body", 7, flags=0x400)
    assert struct.unpack("=IHHII", request[:16]) == (20, 16, 0x405, 7, 0)
    assert request[16:] == b"body"


def test_a_change_that_is_done_is_answered_by_errno_0() -> None:
    assert parse_part(message(ERROR, bytes(4)), 7).payloads == []
