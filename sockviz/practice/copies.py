"""A student's own copies of exercises: a file each in one folder, never written over."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from sockviz import kept_file
from sockviz.dataclass import dataclass
from sockviz.language import _, said_by_system
from sockviz.practice.shelf import SUFFIXES, ExercisePlace, read_program
from sockviz.visible import quoted

#: Says where the folder is, instead of `FOLDER` in the home directory.
VARIABLE, FOLDER = "SOCKVIZ_EXERCISES", "sockviz-exercises"


@dataclass(frozen=True, slots=True)
class Copy:
    """A student's file. ``made``: just now; ``kept``: where the one before is, which a new beginning has put aside."""

    file: Path
    made: bool
    kept: Path | None = None


def folder() -> Path:
    """Where copies are kept."""
    said = os.environ.get(VARIABLE)
    return Path(said) if said else Path.home() / FOLDER


def file_of(place: ExercisePlace, language: str) -> Path:
    """Where the copy of an exercise is, whether it has been made or not."""
    return folder() / f"{place.slug}{SUFFIXES[language]}"


def written(place: ExercisePlace, languages: Sequence[str]) -> str | None:
    """Of `languages` the one that the student's copy is in, where there are several that of the last change; None where there is
    none yet."""
    found: list[tuple[int, str]] = []
    for language in languages:
        with contextlib.suppress(OSError):
            found.append((os.stat(file_of(place, language)).st_mtime_ns, language))
    return max(found)[1] if found else None


def copied(place: ExercisePlace, language: str, *, anew: bool = False) -> Copy:
    """The student's copy, made of the start where there is none. `anew`: the one that is there is put aside, under the first name
    that is free, and another is made. Raises OSError."""
    file = file_of(place, language)
    kept = _put_aside(file) if anew and os.path.lexists(file) else None
    if os.path.lexists(file):
        return Copy(file, made=False)
    start = read_program(place.file("start", language))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as new:
        new.write(start)
    return Copy(file, made=True, kept=kept)


def _put_aside(file: Path) -> Path:
    return kept_file.set_aside(file, lambda number: file.with_name(f"{file.stem}.{number}{file.suffix}"))


def cannot_be_made(error: OSError, place: ExercisePlace) -> str:
    """Why the student has no copy of an exercise."""
    file = str(error.filename or place.directory)
    return _("{file}: your copy cannot be made: {error}; {variable}=DIR says where else").format(
        file=quoted(file), error=said_by_system(error), variable=VARIABLE
    )
