"""How the ends of a lab's processes are noticed: by their pidfds, in /proc, and by what waitpid told a parent of its child."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from sockviz.kernel import procfs
from sockviz.kernel.errors import KernelError
from sockviz.lab.hearing import Heard
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import Death
from sockviz.lab.wait_status import ending
from sockviz.model.events import CallEntered, CallReturned

#: Where no pidfd can be had, /proc is looked at so often; and for so long a parent's word is waited for (seconds).
_LOOK, _WORD = 0.01, 0.2


class Ends:
    """`ended` is called with the end of each process that was watched or looked for: its name, and its exit status or its signal,
    neither where nobody can see how. Others may tell of an end sooner: whoever hears of it lets go of the process."""

    def __init__(self, readers: Readers, ended: Callable[[str, int | None, str | None], None]) -> None:
        self._readers = readers
        self._ended = ended
        self._pidfds: dict[str, int] = {}
        self._adopted: dict[str, int] = {}  # pidfds of processes of whose ends a tracer tells
        self._looked_for: set[str] = set()  # those without a pidfd
        self._waiting: dict[str, int] = {}  # processes inside waitpid, and the number of that call

    def watch(self, name: str, pid: int, pidfd: int, presumed: str | None = None) -> None:
        """A process of this `pid` as the machine counts. ``presumed``: the signal that ended it, where nobody can see that."""
        self._pidfds[name] = pidfd
        self._readers.add(pidfd, lambda: self._over(name, pid, presumed))

    def adopt(self, name: str, pidfd: int) -> None:
        """A process of whose end its tracer tells: it is not watched."""
        self._adopted[name] = pidfd

    def orphaned(self, name: str, pid: int) -> bool:
        """Its tracer is gone, and it was killed with that: its end is watched. False where there is no pidfd of it."""
        pidfd = self._adopted.pop(name, None)
        if pidfd is not None:
            self.watch(name, pid, pidfd, "SIGKILL")  # by the kernel (PTRACE_O_EXITKILL), and by `kill`
        return pidfd is not None

    def is_adopted(self, name: str) -> bool:
        """Whether a tracer tells of its end."""
        return name in self._adopted

    def look_for(self, name: str, pid: int) -> None:
        """It has let go of its channel. Where pidfd_open was refused: it is about to end, and to be seen as a zombie."""
        if name not in self._pidfds:
            self._looked_for.add(name)
            self._look(name, pid)

    def _look(self, name: str, pid: int) -> None:
        if name not in self._looked_for:
            return
        try:
            stat = procfs.read_stat(pid)
        except KernelError:
            return  # hidden: init.py's word will come
        if stat is not None and stat.state not in "ZX":
            asyncio.get_running_loop().call_later(_LOOK, self._look, name, pid)
            return
        self._over(name, pid, None)

    def _over(self, name: str, pid: int, presumed: str | None) -> None:
        self.let_go(name)
        try:
            stat = procfs.read_stat(pid)
        except KernelError:
            stat = None  # hidden, or no further file can be opened
        if stat is None:
            # Its parent has waited for it before we could look: the parent's waitpid, or init.py, knows.
            asyncio.get_running_loop().call_later(_WORD, self._ended, name, None, presumed)
            return
        self._ended(name, *ending(stat.exit_code))

    def told_of(self, said: Heard) -> Death | None:
        """A child that its parent has waited for is gone from /proc: what waitpid told the parent is all there is."""
        match said:
            case CallEntered(function="os.waitpid"):
                self._waiting[said.process] = said.call
            case CallReturned(error=None, value=(int(pid), int(status))):
                over = os.WIFEXITED(status) or os.WIFSIGNALED(status)
                if said.call == self._waiting.get(said.process) and pid and over:
                    return Death(pid, *ending(status))
        return None

    def let_go(self, name: str) -> None:
        """Its end is known: it is neither watched nor looked for."""
        self._looked_for.discard(name)
        if (adopted := self._adopted.pop(name, None)) is not None:
            os.close(adopted)
        if (pidfd := self._pidfds.pop(name, None)) is not None:
            self._readers.remove(pidfd)
            os.close(pidfd)

    def send(self, name: str, number: int) -> None:
        """Sends a signal to a process of whose end its tracer tells, where there is a pidfd of it."""
        if name in self._adopted:
            with contextlib.suppress(OSError):  # ESRCH: it has ended
                signal.pidfd_send_signal(self._adopted[name], number)

    def kill(self) -> None:
        """Ends every process that is known; also where the lab's first process, which would, is gone itself."""
        for pidfd in (*self._pidfds.values(), *self._adopted.values()):
            # ESRCH: it has ended. EPERM, ENOSYS: not ours to end so; the lifeline does.
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Lets go of them all."""
        for name in (*self._pidfds, *self._adopted):
            self.let_go(name)
        self._looked_for.clear()
