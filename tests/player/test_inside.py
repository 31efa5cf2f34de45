"""Who is inside a call, and from when on that is a sleep: whatever becomes of the clock meanwhile."""

from __future__ import annotations

import errno
import time

import pytest

from sockviz.dataclass import replace
from sockviz.kernel.errors import KernelRefused
from sockviz.lab.lab import Observation
from sockviz.model.events import ProcessEnded, ThreadEnded
from sockviz.model.sockets import Asleep, ProcessRow
from sockviz.player.inside import APART, PRESUMED, InLine, Inside, awake, fallen_asleep, note, until_known
from tests.player.scripted_lab import HERE, SLEEP, ScriptedLab, entered, returned

HOUR = 3600.0


class Clocks:
    """The one that is set, and the one that is not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown, self.steady = 1e9, 50.0
        monkeypatch.setattr(time, "time", lambda: self.shown)
        monkeypatch.setattr(time, "monotonic", lambda: self.steady)

    def after(self, seconds: float, *, set_by: float) -> None:
        self.shown += seconds + set_by
        self.steady += seconds


class HidingLab(ScriptedLab):
    """Of whose processes nothing can be read."""

    def asleep(self, process: str, task: int = 0) -> Asleep | None:
        raise KernelRefused(errno.EACCES, f"open /proc/{process}/{task}/stat")


@pytest.mark.parametrize("set_by", [-HOUR, HOUR])
@pytest.mark.parametrize("lab", [ScriptedLab, HidingLab])
def test_a_clock_that_is_set_meanwhile_makes_no_sleep_and_hides_none(
    monkeypatch: pytest.MonkeyPatch, lab: type[ScriptedLab], set_by: float
) -> None:
    clocks, asked = Clocks(monkeypatch), lab()
    asked.sleeping["server"] = SLEEP
    inside: dict[tuple[str, int], Inside] = {}
    note(entered("server", "accept"), inside)

    def told() -> list[float]:
        return [blocked.at for blocked in fallen_asleep(inside, asked, with_handlers=False)]

    assert told() == []
    clocks.after(0.001, set_by=set_by)
    assert told() == []
    clocks.after(max(APART, PRESUMED) + 0.001, set_by=0.0)
    assert told() == [clocks.shown]


def test_it_is_looked_again_soon_after_a_call_was_entered_and_when_its_sleep_may_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    often, soon = 0.010, 0.002
    clocks, lab = Clocks(monkeypatch), ScriptedLab()
    inside: dict[tuple[str, int], Inside] = {}
    assert until_known(inside.values(), often, soon) == often
    note(entered("server", "accept"), inside)
    assert until_known(inside.values(), often, soon) == soon
    lab.sleeping["server"] = SLEEP
    assert not list(fallen_asleep(inside, lab, with_handlers=False))
    assert until_known(inside.values(), often, soon) == soon, "what the call has done has not been seen"
    clocks.after(0.003, set_by=0.0)
    assert until_known(inside.values(), often, soon) == often
    clocks.after(APART - 0.007, set_by=0.0)
    assert until_known(inside.values(), often, soon) == pytest.approx(0.004)


def test_whoever_has_ended_or_come_back_is_in_no_call_any_more() -> None:
    inside: dict[tuple[str, int], Inside] = {}
    for it in (entered("server", "accept"), entered("server", "recv", call=2), entered("client", "connect")):
        note(replace(it, task=it.call - 1), inside)
    note(ThreadEnded(1.0, "server", 1), inside)
    assert set(inside) == {("server", 0), ("client", 0)}
    note(ProcessEnded(1.0, "server", 0), inside)
    assert set(inside) == {("client", 0)}
    note(returned("client"), inside)
    assert not inside


def test_whoever_is_awake_in_a_call_is_waited_for_unless_it_was_in_vain_or_it_stands_still() -> None:
    lab = ScriptedLab()
    inside: dict[tuple[str, int], Inside] = {}
    for name in ("asleep", "awake", "slow", "stopped"):
        note(entered(name, "accept"), inside)
    lab.sleeping["asleep"] = SLEEP
    inside["slow", 0].is_slow = True
    looks = [Observation(1.0, HERE, (), (ProcessRow("stopped", "T", ()), ProcessRow("awake", "R", ())))]
    assert list(awake(inside, {}, looks, lab)) == [inside["awake", 0]]
    assert not list(awake(inside, {}, looks, HidingLab()))
    note(entered("slow", "accept", call=2), inside)  # another call: it may be told of in time
    assert list(awake(inside, {}, looks, lab)) == [inside["awake", 0], inside["slow", 0]]
    # And who is between two calls of a line: what it makes now it has yet to tell of.
    in_line = {name: InLine() for name in ("asleep", "stopped", "awake", "between")} | {
        "in vain": InLine(True)
    }
    assert list(awake(inside, in_line, looks, lab)) == [
        inside["awake", 0],
        in_line["between"],
        inside["slow", 0],
    ]
