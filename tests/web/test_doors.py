"""What a visitor has of the machine: nothing is written, run or given a shell, whatever they press; and where a door is left
open there is a wall."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sockviz.web.wall import VisitorRefused, Wall, build
from tests.web.house import house


def test_what_a_visitor_presses_opens_no_door(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("first-connection", await there.cookie())
            await page.drawn("page 1/")
            await page.press("   ")
            await page.drawn("socket ✓")
            before = there.look()
            for keys in ("w", "y", "\x1a"):
                await page.press(keys)
            await page.press("i")
            await page.drawn("kernel")
            assert not page.has("by hand")
            await page.press("i")
            await page.press("?")
            await page.drawn("keys and symbols")
            for words in ("Keep what was performed", "Back to the shell", "Copy the command"):
                assert not page.has(words)
            await page.press("q")
            await page.gone("keys and symbols")
            await page.press("b")
            await page.drawn("REVIEW")  # it was not stopped
            assert there.look() <= before
            files = {file.name for file in (tmp_path / "tmp").glob("**/*") if file.is_file()}
            own = {"progress.toml", "progress.lock", "secret", "errors.txt"}
            of_a_lab = {"lock", "lesson", "init-pid", "ports", "lab", "place"}
            assert files <= own | of_a_lab, files

    asyncio.run(it())


def test_the_sandbox_takes_lines_of_the_table_alone(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("sandbox", await there.cookie())
            await page.drawn("server>")
            await page.press("s = socket.socket()\r")
            await page.drawn("→ 3")
            await page.press("import os\r")
            await page.drawn("nothing is imported in a lesson")

    asyncio.run(it())


def test_no_exercise_is_offered(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("", await there.cookie())
            await page.drawn("Other families")
            await page.press("\x10")  # the palette
            await page.press("ractise")
            await page.drawn("No matches")

    asyncio.run(it())


WALL = Wall(("/visit/own",))


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", ("/etc/x", "w", os.O_WRONLY | os.O_CREAT)), ("open", ("/visit/own/../x", "a", os.O_RDWR)),
        ("open", (b"/visit/ownx", None, os.O_CREAT)), ("os.remove", ("/visit/other", -1)), ("os.mkdir", ("/home/x", 0o700, -1)),
        ("os.rename", ("/visit/own/a", "/tmp/a", -1, -1)), ("os.symlink", ("/etc/passwd", "/visit/x", -1)),
        ("subprocess.Popen", ("/bin/sh", ["/bin/sh", "-c", "id"], None, None)), ("os.system", (b"id",)),
        ("subprocess.Popen", (sys.executable, [sys.executable, "-c", "1"], None, None)), ("os.posix_spawn", ("/bin/id", [], {})),
        ("os.exec", ("/bin/id", [], None)), ("pty.spawn", (["id"],)), ("shutil.rmtree", ("/visit", None)),
    ],
)  # fmt: skip
def test_the_wall_refuses(event: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(VisitorRefused):
        WALL(event, arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", ("/etc/hosts", "r", os.O_RDONLY)), ("open", ("/visit/own/x", "w", os.O_WRONLY | os.O_CREAT)),
        ("open", (5, "w", os.O_WRONLY)),
        ("os.rename", ("/visit/own/a", "/visit/own/b", -1, -1)), ("import", ("socket", None, None, None, None)),
        ("open", ("/dev/null", "r+", os.O_RDWR)),
    ],
)  # fmt: skip
def test_the_wall_lets_through(event: str, arguments: tuple[object, ...]) -> None:
    WALL(event, arguments)


def test_a_name_beneath_a_directory_that_is_open_is_judged_by_where_that_is(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (tmp_path / "by another name").symlink_to(own)
    hooks: list[Callable[[str, tuple[object, ...]], None]] = []
    build(str(tmp_path / "by another name"), add=hooks.append)
    inside, outside = (os.open(each, os.O_RDONLY | os.O_DIRECTORY) for each in (own, other))
    try:
        for event, arguments in (
            ("os.remove", ("x", outside)), ("os.mkdir", ("x", 0o700, outside)), ("os.rename", ("x", "y", inside, outside)),
            ("os.link", ("x", "y", outside, inside)), ("os.symlink", ("anything", "y", outside)),
            ("os.remove", ("../other/x", inside)),
            ("os.utime", ("x", None, None, outside)), ("shutil.rmtree", ("x", outside)),
        ):  # fmt: skip
            with pytest.raises(VisitorRefused):
                hooks[0](event, arguments)
        hooks[0]("os.remove", ("x", inside))
        hooks[0]("os.rename", ("x", "y", inside, inside))
        hooks[0]("os.rename", (str(own / "x"), "y", -1, inside))
    finally:
        os.close(inside)
        os.close(outside)


def test_only_private_labs_start() -> None:
    init = str(Path(sys.modules["sockviz"].__file__ or "").parent / "lab" / "entry" / "init.py")
    for kind, ok in (("isolated", True), ("two-hosts", True), ("host", False)):
        given = (sys.executable, [sys.executable, "-I", "-S", init, kind, "5", "7"], None, None)
        if ok:
            WALL("subprocess.Popen", given)
        else:
            with pytest.raises(VisitorRefused):
                WALL("subprocess.Popen", given)


#: Tried in a process of its own, which may write beneath ``own`` alone, where it is: each changes something in ``other``, by its
#: path or beneath a directory that is open; the last three start a program.
_TRIES = """
import os, shutil, subprocess, sys
own, other = sys.argv[1:]
at, here = (os.open(each, os.O_RDONLY | os.O_DIRECTORY) for each in (other, own))
from sockviz.web.wall import VisitorRefused, build
build(own)
a, d, mine = f"{other}/a", f"{other}/d", f"{own}/a"
for act in (
    lambda: open(f"{other}/new", "w"), lambda: open(a, "a"),
    lambda: os.remove(a), lambda: os.remove("a", dir_fd=at), lambda: os.unlink("a", dir_fd=at),
    lambda: os.rename(a, mine), lambda: os.rename(mine, f"{other}/new"), lambda: os.rename("a", mine, src_dir_fd=at),
    lambda: os.rename(mine, "new", dst_dir_fd=at), lambda: os.replace("a", "new", src_dir_fd=here, dst_dir_fd=at),
    lambda: os.mkdir(f"{other}/new"), lambda: os.mkdir("new", dir_fd=at), lambda: os.rmdir(d), lambda: os.rmdir("d", dir_fd=at),
    lambda: os.link(a, f"{own}/new"), lambda: os.link(mine, f"{other}/new"), lambda: os.link(mine, "new", dst_dir_fd=at),
    lambda: os.link("a", f"{own}/new", src_dir_fd=at),
    lambda: os.symlink("x", f"{other}/new"), lambda: os.symlink("x", "new", dir_fd=at), lambda: os.truncate(a, 0),
    lambda: os.chmod(a, 0), lambda: os.chmod("a", 0, dir_fd=at), lambda: os.chown(a, os.getuid(), -1),
    lambda: os.chown("a", os.getuid(), -1, dir_fd=at), lambda: os.utime(a, (1, 1)), lambda: os.utime("a", (1, 1), dir_fd=at),
    lambda: shutil.rmtree(d), lambda: shutil.rmtree("d", dir_fd=at), lambda: shutil.move(a, f"{own}/new"),
    lambda: shutil.move(mine, f"{other}/new"), lambda: shutil.copyfile(mine, f"{other}/new"),
    lambda: subprocess.run(["id"]), lambda: os.system("id"), lambda: os.execv("/bin/id", ["id"]),
):
    try:
        act()
    except VisitorRefused:
        print("refused")
    else:
        print("done", act.__code__.co_firstlineno)
