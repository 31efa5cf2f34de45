"""What stands on an arrow that has little room is a name still, never a part of one."""

from __future__ import annotations

import pytest

from sockviz.tui.stage.crossings import Crossing

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
