"""Expressions judged in worlds made by hand: every name of the format, what is missing, and that nothing is ever raised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sockviz.lesson.document import BadLesson, Expectation, Expression
from sockviz.lesson.expressions import read_expression
from sockviz.lesson.findings import Findings
from sockviz.lesson.judge import Judgement, judge
from sockviz.lesson.names import counter_key
from sockviz.lesson.parser import parse_lesson
from sockviz.model.call import Call, Origin, Stage
from sockviz.model.events import PacketCaptured
from sockviz.model.known import KnownSocket
from sockviz.model.log import Log
from sockviz.model.process import PerformedLine, Process, Task
from sockviz.model.segments import Packet, TcpHeader
from sockviz.model.sockets import FdEntry, SocketRow, State, Timer
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import SeenPacket, World
from sockviz.words.found import in_english

HERE, THERE = ("127.0.0.1", 8080), ("127.0.0.1", 40000)
BINDINGS: dict[str, Value] = {"HOST": "127.0.0.1", "PORT": 8080, "PORT2": 8081}


def row(
    state: State,
    inode: int,
    recv_q: int = 0,
    send_q: int = 0,
    cookie: int = 0,
    protocol: str = "TCP",
    **more: object,
) -> SocketRow:
    made = SocketRow(
        "AF_INET", "SOCK_STREAM", protocol, state, HERE, None if state is State.LISTEN else THERE, recv_q, send_q, inode,
        cookie or 1000 + inode, 0,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # fields of the row


def call(name: str, stage: Stage = Stage.RETURNED, value: Value = None, error: str | None = None) -> Call:
    return Call(
        "server",
        1,
        Origin(1),
        name,
        f"socket.socket.{name}",
        (),
        {},
        0.0,
        stage=stage,
        value=value,
        error=error,
    )


def tcp(inode: int, fd: int = 3, kind: str = "SOCK_STREAM", family: str = "AF_INET") -> SocketValue:
    return SocketValue(inode, fd, family, kind, 0)


def packet(sender: str, *flags: str) -> SeenPacket:
    header = TcpHeader(flags, 0, 0, 0, 0, 0)
    seen = Packet(1.0, "AF_INET", "TCP", THERE, HERE, 0, 64, 60, tcp=header)
    return SeenPacket(PacketCaptured(1.0, "lab", seen, sender, "server"), 0)


ROWS = (
    row(State.LISTEN, 11, 2, 1),
    row(State.ESTABLISHED, 12, 5, 7, timer=Timer.ON, expires=103.5, retransmits=2),
    row(State.SYN_RECEIVED, 0, cookie=71),
    row(State.SYN_RECEIVED, 0, cookie=72, local=("127.0.0.1", 9)),
    row(State.TIME_WAIT, 0, cookie=1014, timer=Timer.TIMEWAIT, expires=50.0),
)
SERVER = Process(
    "server", 100, 4100, "lab", None, False, 0.0,
    names={
        "s": tcp(11), "conn": tcp(12, 4), "fresh": tcp(13, 5), "gone": tcp(14, 6), "u": tcp(15, 7, "SOCK_DGRAM"),
        "six": tcp(16, 8, family="AF_INET6"), "path": tcp(17, 9, family="AF_UNIX"), "n": 5, "data": b"hello",
        "peer": ("127.0.0.1", 40000), "pair": (tcp(12, 4), THERE), "nothing": None, "text": "a", "many": [1, "a"],
    },
    open_fds={"s": 3, "conn": 4, "fresh": 5, "gone": -1, "u": 7, "six": 8, "path": 9},
    calls=Log([call("bind"), call("listen", Stage.FAILED, error="EADDRINUSE")]),
    main=Task(calls=(call("accept", Stage.ASLEEP),)),
    fds=(FdEntry(4, "socket:[12]", 12), FdEntry(0, "/dev/null", 0), FdEntry(3, "socket:[11]", 11)),
)  # fmt: skip
CLIENT = Process("client", 101, 4101, "lab", None, False, 0.0, ended=9.0, signal="SIGKILL")
WORLD = World(
    at=100.0,
    processes={"server": SERVER, "client": CLIENT},
    rows={("lab", r.key): r for r in ROWS},
    sockets={14: KnownSocket(14, "lab", "server", "AF_INET", "SOCK_STREAM", 6, 1014, HERE, THERE)},
    packets=Log([packet("client", "SYN"), packet("server", "SYN", "ACK")]),
    counters={"TcpExt.ListenOverflows": 3, "Udp.RcvbufErrors": 2, "Tcp.RetransSegs": 1},
)


def expression(source: str) -> Expression:
    findings = Findings()
    read = read_expression(source, 1, 1, findings)
    assert read is not None, findings.problems
    return read


def actual(found: Judgement) -> str:
    """What its parts are."""
    return in_english(found.tell())


def verdict(source: str, world: World = WORLD) -> Judgement:
    return judge(expression(source), world, BINDINGS, {"TcpExt.ListenDrops", "Tcp.RetransSegs"})


HOLDS = [
    "server.pid == 100 and server.alive and server.status is None",
    "client.status == 'SIGKILL' and not client.alive",
    "server.fds == [0, 3, 4]",
    "server.blocked == 'accept'",
    "client.blocked is None",
    "server.last.name == 'listen' and server.last.error == 'EADDRINUSE' and server.last.value is None",
    "server.n == 5 and server.data == b'hello' and server.data[0] == 104",
    "server.peer == ('127.0.0.1', 40000) and server.peer[1] > 1024",
    "server.s.state == 'LISTEN'",
    "server.s.accept_queue == 2 and server.s.backlog == 1 and server.s.syn_queue == 1",
    "server.s.recv_q == 2 and server.s.send_q == 1",
    "server.s.local == (HOST, PORT) and server.s.peer is None",
    "server.conn.state == 'ESTABLISHED' and server.conn.peer == server.peer",
    "server.conn.accept_queue is None and server.conn.backlog is None and server.conn.syn_queue is None",
    "server.conn.timer == 'on' and server.conn.timer_seconds == 3.5 and server.conn.retransmits == 2",
    "server.s.timer is None and server.s.timer_seconds is None",
    "server.s.fd == 3 and server.gone.fd is None",
    "server.pair[0].fd == 4 and server.pair[0] == server.conn and server.pair[0].state == 'ESTABLISHED'",
    "server.gone.state == 'TIME-WAIT' and server.gone.timer_seconds == 0",
    "server.fresh.state == 'CLOSED' and server.fresh.local == ('0.0.0.0', 0) and server.fresh.recv_q == 0",
    "server.six.local == ('::', 0, 0, 0) and server.path.local == ''",
    "server.u.state == 'UNCONNECTED' and server.u.type == 'SOCK_DGRAM' and server.u.family == 'AF_INET'",
    "len(rows()) == 5 and len(rows(state='SYN-RECEIVED')) == 2",
    "len(rows(state='SYN-RECEIVED', local_port=PORT)) == 1",
    "rows(inode=11)[0].host == 'lab' and rows(inode=11)[0].pid == 100 and rows(inode=11)[0].fd == 3",
    "rows(state='TIME-WAIT')[0].pid is None and rows(state='TIME-WAIT')[0].inode == 0",
    "rows(host='elsewhere') == [] and rows(family='AF_INET6') == []",
    "rows(type='SOCK_DGRAM') == [] and rows(peer_port=1) == []",
    "packets == ['client SYN', 'server SYN+ACK'] and packets[-1] == 'server SYN+ACK' and 'client RST' not in packets",
    "counters.ListenOverflows == 3 and counters.UdpRcvbufErrors == 2 and counters.RetransSegs == 1",
    "counters.ListenDrops == 0 and counters.TcpExtListenDrops == 0",
    "PORT2 - PORT == 1 and -server.n == -5 and ~server.n == -6 and server.n // 2 == 2 and server.n % 2 == 1",
    "server.n << 2 == 20 and server.n | 2 == 7 and server.n & 4 == 4 and server.n ^ 1 == 4 and server.n >> 1 == 2",
    "1 < server.n < 10 and not (1 < server.n < 3)",
    "any([0, 1]) and all([]) and sum([1, 2]) == 3 and sorted([2, 1]) == [1, 2] and len(server.data) == 5",
    "server.data[1:3] == b'el' and server.data[:2] + b'!' == b'he!' and 'ab' * 2 == 'abab'",
    "server.nothing is None or server.unbound == 1",
]  # fmt: skip


@pytest.mark.parametrize("source", HOLDS)
def test_holds(source: str) -> None:
    found = verdict(source)
    assert found.holds, found
    assert found.missing is None


NOT_YET = [
    ("server.unbound == 1", "server.unbound has no value yet"),
    ("worker.pid == 1", "the process worker has not started yet"),
    ("client.last.name == 'x'", "no call of client has returned yet"),
    ("server.conn.accept_queue >= 1", "server.conn.accept_queue is None"),
    ("0 < server.conn.timer_seconds - server.nothing", "server.nothing is None, not a number"),
    ("server.n < server.text", "5 and 'a' cannot be compared so"),
    ("server.n // 0 == 1", "server.n // 0 has no value: integer division or modulo by zero"),
    ("packets[7] == 'client SYN'", "packets is ['client SYN', 'server SYN+ACK']: it has no [7]"),
    ("rows(state='CLOSING')[0].fd == 1", "rows(state='CLOSING') is []: it has no [0]"),
    ("server.n.fd == 1", "server.n is 5, which has no .fd"),
    ("sorted(server.many) == []", "sorted cannot be done with server.many, which is [1, 'a']"),
    ("len(server.n) == 1", "server.n is 5: len needs a list, text or bytes"),
    ("counters.Nonsense == 0", "counters.Nonsense: no such counter in TcpExt, Tcp, Udp, Ip, Icmp has been read"),
    ("server.text * 100000000 == 'a'", "server.text * 100000000 would be too large"),
    ("'%999999999d' % server.n == 'a'", "'%999999999d' % server.n has no value: text and bytes know + and *"),
    ("1 << 99999 == 1", "1 << 99999 would be too large"),
    ("1 << -1 == 1", "1 << -1 would be too large"),
    ("-server.text == 1", "server.text is 'a', not a number"),
    ("PORT3 == 1", "PORT3 has no value yet"),
    ("server.data['a':] == b''", "server.data is b'hello', which has no such slice"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "reason"), NOT_YET)
def test_does_not_hold_yet_and_says_why(source: str, reason: str) -> None:
    found = verdict(source)
    assert found.missing is not None
    assert (found.holds, in_english([found.missing]), found.text) == (False, reason, None)


def test_actual_shows_the_parts() -> None:
    assert actual(verdict("server.s.accept_queue == 1")) == "server.s.accept_queue is 2"
    both = verdict('server.s.local == (HOST, PORT2) and client.x == "y"')
    assert (
        actual(both)
        == "server.s.local is ('127.0.0.1', 8080), HOST is '127.0.0.1', PORT2 is 8081, client.x has no value yet"
    )
    assert actual(verdict("len(rows(state='LISTEN')) == 2")) == "len(rows(state='LISTEN')) is 1"
    assert actual(verdict("server.s is None")) == "server.s is <socket fd=3>"
    assert actual(verdict("server.last is None")) == "server.last is listen → EADDRINUSE"
    assert len(actual(verdict("server.data == b''", replace(WORLD, processes={
        "server": replace(SERVER, names={"data": b"x" * 100000})})))) < 200  # fmt: skip


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("server.s.accept_queue", "2"), ("server.s.state", "LISTEN"), ("server.blocked", "accept"), ("server.nothing", "None"),
        ("server.alive", "True"), ("server.data", "b'hello'"), ("server.peer", "('127.0.0.1', 40000)"),
        ("packets[:1]", "['client SYN']"),
        ("'words'", "words"), ("server.s", "<socket fd=3>"),
    ],
)  # fmt: skip
def test_the_answer_of_a_prediction_is_str_of_its_value(source: str, text: str) -> None:
    assert verdict(source).text == text


def test_an_expectation_is_judged_by_its_expression() -> None:
    line = Expectation(1, 1, "within 5s: server.n == 5", expression("server.n == 5"), 5.0, False)
    assert judge(line, WORLD, BINDINGS).holds


def test_a_world_in_which_nothing_has_happened() -> None:
    for source in HOLDS:
        assert actual(verdict(source, World()))


def test_counters_are_looked_up_in_order() -> None:
    known = {"Tcp.X", "TcpExt.X", "Udp.X", "Ip.OnlyIp", "UdpLite.X"}
    assert counter_key("X", known) == "TcpExt.X"
    assert counter_key("TcpX", known) == "Tcp.X"
    assert counter_key("UdpLiteX", known) == "UdpLite.X"
    assert counter_key("OnlyIp", known) == "Ip.OnlyIp"
    assert counter_key("Y", known) is None


def test_a_wire_that_nothing_has_crossed_keeps_nothing() -> None:
    for name in ("held", "dropped", "delivered"):
        assert verdict(f"link.{name} == []").holds


def test_constants_are_numbers_by_their_names() -> None:
    assert verdict("server.n == socket.SHUT_RDWR + 3").holds
    assert verdict("errno.ECONNREFUSED == 111 and select.POLLIN | select.POLLOUT == 5").holds
    assert verdict("socket.IP_MTU == 14").holds  # which no Python has
    assert actual(verdict("errno.ECONNREFUSED == server.n")) == "server.n is 5"
    lesson = (
        "---\ntitle: T\nsummary: S\n---\n\n```python @server\ns = socket.socket()\ncode = s.connect_ex((HOST, PORT))\n```\n\n"
        "```expect\nserver.code == errno.{name}\n```\n"
    )
    parse_lesson(lesson.format(name="ECONNREFUSED"), "t.md")
    with pytest.raises(BadLesson) as caught:
        parse_lesson(lesson.format(name="ECONREFUSED"), "t.md")
    (problem,) = caught.value.problems
    assert (
        problem.message
        == "errno.ECONREFUSED is not a constant that a lesson knows; did you mean ECONNREFUSED?"
    )


@pytest.mark.parametrize(
    ("name", "value", "bound", "source", "actual"),
    [
        ("connect_ex", 111, {"code": 111}, "server.code == 0", "server.code is 111 (ECONNREFUSED)"),
        ("connect_ex", 0, {"code": 0}, "server.code == 1", "server.code is 0"),
        ("poll", [(4, 8197)], {"r": [(4, 8197)]}, "server.r == []", "server.r is [(4, 8197 (POLLIN|POLLOUT|POLLRDHUP))]"),
        ("poll", [(4, 5)], {"r": [(4, 5)]}, "server.r[0][1] == 1", "server.r[0][1] is 5 (POLLIN|POLLOUT)"),
        ("recvmsg", (b"", [], 32, None), {"d": b"", "a": [], "f": 32, "w": None}, "server.f == 0", "server.f is 32 (MSG_TRUNC)"),
        ("connect_ex", 111, {"code": 111}, "server.last.value == 0", "server.last.value is 111 (ECONNREFUSED)"),
    ],
)  # fmt: skip
def test_what_a_number_is_stands_beside_it(
    name: str, value: Value, bound: dict[str, Value], source: str, actual: str
) -> None:
    last = replace(call(name, value=value), number=1)
    server = replace(SERVER, names={**SERVER.names, **bound}, calls=Log([last]), main=Task())
    lines = {7: PerformedLine("server", 0.0, 1.0, (1,), bound=bound)}
    world = replace(WORLD, processes={"server": server}, lines=lines)
    assert in_english(verdict(source, world).tell()) == actual
