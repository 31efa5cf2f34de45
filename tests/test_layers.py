"""What depends on what: the core on no screen, and what is painted first on nothing that a lesson needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

LESSON = "sockviz.lesson"
PACKAGE = Path(__file__).parents[1] / "sockviz"
#: What joins the others, and would have a part of each.
JOINTS = ("cli.py", "tui/screens/lesson.py")


@pytest.fixture(scope="module")
def house() -> grimp.ImportGraph:
    """Who imports whom, be it for types alone or on demand."""
    return grimp.build_graph("sockviz", cache_dir=None)


@pytest.mark.parametrize("room", ["model", "kernel", "calls", "words", "lab", "tui.stage"])
def test_without_lessons_a_room_stands(house: grimp.ImportGraph, room: str) -> None:
    """It knows a script, of which a lesson is one kind."""
    assert not house.find_shortest_chains(f"sockviz.{room}", LESSON, as_packages=True)


def test_no_module_imports_itself_by_way_of_others_even_for_types(house: grimp.ImportGraph) -> None:
    assert not [sorted(circle) for circle in _circles(house)]


def _circles(graph: grimp.ImportGraph) -> Iterator[set[str]]:
    seen: set[str] = set()
    for module in sorted(graph.modules - seen):
        if module in seen:
            continue
        above, below = graph.find_downstream_modules(module), graph.find_upstream_modules(module)
        if circle := above & below:
            seen |= circle
            yield circle | {module}


@cache
def classes() -> tuple[tuple[str, int], ...]:
    """Each class of the package, and how many methods it has of its own."""
    return tuple(_classes())


def _classes() -> Iterator[tuple[str, int]]:
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                own = sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body)
                yield f"{file.relative_to(PACKAGE)}: {node.name}", own


def test_nothing_grows_into_all_there_is() -> None:
    """A class with forty methods, or a module of more than 400 lines, is two; what joins them has no more than 300."""
    lines = {
        str(file.relative_to(PACKAGE)): len(file.read_text(encoding="utf-8").splitlines())
        for file in PACKAGE.rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > 400} == {}
    assert {name: lines[name] for name in JOINTS if lines[name] > 300} == {}
    assert {name: own for name, own in classes() if own >= 40} == {}


def test_a_public_class_or_alias_of_a_type_has_its_name_for_itself() -> None:
    """Where a module has it twice, for whoever checks types and for whoever runs, that is one."""
    homes: dict[str, set[str]] = {}
    for each in (*(each for each, _methods in classes()), *_aliases()):
        home, name = each.split(": ")
        homes.setdefault(name, set()).add(home)
    assert {"Value", "Given", "LessonRun"} <= homes.keys()
    assert {name: found for name, found in homes.items() if len(found) > 1 and not name.startswith("_")} == {}


def _aliases() -> Iterator[str]:
    """Each name that a module gives to a type, also where it does not say so by `TypeAlias`."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
                    yield f"{file.relative_to(PACKAGE)}: {name}"
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()) if (
                    _is_of_a_type(name)
                ):
                    yield f"{file.relative_to(PACKAGE)}: {name}"


