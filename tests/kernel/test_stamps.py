from __future__ import annotations

import errno
import socket
import struct

import pytest

from sockviz.kernel.stamps import is_older, wait_for_stamps

SECOND = 1_000_000_000


def stamp(seconds: int, nanoseconds: int) -> tuple[int, int, bytes]:
    return (socket.SOL_SOCKET, 35, struct.pack("@ll", seconds, nanoseconds))


@pytest.mark.parametrize(
    ("control", "older"),
    [
        ([stamp(5, 0)], True),
        ([stamp(5, 6)], True),
        ([stamp(5, 7)], False),  # made at reading
        ([stamp(6, 0)], False),
        ([(socket.SOL_SOCKET, 35, b"cut")], False),
        ([(263, 8, bytes(20)), stamp(5, 0)], True),
        ([], False),
    ],
)
def test_a_stamp_on_arrival_is_older_than_the_end_of_the_send(
    control: list[tuple[int, int, bytes]], older: bool
) -> None:
    assert is_older(control, 5 * SECOND + 7) is older


def test_it_looks_until_stamps_are_made_on_arrival() -> None:
    looks = iter([False, False, True])
    assert wait_for_stamps(lambda: next(looks))
    assert next(looks, None) is None


def test_it_does_not_wait_for_ever() -> None:
    looks = iter([False, True])
    assert not wait_for_stamps(lambda: next(looks), patience=0.0)
    assert next(looks) is True  # it looked once


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EAGAIN, errno.EPERM])
def test_a_machine_where_it_cannot_be_seen_is_not_an_error(number: int) -> None:
    def look() -> bool:
        raise OSError(number, "as the kernel would say")

    assert not wait_for_stamps(look)


def test_this_machine_comes_to_stamp_on_arrival() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        asks.setsockopt(socket.SOL_SOCKET, 35, 1)
        assert wait_for_stamps(patience=5.0)
