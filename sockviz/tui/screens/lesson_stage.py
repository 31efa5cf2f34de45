"""The screen of a lesson's run, as far as its reader chooses what is shown of it, and how."""

from __future__ import annotations

from dataclasses import replace

from sockviz.language import _
from sockviz.player.run import LessonRun
from sockviz.sandbox.script import has_text
from sockviz.tui import hints
from sockviz.tui.liberties import Liberties
from sockviz.tui.motion import other_tempo
from sockviz.tui.reading import Reading
from sockviz.tui.screens.departure import Departure
from sockviz.tui.screens.lesson_picture import LessonPicture
from sockviz.tui.screens.staged import StageScreen
from sockviz.tui.widgets.lesson_pane import LessonPane


class LessonStage(StageScreen):
    """``reading`` is where its reader is, ``picture`` what is drawn of it, ``departure`` where they go from it."""

    reading: Reading
    picture: LessonPicture
    departure: Departure
    _run: LessonRun
    _liberties: Liberties

    def action_language(self) -> None:
        """The calls as C, or as Python."""
        self.acted()
        look = self.picture.look
        self.picture.look = replace(look, language="python" if look.language == "c" else "c")
        self.picture.draw()

    def action_notes(self) -> None:
        """The instructor's notes."""
        self.acted()
        self.picture.notes = not self.picture.notes
        self.picture.hint = hints.notes(self.picture.notes, bool(self.reading.page.notes))
        self.picture.draw()

    def action_speed(self, step: int) -> None:
        """What happens is told faster, or slower."""
        self.acted()
        movement = self.picture.movement
        movement.choose(other_tempo(movement.tempo, step))
        self.picture.hint = hints.tempo(movement.tempo, self.picture.look.animate)
        self.picture.draw()

    def action_again(self) -> None:
        """The last step is told once more."""
        self.acted()
        if not self.picture.movement.again(self.reading.cursor):
            self.picture.hint = _(hints.NOTHING_AGAIN)
        self.picture.draw()

    def action_stage_alone(self) -> None:
        """The stage has the place of the lesson's text, too; or that has its own again."""
        self.acted()
        alone = not self.has_class("-stage-alone")
        self.picture.alone, self.picture.asking = alone, None
        self.picture.look = replace(self.picture.look, large=alone)
        self.picture.draw()

    def action_programs(self) -> None:
        """The text of a program that runs beside, and of the next; after the last of them the lesson's, where it has any."""
        self.acted()
        if (programs := self.picture.programs) is None:
            return
        if not self.has_class("-programs"):
            self.add_class("-programs")
        elif not programs.show_next_text(self.picture.view()) and has_text(self.reading.script):
            self.remove_class("-programs")
        self.picture.draw()

    def action_scroll(self, step: int) -> None:
        """The errno card if it is open, else the lesson's text; while nothing else has the focus."""
        if not self.picture.overlays.scroll(step * 2):
            self.query_one(LessonPane).scroll_relative(y=step * 2, animate=False)

    def action_blank(self) -> None:
        """Nothing at all is shown, until any key is pressed."""
        self.acted()
        from sockviz.tui.screens.blank import BlankScreen  # on demand, as help

        self.app.push_screen(BlankScreen())
