"""The line above programs that are watched."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from sockviz.tui.lettering import assemble, plain, styled
from sockviz.tui.view import Mode
from sockviz.tui.widgets.title import badge


class Heading(Widget):
    """What is watched, and where; or what a person has to know now."""

    def __init__(self) -> None:
        super().__init__(id="heading")
        self._what, self._where, self._said, self._mode = "", "", "", Mode.LIVE

    def show(self, what: str, where: str, said: str, mode: Mode) -> None:
        """What there is to say: ``said`` goes before all else. It has two lines where it needs them."""
        if (what, where, said, mode) != (self._what, self._where, self._said, self._mode):
            self._what, self._where, self._said, self._mode = what, where, said, mode
            self.refresh()

    def render(self) -> Content:
        """One line."""
        right = assemble(badge(self._mode), ("  " + self._where + " ", "$quiet"))
        room = max(self.size.width - right.cell_length - 2, 4)
        left = styled(self._said, "bold $accent") if self._said else styled(self._what, "bold")
        left = left.truncate(room, ellipsis=True)
        return assemble(" ", left, plain(" " * max(room - left.cell_length + 1, 1)), right)
