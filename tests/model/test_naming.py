"""A socket's name where no table of the kernel has a row of it: what its process was told, and never that nobody bound it."""

from __future__ import annotations

import json

import pytest

from sockviz.lesson.views import NotYet, SocketView
from sockviz.lesson.work import Work
from sockviz.model.events import (
    CallEntered,
    CallReturned,
    Event,
    Observed,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.fold import fold
from sockviz.model.sockets import FdEntry, ProcessRow, SocketRow, State, ToldName
from sockviz.model.timeline import Timeline
from sockviz.model.values import Address, SocketValue, Value
from sockviz.model.world import World
from sockviz.model.world_json import world_json
from sockviz.words.evidence import evidence
from sockviz.words.explanation import explain
from sockviz.words.facts import Voice
from tests.model.runs import HEADER, HOST, row

S, T = (SocketValue(inode, fd, "AF_INET", "SOCK_STREAM", 0) for inode, fd in ((100, 3), (101, 4)))
SIX = SocketValue(102, 5, "AF_INET6", "SOCK_STREAM", 0)
NOBODY: Address = ("0.0.0.0", 0)


class Story:
    """A run of one process, told call by call."""

    def __init__(self) -> None:
        self.events: list[Event] = [ProcessStarted(0.0, "server", 4, 400, HOST)]
        self.calls = 0

    def call(
        self, name: str, *arguments: Value, value: Value = None, error: str | None = None,
        told: tuple[SocketValue, Address] | None = None, process: str = "server",
    ) -> Story:  # fmt: skip
        self.calls += 1
        said = () if told is None else (ToldName(told[0].inode, told[0].fd, told[1]),)
        at = float(self.calls)
        self.events += [
            CallEntered(at, process, self.calls, self.calls, name, f"socket.socket.{name}", arguments),
            CallReturned(at, process, self.calls, value, error, None, "", said),
        ]
        return self

    def made(self, *sockets: SocketValue) -> Story:
        """The sockets, made and bound to names; the kernel shows their descriptors."""
        for held, name in zip(sockets, "stuv", strict=False):
            self.call("socket", value=held)
            self.events += [
                StatementBegun(self.calls, "server", self.calls),
                StatementFinished(self.calls, "server", self.calls, {name: held}, {name: held.fd}),
            ]
        return self.seen(open_=sockets)

    def seen(
        self, *rows: SocketRow, gone: tuple[SocketRow, ...] = (), open_: tuple[SocketValue, ...] = (S,)
    ) -> Story:
        fds = tuple(FdEntry(held.fd, f"socket:[{held.inode}]", held.inode, "TCP") for held in open_)
        process = ProcessRow("server", "S", fds)
        self.events.append(Observed(self.calls, HOST, rows, tuple(row.key for row in gone), (process,)))
        return self

    def world(self) -> World:
        world = World()
        for event in self.events:
            world = fold(world, event)
        return world

    def local(self, held: SocketValue = S) -> object:
        world = self.world()
        return SocketView(world, world.processes["server"], held).attribute("local", Work())

    def kept(self, held: SocketValue = S) -> Address | None:
        name = self.world().kept_name(held.inode)
        return None if name is None else name.address


def new(*sockets: SocketValue) -> Story:
    return Story().made(*(sockets or (S,)))


def test_what_is_new_has_no_name() -> None:
    story = new()
    assert story.local() == NOBODY
    assert story.world().names[100].is_none
    assert story.kept() is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("127.0.0.1", 8080), ("127.0.0.1", 8080)),
        (("", 8080), ("0.0.0.0", 8080)),
        (("localhost", 8080), ("127.0.0.1", 8080)),
    ],
)
def test_a_bind_that_returned_says_the_name_it_was_given(given: Value, said: Address) -> None:
    story = new().call("bind", S, given)
    assert (story.local(), story.kept()) == (said, said)


def test_so_it_does_of_ipv6() -> None:
    assert new(SIX).call("bind", SIX, ("::1", 8080)).local(SIX) == ("::1", 8080, 0, 0)


