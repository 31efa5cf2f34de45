"""A line of code as its author wrote it, in as many lines as a narrow pane needs: broken where it reads best, never shortened."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len

from sockviz.pattern import pattern
from sockviz.tui.stage.ink import cut, safe

#: What cannot be broken: a string, a word with its dots and opening bracket, or one other character; and the blanks after it.
_PIECE = pattern(
    r"""(?:[bru]{0,2}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|[\w.]+(?:\(\))?|.)(?:[(\[{](?![)\]}]))*[)\]},:]*\s*""",
    re.VERBOSE | re.DOTALL,
)
#: How much further the lines after the first begin, and from which room on.
_INDENTS = {0: "  ", 30: "    "}


@lru_cache(1024)
def broken(source: str, room: int) -> tuple[str, ...]:
    """`source` in as few lines of at most `room` cells as will do. They break after a comma or an opening bracket, the outermost
    first, lest an argument be torn apart; then between any two words, and where one word alone is too long, inside it: of a
    string, where it has a blank."""
    text = " ".join(safe(source.replace("\n", " ")).split())
    if cell_len(text) <= room or room <= 0:
        return (text,)
    pieces = _PIECE.findall(text)
    ways = (_filled(_groups(pieces, depth), room) for depth in range(max(_depths(pieces)) + 1))
    fitting = [lines for lines in ways if all(cell_len(each) <= room for each in lines)]
    lines = min(fitting, key=len) if fitting else _filled(pieces, room)
    return tuple(part for each in lines for part in _cut(each, room))


def _depths(pieces: list[str]) -> list[int]:
    """How many brackets are open after each of the pieces."""
    found, depth = [], 0
    for piece in pieces:
        after = piece[max(piece.rfind('"'), piece.rfind("'")) + 1 :]  # those in a string are none
        depth += sum(after.count(it) for it in "([{") - sum(after.count(it) for it in ")]}")
        found.append(max(0, depth))
    return found


def _groups(pieces: list[str], deepest: int) -> list[str]:
    """The pieces joined to what stands between two commas or brackets, where no more than `deepest` are open. Several names that
    are given a value stay together."""
    depths = _depths(pieces)
    named = next((at for at, piece in enumerate(pieces) if piece.rstrip() == "=" and not depths[at]), 0)
    several = any(piece.rstrip().endswith(",") for piece in pieces[:named])
    groups = [""]
    for at, (piece, depth) in enumerate(zip(pieces, depths, strict=True)):
        groups[-1] += piece
        ends = piece.rstrip().endswith((",", "(", "[", "{")) and depth <= deepest
        if (at == named) if several and at <= named else ends:
            groups.append("")
    return [group for group in groups if group]


def _filled(parts: list[str], room: int) -> list[str]:
    lines = [""]
    indent = max((least, text) for least, text in _INDENTS.items() if least <= room)[1]
    for part in parts:
        if lines[-1].strip() and cell_len((lines[-1] + part).rstrip()) > room:
            lines[-1] = lines[-1].rstrip()
            lines.append(indent[: max(0, room - cell_len(part.rstrip()))])  # no word is cut for an indent
        lines[-1] += part
    return [each.rstrip() for each in lines]


def _cut(text: str, room: int) -> list[str]:
    """One piece in lines: cut after a blank that is not in the first third of a line, or where its room ends."""
    lines = []
    while cell_len(text) > room:
        head = cut(text, room) or text[:1]
        head = head[: head.rfind(" ") + 1 if head.rfind(" ") * 3 >= len(head) else len(head)]
        lines.append(head)
        text = text[len(head) :]
    return [*lines, text]
