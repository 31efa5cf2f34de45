"""The sandbox on the screen: a stage, and a line to type on."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from sockviz.language import _
from sockviz.tui.notebook import NoNotebook
from sockviz.tui.reading import Onward
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.lesson_keys import KEYS
from sockviz.tui.screens.lesson_picture import LessonPicture, panes
from sockviz.tui.view import View

#: What a lesson's screen does and this does not: there is no script, and nobody is asked anything.
_NOT_HERE = frozenset({"notes", "pages", "anew", "digit", "play", "recorded"})


class SandboxPicture(LessonPicture):
    """A lesson's, whose text gives its place to the stage once somebody stands there."""

    def _show(self, known: View, view: View) -> None:
        self._screen.set_class(not known.world.processes, "-empty")
        super()._show(known, view)


class SandboxScreen(LessonScreen):
    """What a lesson says has its place until somebody has performed something."""

    CSS_PATH: ClassVar = ["stage.tcss", "lesson.tcss", "sandbox.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        each for each in KEYS if isinstance(each, Binding) and each.action.partition("(")[0] not in _NOT_HERE
    ]
    ALWAYS_TYPING: ClassVar[bool] = True
    PICTURE = SandboxPicture
    NOTEBOOK = NoNotebook

    def compose(self) -> ComposeResult:
        """As a lesson's."""
        self.keep_size()
        self.set_class(bool(self._run.script.beside), "-programs")
        self.add_class("-empty")
        yield from panes(self.picture.view(), self.reading.opened)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What there is no script for has no key."""
        return action not in _NOT_HERE and super().check_action(action, parameters)

    def action_onward(self) -> None:
        """The next resting place of the past; at the end a line is typed."""
        self.acted()
        if self.reading.onward is Onward.STEP:
            self.reading.forward()
            self.picture.draw()
        else:
            self.action_what_if()

    def action_all_anew(self) -> None:
        """All that was typed again, in a new lab."""
        self.acted()
        if self.typing is None or not self.typing.all_again():
            super().action_all_anew()

    def over(self) -> None:
        """It has no end but when it is left."""
        self.picture.hint = _("Nothing follows by itself: type a line, or q leaves.")
        self.picture.draw()
