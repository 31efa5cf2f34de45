"""The wire with many parties, with none, and folded into a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sockviz.model.hindsight import TurnedAway
from sockviz.model.link import LinkState
from sockviz.model.log import Log
from sockviz.model.meaning import Meaning, Role
from sockviz.model.segments import Fragment
from sockviz.model.traffic import Traffic
from sockviz.tui.messages import PointMoved
from sockviz.tui.stage import diagram, wire_strip
from sockviz.tui.stage.arrows import shaft
from sockviz.tui.stage.crossings import Crossing, Fate, crossings, folded
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.wire import WirePanel, draw_wire
from sockviz.tui.view import Focus, Look, View
from sockviz.words.meanings import instead_of_ack, mark
from tests.tui.stage import scripted


def test_where_lanes_are_shared_each_party_is_named_once_before_its_segments() -> None:
    lines = [it.text for it in draw_wire(scripted.view(scripted.crowded_lesson()), 22, 30)]
    names = [text.strip("│ ") for text in lines[1:] if "client" in text]
    assert names[0].split() == ["server", "client"]
    assert names[1:] == ["client2", "client3"]
    drawn = "\n".join(lines)
    assert drawn.count("SYN+ACK") == 2, "labels are whole"


def test_where_lanes_are_shared_the_kernel_stands_at_the_servers_side() -> None:
    """A refused client's SYN goes away from it, and the RST comes back."""
    script = scripted.crowded_lesson()
    client, nobody = ("127.0.0.1", 40199), ("127.0.0.1", 8081)
    script.segment("client2", "kernel", client, nobody, "SYN")
    script.segment("kernel", "client2", nobody, client, "RST", "ACK")
    script.segment("server", "kernel", nobody, client, "SYN")
    script.observe()
    lines = [it.text.strip("│") for it in draw_wire(scripted.view(script), 22, 30)]
    last = max(n for n, text in enumerate(lines) if "RST" in text)
    assert lines[last - 2].split() == ["kernel", "client2"]
    assert "◀" in lines[last - 1], "the SYN"
    assert "▶" in lines[last], "the RST"
    assert lines[last + 1].split() == ["server", "kernel"]
    assert "▶" in lines[last + 2]
    (strip,) = draw_wire(scripted.view(script), 200, 1)
    assert "client2 ▲ SYN  kernel ▼ RST+ACK  ▼ SYN" in strip.text


def test_the_newest_segments_party_is_named_when_the_oldest_are_out_of_sight() -> None:
    lines = [it.text for it in draw_wire(scripted.view(scripted.crowded_lesson()), 22, 5)]
    assert "client3" in "\n".join(lines)
    assert "SYN" in lines[-2]


def test_of_all_that_has_crossed_no_more_arrows_are_drawn_than_are_in_sight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Crossing] = []

    def arrow(view: View, it: Crossing, *rest: Any) -> Line:
        drawn.append(it)
        return _arrow(view, it, *rest)

    _arrow = diagram._arrow
    monkeypatch.setattr(diagram, "_arrow", arrow)
    view = scripted.view(scripted.crowded_lesson())
    assert view.crossed > 5
    lines = draw_wire(view, 22, 7)
    in_sight = sum(it.focus is not None for it in lines)
    assert 0 < len(drawn) == in_sight < 5
    first = replace(view, focus=Focus(packet=0))
    assert any(it.focus == first.focus for it in draw_wire(first, 22, 7)), "what is pointed at is in sight"


@pytest.mark.parametrize("width", [12, 16, 20, 21, 22, 30])
@pytest.mark.parametrize("packets", [True, False])
def test_that_nothing_has_crossed_is_said_whole(width: int, packets: bool) -> None:
    view = scripted.view(scripted.listen_queue(packets), 12)
    said = " ".join(" ".join(it.text.strip(" │╭╮╰╯─") for it in draw_wire(view, width, 20)).split())
    assert "…" not in said
    wanted = "nothing has crossed yet" if packets else "nothing has left a trace yet"
    if width >= 14:
        assert wanted in said


