"""How the call is called in which the cursor stands; and the same two things in lines for the link."""

from __future__ import annotations

import pytest

from sockviz.calls.table import CALLS
from sockviz.lesson.completion import call_at, completions
from sockviz.model.hosts import LINK
from tests.lesson.typed_lines import KINDS, Typed


@pytest.fixture(scope="module")
def typed() -> Typed:
    return Typed(*KINDS)


HELP = [
    ("s.bind(¦", "bind(address)", "address", "bind(2)"),
    ("s.bind((HOST, ¦PORT))", "bind(address)", "address", "bind(2)"),
    ("s.setsockopt(socket.SOL_SOCKET, 2, 1¦", "setsockopt(level, option, value, [length])", "value", "setsockopt(2)"),
    ("s.recv(5, socket.MSG_¦PEEK)", "recv(bufsize, [flags])", "[flags]", "recv(2)"),
    ("x = socket.socket(type=¦", "socket.socket([family], [type], [proto])", "[type]", "socket(2)"),
    ("x = struct.pack('ii', 1, 2, ¦", "struct.pack(format, values…)", "values…", "memcpy(3)"),
    ("s.send(b'ab¦", "send(data, [flags])", "data", "send(2)"),
    ("s.connect(peer.nothing(¦", "connect(address)", "address", "connect(2)"),
    ("s.send(bytes(¦", "bytes(size)", "size", "memset(3)"),
    ("conn, peer = s.accept(¦)", "accept()", "", "accept(2)"),
    ("s.listen(5, ¦", "listen([backlog])", "", "listen(2)"),
    ("unknown.listen(¦", "listen([backlog])", "[backlog]", "listen(2)"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "signature", "parameter", "man"), HELP)
def test_how_the_call_at_the_cursor_is_called(
    typed: Typed, line: str, signature: str, parameter: str, man: str
) -> None:
    before, _bar, after = line.partition("¦")
    found = call_at(before + after, len(before), typed.process)
    assert found is not None
    assert (found.signature, found.parameter, found.man) == (signature, parameter, man)
    assert found.about
    assert CALLS[found.key].signature == signature


@pytest.mark.parametrize(
    "line", ["", "s", "s.bind", "s.bind((HOST, PORT))", "(", "nobody(", "# s.bind(", "x = ("]
)
def test_outside_of_every_call_there_is_no_help(typed: Typed, line: str) -> None:
    assert call_at(line, len(line), typed.process) is None


# --- the link ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def link() -> Typed:
    return Typed(name=LINK)


def held(link: Typed, line: str, *names: str) -> list[str]:
    before, _bar, after = line.partition("¦")
    return [each.text for each in completions(before + after, len(before), link.process, link.symbols, names)]


def test_the_link_has_its_verbs(link: Typed) -> None:
    verbs = ["hold(", "release()", "deliver(", "drop(", "duplicate(", "delay("]
    assert link.texts("link.") == verbs
    assert link.texts("") == link.texts("li") == [f"link.{verb}" for verb in verbs]
    assert link.texts("link.de") == ["deliver(", "delay("]
    assert link.at("de")[0].label == "link.deliver([packet])"
    assert all(each.about for each in link.at("link."))


def test_packets_are_what_the_link_takes_those_that_wait_first(link: Typed) -> None:
    assert held(link, "link.deliver(", "server SYN+ACK")[:2] == ['"server SYN+ACK"', '"client SYN"']
    assert held(link, 'link.drop("cl')[0] == '"client SYN"'
    assert held(link, 'link.drop("SYN+¦")') == ['"SYN+ACK'], "the quote that is there already stays"
    assert held(link, "link.drop('client S")[0] == "'client SYN'"
    assert held(link, "link.hold(") == ['"client"', '"server"']
    assert held(link, "link.delay(0.2, ")[0] == '"client SYN"'
    for nothing in (
        "link.delay(",
        "link.release(",
        'link.deliver("SYN", ',
        "s.",
        "x = ",
        "link.fly(",
        "link.hold().",
        "link.hold() ",
    ):
        assert held(link, nothing) == [], nothing
    for text in held(link, "link.deliver("):
        assert not link.problems(f"link.deliver({text})"), text
    for text in held(link, "link.hold("):
        assert not link.problems(f"link.hold({text})"), text


def test_how_a_verb_is_called(link: Typed) -> None:
    found = call_at("link.delay(0.2, ", 16, link.process)
    assert found is not None
    assert (found.key, found.signature, found.parameter) == (
        "link.delay",
        "link.delay(seconds, [packet])",
        "[packet]",
    )
    assert call_at("link.delay", 10, link.process) is None
