"""Every binding is named, explained, and alone on its keys; help has all of a screen's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from textual.binding import Binding, BindingType
from textual.geometry import Size

from sockviz.tui.app import SockvizApp
from sockviz.tui.screens.being_opened import OpeningScreen
from sockviz.tui.screens.closing import ClosingScreen
from sockviz.tui.screens.help import HelpScreen
from sockviz.tui.screens.home import CourseList, HomeScreen
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.manual import ManualScreen
from sockviz.tui.screens.pages import PagesScreen
from sockviz.tui.stage.drawing import FocusableDrawing
from sockviz.tui.themes import ANSI, DARK, LIGHT, MONOCHROME
from sockviz.tui.widgets.hanging import Hanging
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import run

SCREENS = (HomeScreen, LessonScreen, ClosingScreen, PagesScreen, ManualScreen, HelpScreen, OpeningScreen)
README = Path(__file__).parents[2] / "README.md"


def _bindings(holder: type) -> list[Binding]:
    own: list[BindingType] = holder.__dict__.get("BINDINGS", [])
    assert all(isinstance(each, Binding) for each in own)
    return [each for each in own if isinstance(each, Binding)]


def test_every_binding_is_named_once_and_explained() -> None:
    every = [
        each for holder in (SockvizApp, *SCREENS, CourseList, FocusableDrawing) for each in _bindings(holder)
    ]
    assert all(each.id and each.tooltip and each.description for each in every)
    ids = Counter(each.id for each in every)
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_no_key_means_two_things(screen: type) -> None:
    keys = Counter(
        key for each in (*_bindings(screen), *_bindings(SockvizApp)) for key in each.key.split(",")
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_help_has_every_key_of_a_lesson_and_of_the_application(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("question_mark")
            size = Size(200, 200)
            hanging = session.app.screen.query_one(Hanging)
            assert hanging.get_content_height(size, size, 200) > 30
            said = "\n".join(line.plain for line in hanging.lines(200))
            for each in (*_bindings(LessonScreen), *_bindings(SockvizApp)):
                if each.action == "programs":
                    assert each.tooltip not in said  # nothing runs beside these lines
                elif not each.action.startswith("digit"):
                    assert each.tooltip in said, each.id

    run_async(it())


def test_the_readme_has_the_keys_of_a_lesson() -> None:
    table = README.read_text(encoding="utf-8").partition("| key | does |")[2].partition("\n\n")[0]
    for key in ("space", "`b`", "`p`", "`g`", "`r`", "`R`", "`i`", "`s`", "`c`", "`m`", "`n`", "`y`", "`h`", "`d`", "`x`", "`u`",
                "`z`", "Esc", "Tab", "Home", "End", "Ctrl-P", "Ctrl-Q", "Ctrl-Z", "`q`", "`?`", "`v`", "`T`"):  # fmt: skip
        assert key in table, key


@pytest.mark.parametrize(
    ("variables", "before", "after"),
    [
        ({}, DARK, LIGHT), ({"SOCKVIZ_THEME": "Light"}, LIGHT, DARK), ({"SOCKVIZ_THEME": "ansi"}, ANSI, LIGHT),
        ({"SOCKVIZ_THEME": "pink"}, DARK, LIGHT), ({"SOCKVIZ_THEME": "light", "NO_COLOR": "1"}, MONOCHROME, MONOCHROME),
    ],
)  # fmt: skip
def test_the_theme_is_the_environments_and_a_key_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], before: str, after: str
) -> None:
    for name in ("SOCKVIZ_THEME", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            assert session.app.theme == before
            await session.press("T")
            assert session.app.theme == after
            assert "The listen queue" in session.text

    run_async(it())
