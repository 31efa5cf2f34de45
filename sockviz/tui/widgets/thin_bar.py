"""A scroll bar that is drawn with characters, thin and calm: seen in every theme, without colours too."""

from __future__ import annotations

from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBarRender

_THUMB = "┃"


class ThinBar(ScrollBarRender):
    """The vertical bar as a heavy line on nothing; the horizontal one as Textual draws it."""

    @classmethod
    def render_bar(
        cls, size: int = 25, virtual_size: float = 50, window_size: float = 20, position: float = 0, thickness: int = 1,
        vertical: bool = True, back_color: Color = Color.parse("#555555"),  # noqa: B008  # as the method it replaces
        bar_color: Color = Color.parse("bright_magenta"),  # noqa: B008
    ) -> Segments:  # fmt: skip
        """``size`` cells of which the thumb takes as large a part as the window does of the whole."""
        if not vertical or thickness != 1:
            return super().render_bar(
                size, virtual_size, window_size, position, thickness, vertical, back_color, bar_color
            )
        first, last = 0, -1
        if size and 0 < window_size < virtual_size:
            length = max(1, round(size * window_size / virtual_size))
            first = round((size - length) * position / (virtual_size - window_size))
            last = first + length - 1
        empty, thumb = Style(bgcolor=back_color), Style(color=bar_color, bgcolor=back_color)
        # Textual finds out by these what a press of the mouse means.
        above, below, grab = ({"@mouse.down": word} for word in ("scroll_up", "scroll_down", "grab"))
        cells = [
            Segment(_THUMB, thumb + Style(meta=grab))
            if first <= y <= last
            else Segment(" ", empty + Style(meta=above if y < first else below))
            for y in range(int(size))
        ]
        return Segments(cells, new_lines=True)
