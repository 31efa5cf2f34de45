"""Lines of standard input that end, or go on, where nobody would expect it."""

from __future__ import annotations

import asyncio
import errno
import os

import pytest

from sockviz.terminal import LONGEST, Lines


def test_a_terminal_that_goes_within_a_line_that_is_too_long_ends_the_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    os.close(writing)  # there is always something to read: the end
    came = iter((b"x" * LONGEST, b"y"))

    def read(_descriptor: int, _most: int) -> bytes:
        data = next(came, None)
        if data is None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return data

    async def body() -> None:
        lines = Lines(reading)
        async with asyncio.timeout(5):
            assert await lines.next() == "x" * LONGEST
            assert await lines.next() is None

    with monkeypatch.context() as patched:
        patched.setattr(os, "read", read)
        asyncio.run(body())
    os.close(reading)
