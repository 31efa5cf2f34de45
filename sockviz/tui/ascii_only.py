"""The last resort for terminals without Unicode: every line is spelled in ASCII, cell by cell."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from sockviz.tui.palette import ASCII, ascii_cell

#: What the palette has no need of: prose, and what Textual draws of its own.
_SPELLED = {
    **ASCII,
    **dict.fromkeys("▔▁▃▂▄▅▆▇╺╼", "-"), **dict.fromkeys("▏▕▎▍▐▊▋", "|"), **dict.fromkeys("█▓▒░•", "#"),
    "✔": "+", "✘": "x", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "≤": "<", "≥": ">", "↵": "<",
    "\u00a0": " ",
}  # fmt: skip


def spelled(text: str) -> str:
    """`text` in ASCII, every cell kept."""
    return text if text.isascii() else "".join(map(_cell, text))


def _cell(character: str) -> str:
    return _SPELLED.get(character) or ascii_cell(character)


class AsciiOnly(LineFilter):
    """Spells every line in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  # the interface's
        """The same cells, styles kept."""
        return [Segment(spelled(text), style, control) for text, style, control in segments]
