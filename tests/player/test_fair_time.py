"""Waiting for others for so long as they could run."""

from __future__ import annotations

import pytest

from sockviz.player.fair_time import AT_MOST, MOST_AT_ONCE, FairClock, FairTime


class Machine:
    """A clock, and for how long two processes had no CPU."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.delays = {7: 3.0, 8: 0.0}
        self.come = 0

    def clock(self) -> float:
        return self.now

    def pass_by(self, seconds: float, *, kept: float = 0.0, pid: int = 7) -> None:
        self.now += seconds
        self.delays[pid] = self.delays.get(pid, 0.0) + kept

    def wait(self, seconds: float) -> FairTime:
        return FairTime(seconds, FairClock(lambda: dict(self.delays), lambda: self.come, self.clock))


def test_on_an_idle_machine_it_is_the_clock_s_time() -> None:
    machine = Machine()
    waiting = machine.wait(1.0)
    for _ in range(9):
        machine.pass_by(0.1)
        assert waiting.left() > 0
    machine.pass_by(0.1)
    assert waiting.left() == pytest.approx(0.0)


def test_what_one_of_them_was_kept_waiting_for_a_cpu_does_not_count() -> None:
    machine = Machine()
    waiting = machine.wait(1.0)
    for pid in (7, 8) * 10:
        machine.pass_by(0.1, kept=0.09, pid=pid)
        waiting.left()
    assert waiting.left() == pytest.approx(0.8)


def test_who_is_new_has_not_waited_before() -> None:
    machine = Machine()
    waiting = machine.wait(1.0)
    machine.delays[9] = 50.0
    machine.pass_by(0.1)
    assert waiting.left() == pytest.approx(0.9)


def test_a_machine_that_stood_still_takes_one_look_s_time() -> None:
    machine = Machine()
    waiting = machine.wait(1.0)
    machine.pass_by(4.0)
    assert waiting.left() == pytest.approx(1.0 - max(MOST_AT_ONCE, 4.0 / AT_MOST))


def test_while_something_comes_no_time_passes() -> None:
    machine = Machine()
    waiting = machine.wait(1.0)
    for machine.come in range(1, 100):
        machine.pass_by(0.1)
        assert waiting.left() == 1.0
    machine.pass_by(0.1)
    assert waiting.left() == pytest.approx(0.9)


def test_nobody_is_waited_for_without_end() -> None:
    machine = Machine()
    waiting = machine.wait(1.0)
    turns = 0
    while waiting.left():
        turns += 1
        machine.pass_by(0.1, kept=0.1)
    assert turns == pytest.approx(AT_MOST / 0.1, abs=1)


def test_what_is_owed_counts_so_many_times_less() -> None:
    machine, owes = Machine(), [False]
    clock = FairClock(lambda: dict(machine.delays), clock=machine.clock, owed=lambda: owes[0], slower=4.0)
    machine.pass_by(0.1)
    assert clock() == pytest.approx(0.1)
    owes[0] = True
    machine.pass_by(0.1)
    assert clock() == pytest.approx(0.125)
    owes[0] = False
    machine.pass_by(0.1)
    assert clock() == pytest.approx(0.225)