def test_folded_it_is_steps_between_the_server_above_and_the_clients_below() -> None:
    view = scripted.view(scripted.crowded_lesson())
    (strip,) = draw_wire(view, 100, 1)
    assert "client2 ▲ SYN  ▼ SYN+ACK  ▲ ACK  client3 ✗ SYN" in strip.text  # the queue was full
    assert strip.focus == Focus(packet=len(view.world.packets) - 1)
    (narrow,) = draw_wire(view, 46, 1)
    assert narrow.text.startswith(" wire  … ")
    assert narrow.text.rstrip().endswith("client3 ✗ SYN")


def test_folded_it_says_whether_it_was_captured() -> None:
    (strip,) = draw_wire(scripted.view(scripted.listen_queue(packets=False)), 80, 1)
    assert "wire (inferred)" in strip.text
    assert "△" in strip.text
    (plain,) = draw_wire(scripted.view(scripted.listen_queue(), look=Look(ascii=True, animate=False)), 80, 1)
    assert plain.text.isascii()
    (empty,) = draw_wire(scripted.view(scripted.listen_queue(), 12), 46, 1)
    assert "nothing has crossed yet" in empty.text
    (unseen,) = draw_wire(scripted.view(scripted.listen_queue(packets=False), 12), 60, 1)
    assert "nothing has left a trace yet" in unseen.text


def test_folded_it_says_what_the_link_holds_and_what_it_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    view = scripted.view(scripted.crowded_lesson())
    seen = list(crossings(view, 40))
    seen[-2] = replace(seen[-2], fate=Fate.DROPPED)
    seen[-1] = replace(seen[-1], fate=Fate.HELD, copies=3)
    monkeypatch.setattr(wire_strip, "crossings", lambda _view, newest: seen[-newest:])
    (strip,) = draw_wire(view, 120, 1)
    assert "✗ ACK dropped" in strip.text
    assert "△ SYN ×3 held" in strip.text


def test_a_wide_wire_tells_the_headers_own_numbers_beside_the_relative_ones() -> None:
    view = scripted.view(scripted.listen_queue())
    packet = view.world.packets[0].event.packet
    assert packet.tcp is not None
    wide = "\n".join(it.text for it in draw_wire(view, 120, 30))
    assert f"SYN seq 0  · seq {packet.tcp.seq} win {packet.tcp.window}" in wide
    assert " win " not in "\n".join(it.text for it in draw_wire(view, 60, 30))


def test_what_the_link_let_through_twice_says_so() -> None:
    view = scripted.view(scripted.crowded_lesson())
    last = len(view.world.packets) - 1
    world = replace(view.world, link=LinkState(doubled=Log((last,))))
    *others, doubled = crossings(replace(view, world=world), 40)
    assert (doubled.number, doubled.copies) == (last, 2)
    assert {it.copies for it in others} == {1}
    assert "×2" in doubled.labels(with_numbers=False)[0]


def with_last(traffic: dict[str, object]) -> View:
    """The last packet, an ACK of client3, with what is known of it."""
    view = scripted.view(scripted.crowded_lesson())
    last = len(view.world.packets) - 1
    assert last in view.world.traffic.turned_away
    known = Traffic(**{name: {last: what} for name, what in traffic.items()})  # type: ignore[arg-type]
    return replace(view, world=replace(view.world, traffic=known))


@pytest.mark.parametrize("role", Role)
def test_what_a_packet_is_stands_on_its_arrow_in_a_word_or_a_sign(role: Role) -> None:
    view = with_last({"meanings": Meaning(role)})
    *_, it = crossings(view, 40)
    fullest, *_others = it.labels(with_numbers=False)
    assert fullest == f"SYN {it.mark}".rstrip()
    assert it.labels(with_numbers=False)[2] == f"SYN {it.sign}".rstrip()
    if role in (Role.ANSWERING_RST, Role.ABORTING_RST):
        return  # nobody takes a RST for anything else
    assert it.mark in "\n".join(line.text for line in draw_wire(view, 60, 30))
    (strip,) = draw_wire(view, 46, 1)
    assert strip.text.rstrip().endswith(f"SYN {it.sign}")


