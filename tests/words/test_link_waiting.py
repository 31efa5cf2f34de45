"""What a line of the link says that waits."""

from __future__ import annotations

from dataclasses import replace

from sockviz.model.link import Flight, LinkState
from sockviz.words.link_waiting import kept, waits_for_a_packet
from tests.tui.stage import scripted

LINE = 'link.deliver("client fragment")'


def test_it_says_what_is_there_instead() -> None:
    world = scripted.crowded_lesson().timeline.world
    of_client = Flight(1, 0, (1, 2), 0.0)
    assert world.packets[0].text == "client SYN"

    def with_held(*held: Flight) -> str:
        return waits_for_a_packet(LINE, "client fragment", replace(world, link=LinkState(("client",), held)))

    assert kept(world) == "", "there is no link here"
    assert with_held() == f"{LINE} waits for a packet, and none has come."
    assert with_held(of_client, replace(of_client, entry=2)) == (
        f"{LINE} waits for client fragment, and what the link keeps is another: client SYN."
    )
    with_its_datagram = with_held(replace(of_client, later=(2,)))
    assert with_its_datagram.endswith(
        "Later fragments go with their datagram until its first one has passed."
    )
