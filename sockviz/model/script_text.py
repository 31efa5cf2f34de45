"""What a run holds of its script whoever can read it: its text, and where that is from. The rest is in `sockviz.calls.script`."""

from __future__ import annotations

from typing import Protocol

from sockviz.dataclass import dataclass
from sockviz.pattern import pattern

#: The kind that a recording's script is where nothing else is said.
LESSON = "lesson"
#: The kind that programs of the user's own are (see `sockviz.model.programs`).
PROGRAMS = "programs"


class ScriptText(Protocol):
    """A script as text. The lines that events point at are its lines."""

    @property
    def kind(self) -> str:
        """What it is: ``lesson``, ``programs``. Who reads a recording knows by it how the text becomes a script."""

    @property
    def path(self) -> str:
        """Where it was read from, for messages."""

    @property
    def text(self) -> str:
        """All of it."""


@dataclass(frozen=True, slots=True)
class UnreadScript:
    """A script of which nobody asked what it says."""

    text: str = ""
    path: str = ""
    kind: str = LESSON


_NEWLINES = pattern("\r\n?")


def numbered_lines(text: str) -> list[str]:
    """Its lines as interpreters, compilers and readers of lessons count them: what else `str.splitlines` takes for one, as a
    form feed or U+2028, is none."""
    return _NEWLINES.sub("\n", text).removesuffix("\n").split("\n")
