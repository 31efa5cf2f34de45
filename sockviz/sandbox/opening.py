"""Opens a run that lines are typed at."""

from __future__ import annotations

from sockviz import __version__
from sockviz.lab.supervisor import LabRefused
from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.player.labs import LessonSkipped, lab_for
from sockviz.player.performance import Performance
from sockviz.player.refusals import CannotPerform


async def opened(lesson: Lesson, kind: str) -> Performance:
    """A run of it in a lab of its own. Raises `CannotPerform`."""
    try:
        chosen = await lab_for(lesson, "auto" if kind == "two-hosts" else kind)
    except LessonSkipped as skipped:
        raise CannotPerform(_("no lab for it here: {reason}").format(reason=skipped)) from None
    except LabRefused as refusal:
        raise CannotPerform(_("no lab can be made here: {refusal}").format(refusal=refusal)) from None
    return Performance(lesson, chosen.lab, __version__)
