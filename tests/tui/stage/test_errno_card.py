"""The card of a failed call: what it says once, in as few lines as a small screen has."""

from __future__ import annotations

import pytest

from sockviz.manual.reader import shipped
from sockviz.model.values import Value
from sockviz.tui.stage.errno_card import draw_errno, sentence
from sockviz.tui.view import View
from tests.tui.stage import scripted


def failing(name: str, *arguments: Value, error: str, message: str) -> View:
    """At the end of a story whose last call was this one."""
    script = scripted.refused()
    script.enter("client", None, name, *arguments)
    script.leave("client", None, error=error, message=message)
    return scripted.view(script)


def text(view: View, *, brief: bool = False) -> list[str]:
    return [it.text.strip() for it in draw_errno(view, 60, shipped().story, brief)]


def test_the_name_of_a_call_is_written_as_it_is_also_where_it_begins_a_sentence() -> None:
    told = text(
        failing("inet_pton", 1, "127.0.0.1", error="EAFNOSUPPORT", message="Address family not supported")
    )
    assert any(line.startswith("inet_pton reads addresses of AF_INET") for line in told), told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("getaddrinfo looks names up", "getaddrinfo looks names up."),
        ("ulimit -n says it", "ulimit -n says it."),
        ("connect first", "Connect first."),
        ("all are open (RLIMIT_NOFILE is 13)", "All are open (RLIMIT_NOFILE is 13)."),
        ("all are open (The limit is 13.)", "All are open (The limit is 13.)"),
    ],
)
def test_a_sentence_has_a_capital_unless_it_begins_with_what_is_no_word_and_a_full_stop(
    text: str, told: str
) -> None:
    assert sentence(text, frozenset()) == told


def test_of_what_python_refuses_it_is_said_that_no_kernel_was_asked() -> None:
    told = " ".join(text(failing("bind", 4, (2, 1), error="TypeError", message="a pair is wanted")))
    assert "Give bind what it takes: of this Python made no system call." in told


def test_what_the_headline_says_is_not_said_again() -> None:
    message = "AF_INET address must be a pair (host, port)"
    told = text(failing("bind", 4, (2, 1), error="TypeError", message=message))
    assert " ".join(told).count(message) == 1, told


def test_on_a_small_screen_the_cause_stands_right_below_the_call() -> None:
    view = scripted.view(scripted.refused())
    told, brief = text(view), text(view, brief=True)
    assert told.index("here") == 3
    assert "here" not in brief
    assert brief[2].startswith("A RST answered")
