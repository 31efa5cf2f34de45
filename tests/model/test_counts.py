"""Counts are one object each, whoever asks first."""

from __future__ import annotations

import threading

from sockviz.model import counts


def test_who_counts_the_same_has_the_same_object() -> None:
    assert counts.count(70_000) is counts.count(70_000)


def test_whoever_counts_meanwhile_every_number_is_itself() -> None:
    meeting = threading.Barrier(4, timeout=30)
    wrong: list[int] = []

    def ask() -> None:
        meeting.wait()
        wrong.extend(number for number in range(80_000, 120_000) if counts.count(number) != number)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert not wrong
    assert [*range(len(counts._counts))] == counts._counts
