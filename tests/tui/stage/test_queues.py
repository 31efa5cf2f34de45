"""Who waits in a listener's queues, by name; and what was turned away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sockviz.model.events import Observed
from sockviz.model.sockets import State
from sockviz.tui.palette import hues
from sockviz.tui.stage.lookup import Lookup, port_of
from sockviz.tui.stage.overflow import cookies, turned_away
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.queues import (
    accept_boxes,
    accept_queue,
    is_full,
    syn_queue,
    syn_waits,
)
from sockviz.tui.view import View
from tests.tui.stage import scripted


def queue(view: View, width: int) -> list[str]:
    listener = next(iter(view.world.listeners()))
    drawn = accept_queue(view, Lookup(view.world), listener, width, hues(view.script))
    assert all(it.width <= width for it in drawn)
    return [" ".join(it.text.split()) for it in drawn]


def server(view: View, width: int = 48, height: int = 24) -> str:
    return "\n".join(it.text for it in draw_process(view, "server", width, height))


def test_the_slots_name_the_clients() -> None:
    view = scripted.view(scripted.crowded_lesson())
    assert queue(view, 60) == ["accept queue ■■ 2 of 2 full client client2"]
    assert queue(view, 30) == ["accept queue ■■ 2 of 2 full", "client client2"]
    assert queue(view, 20) == ["accept ■■ 2 of 2", "client client2"]


def test_one_process_with_several_is_told_apart_by_its_variables() -> None:
    assert queue(scripted.view(scripted.listen_queue(), 44), 60) == [
        "accept queue ■■ 2 of 2 full client a client b"
    ]


def test_who_has_left_and_who_is_no_process_of_the_lesson_is_a_port() -> None:
    script = scripted.crowded_lesson()
    rows = script.timeline.world.rows
    gone = next(row for row in rows.values() if row.state is State.ESTABLISHED and row.inode)
    foreign = scripted.row(State.ESTABLISHED, scripted.SERVER, ("127.0.0.1", 50001), cookie=77)
    script.say(Observed(script.at, "lab", (foreign,), (gone.key,)))
    said = queue(scripted.view(script), 80)[0]
    assert ":40112" in said
    assert ":50001" in said
    assert "client2" in said


def test_who_has_closed_is_named_while_the_kernel_keeps_its_end() -> None:
    script = scripted.crowded_lesson()
    theirs = next(row for row in script.timeline.world.rows.values() if row.local == (scripted.HOST, 40112))
    script.shut("client", "c")
    script.observe(replace(theirs, state=State.FIN_WAIT_2, inode=0))
    assert queue(scripted.view(script), 60) == ["accept queue ■■ 2 of 2 full client client2"]


@pytest.mark.parametrize("width", range(20, 70))
def test_names_are_never_cut(width: int) -> None:
    words = " ".join(queue(scripted.view(scripted.crowded_lesson()), width)).split()
    assert "client" in words
    assert ("client2" in words) != ("+1" in words)


def test_of_many_who_wait_as_many_are_named_as_fit() -> None:
    script = scripted.crowd(3)
    assert queue(scripted.view(script), 60) == ["accept queue ■■■□… 3 of 4097 :60000 :60001 :60002"]
    listening = next(iter(script.timeline.world.listeners()))
    more = [
        scripted.row(State.ESTABLISHED, scripted.SERVER, ("127.0.0.1", 61000 + n), cookie=500 + n)
        for n in range(4)
    ]
    script.say(Observed(script.at, "lab", (replace(listening, recv_q=7), *more)))
    assert queue(scripted.view(script), 30)[1] == ":60000 :60001 :60002 +4"


def test_what_was_turned_away_stands_under_the_queue() -> None:
    view = scripted.view(scripted.crowded_lesson())
    assert "dropped      1 SYN  ListenOverflows" in server(view)
    assert "counted in ListenOverflows" in server(view, 31)
    before = server(scripted.view(scripted.crowded_lesson(), 40))
    assert "dropped" not in before


def test_of_two_listeners_the_counter_stands_at_the_full_one() -> None:
    script = scripted.crowded_lesson()
    other = scripted.row(State.LISTEN, ("127.0.0.1", 8081), inode=1, cookie=50, queues=(0, 5))
    script.say(Observed(script.at, "lab", (other,)))
    assert server(scripted.view(script), 60).count("ListenOverflows, all listeners") == 1


def test_of_two_full_listeners_the_counter_stands_at_the_one_that_keeps_somebody_waiting() -> None:
    script = scripted.crowded_lesson()
    other = scripted.row(State.LISTEN, ("127.0.0.1", 8081), inode=1, cookie=50, queues=(1, 0))
    script.say(Observed(script.at, "lab", (other,)))
    view = scripted.view(script)
    full = [it for it in view.world.listeners() if is_full(it)]
    assert len(full) == 2
    told = {port_of(it.local): [x.text for x in turned_away(view, Lookup(view.world), it, 60)] for it in full}
    assert told == {8080: ["   dropped      1 SYN  ListenOverflows, all listeners"], 8081: []}
    (narrow,) = (turned_away(view, Lookup(view.world), it, 29) for it in full if port_of(it.local) == 8080)
    assert [x.text.strip() for x in narrow] == [
        "dropped      1 SYN", "counted in ListenOverflows", "all listeners",
    ]  # fmt: skip


def test_on_the_host_it_is_said_that_the_counter_is_everybodys() -> None:
    script = scripted.crowded_lesson()
    view = scripted.view(script)
    header = script.timeline.header
    script.timeline.header = replace(header, lab=replace(header.lab, kind="host"))
    assert "ListenOverflows, of the whole machine" in server(view, 70)


def test_somebody_in_the_syn_queue_may_have_lost_another_segment_than_a_syn() -> None:
    script = scripted.crowded_lesson()
    half = scripted.row(State.SYN_RECEIVED, scripted.SERVER, ("127.0.0.1", 50002), cookie=78)
    script.say(Observed(script.at, "lab", (half,)))
    drawn = server(scripted.view(script))
    assert "dropped      1  ListenOverflows" in drawn
    assert "SYN queue    ■ 1  :50002" in drawn


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (60, ":50002, SYN+ACK again ×3"),
        (28, ":50002 SYN+ACK again ×3"),
        (25, ":50002, no ACK"),
        (12, ":50002"),
    ],
)
def test_what_somebody_in_the_syn_queue_waits_for_is_said_in_any_room(width: int, told: str) -> None:
    script = scripted.crowded_lesson()
    half = scripted.row(State.SYN_RECEIVED, scripted.SERVER, ("127.0.0.1", 50002), cookie=78)
    script.say(Observed(script.at, "lab", (replace(half, retransmits=3),)))
    view = scripted.view(script)
    listener = next(iter(view.world.listeners()))
    assert [it.text.strip() for it in syn_waits(view, Lookup(view.world), listener, width)] == [told]


def test_only_tcp_has_a_syn_queue() -> None:
    script = scripted.real_listen()
    tcp = next(iter(script.timeline.world.listeners()))
    assert "SYN queue" in server(scripted.view(script))
    unix = replace(tcp, family="AF_UNIX", protocol="UNIX", local="door", info=None)
    script.say(Observed(script.at, "lab", (unix,), ()))
    drawn = server(scripted.view(script))
    assert "accept queue" in drawn
    assert "SYN queue" not in drawn


@pytest.mark.parametrize("width", [29, 32, 46, 60])
def test_what_waits_in_a_box_is_told_whole_and_so_is_the_fin(width: int) -> None:
    script = scripted.crowded_lesson()
    rows = [
        it for it in script.timeline.world.rows.values() if it.state is State.ESTABLISHED and not it.inode
    ]
    script.observe(*(replace(it, state=State.CLOSE_WAIT, recv_q=90 + n) for n, it in enumerate(rows)))
    view = scripted.view(script)
    listener = next(iter(view.world.listeners()))
    drawn = accept_boxes(view, Lookup(view.world), listener, width, hues(view.script))
    assert all(it.width <= width for it in drawn)
    text = "".join(it.text for it in drawn).replace("B+", "B + ")
    assert "…" not in text
    assert [f"{89 + n} B + FIN" in text for n in range(len(rows))] == [True, True]


def test_cookies_are_counted_under_the_syn_queue_that_is_full() -> None:
    script = scripted.crowded_lesson()
    listener = next(iter(script.timeline.world.listeners()))
    half = [
        scripted.row(State.SYN_RECEIVED, scripted.SERVER, ("127.0.0.1", port), cookie=port)
        for port in (50002, 50003)
    ]
    script.say(Observed(script.at, "lab", tuple(half)))
    view = scripted.view(script)

    def told(sent: int, width: int) -> list[str]:
        world = replace(view.world, counters={"TcpExt.SyncookiesSent": sent})
        return [it.text.strip() for it in cookies(replace(view, world=world), Lookup(world), listener, width)]

    assert told(3, 60) == ["SYN cookies  3  SyncookiesSent"]
    assert told(3, 29) == ["SYN cookies  3", "SyncookiesSent"]
    assert told(0, 60) == []
    assert cookies(view, Lookup(view.world), replace(listener, send_q=7), 60) == []


def test_the_brief_queue_speaks_the_readers_language(spanish: None) -> None:
    view = scripted.view(scripted.crowded_lesson())
    assert "  ■ 2 de 2" in server(view, 70, 1) + server(view, 70, 3)


def test_nobody_waits_in_the_queue_of_another_listener_at_the_same_port() -> None:
    script = scripted.crowded_lesson()
    other = scripted.row(State.LISTEN, ("127.0.0.2", 8080), inode=1, cookie=50, queues=(0, 5))
    script.say(Observed(script.at, "lab", (other,)))
    view = scripted.view(script)
    told = [
        accept_boxes(view, Lookup(view.world), it, 60, hues(view.script)) for it in view.world.listeners()
    ]
    assert sorted(map(len, told)) == [0, 2]


@pytest.mark.parametrize("width", [30, 31, 45])
def test_who_is_half_way_in_to_one_of_two_that_share_an_address_is_at_neither_for_certain(width: int) -> None:
    script = scripted.crowded_lesson()
    half = scripted.row(State.SYN_RECEIVED, scripted.SERVER, ("127.0.0.1", 50001), cookie=77)
    script.say(Observed(script.at, "lab", (half,)))

    def said() -> list[str]:
        view = scripted.view(script)
        return [
            " ".join(x.text.strip() for x in syn_queue(view, Lookup(view.world), it, width, {}))
            for it in view.world.listeners()
        ]

    assert all("all listeners" not in it for it in said())
    other = scripted.row(State.LISTEN, scripted.SERVER, inode=1, cookie=50, queues=(0, 5))
    script.say(Observed(script.at, "lab", (other,)))
    assert len(said()) == 2
    assert all("all listeners" in it for it in said())


def test_what_another_listener_turned_away_before_does_not_stand_at_this_one() -> None:
    script = scripted.crowded_lesson()
    gone = next(iter(script.timeline.world.listeners()))
    other = scripted.row(State.LISTEN, ("127.0.0.1", 8081), inode=1, cookie=50, queues=(1, 0))
    half = scripted.row(State.SYN_RECEIVED, ("127.0.0.1", 8081), ("127.0.0.1", 50002), cookie=78)
    script.say(Observed(script.at, "lab", (other, half), (gone.key,)))
    view = scripted.view(script)
    assert [*view.world.listeners()] == [other]
    assert turned_away(view, Lookup(view.world), other, 60) == []
