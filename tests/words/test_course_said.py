"""What recorded lessons are told to have done, where a sentence was false once, or was not in the reader's language."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from sockviz import language
from sockviz.model.events import CallEntered, CallReturned, StatementFinished
from sockviz.model.recording import load_file
from sockviz.model.timeline import Timeline
from sockviz.words.narration import narrate_at

pytestmark = pytest.mark.usefixtures("afterwards_in_english")

RECORDINGS = Path(__file__).resolve().parents[2] / "assets/recordings"


@cache
def recorded(number: int) -> Timeline:
    (path,) = RECORDINGS.glob(f"{number:02}-*.jsonl")
    return load_file(path).timeline


def said(number: int) -> str:
    """All that is told of a lesson, a line for each event."""
    timeline = recorded(number)
    return "\n".join(narrate_at(timeline, n) for n in range(1, len(timeline) + 1))


def test_lost_segments() -> None:
    told = said(17)
    assert "server SYN+ACK was sent again: the timer of the handshake ran out" in told
    assert "a SYN that came once more" not in told, "it was held"
    assert "of what client's a has sent 572 bytes came, behind a gap of 1428 bytes" in told
    assert "has sent has not arrived" not in told
    assert told.count("the answer to the probe") >= 2, (
        "also of the one that was held until a RST had been sent"
    )


def test_the_urgent_byte_has_its_place_in_recv_q() -> None:
    told = said(11)
    assert (
        "Recv-Q of server's conn is 9 = 8 bytes + the urgent one (was 6 = 5 bytes + the urgent one)" in told
    )
    assert "Recv-Q of server's conn is 4 = 3 bytes + the urgent one" in told


def test_connect_ex_that_gives_0_says_what_that_is_and_close_that_it_ends_no_handshake() -> None:
    told = said(18)
    assert "client: connect_ex returns: the handshake with 127.0.0.1:8081 is done" in told
    assert "client: close gives descriptor 7 back; its connect is given up, and no segment says so" in told


def test_the_size_of_a_long_value_is_told_in_the_readers_language() -> None:
    language.use("es")
    timeline = recorded(10)
    told = [
        narrate_at(timeline, n)
        for n, event in enumerate(timeline.events, 1)
        if isinstance(event, CallEntered | CallReturned | StatementFinished)
    ]
    assert any("200000 bytes" in text for text in told)
    english = [text for text in told if re.search(r"\b(the|kept|of)\b", re.sub(r"'[^']*'", "", text))]
    assert not english


def test_where_the_course_fails_it_says_why_and_not_in_the_kernels_words_alone() -> None:
    for number in (2, 10):
        assert "is a socket: bytes come in order, and there is no position to go to" in said(number)
    language.use("es")
    for number in range(1, 19):
        timeline = recorded(number)
        for n, event in enumerate(timeline.events, 1):
            if isinstance(event, CallReturned) and event.error not in (None, "TypeError") and event.message:
                assert event.message not in narrate_at(timeline, n)
