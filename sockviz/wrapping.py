"""Text in lines for a terminal or a pipe, as `textwrap` makes them: of characters that show, and no word is broken."""

from __future__ import annotations

import textwrap

from sockviz.visible import visible


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """`text` in lines of at most `width` characters, unless a word is longer; `first` before the first, `rest` before others."""
    return textwrap.wrap(
        visible(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
