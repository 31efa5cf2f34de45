"""What a run's first steps need and its first page does not: imported right after that is there, before a key is pressed."""

from __future__ import annotations

import importlib

#: Whoever uses one of these imports it there.
_NEEDED = (
    "sockviz.tui.stage.descriptors",
    "sockviz.tui.stage.diagram",
    "sockviz.tui.stage.outcomes",
    "sockviz.lesson.judge",
    "sockviz.tui.story",
    "sockviz.words.narration",
    "sockviz.words.call_sentences",
    "sockviz.words.sleeping",
    "sockviz.calls.in_c",
)


def import_ahead() -> None:
    """Imports them, where that has not been done yet."""
    for name in _NEEDED:
        importlib.import_module(name)
