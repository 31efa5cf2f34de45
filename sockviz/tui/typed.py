"""What is typed, waited for and for nothing else: on a screen on which nothing moves nobody wakes."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from codecs import getincrementaldecoder
from collections.abc import Callable
from selectors import EVENT_READ, SelectSelector

from textual._parser import ParseError
from textual._time import get_time
from textual._xterm_parser import XTermParser
from textual.message import Message

from sockviz.tui.pastes import Pastes

#: Bytes read at a time.
_MOST = 4096


class Enough(threading.Event):
    """Says that no more is wanted, to whoever waits for a descriptor, too."""

    def __init__(self) -> None:
        super().__init__()
        self._told, self._tell = os.pipe()
        os.set_blocking(self._told, False)
        weakref.finalize(self, _close, self._told, self._tell)

    def fileno(self) -> int:
        """Can be read from once it is set."""
        return self._told

    def set(self) -> None:
        """From here on."""
        super().set()
        os.write(self._tell, b"\0")

    def clear(self) -> None:
        """No more."""
        super().clear()
        with contextlib.suppress(BlockingIOError):
            os.read(self._told, _MOST)


def listen(
    terminal: int, over: Enough, heard: Callable[[Message], None], *, debug: bool = False,
    typed_in: Callable[[bytes], bytes] = bytes, closed: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Has `heard` told of what is typed on `terminal` (a descriptor), until it is `over`. `typed_in` says what of the bytes that
    were read was typed, where other words come along; `closed` is told that no more will come.

    Textual's own wakes ten times a second, to see whether that is so and whether an Escape that has come is a key or the
    beginning of one. Here the end wakes who waits, and only after such an Escape is there a moment that matters.
    """
    parser, pastes = XTermParser(debug), Pastes()
    decode = getincrementaldecoder("utf-8")("replace").decode
    # Of all that waits only select knows terminals on macOS.
    with SelectSelector() as waiting:
        waiting.register(terminal, EVENT_READ)
        waiting.register(over, EVENT_READ)
        while not over.is_set():
            until = parser._timeout_time
            ready = waiting.select(None if until is None else max(0.0, until - get_time()))
            if any(key.fd == terminal for key, _ in ready):
                if not (typed := _read(terminal)):
                    waiting.unregister(terminal)  # there is no more to come
                    closed()
                elif text := pastes.spelled(decode(typed_in(typed))):
                    for message in parser.feed(text):
                        heard(message)
            for message in parser.tick():
                heard(message)
    with contextlib.suppress(EOFError, ParseError):  # in the middle of something
        for _ in parser.feed(""):
            pass


def _read(terminal: int) -> bytes:
    """What is there. Whose other end is gone says so once more than by an end: a terminal by EIO, a stream by ECONNRESET."""
    try:
        return os.read(terminal, _MOST)
    except OSError:
        return b""


def _close(*descriptors: int) -> None:
    for each in descriptors:
        os.close(each)
