"""How orders reach whoever sleeps in waitpid: by a process of our own, traced like the programs, that does nothing but stop when
it is rung for. What waits for a descriptor beside it would cost each call of a program two more system calls and a signal.
"""

from __future__ import annotations

import errno
import os
import signal

from sockviz.lab.tracer import ptrace

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import NoReturn


class Bell:
    """Raises OSError where nothing can be traced. To be made before there are threads, and by the thread that waits."""

    def __init__(self) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            _sleep()
        try:
            ptrace.seize(self.pid)
        except OSError:
            os.kill(self.pid, signal.SIGKILL)
            raise

    def ring(self) -> None:
        """Has waitpid come back. From any thread."""
        os.kill(self.pid, signal.SIGUSR1)

    def rang(self, status: int) -> None:
        """To be called with what waitpid says of it. Raises ProcessLookupError where somebody has killed it: a program may."""
        if not os.WIFSTOPPED(status):
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        ptrace.go_on(self.pid)


def _sleep() -> NoReturn:
    try:
        os.closerange(0, 4096)
        while True:
            signal.pause()
    finally:
        os._exit(0)
