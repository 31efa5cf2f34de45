"""Descriptors are read at once, each by whoever has it then."""

from __future__ import annotations

import asyncio
import os

from sockviz.lab.readers import Readers


def test_a_number_that_is_given_to_another_while_all_are_read_is_not_taken_for_it() -> None:
    """As when a process's end is heard from two sides, and what is new gets the descriptor of the one that was closed."""
    read: list[str] = []

    async def body() -> None:
        readers = Readers()
        pipes = [os.pipe() for _ in range(2)]
        new, new_end = os.pipe()

        def replaced(mine: int, others: int) -> None:
            """Whoever is read first: the other is over, and its number is that of what is new, where nothing waits."""
            read.append("first")
            os.read(mine, 1)
            readers.remove(others)
            os.dup2(new, others)
            readers.add(others, lambda: read.append("new"))

        first, second = (reading for reading, _ in pipes)
        readers.add(first, lambda: replaced(first, second))
        readers.add(second, lambda: replaced(second, first))
        for _, writing in pipes:
            os.write(writing, b"x")
        readers.read_now()
        assert read == ["first"]
        for fd in (first, second):
            readers.remove(fd)
        for fd in (new, new_end, *(fd for pipe in pipes for fd in pipe)):
            os.close(fd)

    asyncio.run(body())
