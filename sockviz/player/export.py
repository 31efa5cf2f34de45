"""`sockviz export`: a recording's packets into a file that Wireshark opens; a lesson's processes into programs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.lesson.document import Lesson
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.model.pcapng import blocks, capture_of
from sockviz.model.recording import Loaded
from sockviz.output_file import why_not_made
from sockviz.player.failed_lines import failed_when_recorded
from sockviz.player.shelf import shelf
from sockviz.visible import quoted


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. ``problem`` is where the recording breaks off, if it does: all before that is in the file."""

    summary: str
    problem: str | None


class NotWritten(OSError):
    """What was to be written could not be, and nothing of it is left. ``strerror`` says why, and what to do."""


def export_pcapng(recording: Loaded, out: Path, host: str | None = None) -> Exported:
    """Writes the packets of `recording` to the new file `out`; with `host`, what that one's interface has seen.

    Raises `NoPackets`, `NoSuchHost` and `NotWritten`.
    """
    capture = capture_of(recording.timeline, host)
    try:
        with out.open("xb") as file, _undone(out.unlink):
            file.writelines(blocks(capture))
            file.flush()  # a full disk may say so only here
    except OSError as error:
        raise NotWritten(error.errno, why_not_made(out, error), str(out)) from None
    names = ", ".join(capture.name(interface) for interface in capture.interfaces)
    summary = _("{file}: {packets} on {interfaces}; {commented} with a comment").format(
        file=quoted(str(out)),
        packets=_packets(len(capture.seen)),
        interfaces=names,
        commented=_packets(capture.comments),
    )
    return Exported(summary, recording.problem)


class NoPrograms(ValueError):
    """The lesson performs nothing that a program could do."""


class NotEmpty(Exception):
    """There is something in the directory already: somebody's work, perhaps."""


@contextlib.contextmanager
def _undone(undo: Callable[[], object]) -> Iterator[None]:
    """Undoes what was made so far where the rest fails."""
    try:
        yield
    except OSError:
        with contextlib.suppress(OSError):
            undo()
        raise


def export_programs(lesson: Lesson, language: Language, directory: Path, *, plain: bool = False) -> Exported:
    """Writes each process of `lesson` as a program into `directory`, which is new or empty; `plain`: to hand out, without turns.

    Raises `NoPrograms`, `NotEmpty` and `NotWritten`.
    """
    failed = failed_when_recorded(lesson) if plain else None
    folder = program_folder(lesson, language, plain=plain, failed=failed)
    if not folder.files:
        raise NoPrograms(_("«{lesson}» performs nothing").format(lesson=lesson.title))
    helpers = shelf() / "assets" / "programs"
    files = {name: text.encode() for name, text in folder.files.items()}
    files |= {name: (helpers / name).read_bytes() for name in folder.helpers}
    made = not os.path.isdir(directory)
    written: list[Path] = []

    def remove() -> None:
        for path in written:
            path.unlink()
        if made:
            directory.rmdir()

    try:
        if made:
            directory.mkdir()
        elif any(directory.iterdir()):
            raise NotEmpty
        with _undone(remove):
            for name, content in files.items():
                with (directory / name).open("xb") as file:
                    written.append(directory / name)
                    file.write(content)
                    file.flush()
            if not plain:
                (directory / "run.sh").chmod(0o755)
    except OSError as error:
        raise NotWritten(error.errno, why_not_made(directory, error), str(directory)) from None
    names = ", ".join(name for name in folder.files if name not in ("run.sh", "README.txt"))
    if plain:
        summary = _("{directory}: {files}. README.txt says how to build and start them.").format(
            directory=quoted(str(directory)), files=names
        )
        return Exported(summary, None)
    summary = _("{directory}: {files}. Run them: sh {script}; README.txt says more.").format(
        directory=quoted(str(directory)), files=names, script=quoted(str(directory / "run.sh"))
    )
    return Exported(summary, None)


def _packets(count: int) -> str:
    return ngettext("{count} packet", "{count} packets", count).format(count=count)
