"""The commands. Each front end is imported only when asked for."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from sockviz import __version__, door, language, signals, terminal
from sockviz.command_line import language_in, parser
from sockviz.language import _, ngettext
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson
    from sockviz.player.recorder import Recorder
    from sockviz.player.report import Report
    from sockviz.player.run import Run

T = TypeVar("T")
_complain = door.complain
OK, FAILED, USAGE = 0, 1, 2
BROKEN_PIPE = 13  # SIGPIPE, which not every system has


class Usage(Exception):
    """The command was given something it cannot use. The first line says what, and what to do; more may stand below it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns its exit code: 0 done, 1 something failed, 2 wrong usage."""
    if arguments is None:
        door.stand()
    typed = sys.argv[1:] if arguments is None else arguments
    with contextlib.suppress(Usage):  # said once the command line has been read
        _speak(language_in(typed))
    try:
        options = parser().parse_args(typed)
        _speak(options.language)
        return COMMANDS[options.command](options)
    except Usage as usage:
        _complain(*usage.args)
        return USAGE
    except door.CannotWrite as cannot:
        _complain(str(cannot))
        return FAILED
    except BrokenPipeError:  # the reader of our output has gone (`| head`): there is nobody to tell
        return 128 + BROKEN_PIPE
    except Exception as error:  # a fault of ours: said in a sentence, kept in a file
        from sockviz import crash

        _complain(crash.save(error))
        return FAILED


def _speak(wanted: str | None) -> None:
    try:
        language.use(wanted or language.preferred())
    except language.UnknownLanguage as unknown:
        raise Usage(f"--language: {unknown}") from None


# --- the commands -----------------------------------------------------------------------------------------


def _home(options: argparse.Namespace) -> int:
    return _screen(options, None)


def _run(options: argparse.Namespace) -> int:
    path = _find(options.lesson, language.current())
    if not options.plain and options.start == 1 and _is_of_the_course(path):
        return _screen(options, path)  # which reads the lesson after its first paint
    lesson = _read(path)
    if not 1 <= options.start <= len(lesson.pages):
        raise Usage(
            _("--start {page}: «{lesson}» has pages 1 to {pages}").format(
                page=options.start, lesson=lesson.title, pages=len(lesson.pages)
            )
        )
    if not options.plain:
        return _screen(options, path)

    async def perform() -> int:
        from sockviz import plain
        from sockviz.player.patience import Stuck

        ask = terminal.is_one(sys.stdin) and door.out().isatty()
        run = await _open(lesson, options.lab, record=options.record is not None, unattended=not ask)
        with contextlib.ExitStack() as files:
            try:
                recorder = _record(run, options.record, files)
                await plain.play(run, door.out(), ask=ask, notes=options.notes, start=options.start - 1)
            except Stuck as stuck:
                _complain(f"{quoted(str(path))}:{stuck.statement.line}: {stuck}")
                return FAILED
            except _refusals() as refusal:  # the lab ended, or cannot start a process any more
                _complain(run.problem or str(refusal))
                return FAILED
            finally:
                for line in await run.close():
                    door.out().say(_("left behind by the kernel: {line}").format(line=line))
        if run.problem is not None:
            _complain(run.problem)
            return FAILED
        return FAILED if recorder is not None and recorder.problem is not None else OK

    return _drive(perform())


def _replay(options: argparse.Namespace) -> int:
    from sockviz.input_file import NotAFile
    from sockviz.lesson.document import BadLesson
    from sockviz.model.recording import BadRecording
    from sockviz.player.recorded import open_recording

    try:
        recorded = open_recording(Path(options.file))
    except NotAFile as error:
        _complain(_cannot_be_read(options.file, error))
        return FAILED
    except OSError as error:
        raise Usage(_cannot_be_read(options.file, error)) from None
    except BadRecording as bad:
        _complain(str(bad))
        return FAILED
    except BadLesson as bad:
        what = _("{file}:1: the lesson in this recording cannot be read:")
        _complain(what.format(file=quoted(options.file)), *bad.lines)
        return FAILED
    if options.json or options.at is not None:
        return _world(recorded, options)
    if options.plain:
        from sockviz import plain

        _drive(plain.play(recorded, door.out(), ask=False))
        return _broken_off(recorded)
    return _screen(options, None, recorded)


def _world(recorded: Run, options: argparse.Namespace) -> int:
    from sockviz.model.world_json import world_json

    last = len(recorded.timeline)
    at = last if options.at is None else options.at
    if not options.json:
        raise Usage(_("--at goes with --json: it prints the world after that event"))
    if not 0 <= at <= last:
        _broken_off(recorded)
        raise Usage(_("--at {at}: this recording has events 0 to {last}").format(at=at, last=last))
    door.out().say_json(world_json(recorded.timeline.world_at(at)))
    return _broken_off(recorded)


def _broken_off(recorded: Run) -> int:
    """Says where a recording breaks off, where it does: what was shown is not all that somebody recorded."""
    if recorded.problem is None:
        return OK
    _complain(recorded.problem)
    return FAILED


def _export(options: argparse.Namespace) -> int:
    return _export_programs(options) if options.code is not None else _export_packets(options)


def _export_packets(options: argparse.Namespace) -> int:
    from sockviz.input_file import NotAFile
    from sockviz.model.pcapng import NoPackets
    from sockviz.model.recording import BadRecording, load_file
    from sockviz.player.export import NotWritten, export_pcapng

    recording, out = Path(options.source), Path(options.pcapng)
    try:
        exported = export_pcapng(load_file(recording), out)
    except NotAFile as error:
        _complain(_cannot_be_read(recording, error))
        return FAILED
    except NotWritten as error:
        raise Usage(f"--pcapng {quoted(str(out))}: {error.strerror}") from None
    except OSError as error:
        raise Usage(_cannot_be_read(recording, error)) from None
    except BadRecording as bad:
        _complain(str(bad))
        return FAILED
    except NoPackets as none:
        _complain(
            _("{file}: this recording has no captured packets: {reason}").format(
                file=quoted(str(recording)), reason=none
            )
        )
        return FAILED
    door.out().say(exported.summary)
    if exported.problem is not None:
        _complain(exported.problem)
    return OK


def _export_programs(options: argparse.Namespace) -> int:
    from sockviz.lesson.programs.folder import Language
    from sockviz.player.export import NoPrograms, NotEmpty, NotWritten, export_programs

    word, directory = options.code[0], Path(options.code[1])
    known = [language.value for language in Language]
    if word not in known:
        raise Usage(
            _("--code {word}: expected {known}, and then the directory to write").format(
                word=word, known=_(" or ").join(known)
            )
        )
    lesson = _read(_find(options.source, language.current()))
    try:
        exported = export_programs(lesson, Language(word), directory)
    except NoPrograms as none:
        _complain(_("{reason}: there is no program to write").format(reason=none))
        return FAILED
    except NotEmpty:
        raise Usage(
            f"--code {word} {quoted(str(directory))}: {_('this directory is not empty; name another, or empty it')}"
        ) from None
    except NotWritten as error:
        raise Usage(f"--code {word} {quoted(str(directory))}: {error.strerror}") from None
    door.out().say(exported.summary)
    return OK


def _list(options: argparse.Namespace) -> int:
    from sockviz.lesson.document import BadLesson
    from sockviz.player.shelf import course, read_lesson
    from sockviz.progress import ProgressStore

    store = ProgressStore(_progress_file(options))
    progress = store.progress
    entries = []
    for name in course(language.current()):
        try:
            lesson = read_lesson(Path(name.path))
        except (BadLesson, OSError) as error:
            _complain(f"{name.path}: {error}")
            continue
        seen = progress.of(lesson.slug)
        entries.append(
            {
                "number": lesson.number,
                "slug": lesson.slug,
                "title": lesson.title,
                "summary": lesson.summary,
                "minutes": lesson.minutes,
                "lab": lesson.lab,
                "pages": len(lesson.pages),
                "seen": len(seen.seen),
                "complete": seen.is_complete,
            }
        )
    if store.message:
        _complain(store.message)
    if options.json:
        door.out().say_json({"lessons": entries})
        return OK
    for entry in entries:
        done = _("done") if entry["complete"] else f"{entry['seen']}/{entry['pages']}"
        door.out().say(f"{entry['number'] or '':>3}  {entry['slug']:<26} {done:>6}  {entry['title']}")
    return OK


def _check(options: argparse.Namespace) -> int:
    from sockviz.check_report import as_json, as_lines
    from sockviz.player.shelf import lessons_directory

    paths = [Path(word) for word in options.paths] or [lessons_directory()]
    files: list[Path] = []
    for path in paths:
        if os.path.isdir(path):
            files += sorted(path.glob("*.md"))
        else:
            files.append(_existing(path if os.path.lexists(path) else _find(str(path))))
    if not files:
        raise Usage(f"{', '.join(map(str, paths))}: no lesson (*.md) there")
    report = _checked(files, options.lab)
    warned = options.strict and any(lesson.warnings for lesson in report.lessons)
    if options.json:
        door.out().say_json(as_json(report))
    else:
        door.out().say(*as_lines(report, strict=options.strict))
    return OK if report.ok and not warned else FAILED


def _existing(path: Path) -> Path:
    from sockviz.input_file import explained

    try:
        path.stat()
    except OSError as error:
        raise Usage(_cannot_be_read(path, explained(error, path))) from None
    return path


def _checked(files: Sequence[Path], kind: str) -> Report:
    from sockviz.player.instead import other_system
    from sockviz.player.report import all_skipped

    reason = other_system()
    if reason is None:
        from sockviz.lab.supervisor import LabRefused
        from sockviz.player.check import check

        try:
            return _drive(check(files, kind))
        except LabRefused as refusal:
            reason = str(refusal)
    _complain(f"no lab can be made here: {reason}. `sockviz doctor` tells why and what to do.")
    return all_skipped(files, f"no lab can be made here: {reason}")


def _notes(options: argparse.Namespace) -> int:
    lesson = _read(_find(options.lesson, language.current()))
    say = door.out().say
    say(lesson.title, lesson.summary)
    if lesson.minutes is not None:
        minutes = lesson.minutes
        say(ngettext("about {count} minute", "about {count} minutes", minutes).format(count=minutes))
    for page in lesson.pages:
        number = _("page {number}").format(number=page.index + 1)
        say("", number + (f": {page.heading}" if page.heading else ""))
        for note in page.notes or (_("(no note)"),):
            say(*(f"  {line.strip()}" for line in note.strip().split("\n")))
    return OK


def _man(options: argparse.Namespace) -> int:
    from sockviz.manual import command

    return command.run(options.word, as_json=options.json, out=door.out(), err=door.err())


def _shell(_options: argparse.Namespace) -> int:
    from sockviz.lab import shell

    return shell.run(out=door.out(), err=door.err())


def _doctor(options: argparse.Namespace) -> int:
    from sockviz import doctor

    return doctor.run(as_json=options.json, out=door.out())


# --- what they share ------------------------------------------------------------------------------------------


def _find(word: str, language: str | None = None) -> Path:
    from sockviz.lesson.course import UnknownLesson
    from sockviz.player.shelf import find

    try:
        return find(word, language)
    except UnknownLesson as unknown:
        raise Usage(str(unknown)) from None


def _is_of_the_course(path: Path) -> bool:
    from sockviz.player.shelf import lessons_directory

    return path.parent == lessons_directory()


def _read(path: Path) -> Lesson:
    from sockviz.lesson.document import BadLesson
    from sockviz.player.shelf import read_lesson

    try:
        return read_lesson(path)
    except BadLesson as bad:
        raise Usage(_("this lesson cannot be performed:"), *bad.lines) from None
    except OSError as error:
        raise Usage(_cannot_be_read(path, error)) from None


def _cannot_be_read(path: object, error: OSError) -> str:
    return _("{file}: cannot be read: {error}").format(file=quoted(str(path)), error=error.strerror)


async def _open(lesson: Lesson, kind: str, *, record: bool, unattended: bool) -> Run:
    from sockviz.player.opening import CannotPerform, open_run
    from sockviz.player.recorded import Recorded
    from sockviz.player.unfolding import Unfolding

    try:
        opened = await open_run(lesson, kind, __version__, record=record, unattended=unattended)
    except CannotPerform as reason:
        raise Usage(str(reason)) from None
    if opened.fallback is not None:
        _complain(
            _(
                "no isolated lab here ({reason}): this is the machine's own loopback, without packet capture."
            ).format(reason=opened.fallback)
        )
    return Unfolding(opened.run) if isinstance(opened.run, Recorded) else opened.run


def _refusals() -> tuple[type[Exception], ...]:
    """What a run raises when its lab cannot go on."""
    if sys.platform != "linux":
        return ()  # no lab there: only recordings are played
    from sockviz.lab.supervisor import LabRefused

    return (LabRefused,)


def _record(run: Run, name: str | None, files: contextlib.ExitStack) -> Recorder | None:
    from sockviz.output_file import why_not_made
    from sockviz.player.recorder import Recorder, put_away

    if name is None:
        return None
    try:
        # "x": a recording is somebody's work, and is never written over.
        file: TextIO = Path(name).open("x", encoding="utf-8")  # noqa: SIM115  # put away with `files`
    except OSError as error:
        raise Usage(f"--record {quoted(name)}: {why_not_made(Path(name), error)}") from None
    files.callback(put_away, file)
    return Recorder(run, file, _complain)


def _screen(options: argparse.Namespace, lesson: Path | None, recorded: Run | None = None) -> int:
    from sockviz.tui import look

    why = look.no_screen(os.environ, terminal.is_one(sys.stdin), door.out().isatty(), door.err().isatty())
    if why is not None:
        raise Usage(why)
    # Nothing that is imported is garbage, and looking for some costs a tenth of the start. Back on where the screen begins.
    gc.disable()
    from sockviz.tui.start import start

    return start(
        lesson=lesson,
        recorded=recorded,
        lab=getattr(options, "lab", "auto"),
        record=getattr(options, "record", None),
        start_page=getattr(options, "start", 1) - 1,
        notes=getattr(options, "notes", False),
        progress=_progress_file(options),
        theme=options.theme,
        ascii_only=options.ascii,
    )


def _progress_file(options: argparse.Namespace) -> Path | None:
    return Path(options.progress) if options.progress else None


def _drive(work: Coroutine[object, object, T]) -> T:
    """Runs `work` on an event loop; a signal that ends the program cancels it, with everything put away."""

    async def guarded() -> T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        with signals.answered_by(lambda: loop.call_soon_threadsafe(task.cancel)):
            return await task

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise SystemExit(signals.status(FAILED)) from None


#: What each command does, by its name in `sockviz.command_line`.
COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "home": _home,
    "run": _run,
    "list": _list,
    "check": _check,
    "replay": _replay,
    "export": _export,
    "notes": _notes,
    "man": _man,
    "shell": _shell,
    "doctor": _doctor,
}
