"""The pages of the lesson that is open, to go to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList

from sockviz.language import N_, _
from sockviz.lesson.document import Page
from sockviz.tui.lettering import assemble, plain
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.choices import Choices


class PagesScreen(StyledOnce, Selecting, Leaving, ModalScreen["int | None"]):
    """Its result is the page (from 0) to go to, or None. ``here`` is the one that is open, ``reached`` how many have been."""

    CSS_PATH = "pages.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,g", "dismiss", N_("close"), id="pages.close", tooltip=N_("Back to where you were (also q and g)")),
        Binding("space", "choose", N_("go"), id="pages.choose", tooltip=N_("Go to the highlighted page (also Enter)")),
    ]  # fmt: skip

    def __init__(self, pages: Sequence[Page], here: int, reached: int) -> None:
        super().__init__()
        self._pages, self._here, self._reached = pages, here, reached
        self._typed = ""  # of a page's number

    def compose(self) -> ComposeResult:
        """A line for each page."""
        listed = Choices(id="lesson-pages")
        listed.border_title, listed.border_subtitle = _("go to page"), _("esc closes")
        yield listed

    def on_mount(self) -> None:
        """Begins at the page that is open."""
        listed = self.query_one(Choices)
        for page in self._pages:
            mark = "▸" if page.index == self._here else "✓" if page.index < self._reached else "·"
            heading = page.heading or _("without a heading")
            later = (
                () if page.index < self._reached else (("  " + _("performs what comes before"), "$quiet"),)
            )
            listed.add_option(
                assemble((f"{mark} ", "$accent"), (f"{page.index + 1:>2}  ", "bold"), plain(heading), *later)
            )
        listed.highlighted = self._here
        listed.focus()

    def on_key(self, event: events.Key) -> None:
        """A page's number highlights it, digit by digit; what is none with the digits before begins another."""
        digit = event.character or ""
        if not (digit.isascii() and digit.isdigit()):
            self._typed = ""
            return
        event.stop()
        there = range(1, len(self._pages) + 1)
        self._typed = next((typed for typed in (self._typed + digit, digit) if int(typed) in there), "")
        if self._typed:
            self.query_one(Choices).highlighted = int(self._typed) - 1

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_choose(self) -> None:
        """Goes to the highlighted page."""
        self.dismiss(self.query_one(Choices).highlighted)
