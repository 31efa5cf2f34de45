"""Who a verdict says has spoken: the kernel only where it was asked."""

from __future__ import annotations

import pytest

from sockviz.lesson.answers import asks_the_kernel, is_the_kernels
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import CallEntered, CallReturned, StatementBegun
from tests.tui.stage import scripted


def asked(name: str, function: str, answer: str, process: str = "server") -> bool:
    script = scripted.Script(scripted.lesson([[scripted.statement(process, 9, "x = 1")]]))
    script.page(0)
    script.start("server")
    if process == "server":
        script.say(StatementBegun(script.at, "server", 9))
        script.say(CallEntered(script.at, "server", 1, 9, name, function))
        script.say(CallReturned(script.at, "server", 1))
    return is_the_kernels(answer, script.lesson.pages[0], script.timeline.world)


@pytest.mark.parametrize(
    ("name", "function", "answer", "kernels"),
    [
        ("listen", "socket.socket.listen", "None", True),
        ("connect", "socket.socket.connect", "ECONNREFUSED", True),
        ("bind", "socket.socket.bind", "TypeError", False),  # Python's own: no kernel has seen it
        ("getaddrinfo", "socket.getaddrinfo", "3", False),
        ("getaddrinfo", "socket.getaddrinfo", "EAI_SERVICE", False),
        ("inet_pton", "socket.inet_pton", "OSError", False),
    ],
)
def test_the_kernel_answers_where_a_system_call_was_made(
    name: str, function: str, answer: str, kernels: bool
) -> None:
    assert asked(name, function, answer) is kernels


def test_what_goes_on_by_itself_is_the_kernels() -> None:
    """A page of which nothing was performed: its answer comes of what earlier pages began."""
    assert asked("", "", "SYN-RECEIVED", process="client")


def test_a_page_asks_the_kernel_where_a_line_of_it_makes_a_system_call() -> None:
    def page(*lines: str) -> bool:
        text = "\n".join(
            ["---", "title: A", "summary: B", "---", "", "Text.", "", "```python @p", *lines, "```", ""]
        )
        return asks_the_kernel(parse_lesson(text, "p.md").pages[0])

    assert page("s = socket.socket()", "n = struct.calcsize('i')")
    assert not page("n = struct.calcsize('i')", "a = socket.inet_pton(socket.AF_INET, '127.0.0.1')")
    assert not page("found = socket.getaddrinfo(HOST, PORT)", "first = found[0]"), "the resolver has spoken"
    assert page("n = 1"), "what earlier pages began goes on"
