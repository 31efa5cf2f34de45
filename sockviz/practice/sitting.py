"""One student at one exercise: their file, what became of it last, which hints they have read."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

from sockviz.input_file import explained
from sockviz.language import _
from sockviz.lesson.document import Exercise, Lesson
from sockviz.player.practice import Practice
from sockviz.practice.attempt import Attempt, attempt, prepared_for
from sockviz.practice.shelf import ExercisePlace, read_program
from sockviz.progress import ProgressStore
from sockviz.visible import quoted

#: How often the file is looked at, and how long it must be the same before it is judged (seconds).
_GLANCE, _SAME = 0.1, 0.05
#: An editor may take a file away for so long (seconds) while it writes another; what is away for longer has gone.
_AWAY, _GONE = 0.7, "gone"
#: So often one after the other a run is given up for a newer file: a program that writes to its own file is judged all the same.
_MOST_GIVEN_UP = 10


class Sitting:
    """``file`` is the student's, in `language`. ``last`` is the last attempt, ``hints`` those that were asked for so far."""

    def __init__(
        self,
        place: ExercisePlace,
        lesson: Lesson,
        exercise: Exercise,
        language: str,
        file: Path,
        store: ProgressStore,
    ) -> None:
        self.place, self.lesson, self.exercise = place, lesson, exercise
        self.language, self.file, self.store = language, file, store
        self.last: Attempt | None = None
        self._all_hints = tuple(hint for page in lesson.pages for hint in page.hints)
        self._shown = min(store.progress.exercise(place.slug).hints, len(self._all_hints))
        self._has_asked = False
        self._judged: object = None
        self._prepared = prepared_for(lesson, exercise)

    @property
    def has_passed(self) -> bool:
        """Whether the exercise was passed once."""
        return self.store.progress.exercise(self.place.slug).passed

    def turn_to(self, language: str, file: Path) -> None:
        """Goes on in another language, in whose `file` the student writes from now on."""
        self.language, self.file = language, file
        self.last, self._judged = None, None

    @property
    def hints(self) -> tuple[str, ...]:
        """Those that were asked for."""
        return self._all_hints[: self._shown]

    @property
    def hints_left(self) -> int:
        """How many there are still."""
        return len(self._all_hints) - self._shown

    def hint(self) -> str | None:
        """One more, which is counted; None where there is none."""
        if not self.hints_left:
            return None
        self._shown += 1
        self.store.hints_read(self.place.slug, self._shown)
        return self._all_hints[self._shown - 1]

    def solution(self) -> str | None:
        """A solution, for whoever has passed, or asks for the second time; None at the first. Raises OSError."""
        if not self.has_passed and not self._has_asked:
            self._has_asked = True
            return None
        text = read_program(self.place.file("solution", self.language)).decode("utf-8", "backslashreplace")
        if not self.has_passed:
            self.store.solution_read(self.place.slug)
        return text

    async def close(self) -> None:
        """Puts away what was prepared; it may be sat there again."""
        await self._prepared.close()

    async def saved(self) -> None:
        """Returns once the file is another than the one that was judged last, and is not being written; and once where it
        has gone and does not come back. Meanwhile a lab is opened for it."""
        self._prepared.prepare()
        await self._saved()

    async def _saved(self) -> None:
        while True:
            now = self._look()
            if now is None and self._judged != _GONE:
                await asyncio.sleep(_AWAY)
                if self._look() is None:
                    self._judged = _GONE
                    return
            elif now is not None and now != self._judged:
                await asyncio.sleep(_SAME)
                if self._look() == now:
                    self._judged = now
                    return
            await asyncio.sleep(_GLANCE)

    async def attempt(self, watch: Callable[[Practice], None] | None = None) -> Attempt:
        """Judges the file as it is. Where it is saved meanwhile (what runs may take half a minute to be ended), that run is given
        up, and the newer file judged. Raises as `sockviz.practice.attempt.attempt`."""
        for _time in range(_MOST_GIVEN_UP):
            self._judged = self._look() or _GONE
            judging = asyncio.ensure_future(self._attempt(watch))
            saved = asyncio.ensure_future(self._saved())
            try:
                await asyncio.wait({judging, saved}, return_when=asyncio.FIRST_COMPLETED)
                if judging.done():
                    return judging.result()
            finally:
                judging.cancel()
                saved.cancel()
                await asyncio.wait({judging, saved})
        return await self._attempt(watch)

    async def _attempt(self, watch: Callable[[Practice], None] | None) -> Attempt:
        self.last = await attempt(
            self.lesson, self.exercise, self.file, self.language, watch=watch, prepared=self._prepared
        )
        self.store.exercise_attempted(self.place.slug, passed=self.last.passed)
        return self.last

    def why_unread(self, error: OSError) -> str:
        """Why the file cannot be judged, and what to do; `error` is what reading it met."""
        if error.errno == errno.ENOENT:
            return _(
                "{file} is not there any more: save it again, or leave and begin again with the start"
            ).format(file=quoted(self.file.name))
        why = explained(error, self.file).strerror or str(error)
        return _("{file}: cannot be read: {error}").format(file=quoted(self.file.name), error=why)

    def _look(self) -> object:
        try:
            stat = os.stat(self.file)
        except OSError:
            return None
        # What could not be read may be by now (chmod), and is the same otherwise.
        return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode, stat.st_uid
