"""In which language an exercise is written: asked of a student who has not begun it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from sockviz.language import N_, _
from sockviz.lesson.document import Lesson
from sockviz.tui.lettering import BREAK, assemble, plain
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.choices import Choices

#: What the languages are called.
NAMES: Mapping[str, str] = {"python": "Python", "c": "C"}


class LanguageScreen(Selecting, Leaving, ModalScreen["str | None"]):
    """Its result is the language, or None where the student goes back."""

    CSS_PATH = "choosing_language.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", N_("close"), id="language.close", tooltip=N_("Back to where you were (also q)")),
        Binding("space", "choose", N_("begin"), id="language.choose", tooltip=N_("Begin in that language (also Enter)")),
    ]  # fmt: skip

    def __init__(self, lesson: Lesson, languages: Sequence[str]) -> None:
        super().__init__()
        self._lesson, self._languages = lesson, tuple(languages)

    def compose(self) -> ComposeResult:
        """What the exercise is called and about; a line for each language."""
        with Vertical(id="language") as box:
            box.border_title, box.border_subtitle = _("which language?"), _("esc closes")
            yield Static(assemble((self._lesson.title, "bold"), BREAK, plain(self._lesson.summary)))
            yield Choices(*(NAMES.get(each, each) for each in self._languages), id="languages")
            yield Static(_("On the exercise's screen c changes to the other."), id="later")

    def on_mount(self) -> None:
        """The first is highlighted."""
        listed = self.query_one(Choices)
        listed.highlighted = 0
        listed.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._languages[event.option_index])

    def action_choose(self) -> None:
        """Begins in the highlighted language."""
        highlighted = self.query_one(Choices).highlighted
        self.dismiss(self._languages[highlighted] if highlighted is not None else None)
