"""What the player says when it cannot. Any system and any front end can import it: nothing of a lab is named here."""

from __future__ import annotations

import sys

from sockviz.language import _

#: The parts of `LabFacts.missing` under which a reader finds why a recording is played, and why its text is not the lesson's.
LIVE_RUN, PRESENT_TEXT, TRANSLATION = "a live run", "this lesson's present text", "this lesson's translation"


class CannotPerform(Exception):
    """The lesson can neither be performed here nor played. ``lines`` are for a person: observation, cause, next step.

    ``skipped`` is the reason where it is one of this machine's, and will be the same next time.
    """

    def __init__(self, *lines: str, skipped: str | None = None) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.skipped = skipped


class CannotGoOn(Exception):
    """What was asked of a run cannot be done: its lab ended or refused it. The message is a sentence for a person."""


def other_system() -> str | None:
    """Why no lesson can be performed on this system at all; None on Linux."""
    foreign = _("its labs need Linux, and this is {system}").format(system=sys.platform)
    return None if sys.platform == "linux" else foreign