def test_what_was_not_let_in_ends_in_a_cross_at_its_receiver() -> None:
    view = with_last({"turned_away": TurnedAway("TcpExt.ListenOverflows", 1, (12,))})
    drawn = [line.text for line in draw_wire(view, 60, 30)]
    (arrow,) = (text for text in drawn if "not let in" in text)
    assert "SYN seq 0 · not let in" in arrow
    assert "✗" in arrow
    assert not {"◀", "▶"} & set(arrow)
    (strip,) = draw_wire(view, 80, 1)
    assert strip.text.rstrip().endswith("✗ SYN")


def test_where_it_may_have_been_another_the_arrow_arrives_and_says_perhaps() -> None:
    view = with_last({"turned_away": TurnedAway("drops", 1, (11, 12))})
    drawn = [line.text for line in draw_wire(view, 60, 30)]
    (arrow,) = (text for text in drawn if "perhaps not let in" in text)
    assert {"◀", "▶"} & set(arrow)


def test_fragments_say_where_they_belong() -> None:
    view = scripted.view(scripted.crowded_lesson())
    seen = view.world.packets[len(view.world.packets) - 1]
    packet = replace(seen.event.packet, tcp=None, protocol="UDP", fragment=Fragment(0x4F21, 1480, 1480, True))
    packets = view.world.packets.append(
        replace(seen, number=seen.number + 1, event=replace(seen.event, packet=packet))
    )
    view = replace(view, world=replace(view.world, packets=packets))
    *_, it = crossings(view, 40)
    assert it.label == "fragment @1480 #4f21"
    assert "frag @1480" in "\n".join(line.text for line in draw_wire(view, 20, 30))


@pytest.mark.parametrize(
    ("role", "on_an_arrow", "folded"),
    [
        (Role.WINDOW_PROBE, "window probe", "window probe"), (Role.KEEPALIVE, "keepalive", "keepalive"),
        (Role.PROBE_ANSWER, "answer", "probe's answer"), (Role.DUPLICATE_ACK, "dup ACK", "duplicate ACK"),
        (Role.WINDOW_UPDATE, "window", "window update"),
    ],
)  # fmt: skip
def test_what_an_acknowledgement_is_can_be_read_at_120_and_at_80_columns(
    role: Role, on_an_arrow: str, folded: str
) -> None:
    """There an arrow has room for twelve letters, and a folded wire for a few of them."""
    view = scripted.view(scripted.crowded_lesson())
    number = max(seen.number for seen in view.world.packets if seen.event.packet.label == "ACK")
    known = Traffic(meanings={number: Meaning(role)})
    view = replace(view, world=replace(view.world, traffic=known))
    assert on_an_arrow in "\n".join(line.text for line in draw_wire(view, 20, 30))
    (strip,) = draw_wire(view, 46, 1)
    assert folded in strip.text


