"""What stands on an arrow that has little room is a name still, never a part of one."""

from __future__ import annotations

import pytest

from sockviz.tui.stage.arrows import shaft
from sockviz.tui.stage.crossings import Crossing, Fate

HERE, THERE = ("127.0.0.1", 8081), ("127.0.0.1", 40000)


@pytest.mark.parametrize(
    ("label", "length", "shortest", "never"),
    [
        ("ICMP port unreachable", 31, "ICMP", "ICM 31"),
        ("ICMP TTL used up", 28, "ICMP", "ICMP 28"),
        ("SYN+ACK", 0, "S+A", "SYN 0"),
        ("UDP", 5, "UDP", "U 5"),
    ],
)
def test_the_shortest_label(label: str, length: int, shortest: str, never: str) -> None:
    labels = Crossing(1, 0.0, "kernel", "client", HERE, THERE, label, length).labels(with_numbers=False)
    assert labels[-1] == shortest
    assert never not in labels
    if label.startswith("ICMP "):
        assert label.removeprefix("ICMP ") in labels  # what it means comes before what it is


@pytest.mark.parametrize("to_the_right", [True, False])
def test_what_is_held_is_told_whole_and_what_to_do_about_it_in_words_that_are_not_cut(
    to_the_right: bool,
) -> None:
    held = Crossing(
        1, 0.0, "a", "b", HERE, THERE, "FIN+ACK", 0, mark="again", sign="↻", fate=Fate.HELD, copies=7
    )
    drawn = "".join(shaft(held, 35, to_the_right, 1.0, acted_on=True))
    assert "FIN+ACK again ×7" in drawn
    assert "d lets it go" in drawn
    assert len(drawn) == 35
    assert "held: d lets it go" in "".join(shaft(held, 45, to_the_right, 1.0, acted_on=True))
