"""A list to choose from, in a window of any size, whose lines can be selected and copied as any other text."""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip
from textual.widgets import OptionList

from sockviz.tui.selecting import character, marked, selected


class Choices(OptionList):
    """Textual's list; where it has no room for a line there is no page to move by, and Textual's looks for a line."""

    ALLOW_SELECT = True
    _selected: Selection | None = None

    def action_page_up(self) -> None:
        """A page up."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """A page down."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]

    # -- selected with the mouse

    @property
    def _texts(self) -> list[str]:
        return [
            super(Choices, self).render_line(y).text for y in range(self.scrollable_content_region.height)
        ]

    def character_at(self, x: int, y: int) -> Offset | None:
        """The character at cell `x` of line `y`, as far as the list is in sight."""
        return character(self._texts, x, y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is selected, as it is seen."""
        return selected(self._texts, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Something else is selected, or nothing any more."""
        self._selected = selection
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, what is selected of it marked."""
        strip = super().render_line(y)
        if self._selected is None:
            return strip
        return marked(
            strip, self._selected.get_span(y), self.screen.get_component_rich_style("screen--selection")
        )
