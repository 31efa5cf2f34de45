"""The texts of the user's own programs, as calls name them: each has a number from when a call of its is first told of."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.events import SourceMet
from sockviz.model.programs import LARGEST_TEXT, MOST_TEXTS

#: How long the lines of a compiled program are waited for (seconds): of a large one they are read when it is first asked for.
_PATIENCE = 2.0
#: So many compiled programs are asked at a time: each by a process of its own.
_MOST_PROGRAMS = 32
#: Where headers are whose functions become part of a program's own (recv of bits/socket2.h, with _FORTIFY_SOURCE), and the
#: standard libraries of Go and Rust; where these keep packages of others.
_OF_LIBRARIES = (
    "/usr/include/", "/usr/lib/", "/usr/lib64/", "/usr/local/include/", "/usr/local/lib/", "/usr/local/go/", "/usr/share/",
    "/rustc/",
)  # fmt: skip
_OF_PACKAGES = re.compile(r"/go/pkg/mod/|/\.cargo/registry/|/\.rustup/toolchains/")
_ANSWER = re.compile(r"^(.*):(\d+)(?: \(discriminator \d+\))?$")
#: Nothing is there in any program: what is answered to it ends an answer.
_NOWHERE = "0xffffffffffffffff"


@dataclass(frozen=True, slots=True)
class CallSite:
    """Where a call is made, as a tracer says it: a line of a ``file``, or an ``address`` in a compiled program, with those of the
    ``callers`` of the function that makes it, the nearest first, where a library may be part of that."""

    file: str
    line: int | None
    address: int | None
    callers: tuple[int, ...] = ()


@dataclass(slots=True)
class SourceTexts:
    """All of one run. `say` is told of each text before a call names it."""

    say: Callable[[SourceMet], None]
    _numbers: dict[str, int] = field(default_factory=dict)
    _programs: dict[str, Addresses | None] = field(default_factory=dict)

    def find(self, place: CallSite, at: float) -> tuple[int, int] | str | None:
        """A line, and the number of the text that it is of, for a call that was entered at an instant; where a library that is
        part of a compiled program makes it, its ``file:line``. None where that is not known."""
        found = (place.file, place.line) if place.line is not None else self._of_address(place)
        if found is None or found[1] is None or found[1] < 1:
            return None
        path, line = found
        if place.address is not None and _is_librarys(path):
            return f"{path}:{line}"
        number = self.meet(path, at)
        return (line, number) if number is not None else None

    def meet(self, path: str, at: float) -> int | None:
        """The number of a text, which is known from then on; None where there are too many."""
        number = self._numbers.get(path)
        if number is None and len(self._numbers) < MOST_TEXTS:
            number = self._numbers[path] = len(self._numbers) + 1
            self.say(SourceMet(at, number, path, content_of(path)))
        return number

    def close(self) -> None:
        """Ends what was started for it."""
        for program in self._programs.values():
            if program is not None:
                program.close()
        self._programs = {}

    def _of_address(self, place: CallSite) -> tuple[str, int] | None:
        if place.address is None:
            return None
        if place.file in self._programs:
            program = self._programs.pop(place.file)
        else:
            program = Addresses.of(place.file)
            if len(self._programs) == _MOST_PROGRAMS:  # the one that was asked longest ago is not needed soon
                oldest = self._programs.pop(next(iter(self._programs)))
                if oldest is not None:
                    oldest.close()
        self._programs[place.file] = program
        if program is None:
            return None
        first = None
        for address in (place.address, *place.callers):
            found = program.find(address)
            if found is not None and not _is_librarys(found[0]):
                return found
            first = first or found
        return first


def _is_librarys(path: str) -> bool:
    """Whether it is no text of the user's own that a compiled program has a part from."""
    return path.startswith(_OF_LIBRARIES) or _OF_PACKAGES.search(path) is not None


def content_of(path: str) -> str:
    """What a file of the user's has; nothing where it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return ""
            return file.read(LARGEST_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""


class Addresses:
    """The lines of a compiled program by address: addr2line (binutils), which is asked again and again."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._known: dict[int, tuple[str, int] | None] = {}

    @classmethod
    def of(cls, path: str) -> Addresses | None:
        """None where there is no addr2line, or it cannot be started."""
        command = shutil.which("addr2line")
        if command is None:
            return None
        with contextlib.suppress(OSError):
            return cls(
                subprocess.Popen(
                    [command, "-i", "-e", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, bufsize=0,
                )
            )  # fmt: skip
        return None

    def find(self, address: int) -> tuple[str, int] | None:
        """The file and line; where functions were made part of another, the innermost of the user's own, else the innermost. None
        where the program does not say."""
        if address not in self._known:
            self._known[address] = self._ask(address)
        return self._known[address]

    def close(self) -> None:
        """Ends it."""
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                end.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, address: int) -> tuple[str, int] | None:
        asked, answered = self._process.stdin, self._process.stdout
        if asked is None or answered is None or asked.closed:
            return None
        text = b""
        try:
            asked.write(f"{address:#x}\n{_NOWHERE}\n".encode())
            until = time.monotonic() + _PATIENCE
            poll = select.poll()  # select(2) knows no descriptor above 1023
            poll.register(answered, select.POLLIN)
            while not text.endswith((b"??:0\n", b"??:?\n")) or text.count(b"\n") < 2:
                ready = poll.poll(max(until - time.monotonic(), 0) * 1000)
                some = os.read(answered.fileno(), 4096) if ready else b""
                if not some:
                    self.close()  # too slow, or it has ended: no further line is known
                    return None
                text += some
        except OSError:
            return None
        lines = map(_ANSWER.match, text.decode("utf-8", "replace").split("\n"))
        found = [(each[1], int(each[2])) for each in lines if each is not None and os.path.isfile(each[1])]
        # None: "??", or a library's that was linked in, and whose text is not here.
        return next((each for each in found if not _is_librarys(each[0])), found[0] if found else None)
