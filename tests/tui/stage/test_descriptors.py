"""What a table of descriptors says of a socket without a row, of those that have no room, of what waits, at any width."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from sockviz.language import speaking
from sockviz.model.events import CallReturned, Observed
from sockviz.model.sockets import FdEntry, SocketRow, State, ToldName
from sockviz.model.subjects import Subjects
from sockviz.model.values import SocketValue
from sockviz.tui.stage import descriptors
from sockviz.tui.stage.descriptor_lines import Pen
from sockviz.tui.stage.descriptor_words import brief_name, plain_target
from sockviz.tui.stage.descriptors import _counted
from sockviz.tui.stage.lookup import Lookup
from sockviz.tui.stage.part_lines import Columns
from sockviz.tui.stage.process_panel import draw_process
from sockviz.tui.stage.ranking import DescriptorRow
from sockviz.words.queues import received
from tests.tui.stage import scripted

LINES = ["s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)", "s.bind((HOST, 0))", "s.listen(1)"]


def bound(port: int, *, told: bool) -> scripted.Script:
    """A server whose socket was bound, as before Linux 6.8: its descriptor is seen and no row."""
    lines = [scripted.statement("server", n, source) for n, source in enumerate(LINES, start=1)]
    it = scripted.Script(scripted.lesson([lines]))
    it.page(0)
    it.start("server")
    s = it.socket(3)
    it.do("server", 1, "socket", value=s, bound={"s": s})
    it.observe()
    it.enter("server", 2, "bind", s, (scripted.HOST, port))
    name = (ToldName(s.inode, 3, (scripted.HOST, port or 40000)),) if told else ()
    it.say(CallReturned(it.at, "server", it.calls["server"], told=name))
    it.observe()
    return it


def table(it: scripted.Script, width: int) -> str:
    view = scripted.view(it)
    text = next(line.text for line in draw_process(view, "server", width, 12) if " s TCP" in line.text)
    return text.split(" s TCP", 1)[1].strip(" │")


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (70, "○ CLOSED  bound to 127.0.0.1:8080, in no kernel table"),
        (48, "○ CLOSED  bound to 127.0.0.1:8080"),
        (38, "○ CLOSED  bound to :8080"),
        (31, "○ CLOSED  :8080"),
        (28, "○ CLOSED  :8080"),
    ],
)
def test_a_bound_socket_without_a_row_is_bound(width: int, said: str) -> None:
    assert table(bound(scripted.PORT, told=True), width) == said
    assert table(bound(scripted.PORT, told=False), width) == said


def test_the_port_that_the_kernel_chose_is_shown_as_getsockname_says_it() -> None:
    assert table(bound(0, told=True), 70) == "○ CLOSED  bound to 127.0.0.1:40000, in no kernel table"
    assert table(bound(0, told=False), 80) == "○ CLOSED  bound to 127.0.0.1, a port that the kernel chose"
    assert table(bound(0, told=False), 30) == "○ CLOSED  bound"


def test_a_listener_that_was_shut_down_is_bound_if_it_asked_for_its_port() -> None:
    for port, said in (
        (scripted.PORT, "○ CLOSED  bound to 127.0.0.1:8080, in no kernel table"),
        (0, "○ CLOSED  in no kernel table any more"),
    ):
        it = bound(port, told=True)
        (inode,) = it.timeline.world.names
        listening = scripted.row(State.LISTEN, (scripted.HOST, port or 40000), inode=inode, cookie=1)
        it.observe(listening)
        it.observe(gone=[listening])
        assert table(it, 70) == said


def test_the_states_that_have_no_room_are_counted_together_and_no_word_is_cut() -> None:
    states = Counter({"CONNECTED": 2, "ESTABLISHED": 2, "UNCONNECTED": 1, "LISTEN": 1})
    assert _counted(states, 80) == "2 CONNECTED, 2 ESTABLISHED, 1 UNCONNECTED, 1 LISTEN"
    assert _counted(states, 40) == "2 CONNECTED, 2 ESTABLISHED, +2"
    assert _counted(states, 8) == "+6"
    assert _counted(Counter(), 80) == ""


@pytest.mark.parametrize(
    ("protocol", "says"), [("UDP", " of memory"), ("RAW", " of memory"), ("TCP", " to be read")]
)
def test_what_the_receive_queue_counts_is_said_by_protocol(protocol: str, says: str) -> None:
    row = scripted.row(State.ESTABLISHED, scripted.SERVER, ("127.0.0.1", 40200), inode=1)
    assert received(replace(row, protocol=protocol, recv_q=832)) == says
    closing = replace(row, state=State.CLOSE_WAIT, recv_q=9)
    assert received(closing) == " = 8 bytes + the FIN"
    assert received(closing, briefly=True) == " = 8 + the FIN"


def test_what_is_remembered_of_a_row_is_said_in_the_language_that_is_chosen_since() -> None:
    view = scripted.view(it := scripted.crowd(1))
    held = next(row for row in view.world.rows.values() if row.inode and not row.is_listening)
    it.observe(waits := replace(held, recv_q=832))
    view = scripted.view(it)
    for language in ("en", "es", "en"):
        with speaking(language):
            texts = [each.text for each in draw_process(view, "server", 70, 14)]
            assert any(f"832{received(waits)}" in text for text in texts), texts


def unix(state: State, inode: int, local: str | None, peer: str | None = None) -> SocketRow:
    row = scripted.row(state, local, peer, inode=inode, cookie=inode)
    return replace(row, family="AF_UNIX", protocol="UNIX")


@pytest.mark.parametrize("width", [31, 34, 48, 70])
@pytest.mark.parametrize("name", ["door", "/run/a-server/with-a-long-name.sock"])
def test_a_name_without_a_port_is_read_whole(width: int, name: str) -> None:
    source = "s = socket.socket(socket.AF_UNIX)"
    it = scripted.Script(scripted.lesson([[scripted.statement("server", 1, source)]]))
    it.page(0)
    it.start("server")
    listener, conn, raw, client = (it.socket(fd) for fd in (3, 4, 5, 6))
    names = {"s": listener, "conn": conn, "p": raw, "c": client}
    it.do("server", 1, "socket", value=listener, bound=names)
    of_icmp = scripted.row(State.UNCONNECTED, ("0.0.0.0", 1), inode=raw.inode, cookie=3, protocol="RAW")
    it.observe(
        unix(State.LISTEN, listener.inode, name),
        unix(State.ESTABLISHED, conn.inode, name),
        replace(of_icmp, type="SOCK_RAW"),
        unix(State.ESTABLISHED, client.inode, None, name),
    )
    drawn = [line.text for line in draw_process(scripted.view(it), "server", width, 40)]
    whole = "".join("".join(drawn).replace("│", " ").split())  # wherever it is wrapped
    assert whole.count(name) == 3, drawn
    assert whole.count(f"→{name}") == 1, drawn
    assert any("0.0.0.0 ICMP" in text for text in drawn), (
        "a raw socket has a protocol where others have a port"
    )
    assert not any("0.0.0.0:1" in text for text in drawn)


def connected(
    peer: tuple[str, int] = ("127.0.0.1", 40200), *, protocol: str = "TCP"
) -> tuple[scripted.Script, SocketRow]:
    """A server that has a connection as its descriptor 3, and its row."""
    it = scripted.Script(scripted.lesson([[scripted.statement("server", 1, "s = socket.socket()")]]))
    it.page(0)
    it.start("server")
    s = it.socket(3)
    it.do("server", 1, "socket", value=s, bound={"s": s})
    it.fds["server"][3] = replace(it.fds["server"][3], protocol=protocol)
    row = scripted.row(State.ESTABLISHED, scripted.SERVER, peer, inode=s.inode, cookie=7, queues=(9, 0))
    it.observe(row)
    return it, row


def drawn(it: scripted.Script) -> str:
    return "\n".join(line.text for line in draw_process(scripted.view(it), "server", 60, 14))


def test_a_row_in_time_wait_has_no_queues_and_what_was_not_read_is_the_sockets_own() -> None:
    it, row = connected()
    assert "recv-q 9 to be read" in drawn(it)
    left = replace(row, state=State.TIME_WAIT, inode=0, recv_q=0, info=None)
    it.observe(left)
    assert "TIME-WAIT" in drawn(it)
    assert "recv-q" not in drawn(it)
    kept = replace(row, state=State.CLOSED, peer=None, recv_q=10, bound_only=True, outlived=True)
    it.observe(kept)
    assert "TIME-WAIT" in drawn(it)
    assert "recv-q 10 = 9 bytes + the FIN" in drawn(it)


def test_the_row_of_a_subflow_does_not_tell_what_waits_at_a_socket_of_mptcp() -> None:
    it, _row = connected(protocol="MPTCP")
    assert "MPTCP ● ESTABLISHED" in drawn(it)
    assert "recv-q" not in drawn(it)


@pytest.mark.parametrize(
    ("kind", "width", "said"),
    [
        ("TCP", 70, "○ CLOSED  in no kernel table"),
        ("TCPv6", 44, "○ CLOSED  in no kernel table"),
        ("UDP", 48, "◇ UNCONNECTED  in no kernel table"),
        ("NETLINK", 48, "—  in no kernel table"),  # whose table nobody looks at
    ],
)
def test_the_state_of_a_socket_in_no_table_is_told_with_how_that_is_known(
    kind: str, width: int, said: str
) -> None:
    view = scripted.view(bound(0, told=False))
    pen = Pen(view, view.world.processes["server"], Lookup(view.world), width, {}, Columns())
    (line,) = pen.lines(DescriptorRow(9, FdEntry(9, "socket:[9]", 9, kind), None), (), ())
    assert line.text.partition(f"{kind.removesuffix('v6')} ")[2].strip() == said


def test_a_closed_socket_has_a_row_while_the_page_asks_about_it() -> None:
    it = bound(scripted.PORT, told=True)
    (inode,) = it.timeline.world.names
    it.shut("server", "s")
    it.observe()
    view = scripted.view(it)
    asking = replace(view, subjects=Subjects({inode: frozenset({"state"})}))
    for width, known in ((48, "no row left"), (70, "in no kernel table any more"), (31, "no row left")):
        told = [text.text.strip("│ ") for text in draw_process(asking, "server", width, 12)]
        (at,) = (n for n, text in enumerate(told) if text.startswith("– s"))
        assert re.search(rf"○ CLOSED\s+{known}", " ".join(told[at : at + 2])), told
        assert not any("CLOSED" in text.text for text in draw_process(view, "server", width, 12))


@pytest.mark.parametrize("error", ["ENOTSOCK", None])
def test_what_has_the_number_that_a_call_failed_with_is_in_sight(error: str | None) -> None:
    """Its descriptor was closed, and is a pipe's by now; others have changed since."""
    sources = [
        "t = socket.socket()",
        "os.close(t.fileno())",
        "reading, writing = os.pipe()",
        "t.send(b'hello')",
    ]
    it = scripted.Script(
        scripted.lesson(
            [[scripted.statement("server", n, source) for n, source in enumerate(sources, start=1)]]
        )
    )
    it.page(0)
    it.start("server")
    t = it.socket(3)
    it.do("server", 1, "socket", value=t, bound={"t": t})
    for fd in range(4, 12):
        it.do("server", 1, "socket", value=(other := it.socket(fd)), bound={f"other{fd}": other})
    it.observe()
    it.fds["server"][3] = FdEntry(3, "pipe:[600]", 600)
    it.observe()
    it.enter("server", 4, "send", t, b"hello")
    it.leave("server", 4, None if error else 5, error=error)
    it.fds["server"].pop(11)
    it.observe()
    drawn = [line.text for line in draw_process(scripted.view(it), "server", 60, 12)]
    assert any("pipe:[600]" in text for text in drawn) is (error is not None), drawn


