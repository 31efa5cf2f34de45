"""The one door through which text leaves sockviz for a terminal, a pipe or a file that stands for one.

What is told here comes from lessons, processes, recordings, files and the environment: it is data. A `Door` writes lines, each
of them `visible`: nothing in a line moves a cursor, sets a title, or passes for another line. No other module writes to a
standard stream (``tests/door`` looks); the screen's own door is `sockviz.tui.gate`.
"""

from __future__ import annotations

import io
import json
import os
import re
import select
import sys
from typing import TextIO, TypeAlias, cast

from sockviz.language import _, said_by_system
from sockviz.spelling import ERRORS, has_all
from sockviz.visible import is_seen, visible

__all__ = ("CannotWrite", "Door", "Stream", "Strong", "complain", "err", "out", "stand")

_UNSURE = re.compile(r"[^\x20-\x7e\n]")
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
#: The cursor home, and the screen empty.
_EMPTY = "\x1b[H\x1b[2J"


#: What a front end is given to write to: tests give it one of their own.
Stream: TypeAlias = "TextIO | Door"


class CannotWrite(Exception):
    """What should be told cannot be: standard output is closed, or its disk is full. The message says which, and what to do."""


class Strong(str):
    """A line that stands out: in bold where that may be."""

    __slots__ = ()


class Door(io.TextIOBase):
    """A stream that takes nothing but lines that can be seen. ``None`` stands for one that was closed.

    It can stand in for the stream itself: what is written to it goes through the door as well. A ``lossy`` one forgets what it
    cannot write.
    """

    def __init__(self, stream: TextIO | None, *, lossy: bool = False) -> None:
        self._stream, self._lossy, self._failed = stream, lossy, False

    @staticmethod
    def of(stream: Stream | None, *, lossy: bool = False) -> Door:
        """The door of `stream`; itself, where it is one."""
        return stream if isinstance(stream, Door) else Door(stream, lossy=lossy)

    def say(self, *lines: str) -> None:
        """Writes whole lines. A newline inside one is written as ``\\n``. Raises `CannotWrite`, and BrokenPipeError."""
        self._put("".join(f"{self._shown(line)}\n" for line in lines))

    def say_alone(self, *lines: str) -> None:
        """The same on an empty screen, where the stream is a terminal that can be emptied."""
        self._put((_EMPTY if self.is_bold else "") + "".join(f"{self._shown(line)}\n" for line in lines))

    def ask(self, question: str) -> None:
        """Writes what an answer will stand behind, on the same line."""
        self._put(visible(question))

    def say_json(self, value: object) -> None:
        """Writes `value` as JSON in several lines. Inside its texts JSON's own escapes do what `visible` does elsewhere."""
        text = json.dumps(value, indent=2, ensure_ascii=not has_all(self.encoding))
        self._put(_UNSURE.sub(_as_json, text) + "\n")

    def say_json_line(self, value: object) -> None:
        """The same in one line."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=not has_all(self.encoding))
        self._put(_UNSURE.sub(_as_json, text) + "\n")

    def write(self, text: str) -> int:
        """For who knows only streams: `text` in its lines, each made visible."""
        self._put("\n".join(map(visible, text.split("\n"))))
        return len(text)

    @property
    def is_bold(self) -> bool:
        """Whether something can stand out here."""
        return self.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"

    @property
    def encoding(self) -> str:  # type: ignore[override]  # of a stream of text it is what it was opened with
        """What text is encoded in."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]  # likewise; who types a line asks for it (`input`)
        """What is done with what that lacks: nothing is written that it does."""
        return "replace"

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:  # closed since
            return False

    def fileno(self) -> int:
        """Its descriptor. Raises OSError where there is none."""
        if self._stream is None:
            raise io.UnsupportedOperation("it is closed")
        return self._stream.fileno()

    def writable(self) -> bool:
        """It takes text."""
        return True

    def flush(self) -> None:
        """Nothing is kept back here."""

    def _shown(self, line: str) -> str:
        text = visible(line)
        return f"{_BOLD}{text}{_PLAIN}" if text and isinstance(line, Strong) and self.is_bold else text

    def _put(self, text: str) -> None:
        """Writes what has been made visible. After it has failed once, nothing: that has been told."""
        if self._failed or not text:
            return
        try:
            if self._stream is None:
                raise CannotWrite(
                    _(
                        "standard output is closed: what should be told has nowhere to go. Leave it open, or send it to /dev/null"
                    )
                )
            _write(self._stream, text, self.encoding)
        except OSError as error:
            self._failed = True
            if self._lossy:
                return
            if isinstance(error, BrokenPipeError):
                raise
            raise CannotWrite(
                _("standard output cannot be written: {error}; make room there, or send it elsewhere").format(
                    error=said_by_system(error)
                )
            ) from None
        except CannotWrite:
            self._failed = True
            if not self._lossy:
                raise


def _write(stream: TextIO, text: str, encoding: str) -> None:
    """All of `text`, at once: nothing is left in a buffer for the interpreter to fail on when it ends. Raises OSError."""
    encoded = text.encode(encoding, ERRORS)
    try:
        descriptor = stream.fileno()
    except (OSError, AttributeError):
        descriptor = -1  # no file: a test's, or somebody's who has us as a library
    if descriptor < 0 or os.name != "posix" or "".encode(encoding):  # UTF-16 begins with a mark, once
        stream.write(encoded.decode(encoding))
        stream.flush()
        return
    stream.flush()  # what was written before us
    while encoded:
        try:
            encoded = encoded[os.write(descriptor, encoded) :]
        except BlockingIOError:  # whoever shares the terminal has set O_NONBLOCK on it
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            poll.poll()


def _as_json(found: re.Match[str]) -> str:
    """A character of a JSON text as itself where that is seen, else as JSON writes it in ASCII."""
    before = found.string[found.start() - 1]  # at least the quotation mark
    return found[0] if is_seen(found[0], before) else json.dumps(found[0])[1:-1]


# --- the standard streams -------------------------------------------------------------------------------------


def out() -> Door:
    """Standard output's."""
    return Door.of(sys.stdout)


def err() -> Door:
    """Standard error's, which forgets what it cannot write: nobody could be told."""
    return Door.of(sys.stderr, lossy=True)


def complain(message: str, *lines: str) -> None:
    """Tells a person on standard error what is wrong, with `lines` below it."""
    err().say(f"sockviz: {message}", *lines)


def stand() -> None:
    """Puts doors where Python has its standard streams: what anything writes there, a traceback too, goes through one.

    A descriptor that was closed becomes /dev/null's: else the next file to be opened would be taken for a standard stream.
    """
    if os.name == "posix":
        for descriptor in range(3):
            try:
                os.fstat(descriptor)
            except OSError:  # EBADF
                os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  # for as long as we run
    elif isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # keys that are no text are no answer either
    sys.stdout = cast("TextIO", out())
    sys.stderr = cast("TextIO", err())
