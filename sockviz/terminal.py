"""The terminal that sockviz was started on: whether there is one, that it is given back as it was, and what is typed on it.

Imported everywhere; what a system lacks (termios, poll) is asked for where it is used.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

from sockviz import signals

try:
    import termios
except ImportError:  # not on Windows
    HAS_MODES = False
else:
    HAS_MODES = True

#: What a person types to leave, wherever lines are typed.
_LEAVE = ("q", "quit", "exit")
#: No line that is typed is longer (bytes).
LONGEST = 1 << 16
#: The descriptor of standard error, on which the screen is drawn.
_SCREEN = 2
#: Ends whatever sequence was broken off (ECMA-48, ST), and takes back all that a screen asks of a terminal: synchronized output,
#: paste, line wrap, resize reports, the mouse in all its spellings, kitty's keys, the other screen, the cursor, focus, colours.
AS_BEFORE = (
    b"\x1b\\\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[m"
)


class Left(Exception):
    """Whoever is at the terminal has left."""


class _Terminal:
    """The one thing here that changes: what the screen has to give back."""

    drawn_on = False
    modes: list[Any] | None = None


def is_one(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal; one that was closed is none."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed since
        return False


def is_ours(descriptor: int) -> bool:
    """Whether we are in its foreground. Its modes are not ours to change while a shell has it again."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except (OSError, AttributeError):  # ENOTTY: not this session's terminal, so nobody's jobs are on it
        return True


def taken() -> None:
    """Has the terminal given back at the end, whatever ends us. To be said before its modes are changed."""
    _Terminal.modes = _modes()
    _Terminal.drawn_on = True
    signals.at_the_end(give_back)


def given_back() -> None:
    """Who took it has given it back."""
    _Terminal.drawn_on = False


def give_back() -> None:
    """Has the terminal be as it was, unless it has been given back. Waits for nothing: what it does not take is lost."""
    if not _Terminal.drawn_on:
        return
    _Terminal.drawn_on = False
    with (
        _background_allowed(),
        contextlib.suppress(OSError),
    ):  # EIO: it has gone. EAGAIN: it takes nothing at all
        if HAS_MODES:
            with contextlib.suppress(termios.error):
                termios.tcflush(_SCREEN, termios.TCOFLUSH)
        blocking = os.get_blocking(_SCREEN)
        os.set_blocking(_SCREEN, False)  # the shell's too: so it is set again
        try:
            os.write(_SCREEN, AS_BEFORE)
        finally:
            os.set_blocking(_SCREEN, blocking)
    if HAS_MODES and _Terminal.modes is not None and is_ours(0):
        with contextlib.suppress(OSError, termios.error):  # it has gone
            termios.tcflush(0, termios.TCIFLUSH)  # its answers to what it was asked, not keys for the shell
            termios.tcsetattr(0, termios.TCSANOW, _Terminal.modes)


def _modes() -> list[Any] | None:
    """The line modes of the terminal; None where there are none."""
    if not HAS_MODES:
        return None
    try:
        return termios.tcgetattr(0)
    except (OSError, termios.error):
        return None


@contextlib.contextmanager
def _background_allowed() -> Iterator[None]:
    """Writing from the background stops nobody here (termios(3), TOSTOP)."""
    if not hasattr(signal, "SIGTTOU"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTTOU,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def watched(gone: Callable[[], object]) -> Iterator[None]:
    """While inside, `gone` is called, on a thread of its own, once the other end of standard input has gone: the window of a
    terminal, the server of a browser. Not everybody is sent SIGHUP then, and a program that reads on would read for ever."""
    if not hasattr(select, "poll"):
        yield
        return
    import _thread

    ended, end = os.pipe()
    poll = select.poll()
    poll.register(0, 0)  # POLLHUP and POLLERR are told of unasked
    poll.register(ended, 0)

    def wait() -> None:
        if all(descriptor == 0 for descriptor, _ in poll.poll()):
            gone()
        os.close(ended)

    _thread.start_new_thread(wait, ())
    try:
        yield
    finally:
        os.close(end)


class Keys:
    """While inside, keys are had as they are pressed, not shown, on a screen of their own. Standard input is a terminal."""

    def __enter__(self) -> Keys:
        taken()
        modes = _modes()
        if os.isatty(_SCREEN):
            with _background_allowed(), contextlib.suppress(OSError):
                os.write(_SCREEN, b"\x1b[?1049h")
        if modes is not None:
            modes[3] &= ~(termios.ICANON | termios.ECHO)
            modes[6][termios.VSUSP] = b"\0"  # a shell would find the terminal so
            with _background_allowed(), contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, modes)
        return self

    def __exit__(self, *_: object) -> None:
        give_back()

    @staticmethod
    async def pressed() -> str:
        """What was pressed, a sequence of a special key whole; "" at the end."""
        import asyncio  # what only prints has none

        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()

        def done() -> None:
            if not ready.done():
                ready.set_result(None)

        loop.add_reader(0, done)
        try:
            await ready
        finally:
            loop.remove_reader(0)
        try:
            return os.read(0, 64).decode("utf-8", "replace")
        except OSError:  # EIO: the terminal has gone
            return ""


