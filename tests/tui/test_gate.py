"""The screen's door: what a widget draws, and what leaves by other ways than lines."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from sockviz.tui import lettering
from sockviz.tui.app import SockvizApp
from sockviz.tui.gate import Gate
from tests.door.hostile import PAYLOADS, dangerous
from tests.tui.driving import at_home
from tests.tui.scripted import run

TUI = Path(__file__).parents[2] / "sockviz" / "tui"
BLACK = Color(0, 0, 0)


class Careless(Widget):
    """One that draws what it was given."""

    def render_line(self, y: int) -> Strip:
        return Strip([Segment(PAYLOADS[y % len(PAYLOADS)] + " [b]x", Style(link="http://x/\x1b\\\x1b[66m"))])


class CarelessPair(Widget):
    """It, and what Textual itself makes of a text."""

    def compose(self) -> ComposeResult:
        yield Careless()
        yield Static("".join(PAYLOADS), markup=False)


def test_a_widget_that_takes_no_care_does_no_harm(tmp_path: Path) -> None:
    async def seen() -> None:
        async with at_home(tmp_path, run()) as session:
            await session.app.screen.mount(CarelessPair())
            session.app.screen.query_one(CarelessPair).styles.height = 30
            await session.until(lambda: "OWNED" in session.text)
            strips = session.app.screen._compositor.render_strips()
            text = "\n".join(strip.render(session.app.console) for strip in strips)
            assert "\x1b]8;" not in text
            assert "66m" not in text.replace("\\x1b[66m", "").replace("\\x9b66m", "").replace(
                "\\udc9b66m", ""
            )
            assert not dangerous(session.text)

    asyncio.run(seen())


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("width", [0, 1, 7, 40])
def test_a_line_keeps_its_cells(payload: str, width: int) -> None:
    segments = [Segment("a" + payload), Segment("│", Style(bold=True)), Segment(" " * width)]
    shown = Gate().apply(segments, BLACK)
    assert sum(cell_len(it.text) for it in shown) == sum(cell_len(it.text) for it in segments)
    assert not dangerous("".join(it.text for it in shown))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a \u2764\ufe0f b", "a \u2764  b"), ("\U0001f44d\U0001f3fd!", "\U0001f44d!"), ("1\ufe0f\u20e3 x", "1\u20e3  x"),
        ("\u26a0\ufe0e|", "\u26a0|"), ("\U0001f1ea\U0001f1f8|", "\U0001f1ea\U0001f1f8|"), (" \U0001f3fd|", " |"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\\u200d"),
    ],
)  # fmt: skip
def test_a_sign_of_several_characters_is_as_wide_in_every_terminal(given: str, shown: str) -> None:
    width = cell_len(given)
    (segment, *_more) = Gate().apply([Segment(given)], BLACK)
    text = "".join(it.text for it in (segment, *_more))
    assert text == shown[: len(text)]
    assert sum(cell_len(character) for character in text) == width


def test_what_is_clean_is_left_alone() -> None:
    segments = [Segment("│ café → ✓ "), Segment("می\u200cخ", Style(bold=True))]
    assert Gate().apply(segments, BLACK) is segments


def test_what_is_copied_and_noticed(tmp_path: Path) -> None:
    async def seen() -> None:
        async with at_home(tmp_path, run()) as session:
            session.app.copy_to_clipboard("a\nb\x1b[66m\udc80")
            assert session.app.clipboard == "a\nb\\x1b[66m\\udc80"
            session.app.notify("[b]\x1b]2;x\x07", title="\x1b")
            await session.until(lambda: len(session.app._notifications))
            (notice,) = session.app._notifications
            assert (notice.message, notice.title, notice.markup) == (r"[b]\x1b]2;x\x07", r"\x1b", False)

    asyncio.run(seen())


def test_lettering_stays_in_its_line() -> None:
    made = lettering.assemble(
        "a\n", ("b\x1b", "bold"), lettering.styled("\u202e", "red"), lettering.BREAK, lettering.plain("c")
    )
    assert made.plain == "a\\nb\\x1b\\u202e\nc"
    assert lettering.lines([made, made]).plain.count("\n") == 3


def test_only_lettering_makes_content_and_nobody_goes_round_the_gate() -> None:
    for path in sorted(TUI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Content") | ast.Attribute(value=ast.Name(id="Content"))):
                    assert path.name == "lettering.py", f"{path}:{node.lineno}: made by sockviz.tui.lettering"
                case ast.FunctionDef(name="render_lines") if path.name == "drawing.py":
                    called = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
                    assert {"get_line_filters", "apply_filter"} <= called, (
                        f"{path}:{node.lineno}: through the gate"
                    )
                case ast.FunctionDef(name="get_line_filters" | "render_lines"):
                    assert path.name == "app.py", f"{path}:{node.lineno}: every line passes the gate"
                case ast.Attribute(attr="_driver" | "set_window_title"):
                    raise AssertionError(f"{path}:{node.lineno}: nothing is written past the gate")


def test_the_gate_comes_first(tmp_path: Path) -> None:
    async def seen() -> None:
        async with at_home(tmp_path, run()) as session:
            assert isinstance(session.app, SockvizApp)
            assert isinstance(session.app.screen.get_line_filters()[0], Gate)

    asyncio.run(seen())