def test_what_is_known_of_sockets_without_rows_stands_in_one_column() -> None:
    """Beside one of UDP, whose state is the longer word; with one of UNIX, whose protocol is."""
    view = scripted.view(bound(0, told=False))
    process = view.world.processes["server"]
    kinds = {3: "TCP", 4: "UDP", 5: "UNIX", 6: "TCP"}
    fds = tuple(FdEntry(fd, f"socket:[{90 + fd}]", 90 + fd, kind) for fd, kind in kinds.items())
    drawn = [it.text for it in descriptors.table(view, replace(process, fds=fds), 70, 12, {})]
    columns = {text.index("in no kernel table") for text in drawn if "○" in text or "◇" in text}
    assert len(columns) == 1, drawn


def test_that_all_is_closed_is_told_whole() -> None:
    it = bound(scripted.PORT, told=True)
    it.shut("server", "s")
    it.observe()
    with speaking("es"):
        told = " ".join(text.text.strip("│ ") for text in draw_process(scripted.view(it), "server", 31, 12))
    assert "todos sus sockets están cerrados" in told


def test_a_line_for_all_that_a_process_has_is_for_what_has_just_changed_of_what_is_asked_about() -> None:
    """Its listener is another's, too, who has made it: that one shows it."""
    it = scripted.forked()
    ends = [n for n, event in enumerate(it.timeline.events) if isinstance(event, Observed)]
    view = next(
        each for n in reversed(ends) if (each := scripted.view(it, n + 1)).world.processes["worker"].alive
    )
    s, conn = (view.world.processes["worker"].names[name] for name in ("s", "conn"))
    assert isinstance(s, SocketValue)
    assert isinstance(conn, SocketValue)
    asked = {s.inode: frozenset({"accept_queue"}), conn.inode: frozenset({"state"})}
    for before in (view.before, view.world):
        asking = replace(view, subjects=Subjects(asked), before=before)
        assert " conn " in draw_process(asking, "worker", 60, 1)[0].text
        assert " s " in draw_process(asking, "server", 60, 1)[0].text


