"""What a reader has seen and predicted: one small TOML file, shared by the screen and by `sockviz list`.

Every change is made under a lock to the file as it is then (several terminals may be open), and the file is replaced whole:
written beside, flushed to the disk, renamed. What could not be written at once, because somebody else held the lock or the disk
was full, is written with the next change, at the latest at the end. A file that cannot be understood is set aside, never
overwritten; what is no file (a directory, a FIFO, a device) is left alone. Where nothing can be written, the progress of this
session is kept in memory and `ProgressStore.message` says why.

A disk takes milliseconds to be sure of a file, and longer: who draws what a change comes with has it written right `after` that.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import platformdirs

from sockviz import kept_file, signals
from sockviz.input_file import open_input, read_input
from sockviz.language import _, said_by_system
from sockviz.progress_text import (
    AnswerNoted,
    BadProgress,
    Change,
    ExerciseNoted,
    LessonRead,
    PageSeen,
    PredictionNoted,
    Progress,
    applied,
    dumps,
    loads,
)

#: A file larger than this (bytes) is no progress of anybody's.
_LARGEST_FILE = 1 << 20
#: Seconds that a lock which somebody else holds is waited for: with each change, and at the end. It is held for as long as a
#: disk takes to be sure of a small file.
_IN_PASSING, _AT_THE_END = 0.02, 2.0


#: Calls what it is given, in a moment.
After: TypeAlias = Callable[[Callable[[], None]], object]


def default_path() -> Path:
    """``progress.toml`` in the user's data directory."""
    return Path(platformdirs.user_data_dir("sockviz", appauthor=False)) / "progress.toml"


class ProgressStore:
    """The progress file at `path`; None: the one in the user's data directory. A link is followed. `after` says when a change is
    written; None: at once."""

    def __init__(self, path: Path | None = None, after: After | None = None) -> None:
        self.path = path or default_path()
        self._file = kept_file.followed(self.path)
        self._read = Progress()
        self._unsaved: list[Change] = []
        self._after = after
        self._will_be_saved = False
        self._damage: str | None = None
        self._trouble: str | None = None
        try:
            self._read = self._load()
        except BadProgress:
            self._save(_IN_PASSING)  # which sets it aside
        except OSError as error:
            self._cannot(_("Your progress cannot be read ({file}: {error})."), _why(error))
        atexit.register(self.save_rest)
        signals.at_the_end(self._save_now)

    @property
    def message(self) -> str | None:
        """What a person should be told: a damaged file was set aside, nothing can be written."""
        return " ".join(filter(None, (self._damage, self._trouble))) or None

    @property
    def progress(self) -> Progress:
        """What is known: the file as last read or written, and what could not be written yet."""
        progress = self._read
        for change in self._unsaved:
            progress = applied(progress, change)
        return progress

    def page_seen(self, slug: str, page: int, pages: int) -> None:
        """Notes that a page was opened; it becomes the last place."""
        self._note(PageSeen(slug, page, pages))

    def lesson_ended(self, slug: str, pages: int) -> None:
        """Notes that a lesson was read to its closing page: there is no place in it to go on from."""
        self._note(LessonRead(slug, pages))

    def prediction_made(self, slug: str, question: str, choice: int | None) -> None:
        """Notes a prediction."""
        self._note(PredictionNoted(slug, question, choice))

    def prediction_settled(self, slug: str, question: str, choice: int | None) -> None:
        """Notes which choice the kernel found right."""
        self._note(AnswerNoted(slug, question, choice))

    def exercise_attempted(self, slug: str, *, passed: bool) -> None:
        """Notes that an exercise was judged."""
        self._note(ExerciseNoted(slug, attempts=1, passed=passed))

    def hints_read(self, slug: str, count: int) -> None:
        """Notes how many of an exercise's hints have been read."""
        self._note(ExerciseNoted(slug, hints=count))

    def solution_read(self, slug: str) -> None:
        """Notes that an exercise's solution has been looked at."""
        self._note(ExerciseNoted(slug, solution=True))

    def save_rest(self) -> None:
        """Writes what could not be written yet, for the last time."""
        atexit.unregister(self.save_rest)
        if self._unsaved:
            self._save(_AT_THE_END, last=True)

    def _note(self, change: Change) -> None:
        if applied(self.progress, change) == self.progress:
            return
        self._unsaved.append(change)
        if self._after is None:
            self._save(_IN_PASSING)
        elif not self._will_be_saved:
            self._will_be_saved = True
            self._after(self._save_in_passing)

    def _save_in_passing(self) -> None:
        self._will_be_saved = False
        if self._unsaved:  # or it was the end, meanwhile
            self._save(_IN_PASSING)

    def _save_now(self) -> None:
        if self._unsaved:
            self._save(0.0, last=True)

    def _save(self, patience: float, *, last: bool = False) -> None:
        cannot = _("Your progress cannot be written ({file}: {error}).")
        try:
            with contextlib.suppress(FileNotFoundError):
                open_input(self._file, _LARGEST_FILE).close()  # what is no file is left alone
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with kept_file.locked(self._file, patience) as held:
                if held:
                    self._save_locked()
                elif last:
                    self._cannot(cannot, _("another program has locked it"), last=True)
        except OSError as error:
            self._cannot(cannot, _why(error), last=last)

    def _save_locked(self) -> None:
        try:
            self._read = self._load()
        except BadProgress as error:
            aside = kept_file.set_aside(self._file)
            self._read = Progress()
            self._damage = _(
                "{file} could not be understood ({error}). It is kept as {aside}; your progress begins afresh."
            ).format(file=self.path, error=error, aside=aside.name)
        after = self.progress
        if after != self._read:
            kept_file.replace(self._file, dumps(after))
        self._read, self._unsaved, self._trouble = after, [], None

    def _load(self) -> Progress:
        """What the file holds. Raises `BadProgress` and OSError."""
        try:
            return loads(read_input(self._file, _LARGEST_FILE).decode("utf-8"))
        except FileNotFoundError:
            return Progress()
        except UnicodeDecodeError as error:
            raise BadProgress(str(error)) from None

    def _cannot(self, what: str, error: str, *, last: bool = False) -> None:
        kept = (
            _("What this session added to it is lost; --progress FILE names another place.")
            if last
            else _("It is kept until you quit; --progress FILE names another place.")
        )
        self._trouble = f"{what.format(file=self.path, error=error)} {kept}"


def _why(error: OSError) -> str:
    return said_by_system(error)
