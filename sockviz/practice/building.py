"""From a student's file to a command that runs it. C is compiled, outside of the student's folder; Python is only looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.language import _

#: How C is compiled, and for how long at most (seconds). So much of what a compiler says is kept (characters).
FLAGS = ("-g", "-Wall", "-Wextra", "-pthread")
LONGEST, MOST_SAID = 30.0, 20_000


@dataclass(frozen=True, slots=True)
class Built:
    """``command`` runs the program; it is empty where it could not be built. ``said`` is what the compiler said."""

    command: tuple[str, ...]
    said: str = ""


def build(file: Path, language: str, content: bytes, directory: Path) -> Built:
    """Builds `file`, whose text is `content`, to be run in its own folder; what is made goes to `directory`, which is ours."""
    if language == "c":
        return _compiled(file, directory)
    return _looked_at(file, content)


def _looked_at(file: Path, content: bytes) -> Built:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(content, str(file), "exec", dont_inherit=True)
    except SyntaxError as error:
        line = (error.text or "").rstrip("\n")
        shown = f"\n    {line.strip()}" if line.strip() else ""
        return Built((), f"{file}:{error.lineno or 1}: {error.msg}{shown}")
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL; nested too deep
        return Built((), f"{file}: {error}")
    # What it prints is seen as it is printed, and beside the student's file nothing is left.
    return Built((sys.executable, "-u", "-B", file.name))


def _compiled(file: Path, directory: Path) -> Built:
    compiler = os.environ.get("CC") or "cc"
    if shutil.which(compiler) is None:
        return Built(
            (),
            _("{compiler}: there is no C compiler here; install one (gcc, clang)").format(compiler=compiler),
        )
    program = directory / file.stem
    command = [compiler, *FLAGS, "-o", str(program), str(file.resolve())]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Built(
            (),
            _("{compiler} did not come to an end within {seconds:.0f} s").format(
                compiler=compiler, seconds=LONGEST
            ),
        )
    except OSError as error:
        return Built((), f"{compiler}: {error.strerror}")
    said = done.stdout[:MOST_SAID].decode("utf-8", "backslashreplace").rstrip("\n")
    return Built((str(program),) if done.returncode == 0 else (), said)
