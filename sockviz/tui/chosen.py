"""What home says when a lesson or an exercise is chosen. It is known before home is: a lesson may be opened without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from sockviz.tui.entry import CourseEntry

if TYPE_CHECKING:
    from sockviz.practice.listed import ExerciseEntry


class LessonChosen(Message):
    """The reader wants to open a lesson, at a page (from 0)."""

    def __init__(self, entry: CourseEntry, page: int = 0) -> None:
        super().__init__()
        self.entry, self.page = entry, page


class ExerciseChosen(Message):
    """The reader wants to open an exercise."""

    def __init__(self, entry: ExerciseEntry) -> None:
        super().__init__()
        self.entry = entry
