"""Which line of the user's own source makes a call, as far as that can be told from outside the program."""

from __future__ import annotations

from sockviz.lab.tracer import image
from sockviz.lab.tracer.c_frames import Compiled, compiled
from sockviz.lab.tracer.python_frames import Interpreter, interpreter_in

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any


class Source:
    """What one process runs. Made when its first call is told of; to be made anew when it executes another program."""

    def __init__(self, pidfd: int | None) -> None:
        self._program: Interpreter | Compiled | None = None
        try:
            pid = image.outer_pid(pidfd) if pidfd is not None else None
            if pid is None:
                return
            path, maps = image.program_of(pid), image.mappings(pid)
        except OSError:
            return  # EACCES, ENOENT: /proc does not show it. Then the call is all that is known
        self._program = interpreter_in(path, maps) or compiled(path, maps)

    def place(self, tid: int, stack: int) -> dict[str, Any]:
        """Where thread `tid`, whose stack pointer that is, makes its call: a ``file`` and ``line``; of a compiled program the
        ``file`` of the program and an ``address`` in it. Nothing where that is not known, or is in a library."""
        match self._program:
            case Interpreter():
                found = self._program.line(tid, tid)
                return {} if found is None else {"file": found[0], "line": found[1]}
            case Compiled():
                address = self._program.address(tid, stack)
                return {} if address is None else {"file": self._program.path, "address": address}
        return {}
