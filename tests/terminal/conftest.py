from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.required import unavailable
from tests.served import Begun, server
from tests.terminal.family import Family
from tests.terminal.terminal import DEADLINE, Terminal

ROOT = Path(__file__).parents[2]
SPACE, END = " ", "\x1b[F"
NOBODY = 65534
_EVENT = re.compile(r"(\d+)(?:/| of )(\d+)\s*$")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.terminal)


def program() -> list[str]:
    """The installed `sockviz`, or the checkout's where none is installed beside this interpreter."""
    script = Path(sys.executable).with_name("sockviz")
    return [str(script)] if script.exists() else [sys.executable, "-m", "sockviz"]


def event_on(terminal: Terminal) -> tuple[int, int]:
    """What the timeline, somewhere in the last lines of the screen, says of the cursor and of how many events there are."""
    for number in range(-2, -6, -1):
        found = _EVENT.search(terminal.row(number))
        if found:
            return int(found[1]), int(found[2])
    return 0, 0


class Sitting(Terminal):
    """One sockviz on a terminal."""

    @property
    def event(self) -> tuple[int, int]:
        """(the cursor's event, how many there are), as the timeline says; zeros before it is drawn."""
        return event_on(self)

    @property
    def _said(self) -> tuple[str, tuple[int, int]]:
        """What changes with every answer to a key: the hint, and how much has happened."""
        return self.row(1), self.event

    @property
    def _in_sight(self) -> list[str]:
        """What of the page's text is in sight: the left of the screen, without what moves by itself above and below."""
        return [line[:30] for line in self.text.splitlines()[4:-3]]

    def answer_to(self, key: str) -> str:
        """Presses a key and waits until a hint, the timeline or the page's text, which goes on below, answers it."""
        before = self._said, self._in_sight
        self.press(key)
        return self.wait_for(lambda _: (self._said, self._in_sight) != before)

    def perform(self, until: str, most: int = 40) -> str:
        """Presses Space, each time the screen has answered and come to rest, until it says the words."""
        self.wait_for(lambda _: self.event[1] > 0)
        for _ in range(most):
            self.wait_still(lambda: self._said)
            if until in self.text:
                return self.text
            self.answer_to(SPACE)
        raise AssertionError(f"not seen after {most} presses: {until}\n{self.text}")


@dataclass
class Person:
    """Somebody who uses sockviz: who they are, and where their things are."""

    prefix: tuple[str, ...]
    base: Path
    sittings: list[Sitting] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def temporary(self) -> Path:
        return self.base / "tmp"

    @property
    def lab_directories(self) -> list[Path]:
        return list(self.temporary.glob("sockviz-lab-*"))

    @property
    def progress(self) -> Path:
        return self.home / ".local/share/sockviz/progress.toml"

    @property
    def is_root(self) -> bool:
        return not self.prefix and os.geteuid() == 0

    def own(self, path: Path) -> Path:
        """Makes `path` theirs."""
        if self.prefix:
            os.chown(path, NOBODY, NOBODY)
        return path

    def file(self, name: str, text: str) -> Path:
        """A file of theirs, with its directories."""
        path = self.base / name
        missing = [parent for parent in path.parents if not parent.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        for made in (path, *missing):
            self.own(made)
        return path

    def environment(self, **changes: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.temporary), "LANG": "C.UTF-8",
            "TERM": "xterm-256color", "COLORTERM": "truecolor", **changes,
        }  # fmt: skip

    def command(self, *arguments: str, before: tuple[str, ...] = ()) -> list[str]:
        return [*self.prefix, *before, *program(), *arguments]

    def start(
        self, *arguments: str, size: tuple[int, int] = (120, 36), before: tuple[str, ...] = (),
        stdin: int | None = None, stdout: int | None = None, stderr: int | None = None, installed: bool = False,
        refused: tuple[str, ...] = (), **environment: str,
    ) -> Sitting:  # fmt: skip
        """Starts sockviz. `before` stands before the command, after what makes the person; `refused` is what the kernel refuses.

        The installed command is started where that is asked for, or needed; otherwise a process that has begun already runs it.
        """
        around = self.environment(**environment)

        def served(streams: Sequence[int]) -> Begun:
            return server(self.prefix).begin(
                *arguments,
                environment=around,
                directory=ROOT,
                streams=streams,
                refused=refused,
                controls=(stdin, stdout, stderr).index(None),
            )

        begin = (
            None if installed or before or stdin or stdout or stderr or "LC_ALL" in environment else served
        )
        assert begin or not refused
        sitting = Sitting(
            self.command(*arguments, before=before), around, ROOT,
            columns=size[0], lines=size[1], stdin=stdin, stdout=stdout, stderr=stderr, begin=begin,
        )  # fmt: skip
        self.sittings.append(sitting)
        return sitting

    def family(self, sitting: Sitting) -> Family:
        """The processes of a sitting, as they are now."""
        family = Family(sitting.process.pid)
        family.look()
        self.families.append(family)
        return family

    def leave(self, sitting: Sitting) -> int:
        """Quits with `q`, from wherever the sitting is; returns the exit status."""
        family = self.family(sitting)
        sitting.press("q")
        status = sitting.wait_exit()
        assert family.left(DEADLINE) == []
        return status

    def close(self) -> None:
        """Ends everything. Whatever ended by itself must have left no directory behind."""
        running = [sitting for sitting in self.sittings if sitting.process.poll() is None]
        left = self.lab_directories
        for sitting in self.sittings:
            sitting.close()
        for family in self.families:
            family.close()
        shutil.rmtree(self.base)
        assert running or not self.sittings or left == []


def make_person(prefix: tuple[str, ...]) -> Person:
    """Somebody with a home and a temporary directory of their own."""
    person = Person(prefix, Path(tempfile.mkdtemp(prefix="sockviz-test-")))
    person.base.chmod(0o755)
    for directory in (person.home, person.temporary):
        directory.mkdir()
        person.own(directory)
    person.own(person.base)
    return person


@pytest.fixture
def ordinary(ordinary_user: tuple[str, ...]) -> Iterator[Person]:
    """Somebody without privileges."""
    person = make_person(ordinary_user)
    yield person
    person.close()


@pytest.fixture
def root() -> Iterator[Person]:
    """Root, where root runs the tests."""
    if os.geteuid() != 0:
        unavailable("these tests are not run by root")
    person = make_person(())
    yield person
    person.close()


@pytest.fixture(params=["ordinary", "root"])
def person(request: pytest.FixtureRequest) -> Person:
    """Each of them in turn."""
    made: Person = request.getfixturevalue(request.param)
    return made
