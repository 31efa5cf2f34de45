"""The window of a segment is told in bytes where the two SYNs say how it is scaled, and else as it stands in the header."""

from __future__ import annotations

import pytest

from sockviz.model.scripted import Scripted

CLIENT, SERVER = ("127.0.0.1", 40001), ("127.0.0.1", 8080)
HEADER = 65535  # what the scripted header says


@pytest.mark.parametrize(
    ("syn", "answer", "told"),
    [
        ("7", "9", (HEADER << 7, 7)),  # each side's by its own SYN
        ("7", None, (HEADER, 0)),  # one without the option: neither scales
        (None, None, (HEADER, 0)),
    ],
)
def test_both_syns_decide(syn: str | None, answer: str | None, told: tuple[int, int]) -> None:
    run = Scripted()
    run.segment("client", "server", CLIENT, SERVER, "SYN", options=[("wscale", syn)] if syn else ())
    run.segment(
        "server", "client", SERVER, CLIENT, "SYN", "ACK", options=[("wscale", answer)] if answer else ()
    )
    run.segment("client", "server", CLIENT, SERVER, "ACK")
    world = run.timeline.world
    assert [world.traffic.window(seen.event) for seen in world.packets] == [(HEADER, 0), (HEADER, 0), told]


def test_of_a_connection_that_began_before_nothing_is_made_up() -> None:
    run = Scripted()
    run.segment("client", "server", CLIENT, SERVER, "ACK", length=3)
    world = run.timeline.world
    assert world.traffic.window(world.packets[0].event) is None
