"""Opens a run that lines are typed at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sockviz import __version__
from sockviz.lab.supervisor import LabRefused
from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.model.first_names import in_environment
from sockviz.model.programs import Program
from sockviz.player.labs import LessonSkipped, lab_beside_programs, lab_for
from sockviz.player.performance import Performance
from sockviz.player.refusals import CannotPerform


async def opened(lesson: Lesson, kind: str) -> Performance:
    """A run of it in a lab of its own. Raises `CannotPerform`."""
    with _told_why():
        chosen = await lab_for(lesson, "auto" if kind == "two-hosts" else kind)
    return Performance(lesson, chosen.lab, __version__)


async def opened_beside(
    lesson: Lesson,
    kind: str,
    programs: Callable[[Sequence[str]], Sequence[Program]],
    tell: Callable[[str], None],
    *,
    holds: bool = False,
) -> Performance:
    """The same, with the `programs` beside it that are to live on hosts of these names, and are held at their calls where it
    `holds` them; `tell` is told what is not as usual about them. Raises `CannotPerform`."""
    from sockviz.player.beside import Beside  # with programs
    from sockviz.player.programs_begun import Surroundings

    with _told_why():
        lab = await lab_beside_programs(lesson, "auto" if kind == "two-hosts" else kind)
    environment = {**os.environ, **in_environment(lab.facts)}
    run = Beside(lesson, lab, programs(lab.facts.hosts), __version__, holds=holds)
    with _told_why():
        await run.begin(Surroundings(environment))
    for each in run.lacking:
        tell(each)
    return run


@contextmanager
def _told_why() -> Iterator[None]:
    try:
        yield
    except LessonSkipped as skipped:
        raise CannotPerform(_("no lab for it here: {reason}").format(reason=skipped)) from None
    except LabRefused as refusal:
        raise CannotPerform(_("no lab can be made here: {refusal}").format(refusal=refusal)) from None
