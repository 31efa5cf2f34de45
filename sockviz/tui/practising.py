"""The screen of `sockviz practice EXERCISE`, and the stage on which its runs are looked at."""

from __future__ import annotations

from textual.screen import Screen

from sockviz.model.timeline import Timeline
from sockviz.player.refusals import CannotPerform
from sockviz.player.run import Run
from sockviz.player.scripted import ScriptedSource
from sockviz.player.sourced import Sourced
from sockviz.practice.sitting import Sitting
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.messages import MomentChosen
from sockviz.tui.options import Options
from sockviz.tui.session import run
from sockviz.tui.start import entry_of
from sockviz.tui.themes import MONOCHROME
from sockviz.tui.view import Look


async def _no_lesson(_entry: CourseEntry) -> Run:
    raise CannotPerform("there are no lessons here")


class PractiseApp(SockvizApp):
    """sockviz with one exercise."""

    def __init__(self, sitting: Sitting, options: Options) -> None:
        super().__init__((), _no_lesson, sitting.store, options)
        self._sitting = sitting
        self._dress()
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[None]:
        """Nothing; the exercise lies over it."""
        return Screen()

    def on_mount(self) -> None:
        """Opens the exercise."""
        super().on_mount()
        from sockviz.tui.screens.practising import PractiseScreen  # once a terminal is there

        self.push_screen(PractiseScreen(self._sitting, self._stage), lambda _: self.exit())

    def _stage(self, timeline: Timeline, event: int) -> None:
        """A run that is over, at the world after so many of its events."""
        from sockviz.tui.screens.departure import Place
        from sockviz.tui.screens.lesson import LessonScreen

        run = Sourced(ScriptedSource(timeline, ()))
        look = Look(ascii=self.ascii, colour=self.theme != MONOCHROME, animate=self.animation_level != "none")
        place = Place(entry_of(run.lesson), alone=True)
        screen = LessonScreen(run, place, self.store, look, manual=self.options.manual)
        self.push_screen(screen)
        screen.call_after_refresh(screen.post_message, MomentChosen(event))


def start(sitting: Sitting, *, theme: str | None, ascii_only: bool, mouse: bool) -> int:
    """Runs the screen to its end and returns the exit status."""
    return run(PractiseApp(sitting, Options(theme=theme, ascii=ascii_only or None, mouse=mouse)))
