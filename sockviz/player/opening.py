"""Opens a lesson for a reader: performed in a lab, or, where this machine refuses that, played from its recording."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sockviz.dataclass import dataclass
from sockviz.language import _, said_by_system
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.player.refusals import CannotPerform, other_system

if TYPE_CHECKING:
    from sockviz.player.run import LessonRun
    from sockviz.player.sourced import SourcedLesson


@dataclass(frozen=True, slots=True)
class Opened:
    """A run to be read. ``fallback`` says why its lab is not the isolated one, where it is not although that was tried."""

    run: LessonRun
    fallback: str | None = None


async def open_run(lesson: Lesson, kind: str, version: str, *, unattended: bool = False) -> Opened:
    """A live run of `lesson` in a lab of `kind`, or its recording. Raises `CannotPerform`.

    With `unattended` nobody is there to leave a lesson whose next line waits for itself: its `advance` then raises `Stuck`
    (sockviz.player.patience).
    """
    reason = other_system()
    if reason is None:
        # Only here: what a lab is made of does not even load elsewhere.
        from sockviz.lab.supervisor import LabRefused
        from sockviz.player.labs import LessonSkipped, lab_for

        try:
            chosen = await lab_for(lesson, kind)
            # Only now: who waits for the lab's first process imports it meanwhile.
            from sockviz.player.patience import Patience
            from sockviz.player.performance import Performance

            patience = Patience(deadline=math.inf) if unattended else None
            return Opened(Performance(lesson, chosen.lab, version, patience), chosen.fallback)
        except LessonSkipped as skipped:
            reason = str(skipped)
        except LabRefused as refusal:
            reason = _("no lab can be made here: {refusal}").format(refusal=refusal)
    return Opened(_recorded(lesson, reason))


def _recorded(lesson: Lesson, reason: str) -> SourcedLesson:
    # Only here: where lessons are performed nobody waits for what reads recordings.
    from sockviz.model.recording import BadRecording
    from sockviz.player.instead import play_instead

    refused = _("«{lesson}» cannot be performed here: {reason}").format(lesson=lesson.title, reason=reason)
    try:
        recorded = play_instead(lesson, reason)
    except (BadRecording, BadLesson) as bad:
        unplayable = _("its recording cannot be played: {error}").format(error=bad)
        raise CannotPerform(f"{refused}; {unplayable}", skipped=reason) from None
    except OSError as error:
        unread = _("its recording cannot be read: {error} ({file})").format(
            error=said_by_system(error), file=error.filename
        )
        raise CannotPerform(f"{refused}; {unread}", skipped=reason) from None
    if recorded is None:
        raise CannotPerform(f"{refused}. {_('`sockviz doctor` tells why and what to do.')}", skipped=reason)
    return recorded
