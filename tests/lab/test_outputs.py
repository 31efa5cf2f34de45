"""What programs print: of one that prints without end nobody is kept busy."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sockviz.lab import outputs
from sockviz.lab.outputs import KEPT, Outputs
from sockviz.lab.readers import Readers
from sockviz.model.events import OutputWritten


@contextmanager
def printing(to: Outputs, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that prints there."""
    writing = to.open("it", 1)
    with subprocess.Popen(command, stdout=writing) as program:
        os.close(writing)
        try:
            yield program
        finally:
            program.kill()


def kept(said: list[OutputWritten]) -> int:
    """How many bytes of it there are."""
    return sum(len(each.data) for each in said if isinstance(each.data, bytes))


def test_who_prints_without_end_waits_at_its_pipe_the_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        monkeypatch.setattr(outputs, "_PAUSE", 3600.0)
        said: list[OutputWritten] = []
        readers = Readers()
        all_of_it = Outputs(readers, said.append)
        left_alone = asyncio.Event()
        leave_alone = readers.leave_alone

        def noted(fd: int, seconds: float) -> None:
            leave_alone(fd, seconds)
            left_alone.set()

        monkeypatch.setattr(readers, "leave_alone", noted)
        with printing(all_of_it, ["yes"]):
            async with asyncio.timeout(60):
                await left_alone.wait()
            all_of_it.tell_unkept()
            told = len(said)
            for _ in range(100):
                await asyncio.sleep(0)
                readers.read_now()
            all_of_it.tell_unkept()
            assert len(said) == told
            assert all_of_it.exceeds("it")
            assert kept(said) == KEPT
        all_of_it.close()

    asyncio.run(body())


def test_letter_by_letter_is_read_in_moments_and_is_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece is an event: of a quarter of a million nobody is helped."""

    async def body() -> None:
        monkeypatch.setattr(outputs, "_WITHIN", 3600.0)
        monkeypatch.setattr(outputs, "_MOMENT", 3600.0)
        said: list[OutputWritten] = []
        readers = Readers()
        all_of_it = Outputs(readers, said.append)
        writing = all_of_it.open("it", 1)
        for _ in range(outputs._HASTY + 50):
            os.write(writing, b"x")
            readers.read_now()
        assert len(said) == outputs._HASTY, "what comes then is read later, in one piece"
        all_of_it.read_all()
        assert [each.data for each in said[-2:]] == [b"x", b"x" * 50], "or when all of it is wanted"
        assert not all_of_it.exceeds("it"), "so much a server may print before it listens"
        monkeypatch.setattr(outputs, "_MANY", outputs._HASTY)
        assert all_of_it.exceeds("it")
        assert not all_of_it.exceeds("another")
        os.close(writing)
        all_of_it.close()

    asyncio.run(body())


def test_who_takes_time_for_it_may_print_as_many_pieces_as_it_likes_and_is_let_go_of_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def body() -> None:
        now = 100.0
        monkeypatch.setattr(outputs, "_MOMENT", 3600.0)
        monkeypatch.setattr(time, "monotonic", lambda: now)
        said: list[OutputWritten] = []
        readers = Readers()
        before = len(os.listdir("/proc/self/fd"))
        all_of_it = Outputs(readers, said.append)
        writing = all_of_it.open("it", 1)
        for _ in range(3 * outputs._HASTY):
            now += 2 * outputs._WITHIN / outputs._HASTY
            os.write(writing, b"x")
            readers.read_now()
        assert len(said) == 3 * outputs._HASTY
        os.close(writing)
        readers.read_now()
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(body())


def test_it_goes_on_after_a_while_and_all_that_it_printed_is_counted() -> None:
    async def body() -> None:
        said: list[OutputWritten] = []
        readers = Readers()
        all_of_it = Outputs(readers, said.append)
        size = KEPT + 3 * outputs._BURST + 5
        with printing(all_of_it, ["head", "-c", str(size), "/dev/zero"]) as program:
            async with asyncio.timeout(60):
                while program.poll() is None:
                    await asyncio.sleep(0.01)
        all_of_it.close()  # with what the pipe still has
        assert kept(said) + sum(each.unkept for each in said) == size
        assert kept(said) == KEPT

    asyncio.run(body())
