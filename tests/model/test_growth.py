"""What a run costs grows with what has happened, and not with its square: memory, which is what the past is kept in."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

from sockviz.model.scripted import CAPTURES_NOTHING, INFO, Scripted, header, row
from sockviz.model.sockets import SocketRow, State

#: Twice as many looks take no more than so many times the memory; where each costs what came before it, it is four times.
TWICE = 2.6
FEW = 400


def of_unix_connections(number: int) -> Scripted:
    """Connections to one name, one more at each look."""
    scripted = Scripted()
    for count in range(number):
        ends, inodes = ("", "/tmp/x"), (5000 + count, 9000 + count)
        scripted.observe(
            SocketRow("AF_UNIX", "SOCK_STREAM", "UNIX", State.ESTABLISHED, *ends, 0, 0, *inodes, 0)
        )
    return scripted


def of_a_stream_without_capture(number: int) -> Scripted:
    """One connection, which has received more at each look."""
    scripted = Scripted(header(CAPTURES_NOTHING))
    here, there = ("127.0.0.1", 8080), ("127.0.0.1", 40000)
    for count in range(number):
        info = replace(INFO, bytes_received=100 * (count + 1))
        scripted.observe(replace(row(State.ESTABLISHED, here, there, inode=77, cookie=5), info=info))
    return scripted


def taken(run: Callable[[int], Scripted], number: int) -> int:
    """How much memory a run has taken in the end (bytes)."""
    tracemalloc.start()
    try:
        kept = run(number)
        assert kept.timeline.world.rows
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("run", [of_unix_connections, of_a_stream_without_capture])
def test_twice_as_many_looks_take_twice_the_memory(run: Callable[[int], Scripted]) -> None:
    run(1)  # what is made but once
    assert taken(run, 2 * FEW) < TWICE * taken(run, FEW)
