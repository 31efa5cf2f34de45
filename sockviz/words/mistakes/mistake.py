"""A mistake as it is told: observed, likely cause, what to try."""

from __future__ import annotations

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """``rule`` names its kind, ``about`` what it is about: of one rule and one subject it is told once. The rest are sentences
    without a full stop."""

    rule: str
    about: tuple[object, ...]
    process: str
    observed: str
    cause: str
    remedy: str

    @property
    def text(self) -> str:
        """All of it in a line."""
        return f"{self.observed}: {self.cause}. {self.remedy[:1].upper()}{self.remedy[1:]}"
