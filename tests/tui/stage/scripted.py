"""Timelines written by hand, event by event in the order a player appends them: what the stage's tests draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sockviz.calls.statement import Statement
from sockviz.lesson.document import Lesson, Page, Perform
from sockviz.lesson.parser import parse_lesson
from sockviz.model.scripted import CAPTURES, CAPTURES_NOTHING, IN_ACCEPT, Scripted, header
from sockviz.model.scripted import INFO as INFO
from sockviz.model.scripted import row as row
from sockviz.model.segments import Endpoint
from sockviz.model.sockets import FdEntry, State, Timer
from sockviz.model.stops import stop_before
from sockviz.model.values import Json
from sockviz.player.next import Do, Next
from sockviz.tui.view import Focus, Look, Mode, View

HOST, PORT = "127.0.0.1", 8080
SERVER: Endpoint = (HOST, PORT)
IN_CONNECT = replace(IN_ACCEPT, syscall="connect", arguments=(5,))


def statement(process: str, number: int, source: str, *, forks: bool = False, comment: str = "") -> Statement:
    """A line of the lesson, with what the stage reads of it."""
    target, _, right = source.partition(" = ") if " = " in source else ("", "", source)
    targets = tuple(name.strip() for name in target.split(",")) if target else ()
    name = right.partition("(")[0]
    called = name.rpartition(".")[2]
    value: Json = ["call", called, None, [], {}, True] if "(" in right else ["value", 0]
    return Statement(
        process, number, number, 1, source, comment, targets, len(targets) > 1, value, (called,), forks
    )


def lesson(pages: Sequence[Sequence[Statement]], title: str = "The listen queue") -> Lesson:
    """A lesson of nothing but performed lines."""
    made = tuple(
        Page(index, page[0].line, None, (Perform(page[0].line, page[0].process, tuple(page)),))
        for index, page in enumerate(pages)
    )
    names = dict.fromkeys(
        n for page in pages for s in page for n in ((s.process, s.targets[0]) if s.forks else (s.process,))
    )
    return Lesson("08-x.md", "", 8, "x", title, "", 10, "loopback", {}, (), (), made, tuple(names))


class Script(Scripted):
    """Such a run of a lesson."""

    def __init__(self, its: Lesson, packets: bool = True) -> None:
        self.lesson = its
        lab = CAPTURES if packets else CAPTURES_NOTHING
        ports = (8080, 8081, 8082, 8083, 8084)
        super().__init__(header(replace(lab, ports=ports), its))

    def handshake(
        self, client: Endpoint, who: str = "client", server: Endpoint = SERVER, whose: str = "server"
    ) -> None:
        super().handshake(client, who, server, whose)


def listen_queue(packets: bool = True) -> Script:
    """Lesson 8's heart: a backlog of 1, three clients, one of them left outside; then one is accepted, and closes first."""
    page = [
        statement("server", 10, "s = socket.socket()"),
        statement("server", 11, "s.bind((HOST, PORT))"),
        statement("server", 12, "s.listen(1)"),
        statement("client", 20, "a = socket.socket()"),
        statement("client", 21, "a.connect((HOST, PORT))"),
        statement("client", 22, "b = socket.socket()"),
        statement("client", 23, "b.connect((HOST, PORT))"),
        statement("client", 24, "c = socket.socket()"),
        statement("client", 25, "c.connect((HOST, PORT))"),
    ]
    after = [
        statement("server", 30, "conn, peer = s.accept()"),
        statement("client", 31, 'a.send(b"[SYN] seq=0")'),
        statement("server", 32, "data = conn.recv(100)"),
        statement("client", 33, "a.close()"),
        statement("server", 34, "conn.close()"),
    ]
    it = Script(lesson([page, after]), packets)
    it.page(0)
    it.start("server")
    s = it.socket(3)
    it.do("server", 10, "socket", value=s, bound={"s": s})
    it.observe()
    it.do("server", 11, "bind", s, (HOST, PORT))
    bound = row(State.CLOSED, SERVER, inode=s.inode, cookie=1, bound_only=True)
    it.observe(bound)
    it.do("server", 12, "listen", s, 1)
    listening = row(State.LISTEN, SERVER, inode=s.inode, cookie=1, queues=(0, 1))
    it.observe(listening)
    it.start("client")
    for index, name in enumerate("ab"):
        line = 20 + 2 * index
        c = it.socket(3 + index)
        end = (HOST, 40112 + 2 * index)
        it.do("client", line, "socket", value=c, bound={name: c})
        it.observe()
        it.enter("client", line + 1, "connect", c, (HOST, PORT))
        it.handshake(end)
        it.leave("client", line + 1)
        listening = replace(listening, recv_q=index + 1)
        mine = row(State.ESTABLISHED, end, SERVER, inode=c.inode, cookie=10 + index)
        theirs = row(State.ESTABLISHED, SERVER, end, cookie=20 + index)
        it.observe(listening, mine, theirs)
        if name == "a":
            a, a_end, a_row, waiting = c, end, mine, theirs
    c = it.socket(5)
    it.do("client", 24, "socket", value=c, bound={"c": c})
    it.observe()
    it.enter("client", 25, "connect", c, (HOST, PORT))
    outside = (HOST, 40116)
    it.segment("client", "server", outside, SERVER, "SYN")
    third = row(
        State.SYN_SENT,
        outside,
        SERVER,
        inode=c.inode,
        cookie=12,
        queues=(0, 1),
        timer=Timer.ON,
        expires=it.at + 0.8,
    )
    it.observe(third, counters={"TcpExt.ListenOverflows": 1, "TcpExt.ListenDrops": 1})
    it.sleep("client", IN_CONNECT)
    it.at += 1.0
    it.segment("client", "server", outside, SERVER, "SYN", again=True)
    third = replace(third, expires=it.at + 1.0, retransmits=1)
    it.observe(third, counters={"TcpExt.ListenOverflows": 2, "TcpExt.ListenDrops": 2})
    it.page(1)
    conn = replace(it.socket(4))
    it.enter("server", 30, "accept", s)
    it.leave("server", 30, (conn, a_end), bound={"conn": conn, "peer": a_end})
    listening = replace(listening, recv_q=1)
    conn_row = replace(waiting, inode=conn.inode)
    it.observe(listening, conn_row)
    it.at += 0.6
    it.segment("client", "server", outside, SERVER, "SYN", again=True)
    it.segment("server", "client", SERVER, outside, "SYN", "ACK")
    it.segment("client", "server", outside, SERVER, "ACK")
    it.leave("client", 25)
    third = replace(third, state=State.ESTABLISHED, send_q=0, timer=None, expires=None, retransmits=0)
    it.observe(replace(listening, recv_q=2), third, row(State.ESTABLISHED, SERVER, outside, cookie=22))
    it.enter("client", 31, "send", a, b"[SYN] seq=0")
    it.segment("client", "server", a_end, SERVER, "PSH", "ACK", length=11)
    it.segment("server", "client", SERVER, a_end, "ACK")
    it.leave("client", 31, 11)
    it.observe(replace(conn_row, recv_q=11))
    it.do("server", 32, "recv", conn, 100, value=b"[SYN] seq=0", bound={"data": b"[SYN] seq=0"})
    it.observe(conn_row)
    it.enter("client", 33, "close", a)
    it.shut("client", "a")
    it.segment("client", "server", a_end, SERVER, "FIN", "ACK")
    it.segment("server", "client", SERVER, a_end, "ACK")
    it.leave("client", 33)
    waits = replace(a_row, state=State.FIN_WAIT_2, inode=0, timer=Timer.TIMEWAIT, expires=it.at + 60)
    it.observe(waits, replace(conn_row, state=State.CLOSE_WAIT, recv_q=1))
    it.enter("server", 34, "close", conn)
    it.shut("server", "conn")
    it.segment("server", "client", SERVER, a_end, "FIN", "ACK")
    it.segment("client", "server", a_end, SERVER, "ACK")
    it.leave("server", 34)
    rest = row(State.TIME_WAIT, a_end, SERVER, timer=Timer.TIMEWAIT, expires=it.at + 60)
    it.observe(rest, gone=(waits, conn_row))
    return it


