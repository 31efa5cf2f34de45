from __future__ import annotations

import pytest

from sockviz.model.events import Observed, ProcessStarted, StatementFinished
from sockviz.model.sockets import FdEntry, ProcessRow
from sockviz.model.timeline import Timeline
from tests.model.runs import HEADER

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order


def table(*fds: int) -> tuple[FdEntry, ...]:
    """Made anew every time, as by whoever reads /proc or a recording."""
    return tuple(FdEntry(fd, f"socket:[{fd + 70}]", fd + 70, "TCP") for fd in fds)


def test_a_descriptor_told_of_again_is_held_once() -> None:
    told = [table(3, 4), table(3, 4, 5), table(4, 5), table(4, 5)]
    timeline = Timeline(HEADER, [ProcessStarted(1.0, "server", 1, 1, "loopback", None, False)])
    for fds in told:
        timeline.append(Observed(2.0, "loopback", processes=(ProcessRow("server", "S", fds),)))
    held = [event.processes[0].fds for event in timeline.events if isinstance(event, Observed)]
    assert held == told
    assert held[1][:2] == held[0]
    assert all(one is other for one, other in zip(held[1][:2], held[0], strict=True))
    assert all(one is other for one, other in zip(held[2], held[1][1:], strict=True))
    assert held[3] is held[2]


def test_another_socket_behind_the_same_number_is_not_shared() -> None:
    timeline = Timeline(HEADER, [ProcessStarted(1.0, "server", 1, 1, "loopback", None, False)])
    for inode in (70, 80):
        fds = (FdEntry(3, f"socket:[{inode}]", inode, "TCP"),)
        timeline.append(Observed(2.0, "loopback", processes=(ProcessRow("server", "S", fds),)))
    assert [entry.inode for entry in timeline.world.processes["server"].fds] == [80]


def test_the_descriptors_of_names_are_those_that_were_told() -> None:
    told = [{"a": 3}, {"a": 3, "b": 4}, {"a": -1, "b": 4}, {"b": 4}, {}]
    timeline = Timeline(HEADER, [ProcessStarted(1.0, "server", 1, 1, "loopback", None, False)])
    for line, fds in enumerate(told):
        timeline.append(StatementFinished(2.0, "server", line, open_fds=fds))
    assert [event.open_fds for event in timeline.events if isinstance(event, StatementFinished)] == told
    assert [timeline.world_at(n).processes["server"].open_fds for n in range(2, 7)] == told
