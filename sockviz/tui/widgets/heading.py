"""The line above programs that are watched."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from sockviz.language import _
from sockviz.tui.lettering import assemble, plain, styled


class Heading(Widget):
    """What is watched, and where; or what a person has to know now."""

    def __init__(self) -> None:
        super().__init__(id="heading")
        self._what, self._where, self._said = "", "", ""

    def show(self, what: str, where: str, said: str) -> None:
        """What there is to say: ``said`` goes before all else."""
        if (what, where, said) != (self._what, self._where, self._said):
            self._what, self._where, self._said = what, where, said
            self.refresh()

    def render(self) -> Content:
        """One line."""
        right = styled(f"● {_('LIVE')}  {self._where} ", "$quiet")
        room = max(self.size.width - right.cell_length - 2, 4)
        left = styled(self._said, "bold $accent") if self._said else styled(self._what, "bold")
        left = left.truncate(room, ellipsis=True)
        return assemble(" ", left, plain(" " * max(room - left.cell_length + 1, 1)), right)