def test_a_port_that_the_kernel_chose_is_unknown_until_somebody_asks() -> None:
    story = new().call("bind", S, ("127.0.0.1", 0))
    with pytest.raises(NotYet, match="port unknown"):
        story.local()
    assert story.world().names[100].is_kept
    story.call("getsockname", S, value=("127.0.0.1", 40000))
    assert (story.local(), story.kept()) == (("127.0.0.1", 40000),) * 2


def test_what_the_process_was_told_beside_the_call_is_its_name() -> None:
    story = new().call("bind", S, ("127.0.0.1", 0), told=(S, ("127.0.0.1", 40000)))
    assert (story.local(), story.kept()) == (("127.0.0.1", 40000),) * 2


def test_a_bind_that_failed_names_nothing() -> None:
    story = new().call("bind", S, ("127.0.0.1", 8080), error="EADDRINUSE", told=(S, NOBODY))
    assert (story.local(), story.kept()) == (NOBODY, None)
    story = new().call("bind", S, ("127.0.0.1", 8080), error="EADDRINUSE")
    assert (story.local(), story.kept()) == (NOBODY, None)


def test_the_kernel_s_row_is_the_better_word_while_there_is_one() -> None:
    story = new().call("bind", S, ("127.0.0.1", 8080)).call("listen", S, 1)
    story.seen(row(State.LISTEN, ("127.0.0.1", 9999), None, 100, 900))
    assert (story.local(), story.kept()) == (("127.0.0.1", 9999), None)


@pytest.mark.parametrize("port", [8080, 0])
def test_with_the_end_of_listening_only_a_port_that_was_asked_for_is_kept(port: int) -> None:
    # net/ipv4/tcp.c, tcp_set_state; on Linux 6.8 and later the listing of bound sockets says the same
    name = ("127.0.0.1", port or 40000)
    listening = row(State.LISTEN, name, None, 100, 900)
    story = new().call("bind", S, ("127.0.0.1", port), told=(S, name)).call("listen", S, 1, told=(S, name))
    story.seen(listening).call("shutdown", S, 0).seen(gone=(listening,))
    assert story.local() == name
    assert story.kept() == (name if port else None)


@pytest.mark.parametrize(("port", "kept"), [(8080, ("127.0.0.1", 8080)), (0, None)])
def test_nor_after_a_refused_connect(port: int, kept: Address | None) -> None:
    name = ("127.0.0.1", port or 40000)
    story = new().call("bind", S, ("127.0.0.1", port), told=(S, name))
    story.call("connect", S, ("127.0.0.1", 1), error="ECONNREFUSED", told=(S, name))
    assert (story.local(), story.kept()) == (name, kept)


def test_a_connect_that_never_set_out_leaves_the_name() -> None:
    story = new().call("bind", S, ("127.0.0.1", 0), told=(S, ("127.0.0.1", 40000)))
    story.call("connect", S, ("203.0.113.1", 1), error="ENETUNREACH")
    assert story.kept() == ("127.0.0.1", 40000)


def test_connect_s_own_port_is_not_kept_when_it_fails() -> None:
    story = new().call("connect_ex", S, ("127.0.0.1", 1), value=111, told=(S, ("0.0.0.0", 50000)))
    assert (story.local(), story.kept()) == (("0.0.0.0", 50000), None)


def test_an_accepted_connection_that_was_gone_before_anyone_looked_has_its_name() -> None:
    conn = SocketValue(103, 6, "AF_INET", "SOCK_STREAM", 0)
    story = new().call("accept", S, value=(conn, ("127.0.0.1", 50000)), told=(conn, ("127.0.0.1", 8080)))
    story.events += [
        StatementBegun(9.0, "server", story.calls),
        StatementFinished(9.0, "server", story.calls, {"conn": conn}, {"s": 3, "conn": 6}),
    ]
    story.seen(open_=(S, conn))
    assert (story.local(conn), story.kept(conn)) == (("127.0.0.1", 8080), None)
    assert story.world().sockets[103].local == ("127.0.0.1", 8080)


