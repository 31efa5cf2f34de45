"""The lines of a process: comments beside or beneath them, results whole, long lines broken where they may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sockviz.model.events import CallReturned, StatementBegun, StatementFinished
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue, Value
from sockviz.tui.stage import ink
from sockviz.tui.stage.code import _in_lines, _whole
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.view import Look, View
from tests.tui.stage import scripted


def panel(view: View, name: str, width: int, height: int = 24) -> list[str]:
    return [it.text for it in draw_process(view, name, width, height)]


def test_a_comment_stands_beside_its_line_where_it_fits_and_else_beneath() -> None:
    view = scripted.view(scripted.crowded_lesson())
    (line,) = (text for text in panel(view, "server", 48) if "s.listen(1)" in text)
    assert "# a backlog of 1" in line
    assert line.rstrip(" │").endswith("→ 0")
    narrow = panel(view, "client3", 31)
    at = next(n for n, text in enumerate(narrow) if "c.connect" in text)
    assert "# one too many" in narrow[at + 1]
    assert "asleep in connect(3)" in narrow[at + 2]


def test_where_there_is_room_for_one_comment_it_is_the_current_lines() -> None:
    script = scripted.crowded_lesson()
    assert any("# one too many" in text for text in panel(scripted.view(script), "client3", 40, 10))
    # the line that comes next has its comment before it is performed
    cut = scripted.Script(script.lesson)
    for event in script.timeline.events:
        if isinstance(event, StatementBegun) and event.line == 12:
            break
        cut.timeline.append(event)
    drawn = panel(scripted.view(cut), "server", 48, 10)
    assert any("▸s.listen(1)  # a backlog of 1" in text for text in drawn)


def test_a_comment_gives_way_to_the_call_and_its_sleep() -> None:
    drawn = panel(scripted.view(scripted.crowded_lesson()), "client3", 44, 7)
    assert any("c.connect((HOST, PORT))" in text and "◐" in text for text in drawn)
    assert any("asleep in connect(3)" in text for text in drawn)


def test_in_c_a_comment_is_one_of_c() -> None:
    view = scripted.view(scripted.crowded_lesson(), look=Look(language="c", animate=False))
    assert any("// a backlog of 1" in text for text in panel(view, "server", 60, 30))


@pytest.mark.parametrize("width", [20, 24, 28, 31, 32, 44, 57])
@pytest.mark.parametrize("error", ["ECONNREFUSED", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT"])
def test_an_errors_name_is_read_whole_in_every_width(width: int, error: str) -> None:
    script = scripted.refused()
    events = [
        replace(event, error=error) if isinstance(event, CallReturned) and event.error else event
        for event in script.timeline.events
    ]
    again = scripted.Script(script.lesson)
    for event in events:
        again.timeline.append(event)
    drawn = panel(scripted.view(again), "client", width, 20)
    if width >= len(error) + 8:
        assert any(f"✗ {error}" in text for text in drawn), drawn
    assert any("connect(" in text for text in drawn)


def test_with_room_to_spare_a_long_line_is_written_out() -> None:
    drawn = panel(scripted.view(scripted.crowded_lesson()), "server", 50, 30)
    at = next(n for n, text in enumerate(drawn) if "s = socket.socket(socket.AF_INET," in text)
    assert "    socket.SOCK_STREAM)" in drawn[at + 1]
    assert "→ 3" in drawn[at + 1]
    # where there is none the lines of earlier pages are shortened, those of this one are not
    view = scripted.view(scripted.crowded_lesson())
    brief = panel(view, "server", 50, 11)
    assert not any("…" in text for text in brief), brief
    later = panel(replace(view, page=view.script.pages[1]), "server", 50, 9)
    assert any("socket.socket(socket.AF_INET, …)" in text for text in later), later


def test_a_line_of_the_page_is_whole_in_a_panel_of_any_width() -> None:
    view = scripted.view(scripted.crowded_lesson())
    for width in (24, 31, 44):
        drawn = "".join(text.strip("│").strip() for text in panel(view, "server", width, 30))
        assert "s=socket.socket(socket.AF_INET,socket.SOCK_STREAM)" in drawn.replace(" ", ""), drawn
    at_31 = panel(view, "server", 31, 30)
    at = next(n for n, text in enumerate(at_31) if "s = socket.socket(" in text)
    assert [text.strip("│ ").split("  ")[0] for text in at_31[at : at + 3]] == [
        "s = socket.socket(",
        "socket.AF_INET,",
        "socket.SOCK_STREAM)",
    ]


def test_a_line_that_makes_no_call_shows_the_value_it_bound() -> None:
    number, source = 9, 'a = socket.inet_pton(socket.AF_INET, "127.0.0.1")'
    script = scripted.Script(scripted.lesson([[scripted.statement("server", number, source)]]))
    script.page(0)
    script.start("server")
    script.say(StatementBegun(script.at, "server", number))
    script.say(StatementFinished(script.at, "server", number, {"a": b"\x7f\x00\x00\x01"}))
    value = r"→ b'\x7f\x00\x00\x01'"
    view = scripted.view(script)
    (wide,) = (text for text in panel(view, "server", 84) if "inet_pton" in text)
    assert wide.rstrip(" │").endswith(value)
    assert value in [text.strip(" │") for text in panel(view, "server", 44)]


@pytest.mark.parametrize(
    ("answer", "bound", "shown"),
    [
        (b"\x06\0\0\0", {"n": 6}, "→ 6"),  # what the line made of the answer
        (b"\x06\0", {"n": b"\x06\0"}, r"→ b'\x06\x00'"),
        ((4096, 8192), {"soft": 4096, "hard": 8192}, "→ (4096, 8192)"),
    ],
)
def test_a_line_that_works_on_what_a_call_gave_shows_what_it_bound(
    answer: Value, bound: dict[str, Value], shown: str
) -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 9, "n = f(os.read(5, 4))")]]))
    script.page(0)
    script.start("server")
    script.do("server", 9, "read", value=answer, bound=bound)
    (told,) = (text for text in panel(scripted.view(script), "server", 60) if "os.read" in text)
    assert told.rstrip(" │").endswith(shown)


def test_a_socket_that_took_the_place_of_standard_input_stands_among_the_descriptors() -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 9, "z = socket.socket()")]]))
    script.page(0)
    script.start("server")
    made = SocketValue(1001, 0, "AF_INET", "SOCK_STREAM", 6)
    script.do("server", 9, "socket", value=made, bound={"z": made})
    script.observe()
    assert any("0 z TCP" in text for text in panel(scripted.view(script), "server", 60))


def test_an_address_that_a_call_told_is_read_whole_in_a_narrow_panel() -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 9, "name = s.getsockname()")]]))
    script.page(0)
    script.start("server")
    script.do("server", 9, "getsockname", value=("127.0.0.1", 48293), bound={"name": ("127.0.0.1", 48293)})
    assert "→ 127.0.0.1:48293" in [text.strip(" │") for text in panel(scripted.view(script), "server", 31)]


@pytest.mark.parametrize(
    ("width", "told"), [(70, "bound to 127.0.0.1:8080, not listening"), (31, "127.0.0.1:8080"), (24, ":8080")]
)
def test_the_name_of_a_socket_that_is_only_bound_is_never_cut(width: int, told: str) -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 9, "s = socket.socket()")]]))
    script.page(0)
    script.start("server")
    made = SocketValue(1001, 3, "AF_INET", "SOCK_STREAM", 6)
    script.do("server", 9, "socket", value=made, bound={"s": made})
    script.observe(scripted.row(State.CLOSED, scripted.SERVER, inode=1001, cookie=1, bound_only=True))
    (drawn,) = (text for text in panel(scripted.view(script), "server", width) if "CLOSED" in text)
    assert drawn.rstrip(" │").endswith(told)


def test_what_a_line_has_just_received_is_read_whole_and_later_where_there_is_room() -> None:
    sources = {9: "n = conn.recv(100)", 10: "s.listen(1)"}
    lines = [scripted.statement("server", number, source) for number, source in sources.items()]
    script = scripted.Script(scripted.lesson([lines]))
    script.page(0)
    script.start("server")
    script.do("server", 9, "recv", value=b"hello to you", bound={"n": b"hello to you"})
    assert "→ b'hello to you'" in [text.strip(" │") for text in panel(scripted.view(script), "server", 31)]
    script.do("server", 10, "listen")
    told = [text.strip(" │") for text in panel(scripted.view(script), "server", 31)]
    assert "→ b'hello to you'" in told  # it stood on a line of its own


def test_what_a_line_of_the_page_gave_is_read_whole_before_lines_of_earlier_pages_are() -> None:
    """And whom accept gave, too, where its result has a line of its own."""
    before = [scripted.statement("server", number, f"b{number} = {number}") for number in range(1, 9)]
    page = [
        scripted.statement("server", 20, "conn2, peer2 = s.accept()"),
        scripted.statement("server", 21, "answer = s.getsockopt(1, 30, 100)"),
        scripted.statement("server", 22, "s.listen(1)"),
    ]
    script = scripted.Script(scripted.lesson([before, page]))
    script.page(0)
    script.start("server")
    for line in before:
        script.say(StatementBegun(script.at, "server", line.line))
        script.say(StatementFinished(script.at, "server", line.line))
    script.page(1)
    made = SocketValue(1001, 5, "AF_INET", "SOCK_STREAM", 6)
    peer = ("127.0.0.1", 49824)
    script.do("server", 20, "accept", value=(made, peer), bound={"conn2": made, "peer2": peer})
    script.do("server", 21, "getsockopt", value=b"\x01\x00\x00\x00", bound={"answer": b"\x01\x00\x00\x00"})
    script.do("server", 22, "listen")
    view = scripted.view(script)
    drawn = [text.strip(" │") for text in panel(replace(view, page=view.script.pages[1]), "server", 31, 16)]
    assert "→ 5 from 127.0.0.1:49824" in drawn
    assert r"→ b'\x01\x00\x00\x00'" in drawn, drawn
    assert any(text.startswith("b8 = 8") for text in drawn), "and then of those as many as have room"


@pytest.mark.parametrize(
    ("host", "told"), [("127.0.0.2", "◎ LISTEN 127.0.0.2:8080"), ("0.0.0.0", "◎ LISTEN 0.0.0.0:8080")]
)
def test_a_listeners_address_is_read_whole_unless_it_is_the_labs_own(host: str, told: str) -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 9, "s = socket.socket()")]]))
    script.page(0)
    script.start("server")
    made = SocketValue(1001, 3, "AF_INET", "SOCK_STREAM", 6)
    script.do("server", 9, "socket", value=made, bound={"s": made})
    script.observe(scripted.row(State.LISTEN, (host, 8080), inode=1001, cookie=1, queues=(0, 3)))
    (drawn,) = (text for text in panel(scripted.view(script), "server", 31) if "LISTEN" in text)
    assert drawn.rstrip(" │").endswith(told)
    script.observe(scripted.row(State.LISTEN, scripted.SERVER, inode=1001, cookie=1, queues=(0, 3)))
    (drawn,) = (text for text in panel(scripted.view(script), "server", 31) if "LISTEN" in text)
    assert "TCP ◎ LISTEN :8080" in drawn


def test_a_datagram_sockets_port_is_read_whole_beside_long_names() -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 9, "conn = socket.socket()")]]))
    script.page(0)
    script.start("server")
    tcp, udp = (
        SocketValue(1001, 3, "AF_INET", "SOCK_STREAM", 6),
        SocketValue(1002, 4, "AF_INET", "SOCK_DGRAM", 17),
    )
    script.do("server", 9, "socket", value=tcp, bound={"conn": tcp})
    script.do("server", 9, "socket", value=udp, bound={"u": udp})
    script.observe(scripted.row(State.UNCONNECTED, scripted.SERVER, inode=1002, cookie=2, protocol="UDP"))
    (drawn,) = (text for text in panel(scripted.view(script), "server", 31) if "UNCONNECTED" in text)
    assert drawn.rstrip(" │").endswith("◇ UNCONNECTED :8080")


@pytest.mark.parametrize(
    ("width", "told"),
    [(40, "◇ UNCONNECTED 0.0.0.0:46169"), (32, "◇ UNCONN 0.0.0.0:46169"), (20, "UNCONN :46169")],
)
def test_of_a_name_that_is_not_the_labs_own_the_address_is_worth_more_than_a_long_word_for_the_state(
    width: int, told: str
) -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("client", 9, "d = socket.socket()")]]))
    script.page(0)
    script.start("client")
    made = SocketValue(1002, 3, "AF_INET", "SOCK_DGRAM", 17)
    script.do("client", 9, "socket", value=made, bound={"d": made})
    script.observe(scripted.row(State.UNCONNECTED, ("0.0.0.0", 46169), inode=1002, cookie=2, protocol="UDP"))
    (drawn,) = (text for text in panel(scripted.view(script), "client", width) if "UNCONN" in text)
    assert drawn.rstrip(" │").endswith(told)


def test_lines_at_once_are_next_together_and_marked_as_such() -> None:
    sources = ["a = socket.socket()", "b = socket.socket()", "c = socket.socket()", "d = socket.socket()"]
    lines = [scripted.statement("server", number, source) for number, source in enumerate(sources, start=9)]
    lines[1:3] = [replace(each, at_once=8) for each in lines[1:3]]
    script = scripted.Script(scripted.lesson([lines]))
    script.page(0)
    script.start("server")

    def marks() -> list[str]:
        drawn = panel(scripted.view(script), "server", 40)
        return [text[1] for text in drawn if "socket.socket()" in text]

    assert marks() == ["▸", "┊", "┊", " "]
    for line in lines[:1]:
        script.say(StatementBegun(script.at, "server", line.line))
        script.say(StatementFinished(script.at, "server", line.line))
    assert marks() == [" ", "▸", "▸", " "]
    script.say(StatementBegun(script.at, "server", lines[1].line))
    assert marks() == [" ", "┊", "▸", " "]


def performed(sources: list[str], failing: int | None = None) -> View:
    """A client that has performed all `sources`, on a page before the one that is open where none is `failing`."""
    lines = [scripted.statement("client", number, source) for number, source in enumerate(sources, 9)]
    after = scripted.statement("server", 90, "s = 0")
    script = scripted.Script(scripted.lesson([lines, [after]]))
    script.page(0)
    script.start("client")
    for number, _ in enumerate(sources):
        script.say(StatementBegun(script.at, "client", number + 9))
        error = "ENOTCONN" if number == failing else None
        script.say(StatementFinished(script.at, "client", number + 9, error=error))
    view = scripted.view(script)
    return view if failing is not None else replace(view, page=view.script.pages[1])


def test_lines_are_whole_one_by_one_the_newest_first() -> None:
    names = "abcd"
    view = performed([f"{name} = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)" for name in names])
    seen = []
    for height in range(9, 14):
        text = "".join(part.strip("│ ") for part in panel(view, "client", 44, height))
        seen.append([f"{name} = socket.socket(socket.AF_INET, …)" not in text for name in names])
        assert text.count("socket.socket(") == len(names)
    # The one that was performed last is whole in any room; then one more with each row.
    assert seen == [[name >= first for name in names] for first in "dcbaa"]


def test_what_failed_on_the_page_stays_in_sight_and_a_gap_is_marked() -> None:
    view = performed(["a = 1", "a.recv(1)", "b = 2", "c = 3", "d = 4"], failing=1)
    drawn = [text.strip("│ ") for text in panel(view, "client", 50, 7)]
    failed = next(n for n, text in enumerate(drawn) if text.startswith("a.recv(1)"))
    assert drawn[failed].endswith("✗ ENOTCONN")
    assert drawn[failed + 1].startswith("⋮")
    assert any(text.lstrip("⋮").startswith("d = 4") for text in drawn)


def test_a_long_result_is_broken_between_words_and_keeps_its_length() -> None:
    told = ink.line(("→ b'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'… (2000 bytes)", "good"))
    whole = [each.text.strip() for each in _whole(told, 29)]
    assert "".join(whole).replace(" ", "") == told.text.replace(" ", "")
    assert not any(each.endswith("(2000 b") for each in whole), whole
    (brief,) = _in_lines(told, 34)
    assert brief.text == "   → b'aaaaaaaaaaa'… (2000 bytes)"
    assert brief.width < 34
    (without,) = _in_lines(told, 20)  # no room for both
    assert without.text.endswith("…")
