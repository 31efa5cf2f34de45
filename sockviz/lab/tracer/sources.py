"""Which line of the user's own source makes a call, as far as that can be told from outside the program."""

from __future__ import annotations

from sockviz.lab.tracer import image
from sockviz.lab.tracer.c_frames import Compiled, compiled
from sockviz.lab.tracer.python_frames import Interpreter, NotKnown, interpreter_in

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any


class LineFinder:
    """What one process runs. Made when its first call is told of; to be made anew when it executes another program."""

    def __init__(self, pidfd: int | None) -> None:
        self._program: Interpreter | Compiled | None = None
        #: Whether it is a Python of a version that is not known, whose lines are therefore none.
        self.is_not_known = False
        try:
            pid = image.outer_pid(pidfd) if pidfd is not None else None
            if pid is None:
                return
            path, maps = image.program_of(pid), image.mappings(pid)
        except OSError:
            return  # EACCES, ENOENT: /proc does not show it. Then the call is all that is known
        try:
            self._program = interpreter_in(path, maps) or compiled(path, maps)
        except NotKnown:
            self.is_not_known = True

    def place(self, tid: int, stack: int) -> tuple[dict[str, Any], bool]:
        """Where thread `tid`, whose stack pointer that is, makes its call: a ``file`` and ``line`` of the user's, else the
        ``library`` and ``line`` that does; of a compiled program the ``file`` of the program and an ``address`` in it, of Go with
        its ``callers``. Nothing where that is not known. And whether a library makes it while it is imported."""
        match self._program:
            case Interpreter():
                found = self._program.line(tid, tid)
                if found is None:
                    return {}, False
                return {
                    "library" if found.is_librarys else "file": found.file, "line": found.line,
                }, found.is_at_import  # fmt: skip
            case Compiled():
                address, *callers = self._program.addresses(tid, stack) or (None,)
                if address is None:
                    return {}, False
                where = {"file": self._program.path, "address": address}
                return ({**where, "callers": callers} if callers else where), False
        return {}, False
