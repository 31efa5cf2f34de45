"""A timeline as a file: JSON lines, a header first, then one event a line (`sockviz.model.event_lines`).

The header is ``{"sockviz": 2, "kernel": …, "lab": …, "lesson": …}``; the number is the format's, and 1 can be read, too. A file
that breaks off can be played up to its last whole event, and so can one that says what cannot have been. Of the lesson's path it
holds the file's name only.
"""

from __future__ import annotations

import contextlib
import gc
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, TypeAlias

from sockviz import memory
from sockviz.dataclass import dataclass
from sockviz.input_file import explained, open_input
from sockviz.language import _
from sockviz.model.event_lines import line_of, parsed
from sockviz.model.event_reader import EventReader
from sockviz.model.event_writer import EventWriter
from sockviz.model.events import Event
from sockviz.model.fields import Damage, reader, writer
from sockviz.model.lab_facts import LabFacts
from sockviz.model.programs import BadPrograms, read_programs
from sockviz.model.script_text import LESSON, PROGRAMS, ScriptText, UnreadScript
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import BadValue
from sockviz.model.world import World

#: The format that is written, and those that are read.
VERSION, READ = 2, (1, 2)
#: The largest recording, in bytes and in events: in format 1 1,000 clients on one listener take 40 MB, and 13,000 events.
LARGEST_FILE, MOST_EVENTS = 160 << 20, 200_000
#: The longest line of one (bytes): a thousand rows of a socket table take a third of that.
LONGEST_LINE = 4 << 20
#: So many values, parts of values and addresses one line may have: an observation of 10,000 sockets has two each.
MOST_VALUES, _TAG = 30_000, '"$"'
#: And so many all lines together: those of 1,000 clients have 28,000.
MOST_TAGS = 500_000
#: When it has taken so much memory (bytes) no more of a recording is read; and how much of it (bytes), and of what was made of
#: its differences, comes from look to look.
MOST_MEMORY, _LOOKED_EVERY = 320 << 20, 256 << 10
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_REASON = 300
#: Judges whether an event can follow on a world; of one that is known to fit, the rest of it. Raises ValueError with the reason.
Check: TypeAlias = "Callable[[Event, World, bool], None]"
#: Reads a script, of a text and the name of its file, and says what judges the events of a run of it.
Reads: TypeAlias = "Callable[[str, str], tuple[ScriptText, Check]]"
#: How the script of a recording is read where it is no lesson, by its kind.
_OTHERS: dict[str, Reads] = {PROGRAMS: read_programs}


class BadRecording(ValueError):
    """A file that is not a recording, or no header of one. The message says what and where."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recording as read: the run up to ``problem``, which says at which line the file broke off, and how."""

    timeline: Timeline
    problem: str | None


@dataclass(frozen=True, slots=True)
class _FirstLine:
    """What the first line says. ``lesson`` is the text of the script, which is of ``kind``: for long there were lessons only."""

    lesson: str
    path: str
    lab: LabFacts
    kernel: str
    started: float
    made_by: str = ""
    kind: str = LESSON


def unread(text: str, path: str) -> tuple[ScriptText, Check]:
    """Takes a script as it is, and any event."""
    return UnreadScript(text, path), lambda _event, _world, _fits: None


def dump_header(header: Header) -> str:
    """The first line of a recording."""
    script = header.script
    kept = _FirstLine(script.text, _name(script.path), header.lab, header.kernel, header.started)
    body = {"sockviz": VERSION, "made_by": header.sockviz, **writer(_FirstLine)(kept)}
    return line_of(body if script.kind == LESSON else {**body, "kind": script.kind})


def _name(path: str) -> str:
    """The last part of a path of any system. Whose directories it was in is nobody's business."""
    return re.split(r"[/\\]", path)[-1]


def save(timeline: Timeline, file: TextIO) -> None:
    """Writes the whole run."""
    file.write(dump_header(timeline.header) + "\n")
    write = EventWriter()
    file.writelines(write.lines(piece) for piece in timeline.events.pieces(0))


