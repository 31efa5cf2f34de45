"""Where the reader of a lesson goes from it: on to the next one, back to the course, or into the same lesson anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.player.refusals import LIVE_RUN
from sockviz.player.run import LessonRun
from sockviz.tui import hints
from sockviz.tui.entry import CourseEntry
from sockviz.tui.liberties import OWNER, Liberties
from sockviz.tui.notebook import Notebook
from sockviz.tui.reading import Reading
from sockviz.tui.screens.picture import Picture

if TYPE_CHECKING:
    from sockviz.practice.listed import ExerciseEntry
    from sockviz.sandbox.again import Steps


@dataclass(frozen=True, slots=True)
class PlaceInCourse:
    """A lesson in its course. ``alone``: no other run can be opened here: this one is a recording.
    ``liberties``: what its reader may have of this machine."""

    entry: CourseEntry
    following: Callable[[], CourseEntry | None] = lambda: None
    exercises: Callable[[], Sequence[ExerciseEntry]] = tuple
    alone: bool = False
    liberties: Liberties = OWNER


class Departure:
    """Leaves one lesson. ``onto`` is what it was left for: a lesson, and the page of it (from 0), or an exercise."""

    def __init__(
        self,
        screen: Screen[tuple[str, ...]],
        run: LessonRun,
        reading: Reading,
        picture: Picture,
        notebook: Notebook,
        place: PlaceInCourse,
    ) -> None:
        self._screen, self._run, self._reading, self._picture = screen, run, reading, picture
        self._notebook, self._place = notebook, place
        self.onto: tuple[CourseEntry, int] | ExerciseEntry | None = None
        self.instead: LessonRun | None = None  # its recording, where the run itself can go on no more
        self.steps: Steps | None = None  # what the next run of the same lesson is to be given

    def begin_again(self, page: int) -> None:
        """At `page` (from 0) in a new lab; in a recording it is looked at."""
        if self._reading.only_read:
            self._reading.to_page(page)
            self._picture.draw()
        else:
            self.leave((self._place.entry, page))

    def begin_live(self) -> None:
        """The lesson from its beginning, in a new lab. Where a recording is a stopgap: live again, at the same page; any other
        begins where it is looked at."""
        is_stopgap = LIVE_RUN in self._run.timeline.header.lab.missing
        if self._reading.only_read and is_stopgap and not self._place.alone:
            self.leave((self._place.entry, self._reading.page.index))
        else:
            self.begin_again(0)

    @property
    def has_recording(self) -> bool:
        """Whether this live run can go on from its lesson's recording."""
        from sockviz.player.instead import is_recorded  # where something broke, or may have

        return not self._reading.only_read and not self._place.alone and is_recorded(self._run.script)

    @property
    def has_held(self) -> bool:
        """Whether this live run can go on from its lesson's recording, and what is expected of it did hold there."""
        from sockviz.player.instead import has_held  # where a check does not

        return self.has_recording and has_held(self._run.script)

    def way_on(self) -> str:
        """What there is to do where the run can go on no more."""
        if self.has_recording:
            return _("Space goes on from its recording, at this page.")
        can_begin = not (self._reading.only_read or self._place.alone or self._run.script.exercise)
        return _("R performs all of it again, in a new lab.") if can_begin else ""

    def go_on_recorded(self, reason: str | None) -> None:
        """A live run that can, or should, go on no more for that reason goes on from the lesson's recording, at the same page,
        where there is one."""
        run = self._run
        if reason is None or self._reading.only_read:
            return
        from sockviz.lesson.document import BadLesson  # where something broke
        from sockviz.model.recording import BadRecording
        from sockviz.player.instead import play_instead

        try:
            self.instead = play_instead(run.script, reason)
        except (BadRecording, BadLesson, OSError):
            self.instead = None  # what is broken is no way out of what broke
        if self.instead is None:
            return  # the problem stays where it stands
        self.leave((self._place.entry, self._reading.page.index))

    def begin_with(self, steps: Steps) -> None:
        """In a new lab, and there gives it what this run was given, or nearly."""
        self.steps = steps  # also while it is being left: the last word counts
        self.leave((self._place.entry, 0))

    def close(self) -> None:
        """Shows the closing page, where the run has come to its end and not to grief."""
        reading, run = self._reading, self._run
        if run.problem is not None or not (reading.only_read or reading.world.ended):
            return
        from sockviz.tui.screens.closing import ClosingScreen, Onto  # at the end of a lesson, not before

        self._notebook.ended(run.script)
        following = None if self._place.alone else self._place.following()
        practised = [] if self._place.alone else self._exercises()
        choices = {**self._notebook.choices(run.script), **reading.choices}

        def chosen(onto: Onto | ExerciseEntry | None) -> None:
            match onto:
                case Onto.NEXT:
                    self.leave((following, 0) if following is not None else None)
                case Onto.ANEW:
                    self.begin_again(0)
                case Onto.COURSE:
                    self.leave()
                case Onto.BACK | None:
                    pass
                case exercise:
                    self.leave(exercise)

        page = ClosingScreen(
            run.script,
            reading.world,
            choices,
            reading.votes,
            following,
            practised,
            performed=not reading.only_read,
        )
        self._screen.app.push_screen(page, chosen)

    def _exercises(self) -> list[tuple[ExerciseEntry, bool]]:
        """Those that practise this lesson, each with whether it was passed."""
        from sockviz.practice.listed import practising  # at the end of a lesson, not before

        progress = self._notebook.progress
        found = practising(self._place.exercises(), self._place.entry.slug)
        return [(entry, progress.exercise(entry.slug).passed) for entry in found]

    def leave(self, onto: tuple[CourseEntry, int] | ExerciseEntry | None = None) -> None:
        """Ends every process of the lesson, then goes back, or to what it is left for."""
        picture = self._picture
        if not picture.over:
            self.onto = onto
            picture.hint = _(hints.LEAVING)
            picture.draw()
            picture.over = True
            picture.countdowns.stop()
            self._screen.run_worker(self._leave(), name="leave")

    async def _leave(self) -> None:
        self._screen.dismiss(await self._run.close())
