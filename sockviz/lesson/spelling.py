"""Which known word a misspelled one was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Words longer than this are compared by their beginning only: difflib takes quadratic time.
LONGEST_WORD = 60


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    word = word[:LONGEST_WORD]
    candidates = list(known)
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    if word.casefold() in folded:
        return folded[word.casefold()]
    found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    return found[0] if found else None
