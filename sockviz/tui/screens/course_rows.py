"""What home says of the course: its parts with their lessons, and of each lesson how far it has been read and predicted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widgets.option_list import Option

from sockviz.language import N_, _, ngettext
from sockviz.lesson.course import parts
from sockviz.progress_text import LessonProgress, Progress
from sockviz.tui.entry import CourseEntry
from sockviz.tui.lettering import BREAK, assemble, plain, styled

#: A fact stands beside its name where it has so many cells there.
_ROOMY = 14


def rows(course: Sequence[CourseEntry], progress: Progress, width: int) -> Iterator[Option]:
    """A line for each part of the course, which cannot be chosen, and each lesson below it, in `width` cells."""
    shown = ""
    named = parts(entry.slug for entry in course)
    for part, entry in zip(named, course, strict=True):
        if part != shown:
            minutes = sum(each.minutes or 0 for of, each in zip(named, course, strict=True) if of == part)
            yield Option(
                apart(styled(_(part), "bold $accent"), styled(time(minutes), "$quiet"), width), disabled=True
            )
        shown = part
        yield Option(_row(entry, progress.of(entry.slug), width), id=entry.slug)


def _row(entry: CourseEntry, read: LessonProgress, width: int) -> Content:
    """Its mark, number and title, whose further lines hang; at the right how many predictions the kernel kept of those made."""
    kept = styled(f"{read.kept}/{read.made}", "$quiet") if read.made else plain()
    return row(_mark(entry, read), entry.number, entry.title, kept, width)


def row(mark: tuple[str, str], number: int | None, title: str, told: Content, width: int) -> Content:
    """A mark with its ink, a number and a title, whose further lines hang; at the right what is `told`."""
    said = "  " if number is None else f"{number:>2}"
    first = assemble((f"{mark[0]} ", mark[1]), (said, "$accent"), "  ")
    room = max(width - first.cell_length - told.cell_length - bool(told.cell_length), 8)
    head, *others = plain(title).wrap(room)
    hung = [plain(" " * first.cell_length) + line for line in others]
    return BREAK.join([apart(first + head, told, width), *hung])


def apart(left: Content, right: Content, width: int) -> Content:
    """One at each end of a line."""
    gap = max(width - left.cell_length - right.cell_length, 1 if right.cell_length else 0)
    return assemble(left, " " * gap, right) if right.cell_length else left


def time(minutes: float) -> str:
    """``45 min``, ``6 h 25 min``; nothing for none."""
    whole = round(minutes)
    if whole < 60:
        return _("{minutes} min").format(minutes=whole) if whole else ""
    return _("{hours} h {minutes} min").format(hours=whole // 60, minutes=whole % 60)


def left_of(entry: CourseEntry, read: LessonProgress) -> float:
    """The minutes that a lesson still takes: as many of its own as pages of it have not been seen."""
    seen = len(read.seen) / read.pages if read.pages else 0.0
    return (entry.minutes or 0) * max(1.0 - seen, 0.0)


def brand(course: Sequence[CourseEntry], progress: Progress, width: int) -> Content:
    """What this is; how long all of it takes, and what is left of that."""
    name = styled(" sockviz", "bold $primary")
    tagline = styled(f"   {_('the sockets API, performed')}", "$quiet")
    total = time(sum(entry.minutes or 0 for entry in course))
    left = time(sum(left_of(entry, progress.of(entry.slug)) for entry in course))
    lessons = ngettext("{count} lesson", "{count} lessons", len(course)).format(count=len(course))
    brief = [", ".join(filter(None, (lessons, total))), lessons]
    if total and left and left != total:
        whole = _("{lessons}, {total}; {left} left").format(lessons=lessons, total=total, left=left)
        brief = [whole, _("{left} left").format(left=left)]
    room = width - name.cell_length - 3
    said = next((each for each in brief if cell_len(each) <= room), "")
    told = styled(said + " ", "$quiet") if course and said else plain()
    whole_name = name + tagline
    return apart(whole_name if whole_name.cell_length + told.cell_length + 2 <= width else name, told, width)


def _mark(entry: CourseEntry, read: LessonProgress) -> tuple[str, str]:
    if entry.skipped:
        return "–", "$warning"
    if read.is_complete:
        return "✓", "$success"
    return ("◐", "$accent") if read.seen else ("·", "$faint")


#: What a lesson may need, in words. Only an isolated lab has the first two on every machine.
_NEEDS = {
    "packets": N_("captured packets"),
    "private": N_("a network of its own"),
    "counters": N_("the kernel's counters"),
    "ipv6": "IPv6",
}


def about(entry: CourseEntry, read: LessonProgress, width: int) -> list[Content]:
    """What a lesson is about, what it takes and needs, and how far it has been read: in lines of `width` cells."""
    lab = _("two hosts with a link between them") if entry.lab == "two-hosts" else "loopback"
    minutes = entry.minutes
    facts = [
        (
            _("time"),
            ngettext("about {count} minute", "about {count} minutes", minutes).format(count=minutes)
            if minutes
            else _("as long as you like"),
        ),
        (_("lab"), lab),
        (_("needs"), ", ".join(_(_NEEDS.get(need, need)) for need in entry.needs) or _("nothing special")),
        (_("read"), _read(entry, read)),
    ]
    if read.made:
        kept = _("{kept} of {made} as the kernel had it").format(kept=read.kept, made=read.made)
        facts.append((_("predicted"), kept))
    told = described(entry.summary, facts, width)
    if entry.skipped:
        why = assemble((_("Not on this machine:") + " ", "bold $warning"), (entry.skipped, "$warning"))
        told += [plain(), *why.wrap(max(width, 8))]
    return told


def described(summary: str, facts: Sequence[tuple[str, str]], width: int) -> list[Content]:
    """A summary, and facts by their names below it: each beside its name, or beneath it where that leaves too little room."""
    column = max(6, *(cell_len(name) for name, _value in facts)) + 2
    told = [*styled(summary, "bold").wrap(max(width, 8)), plain()]
    for name, value in facts:
        named = styled(name + " " * (column - cell_len(name)), "$quiet")
        if width - column >= _ROOMY:
            head, *others = plain(value).wrap(width - column)
            told += [named + head, *(plain(" " * column) + line for line in others)]
        else:
            told += [named.rstrip(), *(plain("  ") + line for line in plain(value).wrap(max(width - 2, 8)))]
    return told


def _read(entry: CourseEntry, read: LessonProgress) -> str:
    pages = read.pages or entry.pages
    if not read.seen:
        return _("not yet, {count} pages").format(count=pages) if pages else _("not yet")
    if read.is_complete:
        return _("all {count} pages").format(count=pages)
    return _("{seen} of {count} pages").format(seen=len(read.seen), count=pages)
