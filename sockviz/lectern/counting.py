"""A room's votes as they are counted: a number for each choice of a question, one after the other. No terminal here."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from sockviz.model.limits import MOST_VOTES


class Key(Enum):
    """What a key does, beside the digits."""

    NEXT = "next"
    BEFORE = "before"
    ERASE = "erase"
    LEAVE = "leave"


class Counting:
    """``counts`` are the votes for each choice, ``at`` the choice that is being counted (from 0), ``typed`` its figure so far.
    ``over``: the last was counted, or who counts has left. What `counts` says stays until it is typed again."""

    def __init__(self, choices: int, counts: Sequence[int] = ()) -> None:
        self.counts = [*counts, *[0] * choices][:choices]
        self.at, self.typed, self.over = 0, "", False

    def digit(self, digit: str) -> None:
        """One more, where a count has room for it."""
        if digit in "0123456789" and int(self.typed + digit) <= MOST_VOTES:
            self.typed = str(int(self.typed + digit))

    def key(self, key: Key) -> bool:
        """Returns whether something was counted."""
        taken = key is Key.NEXT and bool(self.typed)
        if taken:
            self.counts[self.at] = int(self.typed)
        match key:
            case Key.ERASE:
                self.typed = self.typed[:-1]
                return False
            case Key.NEXT:
                self.at += 1
            case Key.BEFORE:
                self.at = max(self.at - 1, 0)
            case Key.LEAVE:
                self.over = True
        self.typed = ""
        self.over = self.over or self.at == len(self.counts)
        return taken


def counts_in(text: str, choices: int) -> list[int] | None:
    """The counts in a line ``12 7 0``, one for each choice; None where it is no such line."""
    words = text.split()
    fit = len(words) == choices and all(
        word.isascii() and word.isdecimal() and len(word) <= 9 for word in words
    )
    counts = list(map(int, words)) if fit else []
    return counts if counts and max(counts) <= MOST_VOTES else None
