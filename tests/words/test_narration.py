"""Each event has its sentence: what happened, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from sockviz.model import events as kinds
from sockviz.model.events import (
    CallEntered,
    CallHeld,
    CallLetGo,
    CallReturned,
    CaptureLost,
    Executed,
    ExpectationJudged,
    LessonEnded,
    Observed,
    PredictionMade,
    PredictionSettled,
    ProcessEnded,
    VotesCounted,
)
from sockviz.model.lab_facts import LabFacts
from sockviz.model.link import LinkState
from sockviz.model.scripted import IN_RECV
from sockviz.model.segments import Endpoint, Packet, TcpHeader
from sockviz.model.sockets import FdEntry, State
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words.headlines import headline
from sockviz.words.narration import narrate, narrate_at
from tests.tui.stage import scripted
from tests.tui.stage.scripted import Script


def story(script: Script) -> list[str]:
    return [headline(script.timeline, stop) for stop in script.timeline.stops]


def test_the_listen_queue_in_sentences() -> None:
    assert story(scripted.listen_queue()) == [
        "server starts: pid 4121, no socket yet",
        "server: socket gives descriptor 3: an endpoint without a name",
        "server: bind gives s the name 127.0.0.1:8080",
        "server: listen makes s passive: the kernel now lets clients in for it",
        "client: socket gives descriptor 3: an endpoint without a name",
        "client: connect returns: the handshake with 127.0.0.1:8080 is done",
        "client: socket gives descriptor 4: an endpoint without a name",
        "client: connect returns: the handshake with 127.0.0.1:8080 is done",
        "client: socket gives descriptor 5: an endpoint without a name",
        "client: connect(5) sleeps: its SYN has not been answered: "
        "the accept queue of server's s is full (2 wait, its backlog is 1), sent 1 time again",
        "page 2 opens",
        "server: accept takes the connection of client from the queue: descriptor 4; client: connect wakes",
        "client: send copies 11 bytes into the send queue of the kernel",
        "server: recv takes 11 bytes from the receive queue: b'[SYN] seq=0'",
        "client: close gives descriptor 3 back",
        "server: close gives descriptor 4 back",
    ]


def test_a_look_that_finds_nothing_new_leaves_the_sentence_as_it_was() -> None:
    script = scripted.listen_queue()
    stop = script.timeline.stops[-1]
    told = headline(script.timeline, stop)
    (row, *_others) = script.timeline.world.listeners()
    for _time in range(2):
        script.say(Observed(script.at, "lab", (replace(row, uid=row.uid + 1),)))
        assert "only details differ" in narrate_at(script.timeline, len(script.timeline))
        assert headline(script.timeline, len(script.timeline)) == told


@pytest.mark.parametrize("is_held", [True, False])
def test_of_a_program_that_ran_on_since_it_was_looked_at_only_its_calls_say_what_they_did(
    is_held: bool,
) -> None:
    """By the time of its close whoever waited at the last look may have been accepted."""
    script = scripted.listen_queue()
    (row, *_others) = script.timeline.world.listeners()
    assert row.recv_q == 2
    number = script.timeline.world.processes["server"].entered + 1
    listener = SocketValue(row.inode, 3, "AF_INET", "SOCK_STREAM", 6)
    script.say(Executed(script.at, "server", ("./server",)))
    script.say(CallEntered(script.at, "server", number, None, "close", "socket.socket.close", (listener,)))
    if is_held:
        script.say(CallHeld(script.at, "server", number))
        script.say(CallLetGo(script.at, "server", number))
    script.say(CallReturned(script.at, "server", number))
    told = headline(script.timeline, len(script.timeline))
    assert told.startswith("server: close gives ")
    assert ("connections that wait to be accepted are ended with it" in told) is is_held


def test_port_0_is_never_a_name() -> None:
    script = Script(scripted.lesson([[scripted.statement("server", 9, "s.bind((HOST, 0))")]]))
    script.page(0)
    script.start("server")
    script.do("server", 9, "bind", SocketValue(1001, 3, "AF_INET", "SOCK_STREAM", 6), ("127.0.0.1", 0))
    said = story(script)[-1]
    assert said.endswith("a free port of the kernel's choice: getsockname tells which")


def test_what_the_kernel_was_seen_to_change() -> None:
    script = scripted.listen_queue()
    told = "\n".join(
        narrate_at(script.timeline, n + 1)
        for n, e in enumerate(script.timeline.events)
        if isinstance(e, kinds.Observed)
    )
    for sentence in (
        "server's s goes from CLOSED to LISTEN",
        "the accept queue of server's s holds 1 (was 2)",
        "waits in the accept queue: ESTABLISHED, owned by no descriptor",
        "client's c sends again, 1 so far, next in 1.0 s",
        "client's c goes from SYN-SENT to ESTABLISHED",
        "Recv-Q of server's conn is 11 (was 0)",
        "ListenOverflows grew by 1",
        "server's s is bound to 127.0.0.1:8080 and does not listen",
        "client's a is TIME-WAIT",
    ):
        assert sentence in told, sentence


def test_a_refusal_says_why() -> None:
    assert story(scripted.refused())[-1] == (
        "client: connect fails with ECONNREFUSED: a RST answered: nothing listens on 127.0.0.1:8081"
    )


def test_a_retransmission_says_again() -> None:
    script = scripted.listen_queue()
    sentences = [narrate_at(script.timeline, n) for n in range(1, len(script.timeline) + 1)]
    assert sentences.count("client → server: SYN again") == 2
    assert "client → server: PSH+ACK with 11 bytes" in sentences


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (ProcessEnded(0, "p", signal="SIGKILL"), "p is killed by SIGKILL: the kernel closes all its descriptors"),
        (ProcessEnded(0, "p", 0), "p exits with status 0: the kernel closes all its descriptors"),
        (CaptureLost(0, "h", 1), "the capture itself lost 1 packet: the wire is not complete here"),
        (ExpectationJudged(0, 1, "a == 1", False, "a is 2"), "a == 1: does not hold, as a is 2"),
        (PredictionMade(0, 1, 0), "you predicted choice 1"),
        (VotesCounted(0, 1, (12, 0, 7)), "the room voted: 12 for 1, 0 for 2, 7 for 3"),
        (PredictionSettled(0, 1, "2"), "the answer to the prediction: 2"),
        (LessonEnded(0), "the lesson is done"),
    ],
)  # fmt: skip
def test_the_lesson_moving_on(event: kinds.Event, sentence: str) -> None:
    assert narrate(event, World(), World()) == sentence


@pytest.mark.parametrize("make", [scripted.listen_queue, scripted.refused, scripted.forked])
def test_every_event_has_one_line_of_words(make: Callable[[], Script]) -> None:
    script = make()
    met = {type(event) for event in script.timeline.events}
    assert met <= set(get_args(kinds.Event))
    for n in range(1, len(script.timeline) + 1):
        sentence = narrate_at(script.timeline, n)
        assert sentence
        assert "\n" not in sentence
        assert not sentence.endswith(".")
    assert narrate_at(script.timeline, 0) == headline(script.timeline, 0) == ""


def test_listen_on_a_listener_changes_its_backlog() -> None:
    """At the resting place it is known what the kernel granted; at the call itself only what was asked for."""
    for asked, granted, told in (
        (5, 5, "server: listen changes the backlog of s from 1 to 5"),
        (1000000, 4096, "server: listen changes the backlog of s from 1 to 4096: 1000000 was asked for, "
                        "this is what the kernel grants"),
        (1, 1, "server: listen is called again on s: its backlog is 1 now"),
    ):  # fmt: skip
        script = scripted.real_listen()
        line = next(iter(script.lesson.statements)).line + 3
        s = script.timeline.world.processes["server"].names["s"]
        assert isinstance(s, SocketValue)
        before = len(script.timeline)
        script.do("server", line, "listen", s, asked)
        returned = next(
            n
            for n, e in enumerate(script.timeline.events)
            if n >= before and isinstance(e, kinds.CallReturned)
        )
        if asked != 1:
            assert narrate_at(script.timeline, returned + 1) == (
                f"server: listen is called again with a backlog of {asked} on s, which listens already, with 1"
            )
        script.observe(
            scripted.row(State.LISTEN, scripted.SERVER, inode=s.inode, cookie=1, queues=(0, granted))
        )
        assert headline(script.timeline, len(script.timeline)) == told


def test_an_end_that_the_reader_made_itself_is_not_the_peers() -> None:
    """recv gives no bytes after the peer's FIN, and after SHUT_RD of one's own: what the peer will do is not known then."""
    for how, told in (
        (1, "server: recv returns 0 bytes: the peer will send no more"),
        (0, "server: recv returns 0 bytes: the receiving side of s was ended here, by shutdown"),
        (2, "server: recv returns 0 bytes: the receiving side of s was ended here, by shutdown"),
    ):
        script = scripted.real_listen()
        line = next(iter(script.lesson.statements)).line + 3
        s = script.timeline.world.processes["server"].names["s"]
        script.do("server", line, "shutdown", s, how)
        script.do("server", line, "recv", s, 100, value=b"")
        assert headline(script.timeline, len(script.timeline)) == told


def test_a_unix_socket_connects_without_a_handshake() -> None:
    script = scripted.real_listen()
    line = next(iter(script.lesson.statements)).line + 3
    unix = SocketValue(77, 9, "AF_UNIX", "SOCK_STREAM", 0)
    script.do("server", line, "connect", unix, "door")
    told = headline(script.timeline, len(script.timeline))
    assert told == "server: connect returns: descriptor 9 is connected to door, and no packet was needed"


def test_a_look_takes_nothing() -> None:
    for arguments, does in (
        ((5, 0), "takes 5 bytes from"),
        ((5, 0x42), "looks at 5 bytes and leaves them in"),
    ):
        script = scripted.real_listen()
        line = next(iter(script.lesson.statements)).line + 3
        s = script.timeline.world.processes["server"].names["s"]
        script.do("server", line, "recv", s, *arguments, value=b"hello")
        returned = max(n for n, e in enumerate(script.timeline.events) if isinstance(e, kinds.CallReturned))
        assert narrate_at(script.timeline, returned + 1) == f"server: recv {does} the receive queue: b'hello'"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("SOCK_STREAM", "server: send puts 2 bytes into the receive queue of the peer"),
        ("SOCK_SEQPACKET", "server: send puts one message of 2 bytes into the receive queue of the peer"),
    ],
)
def test_what_a_unix_socket_sends_lies_in_the_peers_queue_at_once(kind: str, told: str) -> None:
    script = scripted.real_listen()
    line = next(iter(script.lesson.statements)).line + 3
    script.do("server", line, "send", SocketValue(77, 9, "AF_UNIX", kind, 0), b"ab", value=2)
    assert headline(script.timeline, len(script.timeline)) == told


def test_a_call_on_a_bare_number_says_the_number_and_no_queue_that_is_not_there() -> None:
    for name, arguments, value, told in (
        ("close", (0,), None, "server: close gives descriptor 0 back"),
        ("write", (4, b"ab"), 2, "server: write hands 2 bytes to the kernel"),
        ("close", (), None, "server: close gives the descriptor back"),
    ):  # fmt: skip
        script = scripted.real_listen()
        line = next(iter(script.lesson.statements)).line + 3
        script.do("server", line, name, *arguments, value=value)
        assert headline(script.timeline, len(script.timeline)) == told


def test_what_a_line_computed_is_said() -> None:
    bound: dict[str, Value] = {"whole": b"\x02\0", "s": SocketValue(77, 9, "AF_INET", "SOCK_STREAM", 6)}
    told = narrate(kinds.StatementFinished(0, "server", 3, bound), World(), World())
    assert told == "server now has whole = b'\\x02\\x00', s"


def test_one_host_sends_and_two_hosts_send() -> None:
    one = narrate(kinds.LinkSet(0, ("client",)), World(), World())
    two = narrate(kinds.LinkSet(0, ("client", "server")), World(), World())
    assert (one, two) == (
        "the link keeps all that client sends",
        "the link keeps all that client and server send",
    )


ON_TWO_HOSTS = LabFacts("two-hosts", ("packets",), ("client", "server"))
_S = SocketValue(77, 9, "AF_INET", "SOCK_STREAM", 6)
_D = SocketValue(80, 12, "AF_INET", "SOCK_DGRAM", 17)
_U = SocketValue(78, 10, "AF_UNIX", "SOCK_STREAM", 0)


@pytest.mark.parametrize(
    ("name", "arguments", "value", "told"),
    [
        ("send", (_S, b""), 0, "sends nothing: a stream has no empty segment"),
        ("recv", (_D, 4), b"", "takes an empty datagram"),
        ("readv", (_S, 4), b"", "returns 0 bytes: the peer will send no more"),
        ("readv", (_D, 4), b"", "takes an empty datagram"),
        ("recv", (_D, 4), b"abcd", "takes one datagram and gives 4 bytes: b'abcd'"),
        ("setblocking", (_S, True), None, "lets calls on descriptor 9 sleep again"),
        ("setblocking", (_S, False), None,
         "makes calls on descriptor 9 return at once where they would sleep"),
        ("accept", (_U,), (SocketValue(79, 11, "AF_UNIX", "SOCK_STREAM", 0), ""),
         "takes the connection of an unnamed client from the queue: descriptor 11"),
        ("socketpair", (), (_S, _U), "gives descriptors 9 and 10: two ends, connected already"),
        ("pipe", (), (3, 4), "gives descriptors 3, to read, and 4, to write"),
        ("unlink", ("door",), None, "removes the file door"),
        ("waitpid", (4121, 0), (4121, 7 << 8), "returns: server ended with status 7"),
        ("waitpid", (4121, 0), (4121, 9), "returns: server was ended by signal SIGKILL"),
        ("waitpid", (-1, 1), (0, 0), "returns 0: no child has ended yet, and WNOHANG has it not wait"),
        ("waitpid", (4121, 1), (0, 0), "returns 0: server has not ended yet, and WNOHANG has it not wait"),
        ("setrlimit", (7, (64, -1)), None, "sets RLIMIT_NOFILE: 64 now, no limit at most"),
        ("getrlimit", (7,), (64, 128), "says RLIMIT_NOFILE: 64 now, 128 at most"),
        ("sendto", (_D, b"x", "box"), 1, "hands one datagram of 1 byte to the kernel"),
        ("poll", (), [(3, 1), (4, 1)], "returns: descriptor 3 (s): POLLIN (a connection waits to be accepted); "
         "descriptor 4: POLLIN (a read would not sleep: data waits, or its end)"),
        ("poll", (), [], "returns: nothing came of what it waits for"),
        ("select", ([_S], [_U], []), ([], [_U], []), "returns: descriptor 10 is writable"),
        ("select", ([_S], [], []), ([], [], []), "returns: no descriptor is ready"),
        ("epoll", (), ObjectValue("epoll", "5"), "gives descriptor 5: a list in the kernel, empty as yet"),
        ("register", (ObjectValue("epoll", "5"), _S, 1), None, "puts descriptor 9 on the list in the kernel, for EPOLLIN"),
        ("signal", (13, 0), 1, "sets what SIGPIPE does to SIG_DFL: before it was SIG_IGN"),
    ],
)  # fmt: skip
def test_what_a_call_gave_is_said_in_words(
    name: str, arguments: tuple[Value, ...], value: Value, told: str
) -> None:
    script = scripted.real_listen()
    line = next(iter(script.lesson.statements)).line + 3
    script.do("server", line, name, *arguments, value=value)
    returned = max(n for n, e in enumerate(script.timeline.events) if isinstance(e, kinds.CallReturned))
    assert narrate_at(script.timeline, returned + 1) == f"server: {name} {told}"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("write", 5, "puts 5 bytes into the pipe"),
        ("read", b"hello", "takes 5 bytes from the pipe: b'hello'"),
        ("read", b"", "returns 0 bytes: nobody has the pipe open for writing any more"),
    ],
)
def test_a_pipe_has_no_receive_queue_and_no_peer(name: str, value: Value, told: str) -> None:
    script = scripted.real_listen()
    line = next(iter(script.lesson.statements)).line + 3
    script.do("server", line, name, 8, 100, value=value)
    returned = next(e for e in reversed(script.timeline.events) if isinstance(e, kinds.CallReturned))
    world = script.timeline.world
    server = replace(world.processes["server"], fds=(FdEntry(8, "pipe:[67]", 67),))
    after = replace(world, processes={**world.processes, "server": server})
    assert narrate(returned, world, after) == f"server: {name} {told}"


def test_what_a_programs_own_list_does_not_have_is_said() -> None:
    lesson = "one\n  p.modify(s, select.POLLIN)\n  p.unregister(3)\n"
    for line, error, told in (
        (2, "ENOENT", "ENOENT: s is not on p, the program's own list; register puts it there"),
        (3, "KeyError", "KeyError: 3 is not on p, the program's own list"),
        (3, "TypeError", "TypeError: a word of Python's"),
    ):
        event = kinds.StatementFinished(0, "server", line, error=error, message="a word of Python's")
        assert narrate(event, World(), World(), lesson=lesson) == f"server: the line fails with {told}"


def test_a_line_is_told_by_its_words() -> None:
    lesson = "one\n  p.register(s, select.POLLIN)  # the listener\n"
    for event, told in (
        (kinds.StatementBegun(0, "server", 2), "server is handed p.register(s, select.POLLIN)"),
        (
            kinds.StatementFinished(0, "server", 2),
            "server: s stands on p now, the program's own list, for POLLIN",
        ),
        (kinds.StatementBegun(0, "server", 7), "server is handed line 7"),
    ):
        assert narrate(event, World(), World(), lesson=lesson) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('link.drop("client SYN")', "the link will drop the next client SYN"),
        ("link.drop('server ACK')", "link is done with link.drop('server ACK')"),  # what is kept is dropped at once
        ("link.duplicate()", "link is done with link.duplicate()"),
        ('link.delay(1.5, "server ACK")', "the link will keep the next server ACK for 1.5 s"),
        ("link.release()", "link is done with link.release()"),
    ],
)  # fmt: skip
def test_what_the_link_shall_do_is_told_before_it_is_done(line: str, told: str) -> None:
    world = World(link=LinkState(holding=("server",)))
    assert narrate(kinds.StatementFinished(0, "link", 1), world, world, lesson=line) == told


def test_what_the_wire_lets_through_is_no_news_beside_the_line_that_sent_it() -> None:
    header = Header(scripted.real_listen().lesson, ON_TWO_HOSTS, "6.18", 0)
    for process, last in (("worker", "worker exits with status 0: the kernel closes all its descriptors"),
                          ("link", "the link delivers client SYN")):  # fmt: skip
        timeline = Timeline(header)
        for event in (
            kinds.ProcessStarted(0, "worker", 7, 7, "client", None),
            kinds.LinkSet(1, ("client",)),
            _captured(4, "client", ("10.0.0.1", 40000), ("10.0.0.2", 8080)),
            kinds.StatementBegun(5, process, 9),
            ProcessEnded(5, "worker", 0),
            kinds.LinkActed(6, "deliver", 4),
            kinds.StatementFinished(7, process, 9),
        ):
            timeline.append(event)
        assert headline(timeline, len(timeline)) == last


def test_a_page_that_opens_is_told_rather_than_a_look_that_found_nothing() -> None:
    script = scripted.real_listen()
    script.page(1)
    script.observe()
    assert headline(script.timeline, len(script.timeline)).startswith("page 2 opens")


def test_a_segment_and_its_copies_are_dropped_in_one_sentence() -> None:
    timeline = Timeline(Header(scripted.real_listen().lesson, ON_TWO_HOSTS, "6.18", 0))
    syn = Packet(
        1.0, "AF_INET", "TCP", ("10.0.0.1", 40000), ("10.0.0.2", 8080), 0, 64, 74, TcpHeader(("SYN",), 1, 0, 0, 0, 0)
    )  # fmt: skip
    for frame in (1, 2, 3):
        timeline.append(kinds.PacketCaptured(frame, "client", syn, "client", "server", None, False, frame, 1))
    timeline.append(kinds.StatementBegun(4, "link", 9))
    for frame in (1, 2, 3):
        timeline.append(kinds.LinkActed(5, "drop", frame))
    timeline.append(kinds.StatementFinished(6, "link", 9))
    told = [narrate_at(timeline, n) for n in (5, 6, 7)]
    assert told == [f"the link drops client SYN{its}" for its in (" and its 2 copies", " and its copy", "")]
    assert headline(timeline, len(timeline)) == told[0]


def test_the_headline_is_what_the_link_was_told_not_the_answer_that_it_let_through() -> None:
    timeline = Timeline(Header(scripted.real_listen().lesson, ON_TWO_HOSTS, "6.18", 0))
    way, back = ("10.0.0.1", 40000), ("10.0.0.2", 8080)
    for event in (
        kinds.LinkSet(0, ("client",)),
        _captured(1, "client", way, back),
        kinds.StatementBegun(2, "link", 9),
        kinds.LinkActed(3, "deliver", 1),
        _captured(2, "server", back, way),
        kinds.LinkActed(4, "deliver", 2),
        kinds.StatementFinished(5, "link", 9),
    ):
        timeline.append(event)
    assert headline(timeline, len(timeline)) == "the link delivers client SYN"


def _captured(frame: int, host: str, source: Endpoint, destination: Endpoint) -> kinds.PacketCaptured:
    syn = Packet(1.0, "AF_INET", "TCP", source, destination, 0, 64, 74, TcpHeader(("SYN",), 1, 0, 0, 0, 0))
    other = "client" if host == "server" else "server"
    return kinds.PacketCaptured(frame, host, syn, host, other, None, False, frame, frame)


def test_what_slept_and_went_on_in_the_same_step_sleeps_no_more() -> None:
    script = scripted.real_listen()
    line = next(iter(script.lesson.statements)).line + 3
    script.enter("server", line, "recv", script.timeline.world.processes["server"].names["s"], 100)
    script.sleep("server", IN_RECV)
    assert headline(script.timeline, len(script.timeline)).startswith("server: recv(3) sleeps")
    script.leave("server", line, b"hello")
    assert headline(script.timeline, len(script.timeline)) == (
        "server: recv wakes after 20.0 ms and takes 5 bytes from the receive queue: b'hello'"
    )


def test_that_fork_has_come_back_in_the_child_as_well_is_not_told_beside_its_pid() -> None:
    script = scripted.forked()
    stops = [headline(script.timeline, stop) for stop in script.timeline.stops]
    assert [told for told in stops if "fork" in told] == ["server: fork returns the child's pid, 4122"]


def test_what_the_link_lets_through_twice_is_told_as_that() -> None:
    timeline = Timeline(Header(scripted.real_listen().lesson, ON_TWO_HOSTS, "6.18", 0))
    for event in (
        kinds.LinkSet(0, ("client",)),
        _captured(1, "client", ("10.0.0.1", 40000), ("10.0.0.2", 8080)),
        kinds.StatementBegun(2, "link", 9),
        kinds.LinkActed(3, "duplicate", 1),
        kinds.LinkActed(3, "deliver", 1),
        kinds.StatementFinished(5, "link", 9),
    ):
        timeline.append(event)
    assert headline(timeline, len(timeline)) == "the link delivers client SYN twice"
