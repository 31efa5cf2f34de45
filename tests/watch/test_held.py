"""What becomes of who is held: killed, stopped, left by its parent, executed away by another thread, forked by vfork."""

from __future__ import annotations

import os
import signal
import sys

import psutil
import pytest

from sockviz.lab.tracer_words import ProgramStarted
from sockviz.model.events import Caveat, Executed, ProcessEnded, Signalled
from tests.watch.traced import Message, Rig

PAIR = "import os, _socket, _thread, sys\na, b = _socket.socketpair()\n"
SEND = "a.send(b'x'); b.recv(1)\n"
#: Each is held at its socketpair first, and let go.
PROGRAMS = {
    "killed": PAIR + "if os.fork() == 0:\n    a.send(b'x')\nos.wait()\n" + SEND,
    "stopped": PAIR + SEND,
    "daemon": PAIR + "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        a.send(b'x')\n"
    "    os._exit(0)\nos.wait()\nos._exit(0)",
    "away": PAIR + "_thread.start_new_thread(os.execv, ('/bin/sh', ['sh', '-c', 'exit 3']))\na.send(b'x')",
    "spawned": PAIR + "closed = [(os.POSIX_SPAWN_CLOSE, a.fileno())]\n"
    "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}, file_actions=closed), 0)\n",
}


class Held:
    """Who is held, by name, and how to go on."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.come: list[Message] = []

    def until(self, name: str, event: str = "held", **parts: object) -> None:
        """Waits until a process is held; or until that `event` of it has come."""
        wanted = {"process": name, "event": event, **parts}.items()
        while not any(wanted <= message.items() for message in self.come):
            message = self.rig.until("held", "signalled", "executed", "ended")
            self.come.append({key: part for key, part in message.items() if key != "at"})

    def go(self, name: str) -> None:
        self.until(name)
        self.come = [each for each in self.come if (each["process"], each["event"]) != (name, "held")]
        self.rig.order({"op": "go", "process": name})

    def pid(self, name: str) -> int:
        return next(
            said.pid
            for said in self.rig.heard.said
            if isinstance(said, ProgramStarted) and said.process == name
        )


def test_a_run_is_full_at_some_time_and_goes_on_untold() -> None:
    """Also what it forks then, and holds nobody."""
    loop = "for _ in range(50):\n    a.send(b'x'); b.recv(1)\n"
    loop += "if os.fork() == 0:\n    a.send(b'x'); os._exit(0)\nos.wait(); sys.exit(5)"
    with Rig(most=30) as rig:
        rig.start(sys.executable, "-I", "-S", "-c", PAIR + loop)
        rig.until("caveat")
        rig.order({"op": "hold", "all": True})
        rig.until("over")
    heard = rig.heard
    assert [said.what for said in heard.said if isinstance(said, Caveat)] == ["full"]
    assert 20 < len(heard.calls()) < 30
    assert all(made.returned is not None for made in heard.calls())
    assert [(said.process, said.exit_code) for said in heard.said if isinstance(said, ProcessEnded)] == [
        ("p", 5)
    ]
    assert len([said for said in heard.said if isinstance(said, ProgramStarted)]) == 1


def test_what_a_library_tries_as_it_is_imported_is_told_and_held_for_nobody() -> None:
    with Rig() as rig:
        rig.order({"op": "hold", "all": True})
        rig.start(sys.executable, "-c", "import socket; socket.socketpair()")
        assert rig.until("held")["call"] == 3
        rig.order({"op": "hold", "all": False})
        rig.order({"op": "go"})
        rig.until("over")
    assert [made.entered.name for made in rig.heard.calls()][:3] == ["epoll_create1", "close", "socketpair"]


def test_a_tracer_that_a_program_has_made_deaf_ends_and_all_with_it() -> None:
    with Rig() as rig:
        rig.start("/bin/sleep", "1000")
        rig.until("executed")
        bell = min(psutil.Process(rig.pid).children(), key=lambda child: child.pid)
        bell.kill()
        with pytest.raises(AssertionError, match="the tracer ended"):
            rig.until("over")


def test_who_is_held_can_be_killed_stopped_and_left() -> None:
    with Rig() as rig:
        held = Held(rig)
        rig.order({"op": "hold", "all": True})
        for name, program in PROGRAMS.items():
            rig.start(sys.executable, "-I", "-S", "-c", program, name=name)
        for name in PROGRAMS:
            held.go(name)
        # Its other thread may come to that only now: let go before, its first would end it.
        held.until("away", "executed", arguments=["sh", "-c", "exit 3"])
        held.until("killed_2")
        os.kill(held.pid("killed_2"), signal.SIGKILL)
        held.until("stopped")
        os.kill(held.pid("stopped"), signal.SIGSTOP)
        held.go("stopped")
        held.until("stopped", "signalled", signal="SIGSTOP")
        os.kill(held.pid("stopped"), signal.SIGCONT)
        held.until("daemon_3")
        held.until("daemon", "ended")
        for name in ("daemon_3", "stopped", "killed", "killed", "spawned_2"):
            held.go(name)
        rig.order({"op": "hold", "all": False})
        rig.order({"op": "go"})
        rig.until("over")
    ends = {
        said.process: said.signal or said.exit_code
        for said in rig.heard.said
        if isinstance(said, ProcessEnded)
    }
    assert ends["killed_2"] == "SIGKILL"
    assert ends["away"] == 3
    assert {name: end for name, end in ends.items() if end} == {"killed_2": "SIGKILL", "away": 3}
    never = {(made.process, made.entered.name) for made in rig.heard.calls() if made.returned is None}
    assert never <= {("killed_2", "send"), ("away", "send")}
    assert [made.value for made in rig.heard.calls("recv")] == [b"x", b"x"]
    assert ("stopped", "SIGSTOP") in {
        (said.process, said.signal) for said in rig.heard.said if isinstance(said, Signalled)
    }
    assert ("away", ("sh", "-c", "exit 3")) in {
        (said.process, said.arguments) for said in rig.heard.said if isinstance(said, Executed)
    }
