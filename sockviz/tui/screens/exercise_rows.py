"""What home says of the exercises: a line for each with how far the reader is, and what the highlighted one is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from textual.content import Content
from textual.widgets.option_list import Option

from sockviz.language import _, ngettext
from sockviz.practice.copies import file_of, written
from sockviz.practice.listed import ExerciseEntry, state_of
from sockviz.practice.shelf import SUFFIXES
from sockviz.progress_text import ExerciseProgress, Progress
from sockviz.tui.lettering import styled
from sockviz.tui.screens.course_rows import apart, described, row

#: Goes before the name of an exercise's directory: a lesson may have the same slug.
_OPTION = "exercise:"


def option_of(entry: ExerciseEntry) -> str:
    """The id of its line."""
    return _OPTION + entry.place.directory.name


def exercise_rows(entries: Sequence[ExerciseEntry], progress: Progress, width: int) -> Iterator[Option]:
    """A heading, which cannot be chosen, and a line for each exercise, in `width` cells."""
    if not entries:
        return
    passed = sum(progress.exercise(entry.slug).passed for entry in entries)
    count = styled(f"{passed}/{len(entries)}", "$quiet")
    yield Option(apart(styled(_("Exercises"), "bold $accent"), count, width), disabled=True)
    for entry in entries:
        done = progress.exercise(entry.slug)
        told = styled(f"{done.attempts}×", "$quiet") if done.attempts else styled("", "$quiet")
        yield Option(row(_mark(done), entry.place.number, entry.title, told, width), id=option_of(entry))


def _mark(done: ExerciseProgress) -> tuple[str, str]:
    if done.passed:
        return "✓", "$success"
    return ("◐", "$accent") if done.attempts else ("·", "$faint")


def about_exercise(entry: ExerciseEntry, done: ExerciseProgress, lesson: str, width: int) -> list[Content]:
    """What an exercise is about, what it practises (`lesson` is called so), and what has become of it, in `width` cells."""
    minutes = entry.minutes
    facts = [(_("exercise"), _("a program of your own"))]
    if minutes:
        facts.append(
            (
                _("time"),
                ngettext("about {count} minute", "about {count} minutes", minutes).format(count=minutes),
            )
        )
    if lesson:
        facts.append((_("practises"), lesson))
    facts.append((_("state"), state_of(done)))
    if done.hints:
        facts.append(
            (_("hints"), ngettext("{count} read", "{count} read", done.hints).format(count=done.hints))
        )
    if done.solution:
        facts.append((_("solution"), _("read before it was passed")))
    language = written(entry.place, tuple(SUFFIXES))
    if language is not None:
        facts.append((_("your file"), _at_home(file_of(entry.place, language))))
    return described(entry.summary, facts, width)


def _at_home(file: Path) -> str:
    home = Path.home()
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)
