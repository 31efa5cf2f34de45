"""Which expressions can change their value by themselves."""

from __future__ import annotations

import pytest

from sockviz.lesson.expressions import read_expression
from sockviz.lesson.findings import Findings
from sockviz.lesson.idle import is_of_idle_alone
from sockviz.model.events import CallEntered, CallReturned, ProcessStarted, StatementBegun, StatementFinished
from sockviz.model.fold import fold
from sockviz.model.values import SocketValue
from sockviz.model.world import World

SOCKET = SocketValue(77, 3, "AF_INET", "SOCK_STREAM", 0)
EVENTS = (
    ProcessStarted(1.0, "client", 2, 2, "loopback"),
    ProcessStarted(1.0, "other", 3, 3, "loopback"),
    StatementBegun(2.0, "client", 5),
    CallEntered(2.1, "client", 1, 5, "socket", "socket.socket", (), {}),
    CallReturned(2.2, "client", 1, SOCKET),
    StatementFinished(2.3, "client", 5, {"c": SOCKET, "data": b"x"}, {"c": 3}),
    StatementBegun(3.0, "other", 6),
    CallEntered(3.1, "other", 1, 6, "recv", "socket.socket.recv", (), {}),
)


@pytest.mark.parametrize(
    ("source", "is_idle"),
    [
        ("client.data == b'x'", True),
        ("len(client.data) == 1 and client.data", True),
        ("client.last.name == 'socket'", False),  # what it returned is a socket, of which there may be news
        ("client.c.state == 'CLOSED'", False),
        ("client.alive", False),
        ("client.unbound is None", False),
        ("other.last is None", False),
        ("client.data == b'x' and other.blocked", False),
        ("len(rows()) == 0", False),
        ("1 == 1", False),
    ],
)
def test_only_plain_values_of_who_waits_for_a_line_stay(source: str, is_idle: bool) -> None:
    world = World()
    for event in EVENTS:
        world = fold(world, event)
    expression = read_expression(source, 1, 1, Findings())
    assert expression is not None
    assert is_of_idle_alone(expression, world) is is_idle