def leaves(typed: str) -> bool:
    """Whether who typed that line wants to leave; so does its end, "" (see `line`)."""
    return not typed or typed.strip().lower() in _LEAVE


async def line() -> str:
    """The next line typed on standard input, "" at its end, while the event loop goes on."""
    import asyncio  # what only prints has none

    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str | None] = loop.create_future()

    def done(text: str | None) -> None:
        if not ready.done():
            ready.set_result(text)

    try:
        loop.add_reader(sys.stdin, done, None)
    except NotImplementedError:  # on Windows a thread has to wait
        import _thread

        # Below Python's own buffer, whose lock a waiting thread would hold when the interpreter ends.
        def read() -> None:
            typed = os.read(0, 4096).decode(sys.stdin.encoding, "replace")
            loop.call_soon_threadsafe(done, typed)

        _thread.start_new_thread(read, ())
        return await ready or ""
    try:
        await ready
    finally:
        loop.remove_reader(sys.stdin)
    try:
        return sys.stdin.readline()
    except OSError:  # EIO: the terminal has gone
        return ""


class Lines:
    """The lines of standard input, whatever it is: a terminal, a pipe, a file. None is longer than `LONGEST` bytes."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._read = b""
        self._over = False

    async def next(self) -> str | None:
        """The next line, without its end; None where there is none. The event loop goes on meanwhile."""
        while b"\n" not in self._read and not self._over and len(self._read) < LONGEST:
            self._read += await self._more()
        line, end, rest = self._read[:LONGEST].partition(b"\n")
        self._read = rest + self._read[LONGEST:]
        if not end and len(line) == LONGEST:
            await self._pass_over()
        return line.decode("utf-8", "replace") if line or end else None

    async def _pass_over(self) -> None:
        """Reads to the end of a line that is too long."""
        while b"\n" not in self._read and not self._over:
            self._read = await self._more()
        self._read = self._read.partition(b"\n")[2]

    async def _more(self) -> bytes:
        """What is read next; nothing where that is the end."""
        await self._readable()
        try:
            data = os.read(self._descriptor, LONGEST)
        except OSError:  # EIO: the terminal has gone
            data = b""
        self._over = not data
        return data

    async def _readable(self) -> None:
        import asyncio  # what only prints has none

        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()

        def done() -> None:
            if not ready.done():
                ready.set_result(None)

        try:
            loop.add_reader(self._descriptor, done)
        except (NotImplementedError, PermissionError):
            return  # EPERM: a file, of which there is always more or nothing. On Windows nobody types here
        try:
            await ready
        finally:
            loop.remove_reader(self._descriptor)


class EditedLines:
    """Lines typed on a terminal, with readline's editing and its history of this session alone: no file of it is read or written.
    `offers` is what may stand at the end of what is typed, and where that begins. Raises ImportError where Python has none."""

    def __init__(self, offers: Callable[[str], tuple[int, Sequence[str]]]) -> None:
        import readline  # for this alone

        self._offers = offers
        self._readline = readline
        self._found: list[str] = []
        self._modes = _modes()
        signals.at_the_end(self._give_back)
        readline.clear_history()
        readline.set_auto_history(False)
        readline.set_completer(self._completion)
        readline.set_completer_delims(" \t,()[]{}=+-*/|&<>")
        readline.parse_and_bind("tab: complete")
        # What is pasted is taken line by line, as if it were typed.
        readline.parse_and_bind("set enable-bracketed-paste off")

    async def next(self, prompt: str) -> str | None:
        """The next line, without its end; None where there is none. The event loop goes on meanwhile."""
        import asyncio

        loop = asyncio.get_running_loop()
        ready: asyncio.Future[str | None] = loop.create_future()

        def done(typed: str | None) -> None:
            if not ready.done():
                ready.set_result(typed)

        def read() -> None:
            try:
                typed = input(prompt)
            except (EOFError, OSError):  # its end; EIO: the terminal has gone
                typed = None
            except UnicodeDecodeError:
                typed = "\ufffd"
            with contextlib.suppress(RuntimeError):  # the loop is over: so is everything
                loop.call_soon_threadsafe(done, typed)

        import _thread

        _thread.start_new_thread(read, ())  # readline waits, and nobody waits for this thread at the end
        typed = await ready
        if typed is None:
            return None
        text = typed.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "replace")
        if text.strip():
            self._readline.add_history(text)
        return text

    def _completion(self, _word: str, state: int) -> str | None:
        if state == 0:
            line = self._readline.get_line_buffer()[: self._readline.get_endidx()]
            begin = self._readline.get_begidx()
            try:
                start, offers = self._offers(line)
            except Exception:  # asked beside the event loop: what is half known is no offer
                start, offers = 0, ()
            self._found = [(line[:start] + each)[begin:] for each in offers]
        return self._found[state] if state < len(self._found) else None

    def _give_back(self) -> None:
        """Readline may be in the middle of a line."""
        if HAS_MODES and self._modes is not None and is_ours(0):
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._modes)
