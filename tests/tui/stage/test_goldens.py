"""What the stage looks like, at sizes that the lesson screen gives it."""

from __future__ import annotations

import pytest

from sockviz.manual.reader import shipped
from sockviz.tui.stage.errno_card import draw_errno
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.inspector import draw_inspector
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.roadmap import draw_roadmap
from sockviz.tui.stage.state_diagram import draw_states
from sockviz.tui.stage.timeline_bar import draw_timeline
from sockviz.tui.stage.wire import draw_wire
from sockviz.tui.view import Focus, Look, View
from tests.tui.stage import scripted
from tests.tui.stage.golden import beside, check

#: Moments of `scripted.listen_queue`: bound; two wait; one outside; accepted; closing; over.
MOMENTS = {"bound": 12, "full": 44, "outside": 56, "accepted": 68, "closing": 87, "over": 94}


def stage(view: View, sides: int, wire: int, height: int) -> list[str]:
    names = view.script.processes
    panels = [draw_process(view, name, sides, height) for name in names]
    return [
        *beside(draw_roadmap(view, sides * len(names) + wire, 1)),
        *beside(panels[0], draw_wire(view, wire, height), *panels[1:]),
        *beside(draw_timeline(view, sides * len(names) + wire, 1)),
    ]


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_stage_at_120_columns(moment: str) -> None:
    view = scripted.view(scripted.listen_queue(), MOMENTS[moment])
    check(f"stage-{moment}-120", stage(view, 48, 24, 24))


@pytest.mark.parametrize("moment", ["outside", "closing"])
def test_the_stage_in_small_panels(moment: str) -> None:
    view = scripted.view(scripted.listen_queue(), MOMENTS[moment])
    check(f"stage-{moment}-small", stage(view, 32, 19, 11))


def test_the_stage_in_ascii() -> None:
    view = scripted.view(scripted.listen_queue(), MOMENTS["outside"], look=Look(ascii=True, animate=False))
    lines = stage(view, 48, 24, 24)
    assert all(text.isascii() for text in lines)
    check("stage-outside-ascii", lines)


def test_what_belongs_to_a_focused_socket_stands_out() -> None:
    view = scripted.view(scripted.listen_queue(), MOMENTS["outside"], focus=Focus(inode=1003))
    check("stage-focused", stage(view, 48, 24, 24))

    def over(lines: list[Line], role: str) -> list[str]:
        return [it.text.strip(" │") for it in lines if any(role in its.split() for _, its in it.runs)]

    client = draw_process(view, "client", 48, 24)
    assert [text.split()[0] for text in over(client, "mark")] == ["▌b", "▌4", "▌"]
    assert [text.split("(")[0].strip() for text in over(client, "related")] == ["b.connect"]
    assert len(over(draw_wire(view, 24, 24), "related")) == 3  # its handshake
    assert [text for text in over(draw_process(view, "server", 48, 24), "mark") if "accept queue" in text]


def test_the_wire_where_nothing_is_captured_says_that_it_is_inferred() -> None:
    view = scripted.view(scripted.listen_queue(packets=False))
    lines = beside(draw_wire(view, 24, 24), draw_wire(view, 50, 24))
    assert "inferred" in lines[0]
    check("wire-inferred", lines)


def test_the_wire_with_more_room_has_sequence_numbers() -> None:
    check("wire-wide", beside(draw_wire(scripted.view(scripted.listen_queue()), 60, 30)))


def test_three_processes() -> None:
    view = scripted.view(scripted.forked())
    check("forked", stage(view, 40, 24, 16))


def test_a_crowd_is_counted() -> None:
    view = scripted.view(scripted.crowd(1000))
    lines = stage(view, 48, 24, 20)
    assert any("ESTABLISHED" in text and "99" in text for text in lines)
    check("crowd", lines)


@pytest.mark.parametrize("moment", ["outside", "over"])
def test_the_states(moment: str) -> None:
    view = scripted.view(scripted.listen_queue(), MOMENTS[moment])
    check(f"states-{moment}", beside(draw_states(view, 78, 22)))


def test_the_code_as_c() -> None:
    view = scripted.view(scripted.real_listen(), look=Look(language="c", animate=False))
    lines = beside(draw_process(view, "server", 60, 30))
    assert any("struct sockaddr_in" in text for text in lines)
    assert not any("perror" in text for text in lines)
    check("code-c", lines)


@pytest.mark.parametrize(
    ("name", "moment", "focus"),
    [
        ("listener", 44, Focus(inode=1001)), ("sleeping-call", 56, Focus(line=25)),
        ("orphan", 94, Focus(inode=1002)), ("packet", 94, Focus(packet=0)), ("nothing", 12, Focus()),
    ],
)  # fmt: skip
def test_the_inspector(name: str, moment: int, focus: Focus) -> None:
    view = scripted.view(scripted.listen_queue(), moment, focus=focus)
    check(f"inspector-{name}", beside(draw_inspector(view, 76)))


def test_the_errno_card() -> None:
    check("errno", beside(draw_errno(scripted.view(scripted.refused()), 60, shipped().story)))