def load_header(line: str, name: str, reads: Reads) -> tuple[Header, Check, int]:
    """Reads the first line: the header, what judges the events, and the file's format. Raises `BadRecording`, and as `reads`."""
    try:
        body = parsed(line)
    except ValueError as error:
        why = _("not a sockviz recording: the first line is not JSON ({error})").format(error=error)
        raise BadRecording(f"{name}:1: {why}") from None
    if not isinstance(body, dict) or "sockviz" not in body:
        raise BadRecording(f"{name}:1: " + _("not a sockviz recording: the first line has no «sockviz» key"))
    version = body.pop("sockviz")
    if type(version) is not int or version not in READ:
        version = str(version)[:40] if isinstance(version, int | float) else type(version).__name__
        other = _(
            "written in format {version}; this sockviz reads format {ours}. Play it with the sockviz that made it."
        )
        ours = " & ".join(map(str, READ))
        raise BadRecording(f"{name}:1: {other.format(version=version, ours=ours)}")
    try:
        first: _FirstLine = reader(_FirstLine)(body)
    except (Damage, BadValue) as error:
        within = error.within("header") if isinstance(error, Damage) else error
        raise BadRecording(
            f"{name}:1: " + _("a damaged header: {reason}").format(reason=_one_line(str(within)))
        ) from None
    if first.kind != LESSON and first.kind not in _OTHERS:
        unknown = _("it was made from {kind}, which this sockviz does not know").format(
            kind=_one_line(first.kind)[:40]
        )
        raise BadRecording(f"{name}:1: {unknown}")
    try:
        script, check = _OTHERS.get(first.kind, reads)(first.lesson, _name(first.path))
    except BadPrograms as bad:
        raise BadRecording(f"{name}:1: {_('a damaged header: {reason}').format(reason=bad)}") from None
    return Header(script, first.lab, first.kernel, first.started, first.made_by), check, version