def test_a_closed_socket_holds_no_name_and_still_says_which_it_had() -> None:
    story = new().call("bind", S, ("127.0.0.1", 8080))
    assert [inode for inode, _ in story.world().bound_without_row()] == [100]
    story.call("close", S).seen(open_=())
    assert story.local() == ("127.0.0.1", 8080)
    assert list(story.world().bound_without_row()) == []


def test_nor_does_a_dead_process() -> None:
    story = new().call("bind", S, ("127.0.0.1", 8080))
    story.events.append(ProcessEnded(9.0, "server", 0))
    assert list(story.world().bound_without_row()) == []


# --- what is said of it ---------------------------------------------------------------------------------------------


def test_who_has_the_name_that_bind_was_refused() -> None:
    story = new(S, T).call("bind", S, ("127.0.0.1", 8080)).call("bind", T, ("", 8080), error="EADDRINUSE")
    world = story.world()
    failed = world.processes["server"].last
    assert failed is not None
    told = explain(failed, world)
    assert told is not None
    assert told.here == ":8080 is taken: server's s has it (bound, not listening)"


def test_that_a_refused_connect_met_a_socket_that_is_only_bound() -> None:
    story = new(S, T).call("bind", S, ("127.0.0.1", 8080))
    world = story.call("connect", T, ("127.0.0.1", 8080), error="ECONNREFUSED").world()
    failed = world.processes["server"].last
    assert failed is not None
    told = explain(failed, world)
    assert told is not None
    assert told.here == "a RST answered: 127.0.0.1:8080 is bound, but nobody called listen on it"


def test_the_name_that_a_second_bind_meets() -> None:
    story = new().call("bind", S, ("127.0.0.1", 8080)).call("bind", S, ("127.0.0.1", 8081), error="EINVAL")
    world = story.world()
    failed = world.processes["server"].last
    assert failed is not None
    told = explain(failed, world)
    assert told is not None
    assert told.here == "s has a name already (127.0.0.1:8080): a socket is bound once"


def test_that_connect_has_given_a_name_already() -> None:
    for named, has in ((None, ""), (("127.0.0.1", 50000), " (127.0.0.1:50000)")):
        told = (S, named) if named is not None else None  # no look has shown the socket
        story = new().call("connect", S, ("127.0.0.1", 8080), told=told)
        failed = story.call("bind", S, ("127.0.0.1", 8081), error="EINVAL").world().processes["server"].last
        assert failed is not None
        why = explain(failed, story.world())
        assert why is not None
        assert why.here == f"s has a name already{has}: connect has given it one"
        assert why.remedy == "call bind before connect: already the SYN says where it comes from"


def test_the_inspector_says_who_told_it_and_how_to_see_it() -> None:
    story = new().call("bind", S, ("127.0.0.1", 0), told=(S, ("127.0.0.1", 40000)))
    it = evidence(Timeline(HEADER, story.events), len(story.events), inode=100)
    said = next(section for section in it.sections if section.voice is Voice.RETURNED)
    local = next(fact for fact in said.facts if fact.name == "local")
    assert (local.value, local.note) == ("127.0.0.1:40000", "getsockname(3) returned it, after bind")
    assert "bound and no more" in next(
        fact.note for s in it.sections for fact in s.facts if fact.name == "row"
    )
    command = "python3 -c 'import socket; socket.socket().bind((\"127.0.0.1\", 40000))'"
    assert dict(it.commands)["that its name is taken"].endswith(command)


def test_a_world_as_json_says_who_told_it() -> None:
    story = new(S, T).call("bind", S, ("127.0.0.1", 8080))
    world = json.loads(json.dumps(world_json(story.world())))
    first, second = world["processes"]["server"]["fds"]
    assert (first["local"], first["local_from"]) == (["127.0.0.1", 8080], "bind")
    assert (second["local"], second["local_from"]) == (None, None)


def test_what_connect_ex_gave_is_read_by_linux_numbers_on_any_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A recording is looked at elsewhere, too."""
    monkeypatch.setattr("errno.errorcode", {61: "ECONNREFUSED"})  # as macOS has it
    story = new().call("connect_ex", S, ("127.0.0.1", 1), value=111, told=(S, ("127.0.0.1", 50000)))
    assert (story.local(), story.kept()) == (("127.0.0.1", 50000), None)
