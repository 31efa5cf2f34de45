"""A list to choose from, in a window of any size, whose lines can be selected and copied as any other text."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip
from textual.widgets import OptionList

from sockviz.tui.selecting import Selectable


class Choices(OptionList, Selectable):
    """Textual's list; where it has no room for a line there is no page to move by, and Textual's looks for a line."""

    ALLOW_SELECT = True

    def action_page_up(self) -> None:
        """A page up."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """A page down."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]

    def texts(self) -> Sequence[str]:
        """The lines that are in sight."""
        return [
            super(Choices, self).render_line(y).text for y in range(self.scrollable_content_region.height)
        ]

    def render_line(self, y: int) -> Strip:
        """One line, what is selected of it marked."""
        return self.as_selected(super().render_line(y), y)
