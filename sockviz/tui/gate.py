"""The screen's door: whatever a widget draws, nothing but text that can be seen reaches the driver.

Every line of every widget, Textual's own among them, passes here between being drawn and becoming bytes. The escapes that colour
it and put it in its place are made after that, from styles and regions, and never from text. Nothing need be remembered by who
writes a widget, but this: text that is made visible before it is measured (`sockviz.tui.text`) has room to be read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from sockviz.pattern import pattern
from sockviz.visible import visible

#: What follows a sign and is one with it in some terminals only: the selector of its form, the frame of a key, a tint of skin.
_PARTS = pattern("[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
_SIGN = pattern("(.?)([\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]+)")
_FRAME = "\u20e3"


class Gate(LineFilter):
    """Makes the text of every line visible, in as many cells as it took, in every terminal, and leaves no hyperlink, whose target
    is data too. What it lets through goes on through the filters ``then``: Textual makes a line anew for each that it has."""

    def __init__(self, then: Sequence[LineFilter] = ()) -> None:
        super().__init__()
        self.then = tuple(then)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, where nothing in them is hidden and no other filter changes them."""
        segments = _seen(segments)
        for each in self.then:
            segments = each.apply(segments, background)
        return segments


def _even(text: str) -> str:
    """`text` with every sign as wide in each terminal as it is thought to be here: in its first form and colour, with blanks
    behind it. A terminal that knows of no signs made of several characters adds up what these take."""
    return _SIGN.sub(_evened, text) if _PARTS.search(text) else text


def _evened(found: re.Match[str]) -> str:
    alone = found[1] + (_FRAME if _FRAME in found[2] else "")
    return alone + " " * (cell_len(found[0]) - cell_len(alone))


def _seen(segments: list[Segment]) -> list[Segment]:
    text = "".join(segment.text for segment in segments)
    clean = (text.isascii() and text.isprintable()) or _even(visible(text)) == text
    if clean and not any(segment.style and segment.style.link for segment in segments):
        return segments
    width = sum(cell_len(segment.text) for segment in segments)
    shown = [
        segment if clean else Segment(_even(visible(segment.text)), segment.style) for segment in segments
    ]
    unlinked = [
        Segment(each.text, each.style.update_link(None)) if each.style and each.style.link else each
        for each in shown
    ]
    return unlinked if clean else Segment.adjust_line_length(unlinked, width)
