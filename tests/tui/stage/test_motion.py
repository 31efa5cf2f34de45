"""What is new moves once, as a function of the view's progress; at rest nothing does."""

from __future__ import annotations

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

    assert "■□ " in queue(0.2)
    assert "■▪ " in queue(0.7)
    assert "■■ " in queue(1.0)


def test_at_rest_the_picture_is_a_function_of_the_world_alone() -> None:
    script = scripted.listen_queue()
    for cursor in range(len(script.timeline) + 1):
        one = scripted.view(script, cursor)
        assert draw_process(one, "server", 40, 16) == draw_process(one, "server", 40, 16)
        assert "▪" not in text(list(draw_process(one, "server", 40, 16)))
