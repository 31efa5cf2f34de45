"""What is new moves once, as a function of the view's progress; at rest nothing does."""

from __future__ import annotations

from dataclasses import replace

from sockviz.model.sockets import State
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.wire import draw_wire
from tests.tui.stage import scripted


def text(lines: list[object]) -> str:
    return "\n".join(getattr(it, "text", "") for it in lines)


def test_segments_cross_one_after_the_other() -> None:
    script = scripted.listen_queue()

    def labels(progress: float) -> int:
        drawn = text(list(draw_wire(scripted.view(script, 31, progress=progress), 40, 20)))
        return drawn.count("SYN") + drawn.count(" ACK ")

    assert [labels(p) for p in (0.05, 0.4, 0.7, 1.0)] == [0, 1, 2, 3]


def test_the_segment_under_way_has_not_arrived() -> None:
    script = scripted.listen_queue()
    lines = draw_wire(scripted.view(script, 31, progress=0.17), 40, 20)
    moving = next(it.text for it in lines if "◀" in it.text)
    assert moving.index("◀") > 15  # it started at the client's lane, at the right


def test_a_new_connection_drops_into_its_slot() -> None:
    script = scripted.listen_queue()

    def queue(progress: float) -> str:
        lines = draw_process(scripted.view(script, 44, progress=progress), "server", 48, 16)
        return next(it.text for it in lines if "accept queue" in it.text)

    assert "■□ 1 of 2 " in queue(0.2), "who is on the way is not counted yet"
    assert "■▪ 2 of 2 full" in queue(0.7)
    assert "■■ 2 of 2 full" in queue(1.0)


def test_at_rest_the_picture_is_a_function_of_the_world_alone() -> None:
    script = scripted.listen_queue()
    for cursor in range(len(script.timeline) + 1):
        one = scripted.view(script, cursor)
        assert draw_process(one, "server", 40, 16) == draw_process(one, "server", 40, 16)
        assert "▪" not in text(list(draw_process(one, "server", 40, 16)))


def test_a_connection_goes_from_station_to_station() -> None:
    """Wire, SYN queue, accept queue, descriptor: a chip that is in one place at a time."""
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 10, "s.listen(1)")]]))
    script.page(0)
    script.start("server")
    held, peer = script.socket(3), ("127.0.0.1", 50009)
    script.hold("server", held)
    listening = scripted.row(State.LISTEN, scripted.SERVER, inode=held.inode, cookie=1, queues=(0, 1))
    half_open = scripted.row(State.SYN_RECEIVED, scripted.SERVER, peer, cookie=9)
    waiting = replace(half_open, state=State.ESTABLISHED)
    script.observe(listening)
    told = script.timeline.world

    def seen(progress: float) -> list[str]:
        """The lines with a chip on them, and where the connection is at rest."""
        view = replace(scripted.view(script, progress=progress), told=told)
        lines = [" ".join(it.text.strip("│ ").split()) for it in draw_process(view, "server", 60, 24)]
        return [it for it in lines if "▪" in it or (progress == 1 and "50009" in it)]

    script.observe(half_open)
    assert [seen(at) for at in (0.2, 0.7)] == [[], ["SYN queue ▪ 1 :50009"]]
    assert seen(1.0)[0] == "SYN queue ■ 1 :50009"

    told = script.timeline.world
    script.observe(waiting, replace(listening, recv_q=1))
    assert [seen(at) for at in (0.2, 0.7)] == [["SYN queue ▪"], ["accept queue ▪□ 1 of 2", "▪ :50009 0 B"]]
    assert seen(1.0) == [":50009 0 B"]

    told = script.timeline.world
    conn = script.socket(4)
    script.hold("server", conn)
    script.observe(replace(waiting, inode=conn.inode), listening)
    assert seen(0.2) == ["accept queue ▪□ 1 of 2"]
    assert seen(0.7) == ["4 TCP ▪ ESTABLISHED 127.0.0.1:8080 → :50009"]
    assert seen(1.0) == ["4 TCP ● ESTABLISHED 127.0.0.1:8080 → :50009"]
