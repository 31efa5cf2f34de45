"""The screen's door: whatever a widget draws, nothing but text that can be seen reaches the driver.

Every line of every widget, Textual's own among them, passes here between being drawn and becoming bytes. The escapes that colour
it and put it in its place are made after that, from styles and regions, and never from text. Nothing need be remembered by who
writes a widget, but this: text that is made visible before it is measured (`sockviz.tui.text`) has room to be read.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from sockviz.visible import visible


class Gate(LineFilter):
    """Makes the text of every line visible, in as many cells as it took, and leaves no hyperlink, whose target is data too. What
    it lets through goes on through the filters ``then``: Textual makes a line anew for each filter that it knows of."""

    def __init__(self, then: Sequence[LineFilter] = ()) -> None:
        super().__init__()
        self.then = tuple(then)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, where nothing in them is hidden and no other filter changes them."""
        segments = _seen(segments)
        for each in self.then:
            segments = each.apply(segments, background)
        return segments


def _seen(segments: list[Segment]) -> list[Segment]:
    text = "".join(segment.text for segment in segments)
    clean = (text.isascii() and text.isprintable()) or visible(text) == text
    if clean and not any(segment.style and segment.style.link for segment in segments):
        return segments
    width = sum(cell_len(segment.text) for segment in segments)
    shown = [segment if clean else Segment(visible(segment.text), segment.style) for segment in segments]
    unlinked = [
        Segment(each.text, each.style.update_link(None)) if each.style and each.style.link else each
        for each in shown
    ]
    return unlinked if clean else Segment.adjust_line_length(unlinked, width)
