"""What only prints: ``list`` and ``notes`` of the course, ``man``, ``doctor``; and ``shell``, which joins a lab."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import door, terminal
from sockviz.commands.shared import OK, Usage, find, progress_file, read
from sockviz.language import _, current, ngettext

if TYPE_CHECKING:
    pass


def list_course(options: argparse.Namespace) -> int:
    """The lessons of the course, and how far the reader is in each."""
    from sockviz.lesson.document import BadLesson
    from sockviz.player.shelf import course, read_outline
    from sockviz.practice.listed import as_json, exercises
    from sockviz.progress import ProgressStore

    store = ProgressStore(progress_file(options))
    progress = store.progress
    entries = []
    for name in course(current()):
        try:
            outline = read_outline(Path(name.path))
        except (BadLesson, OSError) as error:
            door.complain(f"{name.path}: {error}")
            continue
        seen, card = progress.of(name.slug), outline.card
        entries.append(
            {
                "number": name.number,
                "slug": name.slug,
                "title": card.title,
                "summary": card.summary,
                "minutes": card.minutes,
                "lab": card.lab,
                "pages": outline.pages,
                "seen": len(seen.seen),
                "complete": seen.is_complete,
                "predicted": seen.made,
                "kept": seen.kept,
            }
        )
    if store.message:
        door.complain(store.message)
    listed = [as_json(entry, progress.exercise(entry.slug)) for entry in exercises()]
    if options.json:
        door.out().say_json({"lessons": entries, "exercises": listed})
        return OK
    for entry in entries:
        done = _("done") if entry["complete"] else f"{entry['seen']}/{entry['pages']}"
        door.out().say(f"{entry['number'] or '':>3}  {entry['slug']:<26} {done:>6}  {entry['title']}")
    if listed:
        door.out().say("", _("Exercises: sockviz practice SLUG"))
    for each in listed:
        mark = "✓" if each["passed"] else str(each["attempts"] or "–")
        door.out().say(f"{each['number'] or '':>3}  {each['slug']:<26} {mark:>6}  {each['title']}")
    return OK


def notes(options: argparse.Namespace) -> int:
    """An instructor's notes, page by page."""
    if options.follow:
        try:
            from sockviz.lectern import directory  # noqa: F401
        except ImportError:  # no fcntl: nobody could say whose a run is, and whether it lives
            raise Usage(
                _("no run can be followed here: {system} has no file locks (flock)").format(
                    system=sys.platform
                )
            ) from None
        from sockviz.commands.noting import follow

        return follow(options)
    if options.lesson is None:
        raise Usage(_("`sockviz notes` needs LESSON, its number, its slug or a path to a file; or --follow"))
    from sockviz.spoken import spoken

    lesson = read(find(options.lesson, current()))
    say = door.out().say
    say(lesson.title, lesson.summary)
    if lesson.minutes is not None:
        minutes = lesson.minutes
        say(ngettext("about {count} minute", "about {count} minutes", minutes).format(count=minutes))
    for page in lesson.pages:
        number = _("page {number}").format(number=page.index + 1)
        say("", number + (f": {page.heading}" if page.heading else ""))
        for note in page.notes or (_("(no note)"),):
            say(*(f"  {line}".rstrip() for line in spoken(note)))
    return OK


def man(options: argparse.Namespace) -> int:
    """A page of the manual."""
    from sockviz.manual import command

    return command.run(options.word, as_json=options.json, out=door.out(), err=door.err())


def doctor(options: argparse.Namespace) -> int:
    """What this machine allows."""
    from sockviz import doctor as doctor_

    return doctor_.run(as_json=options.json, out=door.out())


def shell(options: argparse.Namespace) -> int:
    """A shell in a lab that is open."""
    from sockviz.lab import shell as shell_

    on_terminal = terminal.is_one(sys.stdin) and door.out().isatty()
    return shell_.run(
        options.lab, listing=options.list, on_terminal=on_terminal, out=door.out(), err=door.err()
    )
