"""What was performed at a run, kept: as a lesson, as a recording, as programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sockviz.language import _, ngettext
from sockviz.lesson.document import BadLesson
from sockviz.lesson.parser import parse_lesson
from sockviz.model.recording import save
from sockviz.player.performance import Performance
from sockviz.sandbox.script import listed
from sockviz.sandbox.written import lesson_text
from sockviz.visible import quoted


class CannotKeep(ValueError):
    """It cannot be kept so; the message says why, and what to do."""


def kept_as(file: Path, run: Performance, language: str, *, is_directory: bool = False) -> str:
    """Writes what `run` has performed into a new `file`: ``NAME.md`` a lesson, ``NAME.jsonl`` a recording; into a new directory
    programs in `language`. Returns a sentence about it. Raises `CannotKeep` and OSError."""
    if run.script.beside and (is_directory or file.suffix == ".md"):
        raise CannotKeep(
            ngettext(
                "{programs} is a program, and neither a lesson nor exported programs have it: what was typed would "
                "meet nobody; a name that ends in .jsonl keeps all of it",
                "{programs} are programs, and neither a lesson nor exported programs have them: what was typed would "
                "meet nobody; a name that ends in .jsonl keeps all of it",
                len(run.script.beside),
            ).format(programs=listed(run.script.beside))
        )
    if is_directory:
        return _programs(file, run, language)
    match file.suffix:
        case ".md":
            return as_lesson(file, run)
        case ".jsonl":
            return as_recording(file, run)
    raise CannotKeep(
        _("a lesson's name ends in .md, a recording's in .jsonl, a directory's for programs in /")
    )


def as_lesson(file: Path, run: Performance) -> str:
    """Writes a lesson into a new file. Returns a sentence about it. Raises OSError."""
    text = lesson_text(run.script, run.timeline)
    with _whole(file) as out:
        out.write(text)
    return _("{file}: a lesson; `sockviz check {file}` holds it").format(file=quoted(str(file)))


def as_recording(file: Path, run: Performance) -> str:
    """Writes a recording into a new file. Returns a sentence about it. Raises OSError."""
    with _whole(file) as out:
        save(run.timeline, out)
    return _("{file}: a recording; `sockviz replay {file}` plays it").format(file=quoted(str(file)))


@contextmanager
def _whole(file: Path) -> Iterator[TextIO]:
    """A new file; where it cannot be written to its end (a full disk), there is none. Raises OSError."""
    with file.open("x", encoding="utf-8") as out:
        try:
            yield out
            out.flush()
        except BaseException:
            file.unlink(missing_ok=True)
            raise


def _programs(directory: Path, run: Performance, language: str) -> str:
    from sockviz.lesson.programs.folder import Language
    from sockviz.player.export import NoPrograms, NotEmpty, export_programs

    text = lesson_text(run.script, run.timeline)
    try:
        lesson = parse_lesson(text, f"{directory.name or 'sandbox'}.md")
        return export_programs(lesson, Language(language), directory).summary
    except BadLesson as bad:
        raise CannotKeep(bad.lines[0]) from None
    except NoPrograms:
        raise CannotKeep(_("nothing was performed that a program could do")) from None
    except NotEmpty:
        raise CannotKeep(_("this directory is not empty; name another, or empty it")) from None
