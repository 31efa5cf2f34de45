"""What a program says of itself is not believed: nonsense is told as such, and nobody but the program suffers from it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.lab.tracer import addresses
from sockviz.lab.tracer.data_calls import beside
from sockviz.lab.tracer.elf import Elf
from sockviz.lab.tracer.location_table import line_at
from sockviz.lab.tracer.numbers import Machine
from sockviz.model.events import ProcessEnded
from sockviz.model.values import decode
from tests.watch.conftest import PROGRAMS
from tests.watch.traced import traced

#: Not these: they would take away what the program itself needs, or never come back.
LEFT_OUT = {"close", "close_range", "dup2", "dup3", "splice", "sendfile"}


@pytest.mark.parametrize("seed", [1, 2])
def test_calls_of_nonsense_are_told_one_by_one(seed: int) -> None:
    numbers = [str(number) for name, number in Machine().watched.items() if name not in LEFT_OUT]
    heard = traced(sys.executable, "-S", str(PROGRAMS / "hostile.py"), str(seed), "600", *numbers)
    assert [said.exit_code for said in heard.said if isinstance(said, ProcessEnded)] == [0]
    made = heard.calls()
    assert len(made) > 400
    assert all(each.returned is not None for each in made)
    assert {"EFAULT", "EBADF", "EINVAL"} <= {each.error for each in made}


@given(st.binary(max_size=160))
def test_any_bytes_are_an_address_that_can_be_told(data: bytes) -> None:
    decode(addresses.decoded(data))


@given(st.binary(max_size=200))
def test_any_bytes_beside_data_end(data: bytes) -> None:
    for each in beside(data):
        decode(each)


@given(st.binary(max_size=60), st.integers(-5, 5000), st.integers(-10, 1000))
def test_any_table_of_lines_ends(table: bytes, first: int, offset: int) -> None:
    line_at(table, first, offset)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 9000),
)
def test_a_damaged_program_is_read_as_far_as_it_goes(changes: list[tuple[int, bytes]], length: int) -> None:
    whole = bytearray(Path("/bin/true").read_bytes())
    for place, octets in changes:
        whole[place : place + len(octets)] = octets
    path = Path(f"/dev/shm/sockviz-elf-{os.getpid()}")
    path.write_bytes(whole[:length] if length else whole)
    try:
        file = Elf(str(path))
        file.symbol(b"main")
        assert isinstance(file.has_lines, bool)
    except ValueError:
        pass
    finally:
        path.unlink()
