"""Which panes of a screen with a stage are in sight: all, one that is zoomed, or one at a time on a small terminal."""

from __future__ import annotations

from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from sockviz.language import _

#: Those of a lesson, left to right, by the id of the widget that fills each.
PANES = ("lesson", "stage-left", "stage-wire", "stage-right")
#: What the screen is whole at.
SMALLEST = Size(80, 24)


class Panes:
    """Shows one pane alone by a class on the screen (``-alone`` and ``-alone-ID``); the style sheet does the rest."""

    def __init__(
        self, screen: Screen[tuple[str, ...]], panes: tuple[str, ...] = PANES, key: str = "Tab"
    ) -> None:
        self._screen, self._panes, self._key = screen, panes, key
        self._alone: str | None = None
        self._small = False

    @property
    def alone(self) -> str | None:
        """The pane that is shown alone."""
        return self._alone

    def advice(self, size: Size) -> str:
        """A kind word on a terminal that is too small."""
        if not self._small:
            return ""
        return _("{size} shows one pane at a time, {key} the next; from {whole} all at once.").format(
            size=f"{size.width}×{size.height}", key=self._key, whole=f"{SMALLEST.width}×{SMALLEST.height}"
        )

    def resized(self, size: Size) -> None:
        """Takes note of the terminal's size."""
        small = size.width < SMALLEST.width or size.height < SMALLEST.height
        if small != self._small:
            self._small = small
            self._screen.set_class(small, "-small")
            self._show(self._focused() or self._panes[0] if small else None)

    def toggle(self) -> None:
        """Zooms the focused pane (the lesson where none is), or shows all again."""
        if self._small:
            self.move(1)
        else:
            self._show(None if self._alone else self._focused() or self._panes[0])

    def restore(self) -> bool:
        """Shows all again; returns whether only one was."""
        if self._small or self._alone is None:
            return False
        self._show(None)
        return True

    def move(self, step: int) -> None:
        """To the next pane: shown alone where one is, else focused."""
        if self._alone is None:
            (self._screen.focus_next if step > 0 else self._screen.focus_previous)()
            return
        here = self._panes.index(self._alone)
        self._show(self._panes[(here + step) % len(self._panes)])

    def _focused(self) -> str | None:
        node: Widget | None = self._screen.focused
        while node is not None:
            if node.id in self._panes:
                return node.id
            node = node.parent if isinstance(node.parent, Widget) else None
        return None

    def _show(self, alone: str | None) -> None:
        self._alone = alone
        self._screen.set_class(alone is not None, "-alone")
        for pane in self._panes:
            self._screen.set_class(pane == alone, f"-alone-{pane}")
        if alone is not None:
            self._screen.call_after_refresh(self._focus, alone)

    def _focus(self, pane: str) -> None:
        widget = self._screen.query_one(f"#{pane}")
        target = widget if widget.can_focus else next((c for c in widget.query("*") if c.focusable), None)
        if target is not None:
            self._screen.set_focus(target)
