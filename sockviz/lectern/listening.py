"""The notes' end: finds a run of the same user, hears where it is, and says what it is to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sockviz.lectern.directory import sockets
from sockviz.lectern.messages import LONGEST_TOLD, VERSION, NotSaid, RunOrder, closed, heard, is_ours, said
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.parser import parse_lesson


class HeardRun:
    """A run that was found. ``lesson`` is what is performed there."""

    def __init__(self, lesson: Lesson, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lesson = lesson
        self._reader, self._writer = reader, writer

    async def state(self) -> dict[str, Any] | None:
        """Where it is, when that has changed; None once it is gone."""
        try:
            line = await self._reader.readline()
            return heard(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None

    def say(self, order: RunOrder) -> None:
        """What it is to do."""
        if not self._writer.is_closing():
            self._writer.write(said(order.body()))

    async def close(self) -> None:
        """Leaves it; it goes on."""
        await closed(self._writer)


async def find(wanted: Callable[[Lesson], bool]) -> HeardRun | None:
    """The newest run of a lesson that is `wanted`; None where there is none. Raises `sockviz.lectern.directory.NotOurs`."""
    for path in sockets():
        found = await _met(path)
        if found is not None:
            if wanted(found.lesson):
                return found
            await found.close()
    return None


async def _met(path: Path) -> HeardRun | None:
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_TOLD)
    except OSError:  # ECONNREFUSED: it was killed. ENOENT: it is gone
        return None
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError, BadLesson, TimeoutError):
        if is_ours(writer.get_extra_info("socket")):
            first = heard(await asyncio.wait_for(reader.readline(), 5.0))
            if first.get("sockviz") != VERSION:
                raise NotSaid("another version")
            lesson = parse_lesson(str(first["lesson"]["text"]), str(first["lesson"]["path"]))
            return HeardRun(lesson, reader, writer)
    await closed(writer)
    return None
