"""A socket is known from the first evidence of it, whichever voice brings it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sockviz.model.events import CallEntered, CallReturned, Event, Observed, ProcessStarted, StatementFinished
from sockviz.model.fold import fold
from sockviz.model.known import KnownSocket
from sockviz.model.segments import Endpoint
from sockviz.model.sockets import FdEntry, ProcessRow, State, ToldName
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from tests.model.runs import HOST, SERVER, row

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order

CLIENT: Endpoint = ("127.0.0.1", 40001)
CONN = SocketValue(101, 4, "AF_INET", "SOCK_STREAM", 6)
STARTED = (
    ProcessStarted(1.0, "server", 4, 4121, HOST),
    ProcessStarted(1.5, "worker", 5, 4122, HOST, "server"),
)
ENTERED = CallEntered(
    2.0, "server", 1, 7, "accept", "socket.socket.accept", (replace(CONN, inode=100, fd=3),)
)
RETURNED = CallReturned(3.0, "server", 1, (CONN, CLIENT))
ROW = row(State.ESTABLISHED, SERVER, CLIENT, 101, 900)
SEEN = KnownSocket(101, HOST, "server", "AF_INET", "SOCK_STREAM")
TOLD = replace(SEEN, protocol=6, told=True)


def world_of(*events: Event) -> World:
    world = World()
    for event in (*STARTED, *events):
        world = fold(world, event)
    return world


def look(*rows: object, **held: str | None) -> Event:
    """The kernel's rows, and that each of these processes has a descriptor of 101, of that protocol."""
    seen = tuple(
        ProcessRow(name, "S", (FdEntry(4, "socket:[101]", 101, protocol),)) for name, protocol in held.items()
    )
    return Observed(4.0, HOST, rows, (), seen)  # type: ignore[arg-type]  # rows, as they come


@pytest.mark.parametrize(
    ("events", "known"),
    [
        ((ENTERED, RETURNED), replace(TOLD, peer=CLIENT)),
        ((ENTERED, RETURNED, look(ROW)), replace(TOLD, cookie=900, local=SERVER, peer=CLIENT)),
        ((look(ROW), ENTERED, RETURNED), replace(TOLD, cookie=900, local=SERVER, peer=CLIENT)),
        ((look(server="TCP"),), SEEN),
        ((look(server="TCPv6"),), replace(SEEN, family="AF_INET6")),
        ((look(server="UNIX"),), replace(SEEN, family="AF_UNIX", type="")),
        ((look(server=None),), replace(SEEN, family="", type="")),
        ((look(server=None), look(ROW)), replace(SEEN, cookie=900, local=SERVER, peer=CLIENT)),
        ((look(server=None), ENTERED, RETURNED), replace(TOLD, peer=CLIENT)),
        ((look(ROW),), replace(SEEN, creator=None, cookie=900, local=SERVER, peer=CLIENT)),
        ((look(ROW), look(server="TCP")), replace(SEEN, cookie=900, local=SERVER, peer=CLIENT)),
        ((look(ROW, server="TCP"),), replace(SEEN, cookie=900, local=SERVER, peer=CLIENT)),
        ((StatementFinished(3.0, "server", 7, {"conn": CONN}),), TOLD),
    ],
)
def test_any_voice_makes_a_socket_known(events: tuple[Event, ...], known: KnownSocket) -> None:
    assert world_of(*events).sockets[101] == known


TO = CallEntered(2.0, "server", 1, 7, "connect", "socket.socket.connect", (replace(CONN, protocol=0), CLIENT))
TOLD_NAME = (ToldName(101, 4, SERVER),)


