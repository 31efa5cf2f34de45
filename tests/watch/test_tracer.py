"""What a tracer tells of a program's calls, both ways: what was passed, what came back. programs/calls.c makes them."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from sockviz.lab.tracer_words import ProgramStarted, ThreadStarted
from sockviz.model.call import Call
from sockviz.model.events import Executed, ProcessEnded, Signalled, ThreadEnded
from sockviz.model.values import ObjectValue, SocketValue
from sockviz.words.wording import call_as_made
from tests.watch.traced import Heard, Rig, traced


@pytest.fixture(scope="module")
def heard(calls: Path) -> Heard:
    return traced(str(calls))


def test_sockets_are_known_by_what_the_kernel_has(heard: Heard) -> None:
    pair = heard.call("socketpair").value
    assert isinstance(pair, tuple)
    one, other = pair
    assert isinstance(one, SocketValue)
    assert isinstance(other, SocketValue)
    assert (one.family, one.type, one.inode != other.inode) == ("AF_UNIX", "SOCK_STREAM", True)
    assert heard.call("sendmsg").entered.arguments[0] == one
    copy = heard.call("dup").value
    assert isinstance(copy, SocketValue)
    assert (copy.inode, copy.fd != one.fd) == (one.inode, True)


def test_what_goes_beside_data(heard: Heard) -> None:
    rights = (1, 1, struct.pack("i", 0))
    assert heard.call("sendmsg").entered.arguments[1:] == ([b"fd"], [rights], 0x4000)
    value = heard.call("recvmsg").value
    assert isinstance(value, tuple)
    data, beside, flags, sender = value
    assert (data, flags, sender) == (b"fd", 0x40000000, None)
    match beside:
        case [(1, 1, bytes(number))]:
            assert struct.unpack("i", number)[0] > 4
        case _:
            pytest.fail(str(beside))


def test_vectors_are_told_as_what_they_hold(heard: Heard) -> None:
    assert (heard.call("writev").entered.arguments[1], heard.call("writev").value) == ([b"ab", b"cde"], 5)
    assert (heard.call("readv").entered.arguments[1], heard.call("readv").value) == (10, b"abcde")
    assert (heard.call("sendmmsg").entered.arguments[1], heard.call("sendmmsg").value) == (
        [([b"ab"],), ([b"cde"],)],
        2,
    )
    assert heard.call("recvmmsg").value in (
        [(b"ab", [], 0, None), (b"cde", [], 0, None)],
        [(b"ab", [], 0, None)],
    )


def test_waiting_for_several(heard: Heard) -> None:
    poll = heard.call("poll")
    a, b = (argument.fd for argument in _pair(heard))
    assert (poll.entered.watched, poll.value) == (((b, 1), (a, 5)), [(a, 4)])
    select = heard.call("select")
    assert (select.entered.arguments, select.value) == (([a, b], [], [], 0.0), ([], [], []))
    wait = heard.call("epoll_wait")
    epoll = ObjectValue("epoll", str(b + 2))
    assert (wait.entered.arguments, wait.value) == (
        (epoll, 4, 1000),
        [(b, 1)],
    )  # by its descriptor, not by what C had put there
    told = [
        call_as_made(Call("p", each.call, None, each.name, each.function, each.arguments, each.keywords, 0.0))
        for each in (
            made.entered for made in heard.calls("epoll_create1", "epoll_ctl", "epoll_wait", "accept")
        )
    ]
    of = f"{b + 2}, "
    assert told[:-1] == [
        "epoll_create1(EPOLL_CLOEXEC)", f"epoll_ctl({of}EPOLL_CTL_ADD, {b}, EPOLLIN|EPOLLET)", f"epoll_wait({of}4, 1000)",
        f"epoll_ctl({of}EPOLL_CTL_MOD, {b}, EPOLLOUT)", f"epoll_ctl({of}EPOLL_CTL_DEL, {b})",
    ]  # fmt: skip
    assert told[-1].startswith("accept4(")


def test_addresses_and_options(heard: Heard) -> None:
    assert heard.call("getsockopt").value == 1
    assert heard.call("setsockopt", 1).entered.arguments[1:] == (1, 2, 1)
    assert heard.call("bind", 2).entered.arguments[1] == ("127.0.0.1", 0)
    place = heard.call("getsockname").value
    assert heard.call("connect").entered.arguments[1] == place
    accepted = heard.call("accept")
    assert isinstance(accepted.value, tuple)
    made, peer = accepted.value
    assert isinstance(made, SocketValue)
    assert isinstance(peer, tuple)
    assert (made.family, peer[0], accepted.entered.keywords) == ("AF_INET", "127.0.0.1", {"flags": 0o2000000})
    assert heard.call("recvfrom").value == (b"data", heard.call("sendto").entered.arguments[2])


def test_what_leads_nowhere_is_told_as_that(heard: Heard) -> None:
    nowhere = [ObjectValue("pointer", f"0x8, {length}") for length in (10, 16)]
    failed = {(made.entered.name, made.error) for made in heard.calls() if made.returned and made.error}
    assert {
        ("send", "EFAULT"), ("bind", "EFAULT"), ("setsockopt", "EFAULT"), ("send", "EBADF"), ("listen", "EBADF"),
        ("write", "EBADF"), ("sendmsg", "EFAULT"), ("bind", "EINVAL"),
    } <= failed  # fmt: skip
    assert heard.call("send", 1).entered.arguments[1] == nowhere[0]
    assert heard.call("bind").entered.arguments[1] == nowhere[1]
    assert heard.call("listen").entered.arguments == (77, 1)


def test_a_call_that_a_signal_interrupts_and_one_that_is_made_again(heard: Heard) -> None:
    interrupted, restarted = (made for made in heard.calls("recv") if made.entered.arguments[1:] == (1,))
    assert (interrupted.error, restarted.value) == ("EINTR", b"y")
    signals = [said.signal for said in heard.said if isinstance(said, Signalled)]
    assert signals[:2] == ["SIGALRM", "SIGALRM"]


def test_forks_threads_and_what_is_executed(heard: Heard, calls: Path) -> None:
    started = [(said.process, said.parent) for said in heard.said if isinstance(said, ProgramStarted)]
    assert started == [("p", None), ("p_2", "p"), ("p_3", "p")]
    assert [(said.process, said.task) for said in heard.said if isinstance(said, ThreadStarted)] == [("p", 1)]
    assert [(said.process, said.task) for said in heard.said if isinstance(said, ThreadEnded)] == [("p", 1)]
    executed = [(said.process, said.arguments) for said in heard.said if isinstance(said, Executed)]
    assert executed == [("p", (str(calls),)), ("p_3", ("true",))]
    ended = {said.process: said.exit_code for said in heard.said if isinstance(said, ProcessEnded)}
    assert ended == {"p": 0, "p_2": 3, "p_3": 0}


def test_what_cannot_be_executed() -> None:
    with Rig() as rig:
        rig.start("/nowhere/at/all")
        assert rig.until("refused")["errno"] == 2


def test_long_data_is_told_by_its_beginning() -> None:
    program = "import _socket; a, b = _socket.socketpair(); a.send(b'x' * 70000); b.recv(3); b.recv(70000)"
    heard = traced(sys.executable, "-I", "-S", "-c", program)
    sent = heard.call("send").entered.arguments[1]
    assert isinstance(sent, bytes)
    assert len(sent) == 70000
    got = heard.call("recv", 1).value
    assert isinstance(got, bytes)
    assert (heard.call("recv").value, len(got)) == (b"xxx", 69997)


#: Loops whose calls have the same registers: what is sent, set and received becomes another one, and a number another socket's.
AGAIN = """
import _socket, array
data, room, limit = bytearray(b"0 apples"), bytearray(64), array.array("i", [0])
for pair in range(2):
    one, other = _socket.socketpair()
    other.setblocking(False)
    for turn in range(24):
        data[0] = ord("0") + turn // 8
        limit[0] = 5000 + turn // 8
        one.setsockopt(1, 8, limit)
        one.send(data)
        for _ in range(2):
            try:
                other.recv_into(room)
            except BlockingIOError:
                pass
    one.close(); other.close()
