"""From a student's file to a command that runs it. C is compiled, outside of the student's folder; Python is only looked at."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shlex
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.lab.confinement import die_with, limit_to
from sockviz.language import _

#: How C is compiled, and for how long at most (seconds). So much of what a compiler says is kept (bytes).
FLAGS = ("-g", "-Wall", "-Wextra", "-pthread")
LONGEST, MOST_SAID = 20.0, 20_000
#: What each process of a compiler may take: memory and the file that it writes (bytes). An honest one takes a hundredth.
MEMORY, LARGEST = 4 << 30, 256 << 20


@dataclass(frozen=True, slots=True)
class Built:
    """``command`` runs the program; it is empty where it could not be built. ``said`` is what the compiler said."""

    command: tuple[str, ...]
    said: str = ""


async def build(file: Path, language: str, content: bytes, directory: Path) -> Built:
    """Builds `file`, whose text is `content`, to be run in its own folder; what is made goes to `directory`, which is ours."""
    if language == "c":
        return await _compiled(file, directory)
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
        return Built((), f"{file}: {str(error) or type(error).__name__}")
    # What it prints is seen as it is printed, and beside the student's file nothing is left.
    return Built((sys.executable, "-u", "-B", f"./{file.name}"))


def text_of(file: Path, language: str) -> str:
    """The path of a program's text as it stands in what is built: Python has the directory in which it runs before its own."""
    whole = file.parent.resolve()
    return f"{whole}/./{file.name}" if language == "python" else str(file.resolve())


async def _compiled(file: Path, directory: Path) -> Built:
    words = _compiler()
    if not words or shutil.which(words[0]) is None:
        return Built(
            (),
            _("{compiler}: there is no C compiler here; install one (gcc, clang)").format(
                compiler=words[0] if words else "CC"
            ),
        )
    program = directory / "program"
    command = [*words, *FLAGS, "-o", str(program), "-x", "c", str(file.resolve())]
    try:
        status, output = await _run(command, directory)
    except TimeoutError:
        return Built(
            (),
            _("{compiler} did not come to an end within {seconds:.0f} s").format(
                compiler=words[0], seconds=LONGEST
            ),
        )
    except OSError as error:
        return Built((), f"{words[0]}: {error.strerror}")
    said = output.decode("utf-8", "backslashreplace").strip("\n")
    if status == 0:
        return Built((str(program),), said)
    return Built(
        (), said or _("{compiler} ended with exit status {status}").format(compiler=words[0], status=status)
    )


def _compiler() -> list[str]:
    """The words that begin its command line: CC may have options."""
    asked = os.environ.get("CC") or "cc"
    try:
        return shlex.split(asked)
    except ValueError:  # a quotation that does not end
        return [asked]


async def _run(command: list[str], directory: Path) -> tuple[int, bytes]:
    """A command to its end: its exit status, and the beginning of what it said. Neither it nor what it has started outlives this;
    what it needs for a time, and may have no time to remove, it puts into `directory`. Raises TimeoutError, OSError."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(directory)}, start_new_session=True, preexec_fn=_limit(os.getpid()),
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(LONGEST):
            while part := await process.stdout.read(1 << 16):
                said += part[: MOST_SAID + 1 - len(said)]
            status = await process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended, and all that it has started
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    if len(said) > MOST_SAID:
        said = said[:MOST_SAID].rpartition(b"\n")[0] + b"\n" + _("and more").encode()
    return status, said


def _limit(parent: int) -> Callable[[], None]:
    """What a compiler does first, in its own process."""

    def limit() -> None:
        die_with(parent)
        limit_to(resource.RLIMIT_AS, most=MEMORY)
        limit_to(resource.RLIMIT_FSIZE, most=LARGEST)
        limit_to(resource.RLIMIT_CPU, most=int(LONGEST))

    return limit
