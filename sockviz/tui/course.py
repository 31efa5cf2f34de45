"""What the screen is told of the course and of how it was started. No Textual here: the command line makes these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual
    from sockviz.player.run import Run


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """One lesson of the course. ``pages`` is 0 where it is not known yet; ``skipped`` says why this machine cannot run it."""

    number: int | None
    slug: str
    title: str
    summary: str
    minutes: int | None
    path: str
    lab: str  # "loopback" or "two-hosts"
    needs: tuple[str, ...] = ()
    pages: int = 0
    skipped: str | None = None

    @property
    def name(self) -> str:
        """``8  The listen queue``, or only the title."""
        return self.title if self.number is None else f"{self.number}  {self.title}"


class CannotOpen(Exception):
    """A lesson that cannot be opened. The message is for a person: observation, cause, next step. ``skipped`` is the reason
    where it is one of this machine's, and will be the same next time."""

    def __init__(self, message: str, skipped: str | None = None) -> None:
        super().__init__(message)
        self.skipped = skipped


#: Opens a lesson: starts its lab, or reads its recording. Raises `CannotOpen`.
OpenRun: TypeAlias = Callable[[CourseEntry], Awaitable["Run"]]


def _shipped() -> Manual:
    from sockviz.manual.reader import shipped  # on demand: few ask for it, all wait for the start

    return shipped()


@dataclass(frozen=True, slots=True)
class Options:
    """How sockviz was started. ``lesson`` is opened at once, at ``page`` (from 0); None: the home screen.

    ``theme`` is one of `sockviz.tui.themes.NAMES`; None chooses by the environment. ``ascii`` likewise.
    """

    lesson: CourseEntry | None = None
    page: int = 0
    notes: bool = False
    theme: str | None = None
    ascii: bool | None = None
    lab: str = ""  # what the home screen says of this machine, as "isolated loopback"
    refusals: Callable[[], tuple[type[Exception], ...]] = (
        tuple  # what `Run.advance` raises when its `problem` says why
    )
    manual: Callable[[], Manual] = _shipped
