"""What is said of programs that make no call which is watched, on a lab that says what the test has it say."""

from __future__ import annotations

import pytest

from sockviz.model.events import CallEntered, CallReturned, Executed, ProcessStarted
from sockviz.model.fold import fold
from sockviz.model.sockets import Asleep
from sockviz.model.world import World
from sockviz.player import elsewhere
from sockviz.player.elsewhere import Elsewhere
from sockviz.words.elsewhere import elsewhere as told
from tests.player.scripted_lab import ScriptedLab, entered, returned, started


def sleeping(call: str, fd: int = 0) -> Asleep:
    return Asleep(call, (fd,), None, "S", "/proc/PID/syscall", "")


class Watched:
    """A program and its lab, without a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lab, self.world = ScriptedLab(), World()
        self.ran = self.now = 0.0
        monkeypatch.setattr(elsewhere, "read_times", lambda _pid: (self.ran, 0.0))
        self.said = Elsewhere(self.lab, lambda: self.world, lambda: self.now)
        self.takes(started("p"), Executed(1.0, "p", ("p",)))

    def takes(self, *events: ProcessStarted | Executed | CallEntered | CallReturned) -> None:
        for event in events:
            self.world = fold(self.world, event)

    def look(self, seconds: float = 1.0) -> list[str]:
        self.now += seconds
        return [what for _process, what in self.said.found()]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def test_who_sleeps_in_one_call_at_two_looks_is_said_to_once(watched: Watched) -> None:
    watched.lab.sleeping["p"] = sleeping("pause")
    assert watched.look() == []
    assert watched.look() == ["elsewhere: pause"]
    assert told("p", "elsewhere: pause").endswith("it sleeps in pause until a signal comes")
    watched.takes(entered("p", "accept"))
    assert watched.look() == [], "it is in a call that is watched"
    watched.takes(returned("p"))
    assert watched.look() + watched.look() == [], "what was said last"


def test_who_made_a_call_between_or_sleeps_elsewhere_then_has_not_stayed(watched: Watched) -> None:
    watched.lab.sleeping["p"] = sleeping("read", 4)
    assert watched.look() == []
    watched.takes(entered("p", "listen"), returned("p"))
    assert watched.look() == []
    watched.lab.sleeping["p"] = sleeping("read", 5)
    assert watched.look() == []
    assert watched.look() == ["elsewhere: read 5"]
    assert told("p", "elsewhere: read 5").endswith("sleeps in read until something comes at descriptor 5")


def test_who_computes_does_so_for_most_of_the_time(watched: Watched) -> None:
    watched.look()
    watched.ran += 0.5
    assert watched.look() == []
    watched.ran += 0.9
    assert watched.look() == ["elsewhere: computes"]


def test_who_only_waits_for_what_it_has_forked_is_passed_over(watched: Watched) -> None:
    watched.lab.sleeping["p"] = sleeping("wait4")
    watched.takes(ProcessStarted(1.0, "q", 11, 1011, "loopback", "p"))
    assert watched.look() + watched.look() == []
    watched.takes(entered("p", "listen"), returned("p"))
    assert watched.look() + watched.look() == [], "though it has made a call"
    watched.lab.sleeping["p"] = sleeping("pause")
    assert watched.look() + watched.look() == ["elsewhere: pause"]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("elsewhere: ", "it sleeps"),
        ("elsewhere: flock", "it sleeps in flock"),
        ("elsewhere: clock_nanosleep, futex", "its threads sleep in clock_nanosleep, futex"),
        ("elsewhere: computes", "it computes (its CPU time grows)"),
    ],
)
def test_what_is_known_of_it_is_said_and_no_more(code: str, end: str) -> None:
    assert told("p", code) == f"p makes no call on a socket now: {end}"