def refused() -> Script:
    """A client whose connect is refused: the RST comes from the kernel."""
    its = lesson(
        [
            [
                statement("client", 5, "c = socket.socket()"),
                statement("client", 6, "c.connect((HOST, PORT2))"),
                statement("client", 7, "c.send(b'x')"),
            ]
        ]
    )
    it = Script(its)
    it.page(0)
    it.start("client")
    c = it.socket(3)
    it.do("client", 5, "socket", value=c, bound={"c": c})
    it.observe()
    it.enter("client", 6, "connect", c, (HOST, 8081))
    it.segment("client", "kernel", (HOST, 40000), (HOST, 8081), "SYN")
    it.segment("kernel", "client", (HOST, 8081), (HOST, 40000), "RST", "ACK")
    it.leave("client", 6, error="ECONNREFUSED", number=111)
    it.observe()
    return it


def forked() -> Script:
    """A server that forks a worker for its client: three processes, one listener held twice."""
    its = lesson([[
        statement("server", 5, "s = socket.socket()"), statement("server", 6, "s.listen()"),
        statement("server", 7, "worker = os.fork()", forks=True), statement("worker", 8, "conn, peer = s.accept()"),
        statement("client", 9, "c = socket.socket()"), statement("client", 10, "c.connect((HOST, PORT))"),
        statement("worker", 11, "os._exit(3)"),
    ]])  # fmt: skip
    it = Script(its)
    it.page(0)
    it.start("server")
    s = it.socket(3)
    it.do("server", 5, "socket", value=s, bound={"s": s})
    it.do("server", 6, "listen", s)
    listening = row(State.LISTEN, SERVER, inode=s.inode, cookie=1, queues=(0, 128))
    it.observe(listening)
    it.enter("server", 7, "fork")
    it.start("worker", "server")
    it.leave("server", 7, 4122, bound={"worker": 4122})
    it.leave("worker", 7, 0, bound={"worker": 0})
    it.observe()
    it.enter("worker", 8, "accept", s)
    it.sleep("worker")
    it.observe()
    it.start("client")
    c = it.socket(3)
    it.do("client", 9, "socket", value=c, bound={"c": c})
    it.enter("client", 10, "connect", c, (HOST, PORT))
    it.handshake((HOST, 40200))
    it.leave("client", 10)
    conn = it.socket(4)
    it.leave("worker", 8, (conn, (HOST, 40200)), bound={"conn": conn, "peer": (HOST, 40200)})
    it.observe(
        row(State.ESTABLISHED, (HOST, 40200), SERVER, inode=c.inode, cookie=5),
        row(State.ESTABLISHED, SERVER, (HOST, 40200), inode=conn.inode, cookie=6),
    )
    it.enter("worker", 11, "_exit", 3)
    it.end("worker", 3)
    it.observe()
    return it