def _is_of_a_type(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


CORE = (
    "sockviz.cli", "sockviz.commands.playing", "sockviz.plain", "sockviz.player.opening",
    "sockviz.player.check", "sockviz.player.performance", "sockviz.lesson.parser",
    "sockviz.lab.loopback", "sockviz.kernel.observe", "sockviz.model.recording",
)  # fmt: skip


def test_the_core_does_not_import_textual() -> None:
    program = (
        "import importlib, sys\nfor module in sys.argv[1:]:\n    importlib.import_module(module)\n"
        "    found = [name for name in sys.modules if name.split('.')[0] in ('textual', 'rich')]\n"
        "    assert not found, f'{module} imports {found[0]}'"
    )
    subprocess.run([sys.executable, "-c", program, *CORE], cwd=Path(__file__).parents[1], check=True)


#: What the home screen's first paint does not wait for.
LATER = (
    "sockviz.calls", "sockviz.kernel", "sockviz.lab", "sockviz.lesson.parser", "sockviz.manual", "sockviz.model",
    "sockviz.player.opening", "sockviz.player.recorder", "sockviz.player.performance", "sockviz.words",
    "markdown_it", "yaml",
)  # fmt: skip
HOME = """
import asyncio, sys
import sockviz.cli, sockviz.commands.playing
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.options import Options
from sockviz.tui.start import entries

async def painted():
    async with SockvizApp(entries(), None, ProgressStore(sys.argv[1]), Options()).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        print("".join(strip.text for strip in pilot.app.screen._compositor.render_strips()))

asyncio.run(painted())
print(*sys.modules)
import sockviz.lesson.parser, sockviz.player.labs, sockviz.player.performance, sockviz.tui.screens.lesson
print(*sys.modules)
from markdown_it.token import Token
from textual.events import ScreenResume
print(*[each.__name__ for each in (Token, ScreenResume) if "__dataclass_given__" in vars(each)])
"""
#: What a lesson's first page does not wait for: nothing has been performed, judged or captured yet.
FIRST_STEPS = (
    "hashlib", "sockviz.calls.c", "sockviz.kernel.packets", "sockviz.lesson.judge", "sockviz.lesson.views",
    "sockviz.tui.stage.crossings", "sockviz.tui.stage.descriptors", "sockviz.tui.story", "sockviz.words.acts",
    "sockviz.words.meanings", "sockviz.words.narration", "sockviz.words.number_kinds", "sockviz.words.wording",
)  # fmt: skip
#: A lesson opened as `sockviz run 1` opens it, until its first page is whole.
OPENED = """
import sys, types
ahead = types.ModuleType("sockviz.tui.ahead")  # what imports the steps' own, once the page is there
ahead.import_ahead = lambda: None
sys.modules[ahead.__name__] = ahead
import sockviz.cli
from sockviz.event_loops import asyncio
from sockviz.commands import playing
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.options import Options
from sockviz.tui.start import entry_of_file

async def opened(chosen):
    return (await playing._open(playing.read(chosen.path), "auto", None, print)).run

async def painted():
    entry = entry_of_file(playing.find("1"))
    app = SockvizApp([entry], opened, ProgressStore(sys.argv[1]), Options(entry))
    async with app.run_test(size=(120, 36)) as pilot:
        while not (app.screen.query("#timeline") and len(app.screen._run.timeline)):
            await pilot.pause()
        await pilot.pause()
        print(*sys.modules)
    await app.close_runs()

asyncio.run(painted())
"""
#: What it has no use for: its reader has neither written a program nor typed a line, and nobody listens from elsewhere.
OF_OTHERS = (
    "sockviz.html", "sockviz.lab.tracer", "sockviz.lab.tracing", "sockviz.lectern", "sockviz.lesson.completion",
    "sockviz.lesson.judge", "sockviz.model.event_lines", "sockviz.model.recording", "sockviz.player.recorder",
    "sockviz.player.traced", "sockviz.practice", "sockviz.probes", "sockviz.sandbox.session",
    "sockviz.tui.screens.exercise_stage", "sockviz.tui.screens.home", "sockviz.tui.screens.off_script",
    "sockviz.tui.stage.output_pane", "sockviz.watch", "sockviz.words.facts", "sockviz.words.mistakes", "sockviz.words.narration",
    "ssl", "tomllib", "yaml",
)  # fmt: skip


#: A program is watched, and told of as text.
WATCHED = """
import sys
from sockviz.cli import main
main(["watch", "--plain", "--", "true"])
print(*sys.modules)
"""
#: What it has no use for: there is no lesson, no screen and no recording.
OF_LESSONS = (
    "markdown_it", "sockviz.calls.c", "sockviz.commonmark", "sockviz.kernel.packets", "sockviz.lesson", "sockviz.model.recording",
    "sockviz.player.performance", "sockviz.player.recorder", "sockviz.tui", "ssl", "textual", "yaml",
)  # fmt: skip


def test_a_program_that_is_watched_does_not_wait_for_what_lessons_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = done.stdout.splitlines()[-1].split()
    assert "sockviz.watch.following" in modules, done
    assert not [name for name in modules if f"{name}.".startswith(tuple(f"{each}." for each in OF_LESSONS))]


def test_a_lessons_first_page_does_not_wait_for_what_other_screens_need(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(tmp_path / "progress.toml")],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = done.stdout.split()
    assert "sockviz.tui.screens.lesson" in modules
    assert "sockviz.player.performance" in modules
    assert not [name for name in modules if f"{name}.".startswith(tuple(f"{each}." for each in OF_OTHERS))]


def test_home_is_painted_without_what_a_lesson_needs_and_that_without_what_its_steps_need(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOME, str(tmp_path / "progress.toml")],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
    )  # fmt: skip
    *screen, modules, with_a_lesson, made_as_ours = done.stdout.splitlines()
    assert "The queue before accept" in "".join(screen)
    assert "sockviz.tui.screens.home" in modules.split()
    assert not [
        name for name in modules.split() if f"{name}.".startswith(tuple(f"{each}." for each in LATER))
    ]
    assert "sockviz.tui.stage.code" in with_a_lesson.split()
    assert not set(FIRST_STEPS) & set(with_a_lesson.split())
    assert made_as_ours.split() == ["Token", "ScreenResume"]  # the libraries' dataclasses, too
