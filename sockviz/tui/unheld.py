"""A check of the page that does not hold although its lines were performed as they stand: it has held when it was recorded."""

from __future__ import annotations

from sockviz.tui.by_hand import acts_by_hand, perhaps_why
from sockviz.tui.reading import Reading
from sockviz.tui.view import Mode


def is_unheld(reading: Reading) -> bool:
    """Whether there is one on the page that is open, for which nothing that the reader has done can be the cause."""
    world, page = reading.world, reading.page
    if reading.mode is not Mode.LIVE or world.typed:
        return False
    judged = (world.expectations.get(each.line) for each in page.expectations)
    failed = next((each for each in judged if each is not None and not each.ok), None)
    return failed is not None and not perhaps_why(page, acts_by_hand(world), failed.at)