CLIENTS = ("client", "client2", "client3")


def crowded_lesson() -> Script:
    """A backlog of 1 and three client processes: two wait, the third is left outside, asleep in connect."""
    lines = [
        statement("server", 10, "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)"),
        statement("server", 11, "s.bind((HOST, PORT))"),
        statement("server", 12, "s.listen(1)", comment="a backlog of 1"),
    ]
    for number, name in enumerate((*CLIENTS, "client4"), 2):
        lines.append(statement(name, number * 10, "c = socket.socket(socket.AF_INET, socket.SOCK_STREAM)"))
        comment = "one too many" if name == "client3" else ""
        lines.append(statement(name, number * 10 + 1, "c.connect((HOST, PORT))", comment=comment))
    it = Script(lesson([lines[:9], [*lines[9:], statement("server", 60, "conn, peer = s.accept()")]]))
    it.page(0)
    it.start("server")
    s = it.socket(3)
    it.do("server", 10, "socket", value=s, bound={"s": s})
    it.do("server", 11, "bind", s, SERVER)
    it.do("server", 12, "listen", s, 1)
    listening = row(State.LISTEN, SERVER, inode=s.inode, cookie=1, queues=(0, 1))
    it.observe(listening)
    for number, name in enumerate(CLIENTS, 2):
        it.start(name)
        c, end = it.socket(3), (HOST, 40110 + number)
        it.do(name, number * 10, "socket", value=c, bound={"c": c})
        it.observe()
        it.enter(name, number * 10 + 1, "connect", c, SERVER)
        if name == "client3":
            it.segment(name, "server", end, SERVER, "SYN")
            outside = row(
                State.SYN_SENT, end, SERVER, inode=c.inode, cookie=9, queues=(0, 1), timer=Timer.ON, expires=it.at + 0.8
            )  # fmt: skip
            it.observe(outside, counters={"TcpExt.ListenOverflows": 1, "TcpExt.ListenDrops": 1})
            it.sleep(name, replace(IN_CONNECT, arguments=(3,)))
            break
        it.handshake(end, name)
        it.leave(name, number * 10 + 1)
        listening = replace(listening, recv_q=number - 1)
        theirs = row(State.ESTABLISHED, SERVER, end, cookie=20 + number)
        it.observe(listening, row(State.ESTABLISHED, end, SERVER, inode=c.inode, cookie=10 + number), theirs)
    return it