@pytest.mark.parametrize(
    ("entered", "returned", "ends"),
    [
        (TO, CallReturned(3.0, "server", 1, None, told=TOLD_NAME), (SERVER, CLIENT)),
        (TO, CallReturned(3.0, "server", 1, None), (None, None)),
        (TO, CallReturned(3.0, "server", 1, None, "EINPROGRESS", 115, "", told=TOLD_NAME), (None, None)),
        (
            replace(TO, arguments=(CONN, ("localhost", 40001))),
            CallReturned(3.0, "server", 1, None, told=TOLD_NAME),
            (None, None),
        ),
        (
            replace(TO, arguments=(replace(CONN, type="SOCK_DGRAM"), CLIENT)),
            CallReturned(3.0, "server", 1, None, told=TOLD_NAME),
            (None, None),
        ),
    ],
)
def test_a_connection_that_nobody_has_looked_at_has_both_its_ends(
    entered: CallEntered, returned: CallReturned, ends: tuple[Endpoint | None, Endpoint | None]
) -> None:
    """It may be gone before anyone does."""
    known = world_of(entered, returned).sockets[101]
    assert (known.local, known.peer) == ends
    seen = world_of(entered, returned, look(row(State.ESTABLISHED, SERVER, CLIENT, 101, 900))).sockets[101]
    assert (seen.local, seen.peer) == (SERVER, CLIENT)


PEER = CallEntered(5.0, "server", 2, 8, "getpeername", "socket.socket.getpeername", (CONN,))


@pytest.mark.parametrize(
    ("told", "said", "ends"),
    [
        (TOLD_NAME, CallReturned(6.0, "server", 2, CLIENT), (SERVER, CLIENT)),
        ((), CallReturned(6.0, "server", 2, CLIENT), (None, None)),
        (TOLD_NAME, CallReturned(6.0, "server", 2, None, "ENOTCONN", 107, ""), (None, None)),
    ],
)
def test_a_connection_that_was_begun_has_the_ends_that_its_process_was_told_later(
    told: tuple[ToldName, ...], said: CallReturned, ends: tuple[Endpoint | None, Endpoint | None]
) -> None:
    begun = CallReturned(3.0, "server", 1, None, "EINPROGRESS", 115, "", told=told)
    known = world_of(TO, begun, PEER, said).sockets[101]
    assert (known.local, known.peer) == ends


def test_what_a_call_is_given_is_evidence_too() -> None:
    assert world_of(ENTERED).sockets[100] == replace(TOLD, inode=100)


@pytest.mark.parametrize(
    ("events", "creator"),
    [
        ((look(worker="TCP"), look(worker="TCP", server="TCP")), "worker"),
        ((look(worker="TCP", server="TCP"),), "server"),  # both at one look: who was there first
        ((ENTERED, RETURNED, look(worker="TCP")), "server"),
        ((look(worker="TCP"), ENTERED, RETURNED), "worker"),
    ],
)
def test_its_creator_is_who_was_first_known_to_have_it(events: tuple[Event, ...], creator: str) -> None:
    assert world_of(*events).sockets[101].creator == creator


def test_the_row_of_a_socket_that_no_name_ever_held_outlives_its_descriptor() -> None:
    closing = replace(ROW, state=State.FIN_WAIT_2, inode=0)
    world = world_of(
        look(ROW, server="TCP"), Observed(5.0, HOST, (closing,), (), (ProcessRow("server", "S", ()),))
    )
    assert world.row_of(101) == closing
    assert world.left_by(closing) == world.sockets[101]
    assert world.owner_of(101) == "server"


def test_a_pipe_is_no_socket() -> None:
    pipe = ProcessRow("server", "S", (FdEntry(4, "pipe:[101]", 101),))
    assert not world_of(Observed(4.0, HOST, (), (), (pipe,))).sockets


@pytest.mark.parametrize("state", [State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT])
def test_what_waits_to_be_accepted_is_not_what_a_closed_socket_has_left(state: State) -> None:
    """Accepted and closed between two looks, a socket's cookie is never seen; then a new connection has its four numbers."""
    told = (ENTERED, replace(RETURNED, told=(ToldName(101, 4, SERVER),)))
    left, waits = row(State.TIME_WAIT, SERVER, CLIENT, 0, 77), row(state, SERVER, CLIENT, 0, 78)
    before = world_of(*told, look(left))
    assert before.row_of(101) == left
    assert before.left_by(left) == before.sockets[101]
    after = world_of(*told, look(left), Observed(5.0, HOST, (waits,), (left.key,), ()))
    assert after.row_of(101) is None
    assert after.left_by(waits) is None
