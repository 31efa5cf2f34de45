"""An object of which only its kind and its own text are known."""

from __future__ import annotations

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """Any other object of the lesson's process (a poll object, an enum …): its kind and its own ``repr``."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text
