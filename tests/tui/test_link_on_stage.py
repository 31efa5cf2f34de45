"""Two hosts on the stage: the link's lines are code, the wire is in the middle, which packet the keys are for is marked."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from sockviz.model.events import LinkActed, PacketCaptured
from sockviz.model.lab_facts import LabFacts
from sockviz.model.log import Log
from sockviz.model.scripted import header
from sockviz.model.segments import Packet, TcpHeader
from sockviz.model.timeline import Timeline
from sockviz.player.recorded import open_recording
from sockviz.tui.reading import Reading
from sockviz.tui.stage.crossings import Fate, chosen, coming, crossings
from sockviz.tui.stage.wire import draw_wire
from sockviz.tui.view import Focus, Look, Mode, View
from sockviz.tui.widgets.stage_area import WIRE, at_work, lines_for

HANDSHAKE = Path(__file__).resolve().parents[2] / "assets/recordings/06-handshake.jsonl"


@cache
def views() -> tuple[View, ...]:
    """The resting places of lesson 6."""
    reading = Reading(open_recording(HANDSHAKE))
    found = []
    for stop in list(reading.stops):
        reading.go(stop)
        found.append(reading.view(Look(animate=False), Focus()))
    return tuple(found)


def holding() -> list[View]:
    """Those at which the link keeps something, as if they were now: there are some."""
    found = [view for view in views() if view.world.link is not None and view.world.link.held]
    assert found
    return [replace(view, mode=Mode.LIVE) for view in found]


@pytest.mark.parametrize(("width", "height", "unframed"), [(20, 29, False), (45, 6, True), (98, 24, False)])
def test_the_links_lines_are_code(width: int, height: int, unframed: bool) -> None:
    seen = 0
    for view in views():
        here = [s for s in view.page.statements if s.process == "link" and s.line in view.world.lines]
        if not here:
            continue
        drawn = "".join(it.text for it in draw_wire(view, width, height, unframed))
        last = max(here, key=lambda s: view.world.lines[s.line].begun)
        if view.world.begun.get("link") == last.line:
            seen += 1
            assert last.source.replace(" ", "") in re.sub(r"[\s│]", "", drawn), (last.source, drawn)
    assert seen > 5


def test_which_held_packet_the_keys_are_for_is_marked() -> None:
    for view in holding():
        acted_on = chosen(view)
        assert acted_on is not None
        marked = [it for it in draw_wire(view, 60, 30) if it.text.lstrip("│").startswith("▸")]
        packets = [it for it in marked if it.focus is not None and it.focus.packet is not None]
        assert len(packets) == 1
        assert packets[0].focus is not None
        assert chosen(replace(view, focus=packets[0].focus)) == acted_on
        assert "d lets it go" in packets[0].text
        past = draw_wire(replace(view, mode=Mode.REVIEW), 60, 30)
        assert not any("d lets it go" in it.text for it in past), "in the past no key does"


@pytest.mark.parametrize("height", [1, 4, 5, 6])
def test_which_held_packet_the_keys_are_for_is_in_sight_however_much_has_come_since(height: int) -> None:
    """Of the first that is held, whatever was held, sent again and dropped after it."""
    for view in holding():
        acted_on = chosen(view)
        assert acted_on is not None
        assert view.world.link is not None
        label = view.world.packets[acted_on.packet].event.packet.label
        past = [
            replace(it, event=replace(it.event, frame=None, entry=None)) for it in view.world.packets[:1] * 12
        ]
        many = [replace(it, number=number) for number, it in enumerate((*view.world.packets, *past))]
        for world in (view.world, replace(view.world, packets=Log(many))):
            drawn = draw_wire(replace(view, world=world, before=world), 46, height, unframed=True)
            told = [it.text for it in drawn if "held" in it.text]
            assert any(label in it for it in told), (label, [it.text for it in drawn])


def test_another_one_that_is_pointed_at_is_marked_instead() -> None:
    several = [view for view in holding() if view.world.link is not None and len(view.world.link.held) > 1]
    assert several
    for view in several:
        assert view.world.link is not None
        other = view.world.link.held[-1]
        pointed = replace(view, focus=Focus(packet=other.packet))
        assert chosen(pointed) == other


@pytest.mark.parametrize(("width", "height"), [(45, 18), (57, 24)])
def test_the_wire_is_in_the_middle_and_a_diagram_at_every_size(width: int, height: int) -> None:
    names = ("server", WIRE, "client")
    for view in views():
        given = lines_for(view, names, at_work(view, 0.0), width, height, True)
        assert sum(given) <= height
        assert given[1] >= 4
        assert min(given[0], given[2]) >= 1


def test_a_zoomed_wire_has_time_and_the_states_of_both_ends() -> None:
    last = next(view for view in reversed(views()) if view.world.page == 4)
    drawn = [it.text for it in draw_wire(last, 118, 30)]
    assert "seconds" in drawn[1]
    assert drawn[1].count("observed") == 2
    (syn_ack, *_) = [text for text in reversed(drawn) if re.search(r"SYN\+ACK seq", text)]
    assert "SYN-RECEIVED" in syn_ack or "ESTABLISHED" in syn_ack
    times = [float(found[1]) for text in drawn if (found := re.search(r"^│ *(\d+\.\d{4})", text)) is not None]
    assert times == sorted(times)
    assert len(times) >= 5
    wide = [it.text for it in draw_wire(last, 150, 30)]
    assert any(re.search(r"SYN seq 0  · seq \d+ win \d+", text) for text in wide), (
        "a SYN acknowledges nothing"
    )
    assert any(re.search(r"SYN\+ACK seq 0 ack 1  · seq \d+ ack \d+ win \d+", text) for text in wide)


def test_a_copy_of_what_is_held_moves_nothing() -> None:
    """It joins the arrow that is there, whose count grows; the newest arrow is another's."""
    again = 0
    for timeline in {id(view.timeline): view.timeline for view in views()}.values():
        for number, event in enumerate(timeline.events):
            link = timeline.world_at(number).link
            if not isinstance(event, PacketCaptured) or link is None:
                continue
            told, world = timeline.world_at(number), timeline.world_at(number + 1)
            assert world.link is not None
            copies = sum(it.copies for it in world.link.held) > sum(it.copies for it in link.held)
            if copies and len(world.link.held) == len(link.held):
                again += 1
                view = replace(
                    views()[0], timeline=timeline, cursor=number + 1, world=world, told=told, progress=0.3
                )
                assert coming(view, crossings(view, 40)) == 0
                at_rest = replace(view, told=None, progress=1.0, before=told)
                assert draw_wire(view, 60, 20) == draw_wire(at_rest, 60, 20)
    assert again


@pytest.mark.usefixtures("misfits")  # entries of a link that nobody was seen to make
def test_a_copy_that_is_thrown_away_with_others_does_not_cross() -> None:
    """Not even between two of the reports that say so, where a reader may rest."""
    ends = ("10.0.0.1", 40001), ("10.0.0.2", 8080)
    tcp = TcpHeader(("SYN",), 1, 0, 512, 0, 0, ())
    timeline = Timeline(header(LabFacts("two-hosts", ("packets",), ("client", "server"))))
    for frame in (1, 2, 3):
        packet = Packet(1000.0 + frame, "AF_INET", "TCP", *ends, 0, 64, 54, tcp)
        timeline.append(
            PacketCaptured(packet.at, "client", packet, "client", "server", None, False, frame, 1)
        )
    fates = []
    for frame in (1, 2, 3):
        timeline.append(LinkActed(1004.0 + frame, "drop", frame))
        view = replace(views()[-1], world=timeline.world, before=timeline.world)
        fates.append([it.fate for it in crossings(view, 10)])
    assert fates == [[Fate.HELD], [Fate.HELD], [Fate.DROPPED]]
