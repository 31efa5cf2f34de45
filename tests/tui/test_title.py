"""The title line: what a lesson has set in its lab's kernel is in sight whatever the width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sockviz.language import use
from sockviz.tui.view import Mode
from sockviz.tui.widgets import title as of_title
from sockviz.tui.widgets.title import badge, title
from tests.tui.stage import scripted


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_a_setting_of_the_lab_s_kernel_is_said(width: int) -> None:
    script = scripted.listen_queue()
    view = scripted.view(script)
    assert "=" not in title(view, width).plain
    chosen = replace(script.lesson, sysctls={"net.ipv4.tcp_abort_on_overflow": "1"})
    drawn = title(replace(view, script=chosen), width).plain
    assert "tcp_abort_on_overflow = 1" in drawn
    assert len(drawn) <= width


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.REVIEW, Mode.RECORDED])
def test_the_page_s_number_and_the_mode_are_said_whatever_else_is(language: str, mode: Mode) -> None:
    script = scripted.listen_queue()
    lesson = replace(
        script.lesson,
        title="La cola antes de accept, y quién espera en ella",
        sysctls={"net.ipv4.tcp_abort_on_overflow": "1"},
    )
    view = replace(scripted.view(script), script=lesson, mode=mode)
    use(language)
    try:
        for width in range(56, 200):
            drawn = title(view, width).plain
            assert f"{view.page.index + 1}/{len(lesson.pages)} " in drawn, (width, drawn)
            assert badge(mode).plain in drawn
            assert len(drawn) <= width
    finally:
        use("en")


def test_a_bar_of_the_pages_is_shorter_before_it_is_gone() -> None:
    script = scripted.listen_queue()
    view = scripted.view(script)
    least = min(width for width in range(30, 100) if "━" in title(view, width).plain)
    widths = [
        sum(drawn.count(it) for it in "━─") for drawn in (title(view, w).plain for w in range(least, 90))
    ]
    assert widths[0] < widths[-1]
    assert all(widths)


@pytest.mark.parametrize("height", [1, 2])
def test_what_there_is_to_do_is_said_in_full_however_long_the_problem_is(height: int) -> None:
    way_on = "Space goes on from its recording, at this page."
    for length in (1, 8, 20):
        problem = " ".join(["client could not be started"] * length)
        for width in range(len(way_on) + 8, 200):
            lines = of_title._with(problem, way_on, width, height).wrap(width)
            assert len(lines) <= height
            drawn = " ".join(line.plain.strip() for line in lines)
            assert drawn.endswith(way_on), (width, drawn)
            assert drawn.startswith("client")
            assert problem in drawn or "…" in drawn


def test_of_a_long_hint_what_there_is_to_do_is_read_to_its_end() -> None:
    hint = (
        'link.deliver("client FIN+ACK") waits for a packet, and none has come. You dropped client FIN+ACK by hand; the '
        "lesson expected the wire to be left to its own lines. r performs this page anew."
    )
    for width in (78, 98, 118):
        told = of_title._hinted(hint, width, 1).plain
        assert told.endswith(" r performs this page anew."), told
        assert told.startswith("link.deliver(")
        assert len(told) <= width
    assert of_title._hinted(hint, 118, 2).plain == hint
    assert of_title._hinted(
        "one sentence that is much too long for its line, whatever it says", 20, 1
    ).plain.startswith("one")
