"""From a student's file to a command that runs it. C is compiled, outside of the student's folder; Python is only looked at.
Either is done by a process of its own, within limits: a file can be such that it takes any time and any memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.lab.confinement import die_with, limit_to
from sockviz.language import _, said_by_system
from sockviz.practice.source_text import in_the_way, told_of, wide_encoding

#: How C is compiled, and for how long at most (seconds). So much of what a compiler says is kept (bytes).
FLAGS = ("-g", "-Wall", "-Wextra", "-pthread")
LONGEST, MOST_SAID = 20.0, 20_000
#: What each process of a compiler may take: memory and the file that it writes (bytes). An honest one takes a hundredth.
MEMORY, LARGEST = 4 << 30, 256 << 20


class CannotBuild(Exception):
    """This machine cannot: it has no compiler, or no room. Nothing can be said of the program. The message says why."""


@dataclass(frozen=True, slots=True)
class Built:
    """``command`` runs the program; it is empty where it could not be built. ``said`` is what the compiler said."""

    command: tuple[str, ...]
    said: str = ""


async def build(file: Path, language: str, content: bytes, directory: Path) -> Built:
    """Builds `file`, whose text is `content`, to be run in its own folder; what is made goes to `directory`, which is ours.
    Raises `CannotBuild`."""
    if (encoding := wide_encoding(content)) is not None:
        return Built(
            (), _("{file} is written in {encoding}: save it as UTF-8").format(file=file, encoding=encoding)
        )
    if language == "c":
        return await _compiled(file, directory)
    return await _looked_at(file, content, directory)


#: What is wrong with the Python of a file, to be shown as another one's: to read it may take any time and memory (nested
#: `finally` is compiled twice at each level), so that a process of its own does, within the limits of a compiler.
_LOOK = """
import sys
path, shown, otherwise = sys.argv[1:]
try:
    with open(path, "rb") as file:
        text = file.read()
    compile(text, shown, "exec", dont_inherit=True)
    try:
        text.decode()
    except UnicodeDecodeError:  # in a comment: it is compiled, and not run
        import io, tokenize
        try:
            encoding = tokenize.detect_encoding(io.BytesIO(text).readline)[0]
        except SyntaxError:  # of a line in which it might be told
            encoding = "utf-8"
        text.decode(encoding)
except UnicodeDecodeError as error:
    line = text.count(b"\\n", 0, error.start) + 1
    told = otherwise.format(place=f"{shown}:{line}", byte=f"0x{text[error.start]:02x}", encoding=error.encoding)
except SyntaxError as error:
    line = (error.text or "").strip()[:200]
    told = f"{shown}:{error.lineno or 1}: {error.msg}" + (f"\\n    {line}" if line else "")
except (ValueError, RecursionError, MemoryError) as error:  # a NUL; nested too deep
    told = f"{shown}: {str(error) or type(error).__name__}"
else:
    sys.exit(0)
sys.stdout.buffer.write(told.encode("utf-8", "backslashreplace"))
sys.exit(1)
"""


async def _looked_at(file: Path, content: bytes, directory: Path) -> Built:
    copy = directory / "program.py"
    try:
        copy.write_bytes(content)
    except OSError as error:  # ENOSPC, EDQUOT
        raise CannotBuild(f"{copy}: {said_by_system(error)}") from None
    otherwise = _("{place}: the byte {byte} is no letter of {encoding}: save the file as UTF-8")
    look = [sys.executable, "-I", "-S", "-W", "ignore", "-c", _LOOK, str(copy), str(file), otherwise]
    is_done, said = await _done(look, Path(sys.executable).name, directory)
    if not is_done:
        return Built((), said)
    # What it prints is seen as it is printed, and beside the student's file nothing is left.
    command = (sys.executable, "-u", "-B", f"./{file.name}")
    return Built(command, "\n".join(told_of(each) for each in in_the_way(file, content)))


def text_of(file: Path, language: str) -> str:
    """The path of a program's text as it stands in what is built: Python has the directory in which it runs before its own."""
    whole = file.parent.resolve()
    return f"{whole}/./{file.name}" if language == "python" else str(file.resolve())


async def _compiled(file: Path, directory: Path) -> Built:
    words = _compiler()
    if not words or shutil.which(words[0]) is None:
        raise CannotBuild(
            _("{compiler}: there is no C compiler here; install one (gcc, clang)").format(
                compiler=words[0] if words else "CC"
            )
        )
    program = directory / "program"
    command = [*words, *FLAGS, "-o", str(program), "-x", "c", str(file.resolve())]
    is_done, said = await _done(command, words[0], directory)
    return Built((str(program),) if is_done else (), said)


def _compiler() -> list[str]:
    """The words that begin its command line: CC may have options."""
    asked = os.environ.get("CC") or "cc"
    try:
        return shlex.split(asked)
    except ValueError:  # a quotation that does not end
        return [asked]


async def _done(command: list[str], name: str, directory: Path) -> tuple[bool, str]:
    """Whether a compiler, by that `name`, has made something of a program; and what it said, or what is to be said of it.
    Raises `CannotBuild`."""
    try:
        status, output = await _run(command, directory)
    except TimeoutError:
        told = _("{compiler} did not come to an end within {seconds:.0f} s")
        return False, told.format(compiler=name, seconds=LONGEST)
    except OSError as error:
        raise CannotBuild(f"{name}: {said_by_system(error)}") from None
    said = output.decode("utf-8", "backslashreplace").strip("\n")
    if status and not said:
        said = _("{compiler} ended with exit status {status}").format(compiler=name, status=status)
    return status == 0, said


async def _run(command: list[str], directory: Path) -> tuple[int, bytes]:
    """A command to its end: its exit status, and the beginning of what it said. Neither it nor what it has started outlives this;
    what it needs for a time, and may have no time to remove, it puts into `directory`. Raises TimeoutError, OSError."""
    # asyncio's own subprocess, where it is cancelled while it connects the pipes, is waited for without end (Python 3.11).
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(directory)}, start_new_session=True, preexec_fn=_limit(os.getpid()),
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    with process.stdout as output:
        try:
            async with asyncio.timeout(LONGEST):
                while part := await _read(output.fileno()):
                    said += part[: MOST_SAID + 1 - len(said)]
                status = await asyncio.to_thread(process.wait)
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and all that it has started
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if len(said) > MOST_SAID:
        said = said[:MOST_SAID].rpartition(b"\n")[0] + b"\n" + _("and more").encode()
    return status, said


async def _read(pipe: int) -> bytes:
    """What comes by a pipe next; nothing at its end."""
    loop = asyncio.get_running_loop()
    is_ready = loop.create_future()
    loop.add_reader(pipe, lambda: None if is_ready.done() else is_ready.set_result(None))
    try:
        await is_ready
    finally:
        loop.remove_reader(pipe)
    return os.read(pipe, 1 << 16)


def _limit(parent: int) -> Callable[[], None]:
    """What a compiler does first, in its own process."""

    def limit() -> None:
        die_with(parent)
        limit_to(resource.RLIMIT_AS, most=MEMORY)
        limit_to(resource.RLIMIT_FSIZE, most=LARGEST)
        limit_to(resource.RLIMIT_CPU, most=int(LONGEST))

    return limit