for made in (
    lambda: os.mkdir("e", dir_fd=here), lambda: os.chmod("a", 0o600, dir_fd=here), lambda: os.chown("a", -1, -1, dir_fd=here),
    lambda: shutil.rmtree(f"{own}/e"), lambda: shutil.copyfile(a, f"{own}/b"),
    lambda: os.rename("b", "c", src_dir_fd=here, dst_dir_fd=here),
):
    made()
print("all of its own")
"""


def test_the_wall_stands_in_a_process(tmp_path: Path) -> None:
    for each in ("own", "other"):
        (tmp_path / each / "d").mkdir(parents=True)
        (tmp_path / each / "a").write_text(each)
    words = [sys.executable, "-c", _TRIES, str(tmp_path / "own"), str(tmp_path / "other")]
    other = (tmp_path / "other" / "a").stat()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        words, cwd=tmp_path / "own", env=environment, capture_output=True, text=True, check=True
    )
    *tried, last = done.stdout.splitlines()
    assert tried == ["refused"] * 35
    assert last == "all of its own"
    assert sorted(each.name for each in (tmp_path / "other").iterdir()) == ["a", "d"]
    now = (tmp_path / "other" / "a").stat()
    assert (now.st_size, now.st_mode, now.st_mtime_ns) == (other.st_size, other.st_mode, other.st_mtime_ns)