def test_where_there_is_hardly_room_the_numbers_of_all_descriptors_stand_in_one_column() -> None:
    lines = ["front = socket.socket()", "health = socket.socket()"]
    it = scripted.Script(
        scripted.lesson(
            [[scripted.statement("server", n, source) for n, source in enumerate(lines, start=1)]]
        )
    )
    it.page(0)
    it.start("server")
    s, u = it.socket(3), it.socket(4, "SOCK_DGRAM")
    it.do("server", 1, "socket", value=s, bound={"frontend_listener": s})
    it.do("server", 2, "socket", value=u, bound={"health_check": u})
    it.observe(
        scripted.row(State.LISTEN, scripted.SERVER, inode=s.inode, cookie=8, queues=(0, 5)),
        scripted.row(State.UNCONNECTED, (scripted.HOST, 8081), inode=u.inode, cookie=9, protocol="UDP"),
    )
    view = scripted.view(it)
    for width in range(20, 60):
        drawn = [line.text for line in descriptors.table(view, view.world.processes["server"], width, 12, {})]
        rows = [text for text in drawn if re.match(" ?[34] ", text)]
        assert len(rows) == 2, drawn
        assert all(text[0] == " " for text in rows) or width < 28, (width, drawn)


def test_names_that_begin_alike_are_told_apart_by_their_ends() -> None:
    held = {
        name: SocketValue(n, n, "AF_INET", "SOCK_STREAM", 0)
        for n, name in enumerate(("upstream_one", "upstream_two", "s"))
    }
    process = replace(scripted.view(bound(0, told=False)).world.processes["server"], names=held)
    assert [brief_name(name, process, 6) for name in held] == ["ups…ne", "ups…wo", "s"]
    assert brief_name("upstream_two", process, 6, ascii_only=True) == "ups~wo"
    assert brief_name("listener", process, 6) == "listen"
    assert brief_name("upstream_two", process, 4) == "upst"


def test_of_a_pipe_it_is_told_which_of_its_ends_a_descriptor_is() -> None:
    told = [
        plain_target(FdEntry(fd, "pipe:[67]", 67, None, 0o2000000 | mode)) for fd, mode in ((3, 0), (4, 1))
    ]
    assert told == ["pipe:[67] to read", "pipe:[67] to write"]
    assert plain_target(FdEntry(5, "/dev/null", 0, None, 1)) == "/dev/null"
    assert plain_target(FdEntry(6, "anon_inode:[eventpoll]", 0, None, 2)) == "eventpoll"


def test_that_somebody_waits_at_a_listener_is_seen_in_a_single_narrow_line() -> None:
    it = bound(scripted.PORT, told=True)
    (inode,) = it.timeline.world.names
    it.observe(scripted.row(State.LISTEN, scripted.SERVER, inode=inode, cookie=8, queues=(1, 4)))
    view = scripted.view(it)
    for width, says in ((40, "■ 1 of 5"), (24, "■ 1")):
        (drawn,) = descriptors.table(view, view.world.processes["server"], width, 1, {})
        assert says in drawn.text, drawn.text
        assert ":8080" in drawn.text
