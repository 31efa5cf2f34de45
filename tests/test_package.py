"""What a package index shows, and what the checkout's own pages point to."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sockviz.command_line import parser

ROOT = Path(__file__).parents[1]


def targets(markdown: str) -> Iterator[str]:
    """Where its links lead and its pictures are."""

    def walk(tokens: list[Token]) -> Iterator[str]:
        for token in tokens:
            for attribute in ("href", "src"):
                if target := token.attrs.get(attribute):
                    yield str(target)
            yield from walk(token.children or [])

    yield from walk(MarkdownIt().enable("table").parse(markdown))


def on_an_index() -> str:
    """README.md after the substitutions that pyproject.toml has the build backend make."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for each in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(each["pattern"], each["replacement"], text)
    return text


def test_on_an_index_the_readme_points_to_nothing_beside_it() -> None:
    shown = on_an_index()
    assert [target for target in targets(shown) if not target.startswith(("https://", "#"))] == []
    assert "![" not in shown
    assert "CONTRIBUTING.md in the source distribution" in shown
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines():
        assert "](" in line or line in shown.splitlines(), "only links and pictures are changed"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_what_a_page_of_the_checkout_points_to_is_there(page: str) -> None:
    for target in targets((ROOT / page).read_text(encoding="utf-8")):
        if not target.startswith(("https://", "#")):
            assert (ROOT / target).is_file(), f"{page}: {target}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_command_that_a_page_names_is_one_and_has_its_options(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    (commands,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    named = re.findall(r"(?m)`sockviz ([a-z]+)([^`\n]*)`|^sockviz ([a-z]+)(.*)$", text)
    assert named
    for in_line, options, alone, more in named:
        command = in_line or alone
        assert command in commands.choices, f"{page}: sockviz {command}"
        known = {string for each in commands.choices[command]._actions for string in each.option_strings}
        asked = re.findall(r"(?<!\S)--[a-z-]+", (options or more).partition(" -- ")[0])
        assert set(asked) <= known, f"{page}: sockviz {command}{options or more}"
    for module in re.findall(r"python -m ((?:tests|tools)[.\w]*\w)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{page}: {module}"


def test_the_plan_of_the_house_has_every_room_and_names_no_file_that_is_not_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    plan = page.split("```")[1]
    rooms = [path for path in (ROOT / "sockviz").iterdir() if path.is_dir() or path.suffix == ".py"]
    unplanned = {room.name for room in rooms if not re.search(rf"\b{re.escape(room.name)}\b", plan)}
    assert unplanned <= {"__init__.py", "__pycache__", "locale"}
    there = "".join(
        f"/{path}\n" for top in ("sockviz", "tests", "tools") for path in (ROOT / top).rglob("*.py")
    )
    named = re.findall(r"(?<![\w*/])[\w/]+\.py\b", page)
    assert [name for name in named if f"/{name}\n" not in there] == []


def test_the_package_says_that_it_has_types() -> None:
    assert (ROOT / "sockviz" / "py.typed").is_file()
