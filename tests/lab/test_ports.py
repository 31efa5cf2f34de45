"""Ports for a lesson on the machine's own loopback are free, also of what no table lists."""

from __future__ import annotations

import socket

import pytest

from sockviz.lab.ports import can_be_bound, choose_ports
from sockviz.model.sockets import SocketRow, State


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_somebody_has_only_bound_is_taken(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert not can_be_bound(port)
        # everything but that one is of no use here: five cannot be had from it
        everywhere = [_row(p) for p in range(1025, 65536) if p != port]
        with pytest.raises(LookupError):
            choose_ports(everywhere, (1, 2))
    assert can_be_bound(port)


def test_five_are_chosen_outside_of_the_kernel_s_own_range() -> None:
    ports = choose_ports([], (32768, 60999))
    assert len(set(ports)) == 5
    assert not any(32768 <= port <= 60999 for port in ports)


def _row(port: int) -> SocketRow:
    return SocketRow("AF_INET", "SOCK_STREAM", "TCP", State.LISTEN, ("127.0.0.1", port), None, 0, 0, 1, 1, 0)
