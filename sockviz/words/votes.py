"""What a room voted, in words."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _, ngettext


def votes_text(counts: Sequence[int]) -> str:
    """``12 for 1, 7 for 2``: of each choice, by the number that it has on the page."""
    told = _("{count} for {number}")
    return ", ".join(told.format(count=count, number=number) for number, count in enumerate(counts, 1))


def tally_text(counts: Sequence[int], right: int | None) -> str:
    """How many voted, and how many of them for the choice that was `right` (from 0), where that is known."""
    every = sum(counts)
    if right is None or right >= len(counts):
        return ngettext("{count} vote", "{count} votes", every).format(count=every)
    told = ngettext("{count} of {every} vote was for it", "{count} of {every} votes were for it", every)
    return told.format(count=counts[right], every=every)
