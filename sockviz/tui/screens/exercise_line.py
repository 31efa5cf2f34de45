"""What stands above an exercise's task."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from sockviz.language import _
from sockviz.practice.sitting import Sitting
from sockviz.tui.lettering import BREAK, assemble
from sockviz.tui.screens.choosing_language import NAMES
from sockviz.visible import quoted


class ExerciseLine(Widget):
    """What the exercise is called, in which language it is written, what it practises, and where the student's file is."""

    def __init__(self, sitting: Sitting, lesson: str) -> None:
        super().__init__(id="exercise")
        self._sitting, self._lesson = sitting, lesson

    def render(self) -> Content:
        """Two lines: the file's is always whole, or its end is."""
        sitting = self._sitting
        number = f"{sitting.place.number}  " if sitting.place.number is not None else ""
        title = assemble(
            (f"{number}{sitting.lesson.title}", "bold"),
            (f"   {NAMES.get(sitting.language, sitting.language)}", "$quiet"),
        )
        if sitting.has_passed:
            title = assemble(title, ("   ✓ " + _("passed"), "$success"))
        for lesson in (self._lesson, self._lesson.partition(" ")[0]):  # whole, or as much as its number
            practises = ("   " + _("practises {lesson}").format(lesson=lesson), "$quiet")
            whole = assemble(title, practises)
            if lesson and whole.cell_length + 2 <= self.size.width:
                title = whole
                break
        begins = assemble((_("your file") + " ", "$quiet"))
        shown = _end_of(quoted(str(sitting.file)), max(self.size.width - begins.cell_length - 2, 8))
        return BREAK.join([title, assemble(begins, (shown, "$code"))])


def _end_of(file: str, room: int) -> str:
    """As much of it as goes into so many cells."""
    if cell_len(file) <= room:
        return file
    return "…" + next(file[begin:] for begin in range(len(file) + 1) if cell_len(file[begin:]) < room)
