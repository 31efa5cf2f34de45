"""Text selected with the mouse, in any pane, is what is seen; and the command by hand is copied by a key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset
from textual.selection import SELECT_ALL, Selection
from textual.widget import Widget

from sockviz.tui import look
from sockviz.tui.screens.help import HelpScreen
from sockviz.tui.screens.home import HomeScreen
from sockviz.tui.selecting import character, selected
from sockviz.tui.stage import ProcessPanel
from sockviz.tui.view import Focus
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.overlay import OverlayKind
from tests.tui.driving import Session, at_home, in_lesson, run_async
from tests.tui.scripted import run

FRAMED = ["╭ server ─────╮", "│ s = socket()│", "│   → 3       │", "╰─────────────╯"]


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        (SELECT_ALL, "server\ns = socket()\n  → 3\n"),
        (Selection(Offset(2, 1), Offset(3, 1)), "s"),
        (Selection(Offset(6, 1), Offset(7, 2)), "socket()\n  → 3"),
        (Selection(Offset(0, 1), Offset(2, 1)), ""),
        (Selection(Offset(6, 1), None), "socket()\n  → 3\n"),
        (Selection(None, Offset(7, 1)), "server\ns = s"),
    ],
)
def test_a_frame_is_not_copied(selection: Selection, text: str) -> None:
    assert selected(FRAMED, selection) == text


def test_what_has_no_frame_is_copied_whole() -> None:
    lines = ["client │ server", "  ─── SYN ──▶  "]
    assert selected(lines, SELECT_ALL) == "client │ server\n  ─── SYN ──▶"


def test_a_character_is_found_by_its_cell() -> None:
    assert character(["a日本b"], 0, 0) == Offset(0, 0)
    assert character(["a日本b"], 1, 0) == character(["a日本b"], 2, 0) == Offset(1, 0)
    assert character(["a日本b"], 5, 0) == Offset(3, 0)
    assert character(["ab"], 40, 0) == Offset(2, 0)
    assert character(["ab"], 0, 1) is None


async def _dragged(session: Session, words: str, last: str) -> str | None:
    """What is selected by the mouse from the beginning of `words` to the end of `last`, both on the screen."""
    lines = session.text.splitlines()
    first = next((line.index(words), y) for y, line in enumerate(lines) if words in line)
    end = next((line.index(last) + len(last) - 1, y) for y, line in enumerate(lines) if last in line)
    await session.pilot.mouse_down(offset=first)
    await session.pilot.hover(offset=end)
    await session.pilot.mouse_up(offset=end)
    await session.pilot.pause()
    return session.app.screen.get_selected_text()


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_from_every_pane_what_is_seen_is_copied(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            await session.press("1")
            await session.perform(3)
            await session.press("home", "end")
            everywhere = ("LISTEN", "The listen queue", "space next")
            for words in (*(("s.listen(1)", "makes a socket") if size[0] > 80 else ()), *everywhere):
                assert await _dragged(session, words, words) == words
            focus = session.lesson.picture.focus
            await session.press("ctrl+c")
            assert session.app.clipboard == "space next"
            assert session.lesson.picture.focus == focus, "who selects has not clicked"
            await session.press("escape")
            assert session.app.screen.get_selected_text() is None
            assert not session.panels

    run_async(it())


@pytest.mark.parametrize("column", [75, 110])
def test_who_goes_past_the_edge_of_a_pane_has_what_is_in_that_pane(tmp_path: Path, column: int) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(120, 36)) as session:
            await session.press("1")
            await session.perform(3)
            await session.press("home", "end")
            lines = session.text.splitlines()
            x, y = next(
                (line.index("s.listen(1)"), y) for y, line in enumerate(lines) if "s.listen(1)" in line
            )
            whole = lines[y][x : lines[y].index("│", x)].rstrip()
            assert x + len(whole) < column
            await session.pilot.mouse_down(offset=(x, y))
            await session.pilot.hover(offset=(column, y))
            await session.pilot.mouse_up(offset=(column, y))
            await session.pilot.pause()
            assert session.app.screen.get_selected_text() == whole
            assert await _dragged(session, "The listen queue", "The listen queue") == "The listen queue", (
                "elsewhere again"
            )

    run_async(it())


def test_who_takes_hold_of_a_border_has_what_is_beside_it(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(120, 36)) as session:
            await session.press("1")
            pane = session.lesson.query_one(LessonPane).region
            shown = session.text.splitlines()[pane.y + 1][pane.x + 1 : pane.right - 1].strip()
            end = session.text.splitlines()[pane.y + 1].index(shown) + len(shown) - 1
            await session.pilot.mouse_down(offset=(pane.x, pane.y))
            await session.pilot.hover(offset=(end, pane.y + 1))
            await session.pilot.mouse_up(offset=(end, pane.y + 1))
            await session.pilot.pause()
            assert shown
            assert session.app.screen.get_selected_text() == shown

    run_async(it())


def test_from_a_list_too_and_nothing_is_chosen_by_it(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            for words in ("The handshake, held", "First steps", "sockets API", "A server and a client"):
                assert await _dragged(session, words, words) == words
            assert isinstance(session.app.screen, HomeScreen)
            first, last = "Meeting", "The listen queue"
            assert await _dragged(session, first, last) == (
                f"{first}                        25 min\n–  6  The handshake, held\n·  8  {last}"
            )

    run_async(it())


def test_what_is_selected_is_marked(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(3)
            lines = session.text.splitlines()
            x, y = next((line.index("LISTEN"), y) for y, line in enumerate(lines) if "LISTEN" in line)
            before = session.app.screen.get_style_at(x, y)
            await _dragged(session, "LISTEN", "LISTEN")
            strip = session.app.screen._compositor.render_strips()[y]
            assert session.app.screen.get_style_at(x, y).color == before.color, "its own colour stays"
            marked = [text for text, style, _ in strip if style is not None and style.bgcolor is not None
                      and style.bgcolor == session.app.screen.get_component_rich_style("screen--selection").bgcolor]  # fmt: skip
            assert "".join(marked).strip() == "LISTEN"

    run_async(it())


def test_the_evidence_and_the_help_can_be_copied(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(120, 50)) as session:
            await session.press("1")
            await session.perform(3)
            await session.press("i")
            await session.until(lambda: "by hand" in session.text)
            view = session.lesson.query_one("InspectorView", Widget)
            copied = view.get_selection(SELECT_ALL)
            assert copied is not None
            assert "by hand" in copied[0]
            assert "ss " in copied[0]
            await session.press("question_mark")
            assert isinstance(session.app.screen, HelpScreen)
            assert await _dragged(session, "Play on", "Play on") == "Play on"

    run_async(it())


def test_y_copies_the_commands_of_what_is_in_focus_one_after_another(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("y")
            assert "Nothing to copy here" in session.text
            await session.press("1")
            await session.perform(3)
            inode = next(iter(session.run.timeline.world.sockets))
            session.lesson.picture.focus = Focus(inode=inode)
            await session.press("y")
            first = session.app.clipboard
            assert "ss -" in first
            assert f"Copied: {first}"[:40] in session.text
            (notice,) = session.app._notifications
            assert notice.message == first, "whole, to be read or selected"
            assert "again: the next" in notice.title
            await session.press("y")
            assert session.app.clipboard != first
            await session.press("left")  # of what was in focus there
            assert not list(session.app._notifications)

    run_async(it())


@pytest.mark.parametrize(
    ("environment", "taken"),
    [
        ({"TERM": "xterm-256color"}, True), ({"TERM": "linux"}, False), ({"TERM": "xterm", "VTE_VERSION": "7600"}, False),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, False), ({"TERM": "screen", "TMUX": "x", "VTE_VERSION": "1"}, True),
    ],
)  # fmt: skip
def test_which_terminals_take_copies(environment: dict[str, str], taken: bool) -> None:
    assert look.takes_copies(environment) is taken


def test_where_a_terminal_takes_none_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sockviz.tui.screens.copying.takes_copies", lambda _: False)

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(3)
            await session.press("y")
            (notice,) = session.app._notifications
            assert "takes no copies: select it" in notice.title
            assert notice.message == session.app.clipboard

    run_async(it())


async def _mouse(session: Session, at: tuple[int, int], kinds: Sequence[type[events.MouseEvent]]) -> None:
    """What a terminal sends, all of it before anything else has its turn: as on a machine that is busy."""
    for kind in kinds:
        session.app.post_message(kind(None, *at, 0, 0, 1, False, False, False, *at))
    await session.pilot.pause()


def test_a_second_click_opens_the_evidence_however_busy_the_machine_is(tmp_path: Path) -> None:
    """A click after a selection, after a double click, and both clicks in one go."""

    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(120, 36)) as session:
            await session.press("1")
            await session.perform(3)
            click = (events.MouseDown, events.MouseUp)
            y, line = next((n, it) for n, it in enumerate(session.text.splitlines()) if "LISTEN" in it)
            at = line.index("LISTEN"), y
            for _ in range(3):
                await _mouse(session, at, (*click, *click))
                assert OverlayKind.INSPECTOR in session.lesson.picture.overlays
                assert not session.lesson.selections, "two clicks select nothing"
                await session.press("escape")
                assert OverlayKind.INSPECTOR not in session.lesson.picture.overlays
                await _dragged(session, "LISTEN", "LISTEN")
                await _mouse(session, at, click)
                assert not session.lesson.selections
                assert OverlayKind.INSPECTOR in session.lesson.picture.overlays, "it is pointed at still"
                await session.press("escape", "escape")
                assert session.lesson.picture.focus == Focus()

    run_async(it())


def test_keys_that_come_faster_than_frames_each_point_further(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(120, 36)) as session:
            await session.press("1")
            await session.perform(3)
            panel = next(iter(session.lesson.query(ProcessPanel)))
            panel.focus()
            await session.pilot.pause()
            for _ in range(3):
                session.app.post_message(events.Key("down", None))
            await session.pilot.pause()
            assert session.lesson.picture.focus == panel.points()[2]

    run_async(it())
