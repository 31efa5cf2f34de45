"""What each kind of event adds to the world; first the facts of one lesson, one after the other, then the hard cases."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from sockviz.model.call import Stage
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    CaptureLost,
    Event,
    ExpectationJudged,
    LessonEnded,
    LineTyped,
    Observed,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
    Treated,
    VotesCounted,
)
from sockviz.model.fold import fold
from sockviz.model.segments import Endpoint, Packet, TcpHeader
from sockviz.model.sockets import Asleep, FdEntry, ProcessRow, State
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.model.world_json import world_json
from tests.model.runs import HOST, SERVER, row

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order

CLIENT: Endpoint = ("127.0.0.1", 40001)
S = SocketValue(100, 3, "AF_INET", "SOCK_STREAM", 0)
CONN = SocketValue(101, 4, "AF_INET", "SOCK_STREAM", 0)
A = SocketValue(200, 3, "AF_INET", "SOCK_STREAM", 0)
ASLEEP = Asleep("accept4", (3, 0, 0, 0), "inet_csk_accept", "S", "/proc/PID/syscall", "288 0x3 …")
SYN = Packet(5.0, "AF_INET", "TCP", CLIENT, SERVER, 0, 64, 74, TcpHeader(("SYN",), 1, 0, 1, 0, 0))

STARTED: Event = ProcessStarted(1.0, "server", 4, 4121, HOST)
BEGUN: Event = StatementBegun(2.0, "server", 7)
ENTERED: Event = CallEntered(3.0, "server", 1, 7, "accept", "socket.socket.accept", (S,))
BLOCKED: Event = CallBlocked(4.0, "server", 1, ASLEEP)
RETURNED: Event = CallReturned(5.0, "server", 1, (CONN, CLIENT))
FINISHED: Event = StatementFinished(6.0, "server", 7, {"conn": CONN, "peer": CLIENT}, {"conn": 4})
TO_THE_CALL = (STARTED, BEGUN, ENTERED)
#: A socket by two names, closed one after the other.
TWIN = SocketValue(101, 5, "AF_INET", "SOCK_STREAM", 0)
DOUBLED = (
    StatementFinished(6.0, "server", 7, {"conn": CONN, "twin": TWIN}, {"conn": -1, "twin": -1}),
    CallEntered(7.0, "server", 2, 8, "close", "socket.socket.close", (CONN,)),
    CallReturned(7.1, "server", 2, None),
    CallEntered(7.2, "server", 3, 9, "close", "socket.socket.close", (TWIN,)),
    CallReturned(7.3, "server", 3, None),
)  # fmt: skip


def world_of(*events: Event) -> World:
    world = World()
    for event in events:
        world = fold(world, event)
    return world


def fds(*inodes: int) -> tuple[FdEntry, ...]:
    return tuple(FdEntry(3 + n, f"socket:[{inode}]", inode, "TCP") for n, inode in enumerate(inodes))


def seen(
    *rows: object,
    gone: Sequence[object] = (),
    processes: Sequence[ProcessRow] = (),
    at: float = 9.0,
    host: str = HOST,
) -> Event:
    return Observed(at, host, rows, tuple(gone), tuple(processes))  # type: ignore[arg-type]  # rows and keys, as they come


# Events, an expression on the world after them (its server is p), its value.
CASES: list[tuple[str, Sequence[Event], str, object]] = [
    ("no page before the first", (), "w.page", None),
    ("a page", (PageOpened(1.0, 2),), "w.page", 2),
    ("time only goes on", (PageOpened(5.0, 0), PageOpened(1.0, 1)), "w.at, w.page, w.events", (5.0, 1, 2)),
    ("a process", (STARTED,), "p.pid, p.outer_pid", (4, 4121)),
    ("it lives", (STARTED,), "p.alive, p.status", (True, None)),
    ("it is at no line", (STARTED,), "p.line", None),
    ("a line begun", (STARTED, BEGUN), "w.lines[7].begun, w.lines[7].finished, p.line", (2.0, None, 7)),
    ("a call entered", TO_THE_CALL, "p.current.stage", Stage.ENTERED),
    ("its receiver", TO_THE_CALL, "p.current.receiver", S),
    ("it is its line's", TO_THE_CALL, "w.lines[7].calls", (1,)),
    ("it is not the last", TO_THE_CALL, "p.last", None),
    ("it can be found by number", TO_THE_CALL, "p.call(1) is p.current", True),
    ("there is no other", TO_THE_CALL, "p.call(2), p.call(0)", (None, None)),
    ("asleep", (*TO_THE_CALL, BLOCKED), "p.current.stage", Stage.ASLEEP),
    ("with evidence", (*TO_THE_CALL, BLOCKED), "p.current.asleep", ASLEEP),
    ("inferred to sleep", (*TO_THE_CALL, CallBlocked(4.0, "server", 1, None)),
     "p.current.slept, p.current.asleep", (True, None)),
    ("returned", (*TO_THE_CALL, BLOCKED, RETURNED), "p.last.value", (CONN, CLIENT)),
    ("its sleep is kept", (*TO_THE_CALL, BLOCKED, RETURNED), "p.last.asleep", ASLEEP),
    ("it is no longer current", (*TO_THE_CALL, RETURNED), "p.current", None),
    ("but can be found", (*TO_THE_CALL, RETURNED), "p.call(1).stage", Stage.RETURNED),
    ("failed", (*TO_THE_CALL, CallReturned(5.0, "server", 1, None, "EINVAL", 22, "Invalid argument")),
     "p.last.stage, p.last.error, p.last.errno",
     (Stage.FAILED, "EINVAL", 22)),
    ("a line finished", (*TO_THE_CALL, RETURNED, FINISHED), "w.lines[7].finished, p.line", (6.0, None)),
    ("its names", (*TO_THE_CALL, RETURNED, FINISHED), "sorted(p.names)", ["conn", "peer"]),
    ("its descriptors", (*TO_THE_CALL, RETURNED, FINISHED), "p.open_fds", {"conn": 4}),
    ("its sockets", (*TO_THE_CALL, RETURNED, FINISHED), "w.sockets[101].creator", "server"),
    ("the name of a socket", (STARTED, FINISHED), "w.name_of('server', 101), w.name_of('server', 5), w.name_of('x', 1)",
     ("conn", None, None)),
    ("the name that was closed last", (STARTED, *DOUBLED), "w.name_of('server', 101)", "twin"),
    ("a line that fails outside any call",
     (STARTED, BEGUN, StatementFinished(3.0, "server", 7, error="LookupError", message="no")),
     "w.lines[7].error, w.lines[7].message", ("LookupError", "no")),
    ("sockets inside other values",
     (STARTED, StatementFinished(3.0, "server", 7, {"x": [(1, {"k": S})]})), "sorted(w.sockets)", [100]),
    ("rebinding keeps what is not rebound", (STARTED, FINISHED, StatementFinished(7.0, "server", 8, {"peer": 1})),
     "p.names", {"conn": CONN, "peer": 1}),
    ("an exit", (STARTED, ProcessEnded(8.0, "server", 3)), "p.status, p.alive", (3, False)),
    ("exit status 0 is a status", (STARTED, ProcessEnded(8.0, "server", 0)), "p.status", 0),
    ("a signal", (STARTED, ProcessEnded(8.0, "server", None, "SIGKILL")), "p.status", "SIGKILL"),
    ("nobody can say how", (STARTED, ProcessEnded(8.0, "server")), "p.alive, p.status", (False, None)),
    ("a row", (seen(row(State.LISTEN, SERVER, None, 100, 900)),), "[r.state for r in w.rows.values()]", [State.LISTEN]),
    ("a row of its host", (seen(row(State.LISTEN, SERVER, None, 100, 900), host="far"),),
     "[w.host_of(r) for r in w.rows.values()]", ["far"]),
    ("a row changed", (seen(row(State.LISTEN, SERVER, None, 100, 900)), seen(row(State.LISTEN, SERVER, None, 100, 900, 2))),
     "[r.recv_q for r in w.rows.values()]", [2]),
    ("a row gone", (seen(row(State.LISTEN, SERVER, None, 100, 900)), seen(gone=[("cookie", 900)])), "len(w.rows)", 0),
    ("gone and new in one look", (seen(row(State.LISTEN, SERVER, None, 100, 900)),
     seen(row(State.LISTEN, SERVER, None, 102, 902), gone=[("cookie", 900)])), "[r.inode for r in w.rows.values()]", [102]),
    ("gone on another host", (seen(row(State.LISTEN, SERVER, None, 100, 900)), seen(gone=[("cookie", 900)], host="far")),
     "len(w.rows)", 1),
    ("gone, never seen", (seen(gone=[("cookie", 5)]),), "len(w.rows)", 0),
    ("descriptors", (STARTED, seen(processes=[ProcessRow("server", "S", fds(100), ASLEEP)])),
     "p.fds, p.asleep, p.state", (fds(100), ASLEEP, "S")),
    ("a process of nobody's", (seen(processes=[ProcessRow("server", "S", ())]),), "dict(w.processes)", {}),
    ("counters", (Observed(1.0, HOST, counters={"a": 1, "b": 2}), Observed(2.0, HOST, counters={"b": 3})),
     "w.counters", {"a": 1, "b": 3}),
    ("a packet", (PacketCaptured(5.0, HOST, SYN, "client", "server"),), "[p.text for p in w.packets]", ["client SYN"]),
    ("packets are numbered", (PacketCaptured(5.0, HOST, SYN, "client", "server"),) * 2, "[p.number for p in w.packets]", [0, 1]),
    ("a capture that lost some", (CaptureLost(1.0, HOST, 2), CaptureLost(2.0, HOST, 3)), "w.capture_lost", 5),
    ("an expectation", (ExpectationJudged(1.0, 9, "x == 1", False, "2"),), "w.expectations[9].actual", "2"),
    ("the last judgement counts", (ExpectationJudged(1.0, 9, "x", False, ""), ExpectationJudged(2.0, 9, "x", True, "")),
     "w.expectations[9].ok", True),
    ("a prediction", (PredictionMade(1.0, 5, 2),), "w.choices", {5: 2}),
    ("passed over", (PredictionMade(1.0, 5, None),), "w.choices", {5: None}),
    ("votes", (VotesCounted(1.0, 5, (12, 7)), VotesCounted(2.0, 5, (13, 7))), "w.votes, w.choices, w.answers",
     ({5: (13, 7)}, {}, {})),
    ("settled", (PredictionSettled(1.0, 5, "3"),), "w.answers[5].answer", "3"),
    ("a line that was typed", (LineTyped(1.0, "server", 99, "s.listen(5)", 2),), "w.typed[99].source, w.typed[99].page",
     ("s.listen(5)", 2)),
    ("the end", (LessonEnded(1.0),), "w.ended", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "expression", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_an_event_adds(events: Sequence[Event], expression: str, expected: object) -> None:
    world = world_of(*events)
    found = eval(
        expression,
        {"w": world, "p": world.processes.get("server"), "sorted": sorted, "len": len, "dict": dict},
    )
    if isinstance(expected, dict):
        found = dict(found)
    assert found == expected


# --- voices that disagree ---------------------------------------------------------------------------------------------


def test_a_call_that_has_returned_while_the_kernel_still_shows_it_asleep() -> None:
    world = world_of(
        *TO_THE_CALL, BLOCKED, RETURNED, seen(processes=[ProcessRow("server", "S", fds(100), ASLEEP)])
    )
    server = world.processes["server"]
    assert server.current is None
    assert server.asleep == ASLEEP


@pytest.mark.parametrize(
    "stray",
    [
        CallBlocked(4.0, "server", 2, ASLEEP), CallBlocked(4.0, "nobody", 1, ASLEEP), CallReturned(5.0, "server", 9, 1),
        CallReturned(5.0, "nobody", 1, 1), ProcessEnded(5.0, "nobody", 0), StatementFinished(5.0, "nobody", 99),
    ],
)  # fmt: skip
def test_words_about_calls_and_processes_that_are_not_there_change_nothing_else(stray: Event) -> None:
    before, after = world_of(*TO_THE_CALL), world_of(*TO_THE_CALL, stray)
    assert dict(after.processes) == dict(before.processes)
    assert dict(after.lines) == dict(before.lines)
    assert after.events == before.events + 1


def test_a_descriptor_that_the_process_says_is_open_and_the_kernel_does_not_show() -> None:
    server = world_of(STARTED, FINISHED, seen(processes=[ProcessRow("server", "S", ())])).processes["server"]
    assert server.open_fds == {"conn": 4}
    assert server.fds == ()


# --- fork -------------------------------------------------------------------------------------------------------------

FORK: tuple[Event, ...] = (
    STARTED, FINISHED, StatementBegun(7.0, "server", 9), CallEntered(8.0, "server", 2, 9, "fork", "os.fork"),
)  # fmt: skip
CHILD: Event = ProcessStarted(9.0, "worker", 5, 4130, HOST, "server")


def test_a_forked_child_has_its_parent_s_names_and_call_under_way() -> None:
    worker = world_of(*FORK, CHILD).processes["worker"]
    assert worker.names == {"conn": CONN, "peer": CLIENT}
    assert worker.open_fds == {"conn": 4}
    assert worker.current is not None
    assert (worker.current.process, worker.current.name, worker.current.number) == ("worker", "fork", 2)
    assert not worker.calls


@pytest.mark.parametrize("parent_first", [True, False])
def test_one_fork_returns_twice(parent_first: bool) -> None:
    parent, child = CallReturned(10.0, "server", 2, 5), CallReturned(10.1, "worker", 2, 0)
    order: tuple[Event, ...] = (parent, CHILD, child) if parent_first else (CHILD, child, parent)
    world = world_of(*FORK, *order)
    server, worker = world.processes["server"].last, world.processes["worker"].last
    assert server is not None
    assert worker is not None
    assert (server.value, worker.value) == (5, 0)
    # the child goes on counting where its parent was
    world = fold(world, CallEntered(11.0, "worker", 3, 10, "close", "os.close", (4,)))
    assert world.processes["worker"].call(3) is world.processes["worker"].current
    assert world.processes["worker"].call(2) is worker
    assert world.processes["worker"].call(1) is None


def test_the_line_of_a_fork_shows_what_the_parent_got() -> None:
    world = world_of(
        *FORK,
        CHILD,
        StatementFinished(10.0, "server", 9, {"worker": 5}),
        StatementFinished(11.0, "worker", 9, {"worker": 0}, error="X"),
    )
    assert world.lines[9].finished == 10.0
    assert world.lines[9].error is None
    assert world.processes["worker"].names["worker"] == 0
    assert world.processes["server"].names["worker"] == 5


def test_a_child_of_a_process_that_is_in_another_call_has_none() -> None:
    assert world_of(*TO_THE_CALL, CHILD).processes["worker"].current is None
    assert world_of(ProcessStarted(1.0, "worker", 5, 5, HOST, "nobody")).processes["worker"].current is None


def test_a_process_that_ends_inside_a_call() -> None:
    world = world_of(*TO_THE_CALL, BLOCKED, FINISHED, ProcessEnded(8.0, "server", None, "SIGKILL"))
    server = world.processes["server"]
    assert server.current is None
    assert server.last is not None
    assert (server.last.stage, server.last.returned, server.last.is_over) == (Stage.ABANDONED, 8.0, True)
    assert server.open_fds == {"conn": -1}
    assert (server.fds, server.line, server.asleep) == ((), None, None)
    late = fold(world, seen(processes=[ProcessRow("server", "Z", fds(100))]))
    assert late.processes["server"].fds == ()


# --- whose row --------------------------------------------------------------------------------------------------------

ESTABLISHED = row(State.ESTABLISHED, CLIENT, SERVER, 200, 77)
HOLDING: tuple[Event, ...] = (
    ProcessStarted(1.0, "client", 5, 4122, HOST), StatementFinished(2.0, "client", 1, {"a": A}, {"a": 3}), seen(ESTABLISHED),
)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "later", "found"),
    [
        ("owned", row(State.FIN_WAIT_1, CLIENT, SERVER, 200, 77), True),
        ("its descriptor closed: by cookie", row(State.FIN_WAIT_2, CLIENT, SERVER, 0, 77), True),
        ("TIME-WAIT without a cookie: by 4-tuple", row(State.TIME_WAIT, CLIENT, SERVER, 0, 0), True),
        (
            "a newer connection, held by another descriptor",
            row(State.ESTABLISHED, CLIENT, SERVER, 201, 78),
            False,
        ),
        ("a newer connection, not accepted yet", row(State.ESTABLISHED, CLIENT, SERVER, 0, 78), False),
        ("a newer connection, read from /proc/net", row(State.ESTABLISHED, CLIENT, SERVER, 201, 0), False),
        ("another connection", row(State.TIME_WAIT, ("127.0.0.1", 40002), SERVER, 0, 0), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_row_of_a_socket_whose_descriptor_may_be_closed(what: str, later: object, found: bool) -> None:
    world = world_of(
        *HOLDING, seen(later, gone=[ESTABLISHED.key] if getattr(later, "key", 0) != ESTABLISHED.key else [])
    )
    assert world.row_of(200) == (later if found else None)


def test_a_row_of_another_host_is_not_taken_for_ours() -> None:
    far = row(State.TIME_WAIT, CLIENT, SERVER, 0, 0)
    assert world_of(*HOLDING, seen(gone=[ESTABLISHED.key]), seen(far, host="far")).row_of(200) is None


def test_a_socket_seen_before_its_name_was_reported_is_known_with_its_connection() -> None:
    world = world_of(
        ProcessStarted(1.0, "client", 5, 4122, HOST),
        seen(ESTABLISHED),
        StatementFinished(2.0, "client", 1, {"a": A}),
    )
    assert world.sockets[200].peer == SERVER
    assert world.sockets[200].cookie == 77


def test_a_socket_keeps_the_peer_it_had() -> None:
    closed = row(State.CLOSED, CLIENT, None, 200, 77)
    assert world_of(*HOLDING, seen(closed)).sockets[200].peer == SERVER
    dissolved = row(State.UNCONNECTED, CLIENT, None, 200, 77)
    assert world_of(*HOLDING, seen(dissolved)).sockets[200].peer is None


def test_the_listener_of_a_connection_that_waits() -> None:
    listening = row(State.LISTEN, SERVER, None, 100, 900)
    waiting = row(State.ESTABLISHED, SERVER, CLIENT, 0, 901)
    elsewhere = row(State.LISTEN, ("0.0.0.0", 8081), None, 102, 903)
    world = world_of(seen(elsewhere, listening, waiting, ESTABLISHED))
    assert world.listener_of(waiting) is listening
    assert world.listener_of(ESTABLISHED) is None
    assert world.listener_of(listening) is None
    assert world.peer_row(ESTABLISHED) is waiting
    assert world.peer_row(waiting) is ESTABLISHED
    assert world.peer_row(listening) is None
    far = world_of(seen(waiting), seen(listening, host="far"))
    assert far.listener_of(waiting) is None
    everywhere = row(State.LISTEN, ("0.0.0.0", 8080), None, 100, 900)
    assert world_of(seen(everywhere, waiting)).listener_of(waiting) is everywhere


OWNERS: tuple[Event, ...] = (STARTED, StatementFinished(6.0, "server", 7, {"s": S}, {"s": 3}))


@pytest.mark.parametrize(
    ("events", "owner"),
    [
        ((), None),
        (OWNERS, "server"),
        ((*OWNERS, seen(processes=[ProcessRow("server", "S", fds(100))])), "server"),
        (
            (
                *OWNERS,
                CHILD,
                seen(processes=[ProcessRow("worker", "S", fds(100)), ProcessRow("server", "S", fds(100))]),
            ),
            "server",
        ),
        (
            (
                *OWNERS,
                CHILD,
                seen(processes=[ProcessRow("worker", "S", fds(100)), ProcessRow("server", "S", ())]),
            ),
            "worker",
        ),
        (
            (
                *OWNERS,
                CHILD,
                seen(processes=[ProcessRow("worker", "S", fds(100))]),
                ProcessEnded(9.0, "server", 0),
            ),
            "worker",
        ),
        ((*OWNERS, seen(processes=[ProcessRow("server", "S", ())])), "server"),
        ((STARTED, seen(processes=[ProcessRow("server", "S", fds(100))])), "server"),
    ],
)
def test_whose_a_socket_is(events: Sequence[Event], owner: str | None) -> None:
    assert world_of(*events).owner_of(100) == owner
    assert world_of(*events).owner_of(0) is None


def test_a_connection_that_was_gone_before_accept_had_a_peer() -> None:
    """A reset connection stays in the accept queue and has no row: its peer is what accept told."""
    world = world_of(STARTED, BEGUN, ENTERED, RETURNED, FINISHED)
    assert world.row_of(CONN.inode) is None
    assert world.sockets[CONN.inode].peer == CLIENT


def test_who_was_stopped_in_its_sleep_is_not_blocked_until_it_is_seen_to_sleep_again() -> None:
    asleep = (*TO_THE_CALL, BLOCKED)
    stopped = (*asleep, Treated(4.1, "interrupts", "server", 1))
    again = (*stopped, CallBlocked(4.2, "server", 1, ASLEEP))
    blocked = [
        json.loads(json.dumps(world_json(world_of(*events))))["processes"]["server"]["blocked"]
        for events in (asleep, stopped, again)
    ]
    assert blocked == ["accept", None, "accept"]
