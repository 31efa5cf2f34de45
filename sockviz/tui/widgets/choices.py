"""A list to choose from, in a window of any size."""

from __future__ import annotations

from textual.widgets import OptionList


class Choices(OptionList):
    """Textual's list; where it has no room for a line there is no page to move by, and Textual's looks for a line."""

    def action_page_up(self) -> None:
        """A page up."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """A page down."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]
