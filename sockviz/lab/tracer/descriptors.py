"""What a descriptor of a traced program refers to: which socket, or an epoll instance, or something that is not watched."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable

from sockviz.lab.tracer.image import outer_pid
from sockviz.lab.tracer.ptrace import copy_of
from sockviz.lab.tracer.values import a_tuple

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

_FAMILIES = {each.value: each.name for each in socket.AddressFamily}
_TYPES = {each.value: each.name for each in socket.SocketKind}
_WITH_PORTS = ("AF_INET", "AF_INET6")
_EPOLL = "anon_inode:[eventpoll]"
#: What is open there is neither; or nothing is (which is not remembered).
OTHER, CLOSED = "other", "closed"
#: So many of the values that a program has epoll give back are known by their descriptors.
_LABELS = 8192


class CallDescriptors:
    """Those of one process, as far as its calls have named them, or of several that share them (CLONE_FILES). What is remembered
    of one is forgotten before it is closed."""

    def __init__(self, pidfd: int | None) -> None:
        self._pidfds = [] if pidfd is None else [pidfd]  # of those that have them
        self._known: dict[int, Any] = {}
        self._were: set[int] = set()  # numbers that have been a socket's
        self._in_vain = -2  # the last one that was closed though nothing was open there
        #: Grows with each question that was answered anew, or may be now: what was made of those before it holds no more.
        self.version = 0
        #: Of each epoll instance what it gives back for a descriptor that was put on its list.
        self.labels: dict[int, dict[int, int]] = {}

    def copy(self, pidfd: int | None) -> CallDescriptors:
        """Those of a new process, which has them all."""
        new = CallDescriptors(pidfd)
        new._known, new._were = dict(self._known), set(self._were)
        new.version = self.version + 1
        new.labels = {fd: dict(labels) for fd, labels in self.labels.items()}
        return new

    def share(self, pidfd: int | None) -> CallDescriptors:
        """These, which are a new process's, too: what either does with a number is done to both."""
        if pidfd is not None:
            self._pidfds.append(pidfd)
        return self

    def leave(self, pidfd: int) -> None:
        """A process has ended, or has others from now on."""
        if pidfd in self._pidfds:
            self._pidfds.remove(pidfd)

    def alone(self, pidfd: int | None) -> CallDescriptors:
        """Those of a process that shares them with nobody from now on: these, or a copy where somebody else has them, too."""
        if pidfd is None or self._pidfds == [pidfd]:
            return self
        self.leave(pidfd)
        return self.copy(pidfd)

    @property
    def _pidfd(self) -> int | None:
        return self._pidfds[0] if self._pidfds else None

    def label(self, epoll: int, label: int, fd: int) -> None:
        """Notes what an epoll instance gives back for a descriptor."""
        self.version += 1
        labels = self.labels.setdefault(epoll, {})
        if len(labels) >= _LABELS:
            labels.clear()  # a program may invent a new one each time
        labels[label] = fd

    def forget(self, first: int, last: int | None = None) -> None:
        """A number, or all from `first` to `last`, may be another one's from now on."""
        self.version += 1
        for fd in [first] if last is None else [fd for fd in self._known if first <= fd <= last]:
            self._known.pop(fd, None)
            self.labels.pop(fd, None)

    def forget_all(self) -> None:
        """The program has become another one: what was to be closed then is closed."""
        self.version += 1
        self._known.clear()
        self._were.clear()

    def socket(self, fd: int) -> Any:
        """The tagged value of the socket behind `fd`, None where it is none."""
        found = self._found(fd)
        return found if isinstance(found, dict) and found["$"] == "socket" else None

    def epoll(self, fd: int) -> Any:
        """The tagged value of the epoll instance behind `fd`, None where it is none."""
        found = self._found(fd)
        return found if isinstance(found, dict) and found["$"] == "object" else None

    def watched(self, fd: int) -> Any:
        """The tagged value of either."""
        found = self._found(fd)
        return found if isinstance(found, dict) else None

    def name(self, fd: int) -> list[Any] | None:
        """The inode, the number and the local name of an IP socket, as the kernel has it now; None of anything else."""
        name = self._asked(fd, socket.socket.getsockname)
        return [self.socket(fd)["inode"], fd, list(name)] if name else None

    def peer(self, fd: int) -> Any:
        """The name, tagged, of who is at the other end of an IP socket; None of anything else."""
        name = self._asked(fd, socket.socket.getpeername)
        return a_tuple(*name) if name else None

    def left_in(self, fd: int, at: int | None) -> int | None:
        """How many bytes a file has from `at` on, or from where it is read at; None of anything that has no length."""
        self.version += 1
        copy = copy_of(self._pidfd, fd) if self._pidfd is not None else -1
        if copy < 0:
            return None
        try:
            status = os.fstat(copy)
            if not stat.S_ISREG(status.st_mode):
                return None
            return max(0, status.st_size - (os.lseek(copy, 0, os.SEEK_CUR) if at is None else at))
        finally:
            os.close(copy)

    def _asked(self, fd: int, ask: Callable[[Any], Any]) -> Any:
        """What an IP socket says when the kernel is asked now; None of anything else."""
        self.version += 1
        known = self.socket(fd)
        copy = copy_of(self._pidfd, fd) if known is not None and self._pidfd is not None else -1
        if copy < 0:
            return None
        ours = socket.socket(fileno=copy)
        try:
            return ask(ours) if known["family"] in _WITH_PORTS else None
        except OSError:
            return None  # ENOTSOCK and the like: it is another one's by now
        finally:
            ours.close()

    def is_closed(self, fd: int) -> bool:
        """Whether nothing is open under that number."""
        return bool(self._found(fd) == CLOSED)

    def was_socket(self, fd: int) -> bool:
        """Whether a socket, or an epoll instance, has had that number."""
        return fd in self._were

    def is_closed_in_vain(self, fd: int) -> bool:
        """Whether nothing is open under a number that is being closed. Programs close all that they may have inherited, one
        number after the other: of such a sweep only the first counts, and what was a socket. A negative number is of none."""
        if not self.is_closed(fd):
            return False
        before, self._in_vain = self._in_vain, fd
        return fd < 0 or fd in self._were or abs(fd - before) != 1

    def is_any_watched(self, first: int, last: int) -> bool:
        """Whether a socket or an epoll instance is open under a number between these."""
        self.version += 1
        try:
            pid = outer_pid(self._pidfd) if self._pidfd is not None else None
            found = [int(name) for name in os.listdir(f"/proc/{pid}/fd")] if pid is not None else []
        except OSError:
            found = list(self._known)  # EACCES, ENOENT: /proc does not show them
        return any(self.watched(fd) is not None for fd in sorted(found) if first <= fd <= last)

    def _found(self, fd: int) -> Any:
        found = self._known.get(fd)
        if found is None:
            self.version += 1
            found = self._look(fd)
            if found != CLOSED:
                self._known[fd] = found
                if isinstance(found, dict):
                    self._were.add(fd)
        return found

    def _look(self, fd: int) -> Any:
        """Asks the kernel."""
        if self._pidfd is None:
            return OTHER
        copy = copy_of(self._pidfd, fd)
        if copy < 0:
            return CLOSED if copy == -errno.EBADF else OTHER  # EPERM: nobody may look
        try:
            status = os.fstat(copy)
            if stat.S_ISSOCK(status.st_mode):
                return _socket(copy, fd, status.st_ino)
            if not stat.S_IFMT(status.st_mode) and os.readlink(f"/proc/self/fd/{copy}") == _EPOLL:
                return {"$": "object", "kind": "epoll", "text": str(fd)}
        except OSError:
            return OTHER  # a socket that answers no question, or /proc is not there: not ours to tell of
        finally:
            os.close(copy)
        return OTHER


def _socket(copy: int, fd: int, inode: int) -> Any:
    ours = socket.socket(fileno=copy)
    try:
        family, kind, protocol = ours.family, ours.type, ours.proto
    finally:
        ours.detach()
    return {
        "$": "socket", "inode": inode, "fd": fd, "family": _FAMILIES.get(family, f"family {int(family)}"),
        "type": _TYPES.get(kind, f"type {int(kind)}"), "protocol": protocol,
    }  # fmt: skip
