"""The exercises as a list tells of them: their front matter, none of whose pages is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sockviz.dataclass import dataclass
from sockviz.input_file import read_input
from sockviz.language import _, current, ngettext
from sockviz.lesson.card import Card
from sockviz.lesson.course import read_card
from sockviz.player.shelf import LARGEST_FILE
from sockviz.practice.shelf import ExercisePlace, places, text_of
from sockviz.progress_text import ExerciseProgress, Progress


@dataclass(frozen=True, slots=True)
class ExerciseEntry:
    """One exercise. ``lesson`` is the slug of the one that it practises, where it says so."""

    place: ExercisePlace
    title: str
    summary: str
    minutes: int | None
    lesson: str = ""

    @property
    def slug(self) -> str:
        """What it goes by."""
        return self.place.slug

    @property
    def name(self) -> str:
        """``4  A message that comes in pieces``, or only the title."""
        return self.title if self.place.number is None else f"{self.place.number}  {self.title}"


def exercises() -> list[ExerciseEntry]:
    """Those of the course, in order."""
    return [entry_of(place) for place in places()]


def entry_of(place: ExercisePlace) -> ExerciseEntry:
    """What a list says of the exercise in a directory."""
    try:
        content = read_input(text_of(place, current()), LARGEST_FILE)
        head = read_card(content.decode("utf-8", "replace").splitlines())
    except OSError:
        head = Card()
    return ExerciseEntry(place, head.title or place.slug, head.summary, head.minutes, head.lesson)


def practising(entries: Iterable[ExerciseEntry], lesson: str) -> list[ExerciseEntry]:
    """Those that practise the lesson of that slug."""
    return [entry for entry in entries if lesson and entry.lesson == lesson]


def following(entries: Sequence[ExerciseEntry], slug: str, progress: Progress) -> ExerciseEntry | None:
    """The exercise to go on to from the one of that slug: of those that were not passed the first after it, or else the first;
    None where all were."""
    place = next((number for number, entry in enumerate(entries) if entry.slug == slug), -1)
    left = [
        entry
        for entry in (*entries[place + 1 :], *entries[: place + 1])
        if entry.slug != slug and not progress.exercise(entry.slug).passed
    ]
    return left[0] if left else None


def state_of(done: ExerciseProgress) -> str:
    """``passed after 3 attempts``, ``3 attempts``, or that there was none."""
    if not done.attempts:
        return _("passed") if done.passed else _("not yet")
    text = (
        ngettext("passed, {count} attempt", "passed, {count} attempts", done.attempts)
        if done.passed
        else ngettext("{count} attempt", "{count} attempts", done.attempts)
    )
    return text.format(count=done.attempts)


def as_json(entry: ExerciseEntry, done: ExerciseProgress) -> dict[str, object]:
    """What JSON lists say of one."""
    return {
        "number": entry.place.number,
        "slug": entry.slug,
        "title": entry.title,
        "summary": entry.summary,
        "minutes": entry.minutes,
        "lesson": entry.lesson or None,
        "passed": done.passed,
        "attempts": done.attempts,
        "hints": done.hints,
    }
