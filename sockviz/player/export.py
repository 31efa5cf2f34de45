"""`sockviz export --code`: a lesson's processes into programs."""

from __future__ import annotations

import os
from pathlib import Path

from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.output_file import NotWritten, why_not_made
from sockviz.player.exported import Exported, undone
from sockviz.player.failed_lines import failed_when_recorded
from sockviz.player.shelf import shelf
from sockviz.visible import quoted


class NoPrograms(ValueError):
    """The lesson performs nothing that a program could do."""


class NotEmpty(Exception):
    """There is something in the directory already: somebody's work, perhaps."""


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
        with undone(remove):
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
