"""A line goes on from whatever is offered; each word of a line is offered; and whatever is typed, nothing is raised."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.calls.constants import constants
from sockviz.calls.table import MODULES
from sockviz.lesson.completion import Completion, call_at, completions
from sockviz.lesson.symbols import KnownProcess
from sockviz.model.hosts import LINK
from tests.lesson.typed_lines import KINDS, Typed


@cache
def known() -> Typed:
    """A process that has a name of each kind."""
    return Typed(*KINDS)


#: Half lines, into which what is offered is put one by one.
HALVES = (
    "", "x = ", "s.", "x = s.", "socket.", "x = socket.MSG", "x = socket.socket(", "x = socket.socket(socket.AF_INET, ",
    "conn, ", "s.setsockopt(", "s.bind(", "s.bind((", "s.send(", "s.sendto(data, ", "ep.register(s, ", "os.", "x = os.O_",
    "x = so", "x = select.select([", "x = select.", "s.recv(5, ", "s.recv(5, socket.MSG_PEEK | ", "fcntl.fcntl(s, ", "unknown.",
    "x = n + ", "fcntl.fcntl(s, fcntl.F_SETFL, ", "fcntl.ioctl(s, ", "signal.signal(signal.SIGPIPE, ", "x = data[", "x = -",
    "libc.connect(n, ", "s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ", "x = socket.getaddrinfo(", "x = {1: ",
    "resource.setrlimit(", "x = not ",
)  # fmt: skip


def gone_on(line: str) -> str:
    """A whole line that begins with `line`: what is open is closed, what lacks is put there."""
    module = next((each for each in MODULES if line.endswith(f"{each}.")), None)
    if module is not None:
        line += {"ctypes": "CDLL(None)", "struct": "calcsize('i')"}.get(module) or min(constants(module))
    elif line.endswith(("(", "=", ", ")) and "=" in line:
        line += "1"
    closers = {"(": ")", "[": "]", "{": "}"}
    open_ones: list[str] = []
    for character in line:
        if character in closers:
            open_ones.append(closers[character])
        elif character in ")]}":
            open_ones.pop()
    return line + "".join(reversed(open_ones))


def test_what_is_offered_names_nothing_that_is_not_there_and_is_pythons() -> None:
    tried, typed = 0, Typed(*KINDS)
    for half in HALVES:
        lines = known().lines(half)
        for line in lines[:20] + lines[20::4]:
            problems = typed.problems(gone_on(line))
            bad = [
                each for each in problems if each.kind in ("name", "syntax") or "not part of" in each.message
            ]
            assert not bad, (half, gone_on(line), bad)
            tried += 1
    assert tried > 400


def test_a_line_of_a_lesson_is_found_by_its_first_letters() -> None:
    lines = [
        "conn, peer = s.accept()", "s.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 300)", "s.bind((HOST, PORT2))",
        "s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('i', s.fileno()))])", "os._exit(0)",
        "r, w, e = select.select([s, conn], [], [], 0)", "ready = po.poll(0)", "n = fcntl.fcntl(s, fcntl.F_SETFL, os.O_NONBLOCK)",
        "infos = socket.getaddrinfo(HOST, PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)",
        "data = s.recv(int.from_bytes(data))", "text = socket.inet_ntoa(data[0:4])",
    ]  # fmt: skip
    for line in lines:
        code = line
        for start, word in _words(code):
            found = [code[: each.start] + each.text for each in _at(code[: start + 1])]
            assert any(each.startswith(code[: start + len(word)]) for each in found), code[: start + 1]


def _words(code: str) -> list[tuple[int, str]]:
    """The names in a line, but for targets and what stands in quotes."""
    begin = code.find(" = ") + 1
    words, word, quoted = [], "", False
    for at, character in enumerate(code + " "):
        quoted ^= character == "'"
        if character.isidentifier() or (word and character.isalnum()):
            word += character
            continue
        if word and not quoted and character != "'" and at - len(word) >= begin and len(word) > 1:
            words.append((at - len(word), word))
        word = ""
    return words


def _at(text: str) -> Sequence[Completion]:
    return completions(text, len(text), known().process, known().symbols)


SCRAPS = st.sampled_from([
    "s", "socket", "socket.", ".", "(", ")", "[", "]", "{", "}", ",", " ", "=", "==", "'", '"', '"""', "b'", "#", "\\", "5", "1.",
    "HOST", "s.bind(", "x = ", "os.fork()", "not ", "lambda", "family=", ":", "|", "**", "é", "²", "\u202e", "\ud800", "\r", "\n",
    "\t", "*", "link.", "link.hold(", "deliver(", "_", "0x", "f'{", "٣",
])  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(
    st.lists(SCRAPS, max_size=25).map("".join) | st.text(max_size=40), st.integers(-3, 60), st.sampled_from(["server", LINK])
)  # fmt: skip
def test_whatever_the_text_and_the_cursor_nothing_is_raised(text: str, cursor: int, name: str) -> None:
    process = known().process if name == "server" else KnownProcess(LINK, 1, forked=False)
    found = completions(text, cursor, process, known().symbols, ["client SYN"])
    assert found == completions(text, cursor, process, known().symbols, ["client SYN"])
    assert len({each.text for each in found}) == len(found)
    assert all(0 <= each.start <= max(min(cursor, len(text)), 0) for each in found)
    help_ = call_at(text, cursor, process)
    assert help_ is None or 0 <= help_.start <= help_.end <= len(help_.signature)


ENDLESS = {
    "calls": "x = " + "f(" * 1900, "called": "x = " + "s()" * 1300 + ".", "brackets": "(" * 3900, "lists": "x = " + "[s, " * 900,
    "dots": "s." * 1990, "name": "s" * 10**6,
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_line_that_is_too_deep_or_too_long_is_none(kind: str) -> None:
    text = ENDLESS[kind]
    assert not _at(text)
    assert call_at(text, len(text), known().process) is None
