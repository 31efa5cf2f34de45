"""How a run of programs is told in lines: what comes again, threads, who made a call, by which name one sleeps."""

from __future__ import annotations

import io

from sockviz.door import Door
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.scripted import IN_ACCEPT, Scripted
from sockviz.model.values import ObjectValue, SocketValue
from sockviz.watch.transcript import Transcript
from sockviz.words.wording import asleep_in

LISTENER = SocketValue(7, 3, "AF_INET", "SOCK_STREAM", 0)
NETLINK = SocketValue(8, 4, "AF_NETLINK", "SOCK_RAW", 0)
EPOLL = ObjectValue("epoll", "5")


def _told(it: Scripted) -> list[str]:
    out = io.StringIO()
    transcript = Transcript(it.timeline, Door(out), live=False)
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
        "leak     accept(3) ✗ EAGAIN · try again", "leak     accept(3) ✗ EAGAIN · try again",
        "leak/2   recv(3) ✗ EAGAIN · try again", "leak/2   recv(3) ✗ EAGAIN · try again",
        "leak     accept(3) ✗ EAGAIN ×28 more", "leak     close(3) → 0 · gives descriptor 3 back",
        "leak     accept(3) ✗ EAGAIN · try again", "leak     accept(3) ✗ EAGAIN · try again",
        "leak/2   recv(3) ✗ EAGAIN ×18 more", "leak     accept(3) ✗ EAGAIN ×2 more",
        "leak     exits with status 3: the kernel closes all its descriptors",
    ]  # fmt: skip


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
        "p        sendmsg(4, [b'xxxxxxxxx']) → 9 · hands 9 bytes to the kernel",
        "p        epoll_wait(5) sleeps: none of its descriptors is ready: it waits at descriptor 3 for EPOLLIN",
    ]
