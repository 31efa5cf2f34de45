"""Whatever the lesson, the moment and the size: a drawing fills its size exactly, and never fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.manual.reader import shipped
from sockviz.model.events import CallReturned, PacketCaptured, StatementFinished
from sockviz.model.sockets import FdEntry, State, Timer
from sockviz.model.values import SocketValue
from sockviz.tui.palette import INKS
from sockviz.tui.stage.errno_card import draw_errno
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.inspector import draw_inspector
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.roadmap import draw_roadmap
from sockviz.tui.stage.state_diagram import draw_states
from sockviz.tui.stage.timeline_bar import draw_timeline
from sockviz.tui.stage.wire import draw_wire
from sockviz.tui.view import Focus, Look, View
from sockviz.visible import visible
from tests.tui.stage import scripted
from tests.tui.stage.scripted import Script

SCRIPTS: dict[str, Callable[[], Script]] = {
    "listen queue": scripted.listen_queue,
    "inferred": lambda: scripted.listen_queue(packets=False),
    "refused": scripted.refused,
    "forked": scripted.forked,
    "crowd": lambda: scripted.crowd(40),
    "c": scripted.real_listen,
}


@cache
def script(name: str) -> Script:
    return SCRIPTS[name]()


def draw_all(view: View, width: int, height: int) -> list[list[Line]]:
    drawings = [draw_process(view, name, width, height) for name in (*view.script.processes, "nobody")]
    drawings += [
        drawn(view, width, height) for drawn in (draw_wire, draw_roadmap, draw_timeline, draw_states)
    ]
    for lines in drawings:
        assert len(lines) == height
    return [*drawings, draw_inspector(view, width), draw_errno(view, width, shipped().story)]


def fills(view: View, width: int, height: int) -> None:
    for lines in draw_all(view, width, height):
        for it in lines:
            assert it.width == width, (it.text, width)
            assert visible(it.text) == it.text
            assert all(role in INKS for _, roles in it.runs for role in roles.split())
            if view.look.ascii:
                assert it.text.isascii()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_every_moment_fills_every_size(data: st.DataObject) -> None:
    it = script(data.draw(st.sampled_from(sorted(SCRIPTS))))
    cursor = data.draw(st.integers(0, len(it.timeline)))
    width, height = data.draw(st.integers(10, 200)), data.draw(st.integers(3, 50))
    look = Look(
        ascii=data.draw(st.booleans()), animate=False, language=data.draw(st.sampled_from(["python", "c"]))
    )
    focus = data.draw(
        st.builds(Focus, inode=st.integers(1001, 1006)) | st.builds(Focus, line=st.integers(1, 40))
        | st.builds(Focus, packet=st.integers(0, 20)) | st.just(Focus())
    )  # fmt: skip
    progress = data.draw(st.floats(0, 1))
    fills(scripted.view(it, cursor, look=look, focus=focus, progress=progress), width, height)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("height", [1, 2, 3])
def test_even_sizes_that_nobody_can_read(width: int, height: int) -> None:
    for name in SCRIPTS:
        fills(scripted.view(script(name)), width, height)


HOSTILE = [
    "[bold red]x[/]", "[SYN] seq=0", "$primary", "[@click=app.quit]x[/]", "a\nb\r\x1b[31mred\x07\x00", "日本語" * 40,
    "x" * 300, "\u202egnp.exe", "e\u0301\u0301\u0301", "👩\u200d👩\u200d👧", "\udc80", "\t\t", "",
]  # fmt: skip


def hostile_script(text: str) -> Script:
    """Names, values, messages and addresses that want to break out of their place."""
    its = scripted.lesson(
        [
            [
                scripted.statement("server", 5, f"s = {text or 'x'}()"),
                scripted.statement("server", 6, f"s.f({text!r})"),
            ]
        ]
    )
    it = Script(its)
    it.page(0)
    it.start("server")
    s = it.socket(3)
    it.do("server", 5, "socket", text, value=s, bound={"s": s})
    it.enter("server", 6, "send", s, text)
    it.say(CallReturned(it.at, "server", 2, None, "EPIPE", 32, text))
    it.fds["server"][4] = FdEntry(4, text, 77, text)
    raw = text.encode("utf-8", "replace")
    path = scripted.row(
        State.ESTABLISHED, text, raw, inode=s.inode, queues=(1, 1), timer=Timer.PERSIST, expires=it.at + 1
    )
    path = replace(path, family="AF_UNIX", protocol="UNIX", interface=text, raw=raw * 9)
    it.observe(path, counters={text: 1})
    it.handshake(("127.0.0.1", 40000), who=text)
    it.say(StatementFinished(it.at, "server", 6, error=text, message=text))
    it.do("server", 6, "send", s, text, value=text)
    packet = it.timeline.world.packets[0].event
    it.say(replace(packet, packet=replace(packet.packet, source=(text, 1), raw=b"\x1b[2J" * 40)))
    it.do("server", 6, "recv", s, value=(SocketValue(9, 9, text, text, 0), text))
    return it


@pytest.mark.parametrize("text", HOSTILE)
def test_data_is_never_markup_nor_moves_the_cursor(text: str) -> None:
    it = hostile_script(text)
    assert any(isinstance(event, PacketCaptured) for event in it.timeline.events)
    for cursor in range(len(it.timeline) + 1):
        fills(scripted.view(it, cursor, focus=Focus(inode=1001)), 61, 20)
    fills(scripted.view(it, focus=Focus(packet=3)), 40, 12)
    fills(scripted.view(it, focus=Focus(line=6), look=Look(ascii=True)), 90, 12)


def test_brackets_arrive_as_they_are() -> None:
    lines = draw_process(scripted.view(scripted.listen_queue()), "client", 60, 20)
    assert any('a.send(b"[SYN] seq=0")' in it.text for it in lines)
