"""How a run of programs is told in lines: what comes again, threads, who made a call, by which name one sleeps."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sockviz.door import Door
from sockviz.model.bystanders import is_bystander
from sockviz.model.events import CallEntered, CallReturned, Executed, Observed, OutputWritten, Signalled
from sockviz.model.first_evidence import let_go
from sockviz.model.process import Process
from sockviz.model.programs import Program, Programs
from sockviz.model.scripted import IN_ACCEPT, Scripted
from sockviz.model.sockets import FdEntry, ProcessRow
from sockviz.model.turns import Turns
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.tui.cast import cast
from sockviz.tui.stage.output_pane import PrintedLines
from sockviz.watch.transcript import ProgramsTranscript
from sockviz.words.call_sentences import gave
from sockviz.words.calls_alone import calls_alone
from sockviz.words.wording import asleep_in
from tests.model.turned import in_turns

LISTENER = SocketValue(7, 3, "AF_INET", "SOCK_STREAM", 0)
NETLINK = SocketValue(8, 4, "AF_NETLINK", "SOCK_RAW", 0)
EPOLL = ObjectValue("epoll", "5")


class Unwalked(dict[str, Process]):
    def __iter__(self) -> Iterator[str]:
        raise AssertionError("all were walked through")

    values = items = __iter__  # type: ignore[assignment]


def _told(it: Scripted) -> list[str]:
    out = io.StringIO()
    transcript = ProgramsTranscript(it.timeline, Door(out), live=False)
    transcript.catch_up()
    transcript.end()
    return out.getvalue().splitlines()


def _fail(it: Scripted, name: str, task: int = 0) -> None:
    it.enter("leak", None, name, LISTENER, task=task)
    it.leave("leak", None, error="EAGAIN", number=11, message="try again", task=task)


def test_what_comes_again_is_counted_by_its_call_where_it_was() -> None:
    it = Scripted()
    it.start("leak")
    for turn in range(30):
        _fail(it, "accept")
        if turn > 9:
            _fail(it, "recv", task=1)
    it.do("leak", None, "close", LISTENER)
    for _turn in range(4):
        _fail(it, "accept")
    it.end("leak", 3)
    told = _told(it)
    assert told[1:] == [
        *["leak     accept(3) ✗ EAGAIN · try again: the accept queue of descriptor 3 is empty"] * 2,
        *["leak/2   recv(3) ✗ EAGAIN · try again: nothing waits in the receive queue of descriptor 3"] * 2,
        "leak     accept(3) ✗ EAGAIN ×28 more", "leak     close(3) → 0 · gives descriptor 3 back",
        *["leak     accept(3) ✗ EAGAIN · try again: the accept queue of descriptor 3 is empty"] * 2,
        "leak/2   recv(3) ✗ EAGAIN ×18 more", "leak     accept(3) ✗ EAGAIN ×2 more",
        "leak     exits with status 3: the kernel closes all its descriptors",
    ]  # fmt: skip


def test_a_loop_that_makes_another_socket_each_time_comes_again() -> None:
    it = Scripted()
    it.start("loop")
    for turn in range(30):
        made = SocketValue(100 + turn, 3, "AF_INET", "SOCK_STREAM", 0)
        it.do("loop", None, "socket", value=made)
        it.do("loop", None, "close", made)
    told = _told(it)
    assert len(told) == 7, told
    assert told[-2:] == ["loop     socket() → 3 ×28 more", "loop     close(3) → 0 ×28 more"]


def test_a_thread_is_named_once_and_a_call_has_one_name() -> None:
    it = Scripted()
    it.start("thr")
    it.enter("thr", None, "accept", LISTENER, task=1)
    it.sleep("thr", task=1)
    it.say(CallEntered(it.at, "thr", 2, None, "accept", "socket.socket.accept", (LISTENER,), {"flags": 0}))
    it.calls["thr"] = it._under_way["thr", 0] = 2
    it.sleep("thr")
    asleep = it.timeline.world.processes["thr"].sleeping
    assert [asleep_in(call) for call in asleep] == ["asleep in accept(3)", "asleep in accept4(3)"]
    told = _told(it)
    assert told[1].startswith("thr/2    accept(3) sleeps: ")
    assert told[2].startswith("thr      accept4(3) sleeps: ")


def test_who_makes_a_call_and_what_it_has_done_are_told() -> None:
    it = Scripted()
    it.start("p")
    place = "/usr/lib/python3.11/selectors.py:349"
    it.say(
        CallEntered(
            it.at, "p", 1, None, "epoll_ctl", "select.epoll.register", (EPOLL, 1, 3, 1), library=place
        )
    )
    it.say(CallReturned(it.at, "p", 1))
    it.calls["p"] = 1
    it.do("p", None, "socket", 16, 3, 4, value=NETLINK)
    it.do("p", None, "sendmsg", NETLINK, [b"x" * 9], value=9)
    it.enter("p", None, "epoll_wait", EPOLL, 64, -1)
    it.sleep("p", IN_ACCEPT)
    assert _told(it)[1:] == [
        "p        library selectors.py:349 epoll_ctl(5, EPOLL_CTL_ADD, 3, EPOLLIN) → 0 · "
        "puts descriptor 3 on the list in the kernel, for EPOLLIN",
        "p        socket(AF_NETLINK, SOCK_RAW, 4) → 4 · gives descriptor 4: an endpoint without a name",
        "p        sendmsg(4, [b'xxxxxxxxx']) → 9 · hands one datagram of 9 bytes to the kernel",
        "p        epoll_wait(5) sleeps: none of its descriptors is ready: it waits at descriptor 3 for EPOLLIN",
    ]


def test_what_a_program_runs_on_its_way_is_counted_and_whoever_makes_a_call_is_told_of_from_its_beginning() -> (
    None
):
    it = Scripted()
    it.start("shim")
    it.say(Executed(it.at, "shim", ("shim",)))
    for number in range(2, 6):
        it.start(f"shim_{number}", parent="shim")
        it.say(Executed(it.at, f"shim_{number}", ("readlink",)))
        if number < 4:
            it.end(f"shim_{number}")
            it.say(Signalled(it.at, "shim", "SIGCHLD"))
    helpers = {"shim_2", "shim_3", "shim_4", "shim_5"}
    world = it.timeline.world
    assert {name for name, process in world.processes.items() if is_bystander(process, world)} == helpers
    it.do("shim_5", None, "socket", 2, 1, 0, value=LISTENER)
    it.start("shim_6", parent="shim_5")
    it.end("shim_4")
    world = it.timeline.world
    assert {name for name, process in world.processes.items() if is_bystander(process, world)} == {
        "shim_2",
        "shim_3",
        "shim_4",
    }
    programs = Programs((Program("shim", "loopback", ("x",)),))
    shown = cast(programs, programs.pages[0], world, 0.0)
    assert {*shown.left, *shown.right} == {"shim", "shim_5", "shim_6"}
    assert _told(it)[1:] == [
        "shim     runs shim",
        "shim     2 processes that it started have ended without a call on a socket",
        "shim_5   exists: pid 4125, a copy of shim with the same descriptors",
        "shim_5   runs readlink",
        "shim_5   socket(AF_INET, SOCK_STREAM, 0) → 3 · gives descriptor 3: an endpoint without a name",
        "shim_6   exists: pid 4126, a copy of shim_5 with the same descriptors",
        "shim     1 process that it started has ended without a call on a socket",
    ]


def test_neither_a_line_nor_an_end_walks_through_all_processes() -> None:
    """Of which a loop that forks leaves thousands."""
    it = Scripted()
    it.start("loop")
    it.do("loop", None, "socket", 2, 1, 0, value=LISTENER)
    fds = (FdEntry(3, "socket:[7]", 7, "TCP"),)
    it.say(Observed(it.at, "loopback", (), (), (ProcessRow("loop", "S", fds),)))
    it.start("loop_2", parent="loop")
    world = it.timeline.world
    world = replace(world, processes=Unwalked(world.processes))
    assert calls_alone(world).processes["loop"].fds == ()
    assert let_go(world, {"loop_2": frozenset({7})}) == {}


def test_a_receive_that_gave_less_than_was_asked_for_walks_through_no_others() -> None:
    """Of which a run has thousands, and as many such receives."""
    it = Scripted()
    it.start("loop")
    it.do("loop", None, "recv", LISTENER, 100, value=b"x")
    call = it.timeline.world.processes["loop"].latest["recv"]
    world = replace(it.timeline.world, processes=Unwalked(it.timeline.world.processes))
    assert gave(call, calls_alone(world)) == "takes 1 byte from the receive queue: b'x'"


def test_a_character_that_is_printed_in_two_parts_is_one() -> None:
    it = Scripted()
    it.start("p")
    for data in (b"a\xc3", b"\xb1o\nq\xc3"):
        it.timeline.append(OutputWritten(it.timeline.world.at, "p", 1, data))
    assert _told(it)[-2:] == ["p        stdout | año", "p        stdout | q\\xc3"]
    assert PrintedLines().up_to(it.timeline, len(it.timeline), 5) == [("p", 1, "año"), ("p", 1, "q")]


@pytest.mark.parametrize("turn", [("send", "recv"), ("send", "send", "recv"), ("recvmsg",)])
def test_loops_are_told_as_their_events_are(turn: tuple[str, ...]) -> None:
    """However many of them come together, and where there is news in one: what is wrong with a stream is found all the same."""
    one, other = (SocketValue(inode, inode - 4, "AF_UNIX", "SOCK_STREAM", 0) for inode in (7, 8))
    calls: dict[str, tuple[tuple[Value, ...], Value]] = {
        "send": ((one, b"hello"), 5), "recv": ((other, 64), b"hello"), "recvmsg": ((other, 64), (b"x", [], 0, None)),
    }  # fmt: skip
    it = Scripted()
    it.start("loop")
    it.do("loop", None, "socketpair", value=(one, other))
    for number in range(40):
        for name in turn:
            arguments, result = calls[name]
            it.do("loop", None, name, *arguments, value=result if number != 30 else None)
    it.do("loop", None, "send", one, b"0123456789", value=4)
    it.do("loop", None, "close", one)
    it.end("loop", 0)
    told = _told(it)
    assert len(told) < 30
    for most in (7, 40, 200):
        together = Scripted()
        for piece in in_turns(it.timeline.events, most):
            if isinstance(piece, Turns):
                together.timeline.extend(piece)
            else:
                together.timeline.append(piece)
        assert _told(together) == told
        are_left = any(isinstance(piece, Turns) for piece in together.timeline.events.pieces(0))
        assert are_left == (turn != ("recvmsg",) and most == 40)  # which nobody had to look at one by one