@pytest.mark.parametrize(
    ("label", "role", "copies", "drawn"),
    [
        ("FIN+ACK", Role.AGAIN, 7, "FIN+ACK ↻ ×7"), ("SYN+ACK", None, 19, "SYN+ACK ×19"), ("PSH+ACK", None, 1, "PSH+ACK"),
        ("ACK", Role.DUPLICATE_ACK, 2, "dup ACK ×2"), ("SYN", Role.AGAIN, 3, "SYN ↻ ×3"),
        ("SYN+ACK", Role.AGAIN, 19, "SYN+ACK ↻×19"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rightwards", [True, False])
def test_what_is_held_is_named_whole_where_an_arrow_has_fourteen_cells(
    label: str, role: Role | None, copies: int, drawn: str, rightwards: bool
) -> None:
    view = scripted.view(scripted.crowded_lesson())
    it, *_ = crossings(view, 40)
    word, sign = mark(Meaning(role)) if role is not None else ("", "")
    instead = instead_of_ack(Meaning(role)) if role is not None and label == "ACK" else ()
    held = replace(
        it, label=label, fate=Fate.HELD, copies=copies, mark=word, sign=sign, instead=instead, length=0
    )
    for acted_on in (False, True):
        text = "".join(shaft(held, 14, rightwards, 1.0, acted_on=acted_on))
        assert drawn in text
        assert len(text) == 14
        assert text.rstrip().endswith("▷") if rightwards else text.lstrip().startswith("◁")
        gone = "".join(shaft(replace(held, fate=Fate.CROSSED), 14, rightwards, 1.0))
        assert drawn in gone or "again" in gone


def test_what_was_overtaken_says_that_it_came_out_of_order() -> None:
    *_, it = crossings(with_last({"overtaken": 11}), 40)
    assert it.labels(with_numbers=False)[0] == "SYN out of order"
    assert it.labels(with_numbers=False)[2] == "SYN ↓"


def test_retransmissions_do_not_bury_the_handshake() -> None:
    """What repeats itself is told once: the first repetition, and how often."""
    script = scripted.crowded_lesson()
    outside = ("127.0.0.1", 40114)
    for _ in range(30):
        script.at += 1.0
        script.segment("client3", "server", outside, scripted.SERVER, "SYN", again=True)
    view = scripted.view(script)
    for height in (8, 14, 30):
        drawn = [it.text for it in draw_wire(view, 60, height)]
        assert sum("again" in text for text in drawn) == 1, drawn
        assert any("SYN seq 0 again ×30" in text for text in drawn), drawn
        assert height == 8 or any("SYN seq 0 ─" in text for text in drawn), "the first one stays what it was"
    assert sum("SYN+ACK" in it.text for it in draw_wire(view, 60, 30)) == 2


def test_what_answers_a_repetition_each_time_is_told_once_too() -> None:
    script = scripted.crowded_lesson()
    client = ("127.0.0.1", 40112)
    script.segment("server", "client", scripted.SERVER, client, "PSH", "ACK", length=1)
    for _ in range(5):
        script.at += 1.0
        script.segment("server", "client", scripted.SERVER, client, "PSH", "ACK", length=1, again=True)
        script.segment("client", "server", client, scripted.SERVER, "ACK")
    seen = folded(crossings(scripted.view(script), 100))
    sent = [(it.again, it.copies) for it in seen if it.label == "PSH+ACK"]
    assert sent == [(False, 1), (True, 5)]
    answers = seen[seen.index(next(it for it in seen if it.label == "PSH+ACK")) :]
    acks = [it.copies for it in answers if it.is_bare_ack]
    assert sum(acks) == 5
    assert len(acks) <= 2, "the first may be another kind of answer than those after it"


def test_what_is_sent_anew_after_a_repetition_is_an_arrow_of_its_own() -> None:
    script = scripted.crowded_lesson()
    outside = ("127.0.0.1", 40114)
    for _ in range(2):
        script.segment("client3", "server", outside, scripted.SERVER, "SYN", again=True)
    script.segment("server", "client3", scripted.SERVER, outside, "SYN", "ACK")
    script.segment("client3", "server", outside, scripted.SERVER, "ACK")
    seen = folded(crossings(scripted.view(script), 100))[-4:]
    assert [(it.label, it.copies) for it in seen] == [("SYN", 1), ("SYN", 2), ("SYN+ACK", 1), ("ACK", 1)]


def test_equal_segments_one_after_another_are_told_once_and_equal_datagrams_are_not() -> None:
    script = scripted.crowded_lesson()
    client = ("127.0.0.1", 40112)
    for _ in range(3):
        script.segment("server", "client", scripted.SERVER, client, "RST")
    seen = crossings(scripted.view(script), 100)
    assert [(it.label, it.copies) for it in folded(seen)][-2:] == [("SYN", 1), ("RST", 3)]
    datagrams = [replace(it, label="UDP", seq=None, ack=None) for it in seen[-3:]]
    assert [it.copies for it in folded(datagrams)] == [1, 1, 1]


@pytest.mark.parametrize("who", ["server", "client"])
def test_who_talks_to_itself_is_named_at_both_ends(who: str) -> None:
    """Between the lanes of two processes it would look as if it were with the other."""
    script = scripted.crowded_lesson()
    one, other = ("127.0.0.1", 40300), ("127.0.0.1", 9000)
    script.segment(who, who, one, other, "SYN")
    script.segment(who, who, other, one, "SYN", "ACK")
    view = scripted.view(script)
    for width in (22, 60, 120):
        lines = [it.text.strip("│ ") for it in draw_wire(view, width, 40)]
        last = max(n for n, text in enumerate(lines) if "SYN" in text)
        assert "▶" in lines[last]
        assert "◀" in lines[last - 1]
        names = lines[last - 2].replace("observed", "").split()
        assert names in ([who], [who, who]), lines
        assert who == "server" or len(names) == 2, "who stands at the left is named where that changes"
    (strip,) = draw_wire(view, 200, 1)
    assert f"{who} to itself ▲ SYN  ▼ SYN+ACK" in strip.text


def test_folded_whatever_the_servers_side_sends_goes_down() -> None:
    """Also where the one who answers is not the first there: a child, say, that has the listener now."""
    script = scripted.crowded_lesson()
    end = ("127.0.0.1", 40199)
    script.start("worker", "server")
    script.segment("client2", "worker", end, scripted.SERVER, "SYN")
    script.segment("worker", "client2", scripted.SERVER, end, "SYN", "ACK")
    script.segment("client2", "worker", end, scripted.SERVER, "ACK")
    (strip,) = draw_wire(scripted.view(script), 200, 1)
    assert "client2 ▲ SYN  worker ▼ SYN+ACK  client2 ▲ ACK" in strip.text


def test_pointing_at_the_wire_begins_with_the_newest_packet() -> None:
    """Also where a line of the link's stands below it."""
    points = [Focus(packet=3), Focus(packet=8), Focus(line=12)]
    lowest = WirePanel().lowest(points)
    assert PointMoved(points, -1, lowest).there(Focus()) == Focus(packet=8)
    assert PointMoved(points, -1, lowest).there(Focus(packet=8)) == Focus(packet=3)
    assert PointMoved(points, 1, lowest).there(Focus(packet=8)) == Focus(line=12)
    assert PointMoved(points, 1, lowest).there(Focus()) == Focus(packet=3)
    assert WirePanel().lowest([Focus(line=12)]) == Focus(line=12)


@pytest.mark.parametrize("rightwards", [True, False])
def test_how_much_a_segment_carries_is_told_where_it_just_fits(rightwards: bool) -> None:
    """Beside it `ACK 20000` has its number: without one a segment would seem to carry nothing."""
    it, *_ = crossings(scripted.view(scripted.crowded_lesson()), 40)
    data = replace(
        it, label="PSH+ACK", fate=Fate.CROSSED, copies=1, mark="", sign="", instead=(), length=20000
    )
    text = "".join(shaft(data, 14, rightwards, 1.0))
    assert text == ("PSH+ACK 20000▶" if rightwards else "◀PSH+ACK 20000")
    # A probe is told as one, whatever it repeats; and where it does not fit the flags come first.
    assert "probe" in "".join(shaft(replace(data, instead=("probe",)), 14, rightwards, 1.0))
    assert "PSH+ACK" in "".join(shaft(replace(data, length=2000000), 14, rightwards, 1.0))
    # So is what an acknowledgement is, before a sign for it.
    probes = replace(
        it,
        label="ACK",
        fate=Fate.CROSSED,
        copies=18,
        mark="keepalive",
        sign="?",
        instead=("keepalive",),
        length=0,
    )
    assert "keepalive ×18" in "".join(shaft(probes, 14, rightwards, 1.0))
    # Where all of it has room there is a shaft, too.
    for wide in (30, 50, 80):
        assert "──" in "".join(shaft(probes, wide, rightwards, 1.0))
        assert "──" in "".join(shaft(data, wide, rightwards, 1.0))