def crowd(clients: int) -> Script:
    """One listener, and so many accepted clients."""
    its = lesson(
        [[statement("server", 5, "s = socket.socket()"), statement("client", 6, "c = socket.socket()")]]
    )
    it = Script(its)
    it.page(0)
    it.start("server")
    it.start("client")
    s = it.socket(3)
    it.do("server", 5, "socket", value=s, bound={"s": s})
    rows = [row(State.LISTEN, SERVER, inode=s.inode, cookie=1, queues=(3, 4096))]
    for index in range(clients):
        end = (HOST, 20000 + index)
        conn, c = it.socket(4 + index), it.socket(3 + index)
        it.fds["server"][4 + index] = FdEntry(4 + index, f"socket:[{conn.inode}]", conn.inode, "TCP")
        it.fds["client"][3 + index] = FdEntry(3 + index, f"socket:[{c.inode}]", c.inode, "TCP")
        rows += [
            row(State.ESTABLISHED, SERVER, end, inode=conn.inode, cookie=10 + 2 * index),
            row(State.ESTABLISHED, end, SERVER, inode=c.inode, cookie=11 + 2 * index),
        ]
    rows += [row(State.ESTABLISHED, SERVER, (HOST, 60000 + n), cookie=90000 + n) for n in range(3)]
    it.observe(*rows)
    return it


def view(
    script: Script,
    cursor: int | None = None,
    *,
    look: Look | None = None,
    focus: Focus | None = None,
    progress: float = 1.0,
) -> View:
    """What a screen would hand the stage at `cursor`."""
    timeline = script.timeline
    n = len(timeline) if cursor is None else cursor
    world = timeline.world_at(n)
    before = timeline.world_at(stop_before(timeline.stops, n) if n else 0)
    done = set(world.lines)
    coming = next((s for s in script.lesson.statements if s.line not in done), None)
    following = Next(Do.PERFORM, coming) if coming is not None else Next(Do.END)
    page = script.lesson.pages[world.page or 0]
    mode = Mode.LIVE if n == len(timeline) else Mode.REVIEW
    return View(
        1, script.lesson, page, timeline, n, world, before, following, mode,
        look or Look(animate=False), focus or Focus(), progress,
    )  # fmt: skip


def real_listen() -> Script:
    """A listening server whose lines come from the lesson parser, for what needs their whole trees."""
    text = "---\ntitle: t\nsummary: s\n---\n\n```python @server\ns = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
    text += 's.bind((HOST, PORT))\ns.listen(1)\n```\n\n```expect\nserver.s.state == "LISTEN"\n```\n'
    it = Script(parse_lesson(text, "01-x.md"))
    it.page(0)
    it.start("server")
    s = it.socket(3)
    first = next(iter(it.lesson.statements)).line
    it.do("server", first, "socket", value=s, bound={"s": s})
    it.do("server", first + 1, "bind", s, SERVER)
    it.do("server", first + 2, "listen", s, 1)
    it.observe(row(State.LISTEN, SERVER, inode=s.inode, cookie=1, queues=(0, 1)))
    return it
