"""Signals that come by themselves, at calls that no signal has the kernel make again; and calls on sockets by files' names."""

from __future__ import annotations

from sockviz.model.events import CallReturned, Signalled
from sockviz.player.patience import could_wake
from tests.watch.watching import python, run, watched

HANDLED = """
import select
a, b = socketpair(); p = select.epoll(); p.register(b, 1)
signal.signal(14, lambda *_: a.send(b'x')); signal.setitimer(0, .05)
p.poll(); b.recv(1)
"""
PLACELESS = """
a, b = socketpair(); room = bytearray(3)
os.pwritev(a.fileno(), [b'ab', b'c'], -1, os.RWF_HIPRI); os.preadv(b.fileno(), [room], -1, os.RWF_HIPRI)
os.write(1, room)
"""


def test_a_signal_is_told_before_the_call_that_it_has_fail() -> None:
    async def body() -> None:
        async with watched("isolated", python("p", HANDLED), python("q", PLACELESS)) as run_:
            await run_.ended()
            calls, events = run_.calls("p"), run_.source.timeline.events
            waited = [call for call in calls if call.name == "epoll_wait"]
            assert [call.error for call in waited] == ["EINTR", None]
            names = [call.name for call in calls if call.name != "close"]
            assert names[names.index("epoll_wait") :] == ["epoll_wait", "send", "epoll_wait", "recv"]
            told = [
                type(event)
                for event in events
                if isinstance(event, Signalled)
                or (isinstance(event, CallReturned) and event.error == "EINTR")
            ]
            assert told == [Signalled, CallReturned]
            assert [call.name for call in run_.calls("q")][:3] == ["socketpair", "writev", "readv"]
            assert run_.call("q", "readv").value == b"abc"

    run(body())


def test_who_has_set_an_alarm_goes_on_by_itself_even_if_only_to_its_end() -> None:
    sleeps = "a, b = socketpair(); %sa.recv(1)"

    async def could(text: str) -> bool:
        async with watched("isolated", python("p", sleeps % text)) as run_:
            await run_.until(lambda: "p" in run_.world.processes and bool(run_.world.processes["p"].sleeping))
            return could_wake(run_.world)

    async def body() -> None:
        assert not await could("")
        assert await could("signal.alarm(1000); ")
        assert await could("signal.setitimer(0, 1000); ")
        assert not await could("signal.alarm(0); signal.setitimer(0, 0); signal.setitimer(1, 1000); ")

    run(body())