"""


def test_a_call_that_is_made_again_is_told_as_what_it_is_now() -> None:
    heard = traced(sys.executable, "-I", "-S", "-c", AGAIN)
    pairs = [made.value for made in heard.calls("socketpair")]
    ones = [one for pair in pairs if isinstance(pair, tuple) for one in [pair[0]] for _ in range(24)]
    turns = [turn // 8 for _ in range(2) for turn in range(24)]
    assert len(set(ones)) == 2
    data = [b"%d apples" % turn for turn in turns]
    assert [made.entered.arguments for made in heard.calls("send")] == list(zip(ones, data, strict=True))
    assert [made.entered.arguments for made in heard.calls("setsockopt")] == [
        (one, 1, 8, 5000 + turn) for one, turn in zip(ones, turns, strict=True)
    ]
    ends = [(made.value, made.error) for made in heard.calls("recv")]
    assert ends == [end for sent in data for end in ((sent, None), (None, "EAGAIN"))]
    assert len({made.place for made in heard.calls("send")}) == 1
    made = heard.calls()
    assert [each.entered.call for each in made] == list(range(1, len(made) + 1))
    times = [at for each in made if each.returned is not None for at in (each.entered.at, each.returned.at)]
    assert (times == sorted(times), len(times)) == (True, 2 * len(made))


def test_a_held_task_waits_and_another_goes_on() -> None:
    """Both processes are held at their first call; the child is let go until its second one of that name."""
    program = (
        "import os, _socket\na, b = _socket.socketpair()\nif os.fork() == 0:\n    a.send(b'1'); a.send(b'2'); os._exit(0)\n"
        "b.recv(1); b.recv(1); os.wait()"
    )
    with Rig() as rig:
        rig.order({"op": "hold", "all": True})
        rig.start(sys.executable, "-I", "-S", "-c", program)
        assert rig.until("held")["call"] == 1
        rig.order({"op": "go", "process": "p"})
        held = {rig.until("held")["process"], rig.until("held")["process"]}
        assert held == {"p", "p_2"}
        rig.order({"op": "go", "process": "p", "task": 0})
        rig.order({"op": "go", "process": "p_2", "task": 0, "until": "send"})
        again = {(message["process"], message["call"]) for message in (rig.until("held"), rig.until("held"))}
        assert again == {("p", 3), ("p_2", 2)}
        rig.order({"op": "hold", "all": False})
        rig.order({"op": "go"})
        rig.until("over")
    assert [made.value for made in rig.heard.calls("recv")] == [b"1", b"2"]


def _pair(heard: Heard) -> tuple[SocketValue, SocketValue]:
    match heard.call("socketpair").value:
        case (SocketValue() as one, SocketValue() as other):
            return one, other
    raise AssertionError
