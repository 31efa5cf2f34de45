"""One lesson of the course, as the screen tells of it. No Textual here: it is made before the screen is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sockviz.dataclass import dataclass

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson


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


def entry_of(lesson: Lesson) -> CourseEntry:
    """What is told of a lesson that has been read."""
    return CourseEntry(
        lesson.number,
        lesson.slug,
        lesson.title,
        lesson.summary,
        lesson.minutes,
        lesson.path,
        lesson.lab,
        lesson.needs,
    )
