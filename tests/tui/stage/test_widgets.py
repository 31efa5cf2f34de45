"""The widgets repaint what changed, say what was pointed at, and take their inks from any theme."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from sockviz.manual.reader import shipped
from sockviz.tui.messages import Clicked, PointMoved
from sockviz.tui.palette import theme_variables
from sockviz.tui.stage import ProcessPanel, Roadmap, TimelineBar, WirePanel
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.errno_card import ErrnoCard
from sockviz.tui.stage.ink import Line
from sockviz.tui.stage.inspector import InspectorView, draw_inspector
from sockviz.tui.stage.state_diagram import StateDiagram
from sockviz.tui.view import Focus, View
from tests.tui.stage import scripted

WIDGETS: list[Callable[[], Drawing]] = [
    lambda: ProcessPanel("client"), WirePanel, Roadmap, TimelineBar, StateDiagram, InspectorView,
    lambda: ErrnoCard(shipped().story),
]  # fmt: skip


class Stage(App[None]):
    """One drawing alone on the screen; keeps what it says."""

    CSS = "Screen { layout: vertical; }"

    def __init__(self, make: Callable[[], Drawing]) -> None:
        super().__init__()
        self.make = make
        self.said: list[Message] = []

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield self.make()

    @property
    def drawing(self) -> Drawing:
        return self.query_one(Drawing)

    def on_clicked(self, message: Clicked) -> None:
        self.said.append(message)

    def on_point_moved(self, message: PointMoved) -> None:
        self.said.append(message)


def on_stage(
    make: Callable[[], Drawing], test: Callable[[Stage, Pilot[None]], Coroutine[Any, Any, None]]
) -> None:
    async def go() -> None:
        app = Stage(make)
        async with app.run_test(size=(100, 30)) as pilot:
            await test(app, pilot)

    asyncio.run(go())


def screen(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("make", WIDGETS)
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "ansi-dark"])
def test_every_drawing_shows_every_moment_in_every_theme(make: Callable[[], Drawing], theme: str) -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        app.theme = theme
        script = scripted.listen_queue()
        for cursor in (0, 2, 12, 44, 56, 94):
            app.drawing.show(scripted.view(script, cursor))
            await pilot.pause()
            for y, it in enumerate(app.drawing.lines):
                strip = app.drawing.render_line(y)
                assert strip.text == it.text
                # An unstyled segment would get no background of the widget's.
                assert all(
                    segment.style is not None and segment.style.bgcolor is not None for segment in strip
                )

    on_stage(make, test)


def test_lines_are_rendered_as_textual_renders_them() -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        drawing = app.drawing
        drawing.show(scripted.view(scripted.listen_queue(), 56))
        styles: tuple[dict[str, object], ...] = (
            {}, {"tint": "red 20%"}, {"opacity": 0.5}, {"text_opacity": 0.5}, {"hatch": ("/", "red")}, {"padding": (0, 1)},
            {"outline": ("round", "red")},
        )  # fmt: skip
        for theme in ("textual-dark", "ansi-dark"):
            app.theme = theme
            for more in styles:
                drawing.styles.reset()
                for name, value in more.items():
                    setattr(drawing.styles, name, value)
                await pilot.pause()
                width, height = drawing.region.size
                for crop in (Region(0, 0, width, height), Region(1, 0, width - 2, 1)):
                    drawing._styles_cache.clear()
                    ours, theirs = drawing.render_lines(crop), Widget.render_lines(drawing, crop)
                    assert list(map(list, ours)) == list(map(list, theirs)), (theme, more)
                assert drawing._bare is not None
                assert (drawing._bare[1] is None) is bool(more)

    on_stage(lambda: ProcessPanel("client"), test)


def test_a_drawing_repaints_only_the_lines_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        script = scripted.listen_queue()
        app.drawing.show(scripted.view(script, 56))
        await pilot.pause()
        painted: list[Region] = []
        original = Widget.refresh

        def refresh(self: Widget, *regions: Region, **kinds: bool) -> Widget:
            painted.extend(regions or [Region(0, 0, 999, 999)])
            return original(self, *regions, **kinds)

        monkeypatch.setattr(Widget, "refresh", refresh)
        view = scripted.view(script, 56)
        app.drawing.show(replace(view, version=2))
        assert painted == []
        app.drawing.show(replace(view, version=3, now=view.world.at + 0.4))
        assert [region.height for region in painted] == [1]
        assert "retry in 0.6 s" in app.drawing.lines[painted[0].y].text

    on_stage(lambda: ProcessPanel("client"), test)


@pytest.mark.parametrize(("name", "counts"), [("client", True), ("server", False)])
def test_nothing_is_made_anew_when_nothing_but_time_has_passed_but_what_gets_another_width(
    name: str, counts: bool
) -> None:
    made: list[View] = []

    class Counting(ProcessPanel):
        def draw(self, view: View, width: int, height: int) -> list[Line]:
            made.append(view)
            return super().draw(view, width, height)

    async def test(app: Stage, pilot: Pilot[None]) -> None:
        view = scripted.view(scripted.listen_queue(), 56)
        app.drawing.show(view)
        await pilot.pause()
        made.clear()
        for left, anew in ((0.6, False), (0.2, False), (-0.1, counts)):
            later = replace(view, now=view.world.at + 1 - left)
            app.drawing.count_down(later)
            assert bool(made) is anew
            said = f"retry in {left} s" if left > 0 else "retry due"
            assert (said in "".join(it.text for it in app.drawing.lines)) is counts
            shown = app.drawing.lines
            app.drawing.show(later)
            assert app.drawing.lines == shown, "as if all had been made anew"
            made.clear()

    on_stage(lambda: Counting(name), test)


def test_keys_point_at_lines_then_sockets() -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        app.drawing.show(scripted.view(scripted.listen_queue(), 44))
        app.drawing.focus()
        await pilot.press("down", "up")
        down, up = app.said
        assert isinstance(down, PointMoved)
        assert isinstance(up, PointMoved)
        assert down.there(Focus()) == Focus(line=20), "the first"
        assert down.there(Focus(line=25)) == Focus(inode=1002)
        assert up.there(Focus(inode=1002)) == Focus(line=25)
        assert up.there(Focus(line=20)) == Focus(line=20), "there is none before it"
        assert up.there(Focus(packet=77)) == down.points[-1], "what is not here: the last"

    on_stage(lambda: ProcessPanel("client"), test)


def test_a_click_says_what_is_there() -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        app.drawing.show(scripted.view(scripted.listen_queue(), 44))
        await pilot.pause()
        y = next(n for n, it in enumerate(app.drawing.lines) if it.focus == Focus(packet=1))
        await pilot.click(Drawing, offset=(8, y))
        assert isinstance(app.said[-1], Clicked)
        assert app.said[-1].focus == Focus(packet=1)

    on_stage(WirePanel, test)


def test_the_drawing_that_has_the_keys_shows_it_without_colour() -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        app.drawing.show(scripted.view(scripted.listen_queue(), 44))
        await pilot.pause()
        app.screen.set_focus(None)
        await pilot.pause()
        assert "━" not in screen(app).splitlines()[0]
        app.drawing.focus()
        await pilot.pause()
        assert "━" in screen(app).splitlines()[0]

    on_stage(WirePanel, test)


def test_the_theme_can_change_the_stage_colours() -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        view: View = scripted.view(scripted.listen_queue(), 44)
        app.theme = "textual-dark"
        app.drawing.show(view)
        await pilot.pause()
        dark = app.drawing.render_line(0)
        app.theme = "textual-light"
        await pilot.pause()
        light = app.drawing.render_line(0)
        assert dark.text == light.text
        colours = {segment.style.color.name for segment in light if segment.style and segment.style.color}
        assert theme_variables(dark=False)["process-2"] in {name.lower() for name in colours}

    on_stage(lambda: ProcessPanel("client"), test)


def test_a_long_drawing_is_as_high_as_it_needs_and_grows_with_what_it_shows() -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        script = scripted.listen_queue()
        app.drawing.show(scripted.view(script, 12))
        await pilot.pause()
        before = app.drawing.size.height
        app.drawing.show(scripted.view(script, 94, focus=Focus(packet=0)))
        await pilot.pause()
        assert app.drawing.size.height == len(app.drawing.lines) > before

    on_stage(InspectorView, test)


def test_a_long_drawing_is_drawn_once_for_each_view(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def counted(view: View, width: int) -> list[Line]:
        drawn.append((view, width))
        return draw_inspector(view, width)

    async def test(app: Stage, pilot: Pilot[None]) -> None:
        script = scripted.listen_queue()
        for cursor in (12, 94):
            app.drawing.show(scripted.view(script, cursor, focus=Focus(packet=0)))
            await pilot.pause()
        assert {view.cursor for view, _ in drawn} == {12, 94}
        assert len(drawn) == len({(id(view), width) for view, width in drawn})

    monkeypatch.setattr("sockviz.tui.stage.inspector.draw_inspector", counted)
    on_stage(InspectorView, test)


def test_what_is_shown_again_does_not_tell_what_it_was_about_before() -> None:
    async def test(app: Stage, pilot: Pilot[None]) -> None:
        panel = app.query_one(VerticalScroll)
        app.drawing.show(scripted.view(scripted.crowded_lesson()))
        await pilot.pause()
        assert app.drawing.lines
        panel.display = False
        await pilot.pause()
        app.drawing.show(scripted.view(scripted.listen_queue(), 20))
        assert app.drawing.lines == [], "or its first frame would be the old one"
        panel.display = True
        await pilot.pause()
        assert app.drawing.lines

    on_stage(lambda: ProcessPanel("client"), test)
