"""On the machine's own network a socket is tied to lo, and again where the kernel has untied it."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Iterator

import pytest

from sockviz.lab.bounds import Refused
from sockviz.lab.tied import tie_again, tie_to_loopback

LO = b"lo\0"


@pytest.fixture(params=[socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["TCP", "UDP"])
def tied(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, request.param) as made:
        tie_to_loopback(made)
        yield made


def dissolve(held: socket.socket) -> None:
    """Takes its peer away."""
    assert ctypes.CDLL(None).connect(held.fileno(), bytes(16), 16) == 0


def device(held: socket.socket) -> bytes:
    """What it is tied to, as the kernel says."""
    return held.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)


@pytest.mark.parametrize("bound", [False, True])
def test_it_is_tied_again(tied: socket.socket, bound: bool) -> None:
    if bound:
        tied.bind(("127.0.0.1", 0))
    if tied.type == socket.SOCK_DGRAM:
        tied.connect(("127.0.0.1", 9))
    dissolve(tied)
    assert device(tied) == (b"" if tied.type == socket.SOCK_DGRAM else LO)
    tie_again(tied)
    assert device(tied) == LO


def test_what_was_open_to_the_network_is_closed() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made,
    ):
        for each in (chosen, made):
            tie_to_loopback(each)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        chosen.bind(("0.0.0.0", 0))  # the kernel's choice goes with the peer, what bind was given stays
        made.bind(chosen.getsockname())
        dissolve(chosen)
        tie_again(chosen)
        assert device(chosen) == LO
        dissolve(made)
        with pytest.raises(Refused, match="it is closed"):
            tie_again(made)
        assert made.fileno() == -1
