"""What is wrong with a file that somebody wrote, at its place."""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.visible import quoted


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong with a lesson, or a page of the manual. ``kind`` is a word for machines: ``syntax``, ``expectation`` …"""

    line: int
    column: int
    kind: str
    message: str

    def text(self, path: str) -> str:
        """``path:line:column: message``."""
        return f"{quoted(path)}:{self.line}:{self.column}: {self.message}"
