"""What the tracer says to sockviz: lines of JSON, a few at a time, with pidfds of new processes beside them. Calls are said in
shorthand (`sockviz.lab.tracer.shorthand`); what else happens is an object, of which ``event`` says what."""

from __future__ import annotations

import _thread
import array
import os
import socket
import time

from sockviz.lab.tracer.shorthand import Shorthand, Turn, turns
from sockviz.lab.wait_status import ending

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: So much is collected (bytes), and for so long (milliseconds), before it is sent: a program is not held up for each word of its.
#: And so long where all that was said the last time were turns of loops: nobody could read them as they come.
_MOST, DELAY, _DELAY_OF_LOOPS = 1 << 15, 2, 40
#: So many turns are said by one line.
MOST_TURNS = 8192
#: No more descriptors are sent at once (SCM_MAX_FD is 253).
_MOST_FDS = 64


class Reports:
    """Collects them. Where sockviz does not read them, whoever says them waits, and the programs with it. ``begun`` is a
    descriptor that can be read once something waits: whoever finds that calls `send_later` after `DELAY`, and then after as
    long as that says.

    ``turns``: the numbers of what is said once more, ``stamps``: when each was (nanoseconds). Whoever takes the stops adds to
    them himself, without a lock: first when, then what; then, where it is not ``is_begun`` or they are `MOST_TURNS`, `stir`.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self.shorthand = Shorthand()
        self._lock = _thread.allocate_lock()
        self._lines: list[str] = []
        self.turns: list[int] = []
        self.stamps: list[int] = []
        self._size = 0
        self._fds: list[int] = []
        self.begun, self._beginning = os.pipe2(os.O_CLOEXEC)
        self.is_begun = False

    def say(self, event: str, fd: int | None = None, **parts: Any) -> None:
        """Says one thing that has happened now. Of `fd` sockviz gets a copy."""
        self._put(self.shorthand.encode({"event": event, "at": time.time(), **parts}), fd)

    def ended(self, process: str, status: int) -> None:
        """Says that a process has, as wait says it."""
        code, by = ending(status)
        self.say("ended", process=process, **({"exit_code": code} if by is None else {"signal": by}))

    def call(self, says: int, process: str, task: int, call: int, thing: Any) -> None:
        """Says that a call was entered now, or has come back."""
        self._put(self.shorthand.call(says, time.time(), process, task, call, thing))

    def introduce(self, turn: Turn) -> bool:
        """Has sockviz know what a turn says. Returns False where that has to be said in full."""
        introduced = self.shorthand.introduced(turn)
        if introduced is None:
            return False
        self._put(introduced)
        return True

    def stir(self) -> None:
        """Turns were added: they are sent, where there are many; else, once whoever waits for `begun` finds so."""
        if len(self.turns) >= MOST_TURNS:
            self.send()
            return
        with self._lock:
            if not self.is_begun:
                self._begin()

    def _begin(self) -> None:
        self.is_begun = True
        os.write(self._beginning, b"b")

    def _say_turns(self) -> None:
        """Those that there are by now, as a line, after which others may come."""
        count = len(self.turns)
        if count:
            line = turns(self.turns[:count], self.stamps[:count])
            del self.turns[:count], self.stamps[:count]
            self._lines.append(line)
            self._size += len(line)

    def _put(self, line: str, fd: int | None = None) -> None:
        with self._lock:
            self._say_turns()
            self._lines.append(line)
            self._size += len(line)
            if fd is not None:
                self._fds.append(os.dup(fd))
            is_much = self._size >= _MOST or len(self._fds) >= _MOST_FDS
            if not is_much:
                if not self.is_begun:
                    self._begin()
                return
        self.send()

    def send_later(self) -> int:
        """Sends what was said since `begun` could be read, or since the last time. Returns after how long (milliseconds) this is
        to be called again; 0 where nothing was said: from then on `begun` says when there is more."""
        with self._lock:
            if not self._lines and not self.turns:
                os.read(self.begun, 1)
                self.is_begun = False
                if not self.turns:  # from now on whoever adds one finds that
                    return 0
                self._begin()
            is_loop = not self._lines
        self.send()
        return _DELAY_OF_LOOPS if is_loop else DELAY

    def send(self) -> None:
        """Sends what was said. Raises OSError where sockviz has gone."""
        with self._lock:
            self._say_turns()
            if not self._lines:
                return
            body = memoryview(("\n".join(self._lines) + "\n").encode())
            rights = (
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", self._fds))] if self._fds else []
            )
            try:
                sent = self._channel.sendmsg([body], rights)
                if sent < len(body):
                    self._channel.sendall(body[sent:])
            finally:
                for fd in self._fds:
                    os.close(fd)
                self._lines, self._fds, self._size = [], [], 0
