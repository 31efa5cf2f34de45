"""A room's votes as bars: beside the choices of a question where there is room beside each, else below them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sockviz.tui.lettering import assemble, plain

#: The widest bar, and the narrowest that stands beside a choice (cells).
_WIDEST, _NARROWEST = 24, 6
_BAR = "█"


def with_bars(
    choices: Sequence[Sequence[Content]], counts: Sequence[int], right: int | None, edge: Content, width: int
) -> list[list[Content]]:
    """The lines of each choice, with a bar as long as its votes; the longest is of those that most are for. ``right`` is the
    choice (from 0) that the kernel's answer is."""
    figures = len(str(max(counts)))
    room = width - max(lines[-1].cell_length for lines in choices) - figures - 3
    beside = room >= _NARROWEST
    indent = edge.cell_length + 5
    longest = min(room if beside else width - indent - figures - 1, _WIDEST)
    drawn = []
    for number, (lines, count) in enumerate(zip(choices, counts, strict=True)):
        cells = max(round(longest * count / max(counts)), 1) if count else 0
        ink = "bold $success" if number == right else "bold $accent"
        bar = assemble((_BAR * cells, ink), " " * bool(cells), (f"{count}", ink))
        if beside:
            gap = width - longest - figures - 1 - lines[-1].cell_length
            drawn.append([*lines[:-1], lines[-1] + plain(" " * gap) + bar])
        else:
            drawn.append([*lines, edge + plain(" " * 5) + bar])
    return drawn
