"""The command palette (ctrl+p), and what it offers everywhere: the manual's pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, cast

from textual.app import SystemCommand
from textual.command import CommandList, CommandPalette, Hit, Hits, Provider
from textual.worker import Worker

from sockviz.language import _
from sockviz.practice.listed import ExerciseEntry
from sockviz.tui.entry import CourseEntry
from sockviz.tui.screens.application import Application
from sockviz.tui.screens.leaving import Leaving


class Palette(Leaving, CommandPalette):
    """Textual's palette. A search of its that finds the palette closed, its list gone, has nothing to say."""

    def _action_command_list(self, action: str) -> None:
        """A key for its list. No page up or down where there is no room for a line: Textual's looks for one."""
        if self.query_one(CommandList).scrollable_content_region or not action.startswith("page"):
            super()._action_command_list(action)

    def run_worker(self, *given: Any, **named: Any) -> Worker[Any]:
        """A search, which ends nothing but itself."""
        return super().run_worker(*given, **{**named, "exit_on_error": False})


class ManualCommands(Provider):
    """Every page of the manual, by name, once something is typed."""

    async def search(self, query: str) -> Hits:
        """Those that match."""
        manual = cast("Application", self.app).options.manual
        matcher = self.matcher(query)
        for name in manual().names():
            title = _("Manual: {name}").format(name=name)
            if (score := matcher.match(title)) > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(self._open, name),
                    title,
                    _("Its page of the manual"),
                )

    def _open(self, name: str) -> None:
        from sockviz.tui.screens.manual import ManualScreen  # with its first page

        self.app.push_screen(ManualScreen(cast("Application", self.app).options.manual, (name,)))


class Home(Protocol):
    """The screen that lists the course."""

    @property
    def exercises(self) -> Sequence[ExerciseEntry]:
        """Those of the course."""

    def action_manual(self) -> None:
        """Opens the manual."""


def home_commands(
    home: Home,
    course: Sequence[CourseEntry],
    open_lesson: Callable[[CourseEntry, int], None],
    open_exercise: Callable[[ExerciseEntry], None],
) -> Iterator[SystemCommand]:
    """What the palette offers at home: the lessons that this machine can perform, the exercises, the manual."""
    for entry in course:
        if not entry.skipped:
            name = entry.name if entry.number is None else f"{entry.number:>2}  {entry.title}"
            yield SystemCommand(
                _("Open {lesson}").format(lesson=name), entry.summary, partial(open_lesson, entry, 0)
            )
    for exercise in home.exercises:
        title = _("Practise {exercise}").format(exercise=exercise.name)
        yield SystemCommand(title, exercise.summary, partial(open_exercise, exercise))
    about = _("A page for every call and every error, as accept or EADDRINUSE")
    yield SystemCommand(_("Manual"), about, home.action_manual)
