"""Panels side by side line up; what the roadmap and the bar leave out is what matters least."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sockviz.model.call import Stage
from sockviz.model.process import Process
from sockviz.model.scripted import IN_RECV
from sockviz.model.sockets import FdEntry, State
from sockviz.model.values import SocketValue
from sockviz.player.next import Do, Next
from sockviz.tui.stage import timeline_bar
from sockviz.tui.stage.descriptors import table
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.listing import planned
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.roadmap import draw_roadmap, rows_wanted, standing
from sockviz.tui.stage.timeline_bar import draw_timeline
from tests.tui.stage import scripted


def text(lines: list[Line]) -> str:
    return "\n".join(it.text for it in lines)


@pytest.mark.parametrize("height", [10, 14, 20, 36])
def test_the_rules_of_panels_stand_on_one_line(height: int) -> None:
    script = scripted.forked()
    for cursor in range(1, len(script.timeline) + 1, 3):
        view = scripted.view(script, cursor)
        rules = [
            [y for y, it in enumerate(draw_process(view, name, 40, height)) if it.text.startswith("├")]
            for name in view.script.processes
        ]
        assert rules[0] == rules[1] == rules[2]
        assert len(rules[0]) == 1


def test_the_next_and_the_sleeping_line_stay_in_sight_however_small_the_panel() -> None:
    script = scripted.listen_queue()
    lines = draw_process(scripted.view(script, 56), "client", 40, 8)
    assert any("asleep in connect(5)" in it.text for it in lines)
    lines = draw_process(scripted.view(script, 75), "server", 40, 8)
    assert any("▸data = conn.recv(100)" in it.text for it in lines)


def test_a_waiting_line_says_for_what_it_waits() -> None:
    script = scripted.listen_queue()
    timeline = script.timeline
    view = scripted.view(script, 56)
    sleeping = view.world.processes["client"].current
    waits = Next(Do.WAIT, script.lesson.statement_at(31), sleeping)
    cut = scripted.Script(script.lesson)
    for event in timeline.events[:57]:
        cut.timeline.append(event)
    lines = draw_process(replace(scripted.view(cut), next=waits), "client", 60, 24)
    assert any("a.send" in it.text and "waits for connect" in it.text for it in lines)


def test_the_roadmap_is_in_order_of_first_use() -> None:
    script = scripted.listen_queue()
    assert planned(script.lesson) == {
        "server": ["socket", "bind", "listen", "accept", "recv", "close"],
        "client": ["socket", "connect", "send", "close"],
    }
    world = scripted.view(script, 56).world
    assert [standing(world.processes["client"], name) for name in ("socket", "connect", "send")] == [
        "done",
        "asleep",
        "to do",
    ]


def test_the_roadmap_only_counts_what_is_performed() -> None:
    assert planned(scripted.real_listen().lesson) == {"server": ["socket", "bind", "listen"]}


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_the_roadmap_keeps_the_present_call_in_sight(width: int) -> None:
    script = scripted.listen_queue()
    assert "accept" in text(draw_roadmap(scripted.view(script, 57), width, 2))
    assert "connect ◐" in text(draw_roadmap(scripted.view(script, 56), width, 2))


@pytest.mark.parametrize("width", [56, 64])
def test_the_roadmap_names_the_call_that_is_slept_in_and_else_the_last_that_was_made(width: int) -> None:
    """Also where calls that come later in it were made already."""
    script = scripted.listen_queue()
    view = scripted.view(script, 56)
    server = view.world.processes["server"]
    accept = replace(server.latest["socket"], name="accept", number=50, stage=Stage.FAILED, error="EAGAIN")
    closed = replace(server.latest["socket"], name="close", number=40)
    made = replace(server, latest={**server.latest, "recv": replace(closed, name="recv"), "close": closed})

    def road(changed: Process) -> str:
        world = replace(view.world, processes={**view.world.processes, "server": changed})
        (drawn,) = draw_roadmap(replace(view, world=world, next=Next(Do.END)), width, 1)
        return drawn.text

    assert "accept ✗" in road(replace(made, latest={**made.latest, "accept": accept}))
    asleep = replace(accept, stage=Stage.ASLEEP, error=None, number=51)
    assert "accept ◐" in road(replace(made, main=replace(made.main, calls=(asleep,))))


def test_a_roadmap_without_room_counts_what_it_does_not_name() -> None:
    view = scripted.view(scripted.listen_queue(), 68)
    steps = sum(len(names) for names in planned(view.script).values())
    for width in (60, 80, 104, 120):
        (road,) = draw_roadmap(view, width, 1)
        counted = re.findall(r"(\S+) [✓✗◐◌○]", road.text)
        assert sum(int(what) if what.isdigit() else 1 for what in counted) == steps, road.text
        assert not re.search(r"[✓✗◐◌○]{2}", road.text), "each says what it is about"
        assert "accept ✓" in road.text
        assert rows_wanted(view, width, 3) == (1 if width == 120 else 2)


def test_of_many_processes_the_roadmap_keeps_the_server_and_who_is_at_work() -> None:
    script = scripted.crowded_lesson()
    view = scripted.view(script)
    (road,) = draw_roadmap(view, 80, 1)
    assert "server" in road.text
    assert "client4  socket ○  connect ○" in road.text, "whose line is next"
    assert "+3" in road.text
    assert "…" not in road.text
    assert rows_wanted(view, 80, 4) == 3
    assert [name for name in view.script.processes if name in text(draw_roadmap(view, 80, 3))] == [
        *view.script.processes
    ]


def test_the_bar_marks_where_the_reader_is() -> None:
    script = scripted.listen_queue()
    for cursor in range(1, len(script.timeline) + 1):
        bar = draw_timeline(scripted.view(script, cursor), 120, 1)[0].text
        assert bar.count("◉") + bar.count("╸") == 1
        assert f"event {cursor} of {len(script.timeline)}" in bar


def test_lines_nobody_has_performed_follow_the_present() -> None:
    script = scripted.forked()
    cut = scripted.Script(script.lesson)
    for event in script.timeline.events[:12]:
        cut.timeline.append(event)
    assert draw_timeline(scripted.view(cut), 120, 1)[0].text.count("·") == 4


@pytest.mark.parametrize("width", range(38, 70))
def test_how_a_process_ended_is_told_before_where_it_came_from(width: int) -> None:
    title = draw_process(scripted.view(scripted.forked()), "worker", width, 10)[0].text
    assert "· exited with 3" in title
    assert "…" not in title
    assert ("forked from server" in title) is (width >= 58)


@pytest.mark.parametrize(
    ("width", "told"), [(44, "pid 4121 · killed by SIGPIPE"), (30, "killed by SIGPIPE"), (22, "SIGPIPE")]
)
def test_a_narrow_panel_tells_the_signal_that_ended_a_process(width: int, told: str) -> None:
    script = scripted.listen_queue()
    script.end("server", None, "SIGPIPE")
    drawn = draw_process(scripted.view(script), "server", width, 10)
    assert f"server · {told} " in drawn[0].text
    assert any("the kernel closed them all" in it.text for it in drawn) is (width > 28)


def test_folded_a_process_without_sockets_says_what_it_left_behind() -> None:
    view = scripted.view(scripted.listen_queue())
    client = replace(view.world.processes["client"], fds=())
    left = {key: row for key, row in view.world.rows.items() if row.state is State.TIME_WAIT}
    for rows, told in ((left, "no descriptor: 1 TIME-WAIT"), ({}, "no sockets")):
        world = replace(view.world, processes={**view.world.processes, "client": client}, rows=rows)
        (strip,) = draw_process(replace(view, world=world), "client", 60, 1)
        assert strip.text.split("  ")[1].strip() == told


def test_folded_a_sleeping_process_says_where_it_sleeps() -> None:
    script = scripted.listen_queue()
    script.enter("client", 9, "recv", SocketValue(1002, 4, "AF_INET", "SOCK_STREAM", 6), 100)
    script.sleep("client", IN_RECV)
    (strip,) = draw_process(scripted.view(script), "client", 60, 1)
    assert strip.text.strip().endswith("asleep in recvfrom(4)")


def test_with_a_line_for_each_descriptor_the_bytes_that_wait_are_told_in_it() -> None:
    view = scripted.view(scripted.listen_queue())
    (key, row), *_rest = [
        (key, row)
        for key, row in view.world.rows.items()
        if row.state is State.ESTABLISHED and view.world.owner_of(row.inode) == "client"
    ]
    for waiting, told in ((5, True), (0, False)):
        rows = {**view.world.rows, key: replace(row, recv_q=waiting)}
        lines = table(
            replace(view, world=replace(view.world, rows=rows)), view.world.processes["client"], 44, 3, {}
        )
        assert ("recv-q 5" in text(lines)) is told


def test_where_descriptors_are_counted_the_one_just_made_is_shown_beside_a_listener() -> None:
    view = scripted.view(scripted.listen_queue())
    rows = [
        scripted.row(State.LISTEN, ("127.0.0.1", 8080), inode=501, cookie=501),
        scripted.row(State.ESTABLISHED, ("127.0.0.1", 8080), ("127.0.0.1", 4002), inode=502, cookie=502),
        scripted.row(State.LISTEN, ("127.0.0.1", 8081), inode=503, cookie=503),
        scripted.row(State.ESTABLISHED, ("127.0.0.1", 8081), ("127.0.0.1", 4004), inode=504, cookie=504),
    ]
    fds = tuple(
        FdEntry(fd, f"socket:[{row.inode}]", row.inode, "TCP")
        for fd, row in zip((3, 4, 5, 6), rows, strict=True)
    )
    there = {("lab", row.key): row for row in rows}
    server = view.world.processes["server"]

    def drawn(before: tuple[FdEntry, ...]) -> str:
        worlds = [
            replace(view.world, processes={"server": replace(server, fds=each)}, rows=there)
            for each in (before, fds)
        ]
        return text(
            table(replace(view, before=worlds[0], world=worlds[1]), worlds[1].processes["server"], 44, 3, {})
        )

    assert ":4004" in drawn(fds[:3])
    assert ":4004" not in drawn(fds)
    assert drawn(fds[:3]).count("LISTEN") == drawn(fds).count("LISTEN") == 2


def test_in_lines_of_its_own_a_sentence_loses_a_reason_before_it_is_torn() -> None:
    script = scripted.listen_queue()
    view = scripted.view(script, 56)
    for width in range(40, 130):
        drawn = draw_timeline(view, width, 2)
        said = " ".join(" ".join(it.text.replace("56/94", "") for it in drawn).split())
        assert any(
            said.endswith(it) for it in ("1 time again", "sleeps …", "not been answered …", "backlog is 1) …")
        ), (
            width,
            said,
        )


def test_a_sentence_ends_after_an_item_and_never_within_brackets() -> None:
    sentence = "server: poll returns: descriptor 4 (conn): POLLIN (data: or its end), POLLOUT (room, now), POLLHUP (hung up)"
    ends = [sentence[:at] for at in timeline_bar._joints(sentence)]
    assert ends[-2:] == [sentence.partition(", POLLOUT")[0], sentence.partition(", POLLHUP")[0]]
    assert all(end.count("(") == end.count(")") for end in ends)


def test_events_lose_what_they_mean_before_one_of_them_is_left_out() -> None:
    sentence = (
        "server: poll returns: descriptor 4 (conn): POLLIN (a read gives 0 bytes: the end), POLLOUT (a send fails: EPIPE), "
        "POLLERR (an error waits (SO_ERROR tells which)), EPOLLHUP (hung up); descriptor 77: POLLNVAL (not an open descriptor)"
    )
    for width in range(76, 200, 4):
        told = timeline_bar._as_far_as_it_goes(sentence, 5, width, 2)
        assert not told.endswith("…")
        names = ("POLLIN", "POLLOUT", "POLLERR", "EPOLLHUP", "POLLNVAL")
        assert all(re.search(rf"\b{name}\b", told) for name in names)
        means = [name for name in names if f"{name} (" in told]
        assert means == list(names[: len(means)])
        assert told.count("(") == told.count(")")


@pytest.mark.parametrize("width", range(46, 140, 6))
@pytest.mark.parametrize("height", [1, 2])
def test_what_happened_is_told_to_the_end_of_a_word(width: int, height: int) -> None:
    sentence = "client: connect(5) sleeps: its SYN has not been answered: s is full (2 wait, its backlog is 1), sent again"
    told = timeline_bar._as_far_as_it_goes(sentence, 5, width, height)
    if told != sentence:
        assert told.endswith(" …")
        said = told.removesuffix(" …")
        assert sentence[len(said)] in " :,"
        assert sentence.startswith(said)
        assert said.count("(") == said.count(")")
