"""Who waits for what is typed wakes for that alone, and for the end."""

from __future__ import annotations

import os
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import SelectSelector

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Paste
from textual.message import Message

from sockviz.tui.pastes import Pastes
from sockviz.tui.typed import Enough, listen


class Typing:
    """A terminal to type on, what was heard of that, and how long was waited each time."""

    def __init__(self, write: int) -> None:
        self._write = write
        self.heard: queue.Queue[Message] = queue.Queue()
        self.waits: list[float | None] = []

    def type(self, text: bytes) -> list[str]:
        """What is heard of it, as keys."""
        os.write(self._write, text)
        return [getattr(self.heard.get(timeout=30), "key", "?")]

    def paste(self, text: bytes) -> str:
        """What is heard of it, pasted."""
        os.write(self._write, b"\x1b[200~" + text + b"\x1b[201~")
        heard = self.heard.get(timeout=30)
        assert isinstance(heard, Paste)
        return heard.text


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typing]:
    read, write = os.pipe()
    it, over = Typing(write), Enough()
    select = SelectSelector.select

    def noted(selector: SelectSelector, timeout: float | None = None) -> object:
        it.waits.append(timeout)
        return select(selector, timeout)

    monkeypatch.setattr(SelectSelector, "select", noted)
    thread = threading.Thread(target=listen, args=(read, over, it.heard.put))
    thread.start()
    try:
        yield it
    finally:
        over.set()
        thread.join(30)
        os.close(read)
        os.close(write)
    assert not thread.is_alive(), "the end wakes it"


def test_keys_are_heard_and_in_between_nobody_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(monkeypatch) as it:
        assert it.type(b"a") == ["a"]
        assert it.type("\u00e9".encode()) == ["\u00e9"]
        assert it.type(b"\x1b[A") == ["up"]
    assert len(it.waits) <= 4, "once for each key, and for the end"
    assert set(it.waits) == {None}


def test_a_lone_escape_is_a_key_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(monkeypatch) as it:
        assert it.type(b"\x1b") == ["escape"]
        assert it.type(b"b") == ["b"]
    assert any(wait is not None for wait in it.waits), "it may have been the beginning of something"
    assert it.waits[0] is None
    assert it.waits[-1] is None


def test_what_is_pasted_has_no_keys_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(monkeypatch) as it:
        assert it.paste(b"x = 1\x1bq") == "x = 1\\x1bq"
        assert it.paste(b"\x1b\x1b[A\x1b[200~\x1b") == "\\x1b\\x1b[A\\x1b[200~\\x1b"
        assert it.type(b"\x1b[A") == ["up"]
        assert it.type(b"\x1b") == ["escape"]
        assert it.heard.empty()


_MARKS = st.sampled_from(["\x1b", "\x1b[200~", "\x1b[201~", "\x1b[20", "[201~", "a", "q", "\n"])


@given(st.lists(_MARKS, max_size=12).map("".join), st.integers(1, 7))
def test_a_paste_is_the_same_in_pieces_of_any_size(text: str, size: int) -> None:
    whole, pieces = Pastes(), Pastes()
    once = whole.spelled(text)
    told = "".join(pieces.spelled(text[at : at + size]) for at in range(0, len(text), size))
    assert told == once
    outside, *pasted = once.split("\x1b[200~", 1)
    assert text.startswith(outside), "what is typed goes through"
    if pasted:
        assert "\x1b" not in pasted[0].partition("\x1b[201~")[0]


def test_a_terminal_that_has_no_more_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(monkeypatch) as it, open(os.devnull) as nothing:
        assert it.type(b"a") == ["a"]
        os.dup2(nothing.fileno(), it._write)  # the last writer has gone
        assert it.heard.empty()
    assert len(it.waits) <= 3


def test_what_is_over_may_begin_again() -> None:
    over = Enough()
    for _ in range(2):
        over.set()
        assert over.is_set()
        with SelectSelector() as waiting:
            waiting.register(over, 1)
            assert waiting.select(0)
            over.clear()
            assert not waiting.select(0)
        assert not over.is_set()


def test_a_stream_whose_other_end_has_gone_with_something_unread_has_no_more() -> None:
    """A server that closes a session's stream before it has read all that was drawn resets it: a read says ECONNRESET."""
    ours, theirs = socket.socketpair()
    ended = threading.Event()

    def once() -> None:
        assert not ended.is_set(), "it is not asked again"
        ended.set()

    with ours:
        ours.send(b"drawn, and read by nobody")
        theirs.close()
        over = Enough()
        thread = threading.Thread(target=listen, args=(ours.fileno(), over, print), kwargs={"closed": once})
        thread.start()
        assert ended.wait(30)
        thread.join(0.2)
        assert thread.is_alive(), "it waits for the end, and for nothing else"
        over.set()
        thread.join(30)
    assert not thread.is_alive()
