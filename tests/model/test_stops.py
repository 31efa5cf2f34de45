from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.model.events import CaptureLost, Event, LessonEnded, PageOpened, StatementBegun
from sockviz.model.stops import stop_after, stop_before, stops
from sockviz.model.timeline import Timeline
from tests.model.runs import HEADER

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order

KINDS: dict[str, Event] = {
    "P": PageOpened(1.0, 0), "L": StatementBegun(1.0, "server", 1), ".": CaptureLost(1.0, "loopback", 1), "E": LessonEnded(1.0),
}  # fmt: skip


def run(text: str) -> list[Event]:
    return [KINDS[letter] for letter in text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("P", [1]),
        (".", [1]),
        ("P.", [2]),
        ("PL", [1, 2]),
        ("PL..", [1, 4]),
        ("P.L..L..", [2, 5, 8]),
        ("P.L..P.L.E", [2, 5, 7, 10]),
        ("L", [1]),
        ("LL", [1, 2]),
    ],
)
def test_where_stepping_rests(text: str, expected: list[int]) -> None:
    """World n is what the reader sees before event n, a line or a page, is performed; and at the end."""
    assert stops(run(text)) == expected


@given(st.text("PL.E", max_size=20))
def test_a_timeline_keeps_them_as_it_grows(text: str) -> None:
    timeline = Timeline(HEADER)
    for length, event in enumerate(run(text), start=1):
        timeline.append(event)
        assert timeline.stops == stops(run(text)[:length])


@pytest.mark.parametrize(
    ("text", "n", "before", "after"),
    [
        ("P.L..L..", 8, 5, 8), ("P.L..L..", 5, 2, 8), ("P.L..L..", 4, 2, 5), ("P.L..L..", 2, 2, 5), ("P.L..L..", 0, 2, 2),
        ("", 0, 0, 0), ("P", 1, 1, 1),
    ],
)  # fmt: skip
def test_the_stop_before_and_after(text: str, n: int, before: int, after: int) -> None:
    assert stop_before(stops(run(text)), n) == before
    assert stop_after(stops(run(text)), n) == after


@given(st.text("PL.E", max_size=20))
def test_stepping_forward_reaches_the_end_and_back_the_first(text: str) -> None:
    events, n, visited = run(text), 0, []
    resting = stops(events)
    while n < len(events):
        n = stop_after(resting, n)
        visited.append(n)
    assert visited == resting
    back = []
    while stop_before(resting, n) < n:
        n = stop_before(resting, n)
        back.append(n)
    assert back == visited[-2::-1]
