"""A program in a pseudo-terminal, with a screen that can be read, keys that can be pressed, and a size that can change."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyte
from pyte.charsets import LAT1_MAP
from pyte.modes import IRM
from pyte.screens import Char
from wcwidth import wcwidth

from tests.served import Begun

#: Seconds that anything may take on a busy machine before a test gives it up.
DEADLINE = 20.0
#: Private modes (xterm's control sequences) that a program which has left must have put back.
ALTERNATE_SCREEN, CURSOR, PASTE, FOCUS = 1049, 25, 2004, 1004
MOUSE = (1000, 1003, 1006, 1015)
#: Synchronized output: while it is on, a frame is being drawn. A program asks whether the terminal has it (DECRQM).
FRAME, ASKED, REPLY = 2026, b"\x1b[?2026$p", b"\x1b[?2026;2$y"

Condition: TypeAlias = str | Callable[[str], object]
#: SGR, as ESC [ 1 ; 38 ; 5 ; 7 m or with colons.
_SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
_PLAIN_SGR = re.compile(rb"\x1b\[([0-9;]*)m")
#: The letters known to take one cell.
_NARROW: set[str] = set()


class Display(pyte.Screen):
    """A screen with an alternate one, which remembers the private modes that are on."""

    def __init__(self, columns: int, lines: int) -> None:
        self.on: set[int] = {CURSOR}
        self._main: Any = None
        self._drawn: list[str] = []
        super().__init__(columns, lines)

    @property
    def display(self) -> list[str]:
        """The screen's lines. It is asked for after every byte that came: only those that have changed are put together."""
        if len(self._drawn) != self.lines:
            self._drawn = [""] * self.lines
            self.dirty.update(range(self.lines))
        above = {y - 1 for y in self.dirty}  # a mark may join the last character of the line above
        for y in self.dirty | above:
            if 0 <= y < self.lines:
                self._drawn[y] = self._line(y)
        self.dirty.clear()
        return list(self._drawn)

    def _line(self, y: int) -> str:
        cells, told, stub = self.buffer[y], [], False
        for x in range(self.columns):
            if stub:
                stub = False  # the second cell of a wide character
                continue
            data: str = cells[x].data
            assert len(data) == 1 or not any(map(wcwidth, data[1:]))
            stub = wcwidth(data[0]) == 2
            told.append(data)
        return "".join(told)

    def draw(self, data: str) -> None:
        """The same for letters of one cell each that have room on their line, all at once."""
        x, own = self.cursor.x, self.g1_charset if self.charset else self.g0_charset
        if x + len(data) > self.columns or IRM in self.mode or own != LAT1_MAP or not set(data) <= _NARROW:
            _NARROW.update(letter for letter in data if wcwidth(letter) == 1)
            super().draw(data)
            return
        line, style = self.buffer[self.cursor.y], self.cursor.attrs[1:]
        for letter in data:
            line[x] = Char(letter, *style)
            x += 1
        self.cursor.x = x
        self.dirty.add(self.cursor.y)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Also keeps the main screen while the alternate one is shown."""
        super().set_mode(*modes, **kwargs)
        if kwargs.get("private"):
            self.on |= set(modes)
            if ALTERNATE_SCREEN in modes and self._main is None:
                self._main = {y: dict(row) for y, row in self.buffer.items()}
                self.buffer.clear()
                self.dirty.update(range(self.lines))

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Also brings the main screen back."""
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private"):
            self.on -= set(modes)
            if ALTERNATE_SCREEN in modes and self._main is not None:
                self.buffer.clear()
                for y, row in self._main.items():
                    self.buffer[y].update(row)
                self._main = None
                self.dirty.update(range(self.lines))
                self.cursor_position()

    def cell(self, column: int, line: int) -> Char:
        """One cell with its style."""
        return self.buffer[line][column]


