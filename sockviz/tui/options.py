"""How the screen was started, and what opens a lesson for it. No Textual here: it is made before the screen is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from sockviz.dataclass import dataclass
from sockviz.tui.entry import CourseEntry
from sockviz.tui.liberties import OWNER, Liberties

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual
    from sockviz.player.run import LessonRun
    from sockviz.practice.listed import ExerciseEntry
    from sockviz.sandbox.again import Steps

#: Opens a lesson: starts its lab, or reads its recording. Raises `sockviz.player.refusals.CannotPerform`.
OpenRun: TypeAlias = Callable[[CourseEntry], Awaitable["LessonRun"]]


def _shipped() -> Manual:
    from sockviz.manual.reader import shipped  # on demand: few ask for it, all wait for the start

    return shipped()


@dataclass(frozen=True, slots=True)
class Options:
    """How sockviz was started. ``lesson`` is opened at once, at ``page`` (from 0); None: the home screen.

    ``alone``: this one run is all that there is, because it is a recording: none is opened after it. ``course``
    has the lessons of the course, also where one was opened at once; ``exercises`` its exercises, which nobody reads before the
    first picture is there. ``mouse``: it is ours, and not the terminal's own.

    ``screen`` is what a run is shown on, where that is no lesson's screen; ``steps`` are what it is given once it is shown.

    ``liberties`` are what its reader may have of this machine.

    ``theme`` is one of `sockviz.tui.themes.NAMES`; None chooses by the environment. ``ascii`` likewise.
    """

    lesson: CourseEntry | None = None
    page: int = 0
    notes: bool = False
    theme: str | None = None
    ascii: bool | None = None
    lab: str = ""  # what the home screen says of this machine, as "isolated loopback"
    manual: Callable[[], Manual] = _shipped
    mouse: bool = True
    alone: bool = False
    course: Callable[[], Sequence[CourseEntry]] = tuple
    exercises: Callable[[], Sequence[ExerciseEntry]] = tuple
    screen: Callable[[], type[Any] | None] = lambda: None
    steps: Callable[[], Steps | None] = lambda: None
    liberties: Liberties = OWNER
