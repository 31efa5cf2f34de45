"""What is composed of the lines that have changed is what Textual composes of all of them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sockviz.tui.dirty_lines import is_painted_at_once, painted_at_once
from sockviz.tui.stage import ProcessPanel
from tests.tui.driving import Session, in_lesson, run_async
from tests.tui.scripted import run


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_any_part_of_a_frame_is_as_textual_composes_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            await session.press("1")
            await session.perform(3)
            await session.press("i")
            width, height = size
            for region in (
                Region(0, 0, width, height), Region(3, 5, 1, 1), Region(0, height - 3, width, 2),
                Region(width // 3, 0, width // 2, height), Region(width - 30, 4, 29, 12),
            ):  # fmt: skip
                _holds(session, region)

    run_async(it())


def _holds(session: Session, region: Region) -> None:
    ours = session.lesson._compositor
    ours._dirty_regions.clear()
    ours._dirty_regions.add(region)
    update = ours.render_partial_update()
    assert update is not None
    whole = Compositor._render_chops(ours, region, lambda _: True)
    compared = 0
    for y, first, last in update.spans:
        for cut, end in pairwise(ours.cuts[y]):
            if cut < last and end > first:
                part = update.chops[y][cut]
                assert part is not None, (y, cut)
                assert list(part) == list(whole[y][cut]), (y, cut)
                compared += 1
    assert compared


def test_a_line_is_asked_of_the_widget_that_draws_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            screen = session.lesson
            await session.press("1")
            await session.perform(2)
            roadmap = screen.query_one("#roadmap")
            asked: list[tuple[Widget, Region]] = []
            rendered = Widget.render_lines

            def noted(widget: Widget, crop: Region) -> list[Strip]:
                asked.append((widget, crop))
                return rendered(widget, crop)

            monkeypatch.setattr(Widget, "render_lines", noted)
            screen._compositor._dirty_regions.clear()
            screen._compositor._dirty_regions.add(Region(4, roadmap.region.y, 10, 1))
            screen._compositor.render_partial_update()
            assert asked == [(roadmap, Region(0, 0, roadmap.region.width, 1))]

    run_async(it())


def test_what_is_painted_at_once_waits_for_no_message_but_for_a_layout(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            screen = session.lesson
            roadmap, part = screen.query_one("#roadmap"), [Region(0, 0, 4, 1)]
            assert not is_painted_at_once(roadmap, part)
            with painted_at_once(screen):
                assert is_painted_at_once(roadmap, part)
                assert roadmap in screen._dirty_widgets
            assert not screen._dirty_widgets
            screen.refresh(layout=True)
            with painted_at_once(screen):
                assert is_painted_at_once(roadmap, part)
            assert roadmap in screen._dirty_widgets
            await session.pilot.pause()
            assert not screen._dirty_widgets

    run_async(it())


def test_who_is_asked_for_its_size_before_the_screen_is_laid_out_keeps_nobody_from_drawing_anew(
    tmp_path: Path,
) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(80, 24)) as session:
            panel = session.lesson.query_one("#stage-left").query(ProcessPanel).first()
            least = panel.size.height - 2
            panel.styles.height = least
            newcomer = ProcessPanel("newcomer")
            mounting = session.lesson.query_one("#stage-right").mount(newcomer)
            assert newcomer.size.height == 0, "it is laid out already"
            await mounting
            await session.until(lambda: panel.size.height == least, "another size")
            await session.until(lambda: len(panel.lines) == least, "as many lines as it has room for")

    run_async(it())