class Terminal:
    """`command` on a terminal of `columns` × `lines`. Standard streams given as descriptors are used instead of it.

    Nothing is read in the background: what the program writes is read while something is waited for. Conditions are
    judged between frames, never in the middle of one. ``begin`` starts it in another way: given the standard streams.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        *,
        columns: int = 120,
        lines: int = 36,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        begin: Callable[[Sequence[int]], Begun] | None = None,
    ) -> None:
        self.display = Display(columns, lines)
        self.written = bytearray()
        self._stream = pyte.ByteStream(self.display)
        self._master, slave = pty.openpty()
        self.attributes = termios.tcgetattr(slave)
        self._size(columns, lines)
        os.set_blocking(self._master, False)
        streams = [slave if given is None else given for given in (stdin, stdout, stderr)]
        self.process: subprocess.Popen[bytes] | Begun
        if begin is not None:
            self.process = begin(streams)
        else:
            self.process = subprocess.Popen(
                command, stdin=streams[0], stdout=streams[1], stderr=streams[2], cwd=cwd, env=dict(environment),
                start_new_session=True, preexec_fn=lambda: _as_at_login(slave),
            )  # fmt: skip
        self._slave = slave  # kept: what is left in the pseudo-terminal, and its modes, can be read after the program's end
        self.pidfd = os.pidfd_open(self.process.pid)

    # -- what is on it

    @property
    def text(self) -> str:
        """The screen, a line each."""
        return "\n".join(line.rstrip() for line in self.display.display)

    def row(self, number: int) -> str:
        """One line of the screen; negative numbers count from its end."""
        line = self.display.buffer[number % self.display.lines]
        return "".join(line[x].data for x in range(self.display.columns))

    @property
    def colours(self) -> list[str]:
        """Every sequence that chose a colour, the terminal's own defaults apart."""
        return [found[0].decode()[1:] for found in _SGR.finditer(self.written) if _chooses_colour(found[1])]

    @property
    def is_restored(self) -> bool:
        """Whether the screen, cursor, mouse, paste, focus and line modes are as before the program."""
        left_on = self.display.on & {ALTERNATE_SCREEN, PASTE, FOCUS, *MOUSE}
        return not left_on and CURSOR in self.display.on and self.is_cooked

    @property
    def is_cooked(self) -> bool:
        """Whether the line modes (echo, whole lines, Ctrl-C) are as before the program."""
        return termios.tcgetattr(self._slave) == self.attributes

    # -- waiting

    def wait_for(self, condition: Condition, deadline: float = DEADLINE) -> str:
        """Waits until the screen shows the words, or until `condition` of its text holds. Returns the text."""
        wanted = condition if callable(condition) else lambda text: condition in text
        end = time.monotonic() + deadline
        while FRAME in self.display.on or not wanted(self.text):
            left = end - time.monotonic()
            assert left > 0, f"not seen within {deadline:g} s: {condition}\n{self.text}"
            if not self._read(left) and self.process.poll() is not None and not self._read(0):
                assert wanted(self.text), (
                    f"it ended ({self.process.returncode}) before {condition}\n{self.text}"
                )
        return self.text

    def wait_still(self, what: Callable[[], object], quiet: float = 0.1, deadline: float = DEADLINE) -> str:
        """Waits until `what`, asked after each thing drawn, has been the same for `quiet` seconds. Returns the text."""
        now = time.monotonic()
        end, since, last = now + deadline, now, what()
        while now - since < quiet or FRAME in self.display.on:
            assert now < end, f"never still for {quiet:g} s: {last}\n{self.text}"
            self._read(max(0.0, since + quiet - now))
            now = time.monotonic()
            if what() != last:
                since, last = now, what()
        return self.text

    def watch(self, seconds: float) -> None:
        """Draws whatever comes for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def wait_exit(self, deadline: float = DEADLINE) -> int:
        """Waits for the program to end; returns its exit status (minus the signal's number, where one killed it)."""
        end = time.monotonic() + deadline
        while (status := self.process.poll()) is None:
            left = end - time.monotonic()
            assert left > 0, f"still running after {deadline:g} s\n{self.text}"
            self._read(left)
        while self._read(0):
            pass
        return status

    def _read(self, timeout: float) -> bool:
        """Reads what comes, at most for `timeout`. False where nothing came, or nothing can any more."""
        poll = select.poll()
        for descriptor in (self._master, self.pidfd):
            if descriptor >= 0:
                poll.register(descriptor, select.POLLIN)
        ready = dict(poll.poll(max(timeout, 0) * 1000))
        if not ready.get(self._master, 0) & select.POLLIN:
            return False
        try:
            chunk = os.read(self._master, 1 << 16)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EAGAIN):  # EIO: the last program that had it open has gone
                return False
            raise
        if ASKED in self.written[-len(ASKED) :] + chunk and ASKED not in self.written:
            os.write(self._master, REPLY)
        self.written += chunk
        self._draw(chunk)
        return bool(chunk)

    def _draw(self, chunk: bytes) -> None:
        """Has the screen draw it: colours, which are most of what a program writes, without going through them byte by byte."""
        drawn = 0
        for found in _PLAIN_SGR.finditer(chunk):
            if found.start() > drawn:
                self._stream.feed(chunk[drawn : found.start()])
            self.display.select_graphic_rendition(*(int(number or 0) for number in found[1].split(b";")))
            drawn = found.end()
        self._stream.feed(chunk[drawn:])

    # -- doing

    def press(self, keys: str) -> None:
        """Types `keys`, as bytes of a terminal."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Changes the size; the kernel tells the program (SIGWINCH)."""
        self.display.resize(lines, columns)
        self._size(columns, lines)

    def _size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the program, to nothing else of its session."""
        signal.pidfd_send_signal(self.pidfd, number)

    def hang_up(self) -> None:
        """Closes the terminal, as a window is closed: the kernel sends SIGHUP."""
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    def close(self) -> None:
        """Ends the program, if it still runs, and gives everything back."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        for descriptor in (self._slave, self._master, self.pidfd):
            if descriptor >= 0:
                os.close(descriptor)


def _as_at_login(terminal: int) -> None:
    """What a shell at a terminal has: the terminal as its own, and no signal ignored, as some are by what `&` or nohup starts."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _chooses_colour(parameters: bytes) -> bool:
    numbers = [int(n or 0) for n in re.split(rb"[;:]", parameters)]
    return any(30 <= n <= 38 or 40 <= n <= 48 or n == 58 or 90 <= n <= 107 for n in numbers)