class Intake:
    """A recording as far as it was read: its lines are taken in order, and each is checked.

    `take` raises `BadRecording` where not even the header can be read, and what `reads` raises of a script. ``problem`` says
    at which line the file broke off, and how; from there on nothing is taken.
    """

    def __init__(self, name: str, reads: Reads = unread) -> None:
        self.problem: str | None = None
        self.lines = 0  # as were taken whole
        self._name, self._reads = name, reads
        self._timeline: Timeline | None = None
        self._check: Check = unread("", "")[1]
        self._reader = EventReader(VERSION)
        self._tags = self._read = self._looked = 0
        self._before = memory.resident()

    @property
    def timeline(self) -> Timeline:
        """What was read so far. Raises `BadRecording` before the header was."""
        if self._timeline is None:
            raise BadRecording(f"{self._name}: " + _("empty: a recording starts with a header line"))
        return self._timeline

    def take(self, line: str) -> bool:
        """Takes the next line, with its newline. False where the recording breaks off in it."""
        if self._timeline is None:
            self._begin(line)
            return True
        if self.problem is not None:
            return False
        try:
            self._append(self._timeline, line)
        except ValueError as error:
            return self.breaks_off(str(error))
        self.lines += 1
        return line.endswith("\n") or self.breaks_off(_("no end of line"), 0)

    def breaks_off(self, reason: str, further: int = 1) -> bool:
        """The recording breaks off, `further` lines after those that were taken. Always False. Raises as `take`."""
        if self._timeline is None:
            raise BadRecording(
                f"{self._name}:1: " + _("not a sockviz recording: {reason}").format(reason=_one_line(reason))
            )
        told = _("the recording breaks off here ({reason})").format(reason=_one_line(reason))
        self.problem = f"{self._name}:{self.lines + further}: {told}"
        return False

    def _begin(self, line: str) -> None:
        if _SURROGATE.search(line):
            raise BadRecording(f"{self._name}:1: " + _("not a sockviz recording: not UTF-8 text"))
        header, self._check, version = load_header(line.removeprefix("\ufeff"), self._name, self._reads)
        self._reader = EventReader(version)
        self._timeline, self.lines = Timeline(header), 1

    def _append(self, timeline: Timeline, line: str) -> None:
        """Adds what `line` says. Raises ValueError with the reason where it says nothing that can have been."""
        tags = line.count(_TAG)
        self._tags += tags
        self._read += len(line)
        if self._tags > MOST_TAGS:
            raise ValueError(f"more than {MOST_TAGS} values")
        if not line.isascii() and _SURROGATE.search(line):
            raise ValueError("not UTF-8 text")
        if len(line) > LONGEST_LINE:
            raise ValueError(TOO_LONG)
        if tags > MOST_VALUES:
            raise ValueError(f"more than {MOST_VALUES} values in one line")
        if len(timeline) == MOST_EVENTS:
            raise ValueError(f"no more than {MOST_EVENTS} events are played")
        self._look()
        event = self._reader.event(line)
        fits = timeline.fits_quietly(event)
        self._check(event, timeline.settled if fits else timeline.world, fits)
        try:
            timeline.append(event)
        except (ArithmeticError, LookupError, RecursionError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    def _look(self) -> None:
        made = self._read + self._reader.rebuilt
        if made - self._looked > _LOOKED_EVERY:
            self._looked = made
            if memory.resident() - self._before > MOST_MEMORY:
                raise ValueError(
                    f"what comes before takes {MOST_MEMORY >> 20} MiB of memory, and more would be too much"
                )


TOO_LONG = f"a line of more than {LONGEST_LINE} bytes"


class Loading:
    """A recording on its way in. Raises `BadRecording` where not even the header can be read, what `reads` raises of a script,
    and the file's OSError where nothing was read."""

    def __init__(self, lines: Iterable[str], name: str, reads: Reads = unread) -> None:
        self._lines = iter(lines)
        self._intake = Intake(name, reads)
        self.over = False
        self.step()

    @property
    def loaded(self) -> Loaded:
        """As far as it has come."""
        return Loaded(self._intake.timeline, self._intake.problem)

    def step(self) -> None:
        """Reads a line further. What it meets at the end, or where nothing further can be read, is that this is ``over``."""
        try:
            line = next(self._lines, None)
        except OSError as error:  # of the file: it was cut while it was read, or what it is on fails
            if self._intake.lines == 0:
                raise
            self.over = not self._intake.breaks_off(error.strerror or str(error))
        except ValueError as error:
            self.over = not self._intake.breaks_off(str(error))
        else:
            self.over = line is None or not self._intake.take(line)


def load(lines: Iterable[str], name: str, reads: Reads = unread) -> Loaded:
    """Reads a whole recording. Raises as `Loading`."""
    loading = Loading(lines, name, reads)
    while not loading.over:
        loading.step()
    return loading.loaded


def load_file(path: Path, reads: Reads = unread) -> Loaded:
    """Reads a recording from a file. Raises as `load`, and as `sockviz.input_file` OSError."""
    with open_input(path, LARGEST_FILE) as file, nothing_collected():
        return load(lines_of(file, path), str(path), reads)


@contextlib.contextmanager
def nothing_collected() -> Iterator[None]:
    """What is read is kept: to look for garbage in it, again and again, takes as long as reading it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def lines_of(file: BinaryIO, path: Path) -> Iterator[str]:
    """The file's lines. Raises ValueError where there is too much of one or of them, and OSError with the file's name."""
    read = 0
    while True:
        try:
            line = file.readline(LONGEST_LINE + 1)
        except OSError as error:
            raise explained(error, path) from None
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise ValueError(TOO_LONG)
        read += len(line)
        if read > LARGEST_FILE:  # it grows while it is read
            raise ValueError(f"more than {LARGEST_FILE} bytes")
        yield text_of(line)


def text_of(line: bytes) -> str:
    """A line as text. What is not UTF-8 comes as surrogates, which are found at their line: the events before can be played."""
    return line.decode("utf-8", "surrogateescape")


def _one_line(text: str) -> str:
    """`text` as part of a sentence, whatever of the file stands in it."""
    line = "".join(
        c if c.isprintable() else f"\\x{ord(c):02x}" for c in " ".join(text[: 4 * _LONGEST_REASON].split())
    )
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"
