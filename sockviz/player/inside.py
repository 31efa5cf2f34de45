"""Which tasks are inside a call that may fall asleep, as they or their tracer tell."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from sockviz.dataclass import dataclass, replace
from sockviz.kernel.errors import KernelError
from sockviz.lab.hearing import Heard
from sockviz.lab.lab import Lab, Observation
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallHeld,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    ProcessEnded,
    ThreadEnded,
    Treated,
)
from sockviz.model.process import MAIN
from sockviz.model.sockets import Asleep
from sockviz.model.turns import Turns

#: Two looks that find a process asleep in one call are at least this far apart (seconds).
APART = 0.030
#: Where nothing can be read of a process, a call that has not returned for this long is taken to sleep (seconds).
PRESUMED = 0.150
#: Whoever is awake in a call has told of its end, or sleeps, within this (seconds), or is no more waited for in that call.
SPOKEN = 0.050
#: By a signal, or by a tracer (/proc/PID/stat).
_STOPPED = ("T", "t")


@dataclass(slots=True)
class Inside:
    """A task inside a call, since when that is known, and what the first look at it found and when (time.monotonic). ``is_slow``:
    it was waited for in vain while it was awake."""

    call: int
    since: float
    first: Asleep | None = None
    first_at: float = 0.0
    told: bool = False
    is_slow: bool = False


@dataclass(slots=True)
class InLine:
    """A process that has begun a line, and has not said that it is done with it: between its calls it is inside none.
    ``is_slow``: as of `Inside`."""

    is_slow: bool = False


def note(said: Heard, inside: dict[tuple[str, int], Inside]) -> None:
    """Learns from what was `said` who is `inside`, by process and task."""
    if type(said) is CallEntered:
        inside[said.process, said.task] = Inside(said.call, time.monotonic())
        return
    match said:
        case Turns():
            for last in said.lasts:
                note(last, inside)
        case CallReturned():
            inside.pop((said.process, said.task), None)
        case CallLetGo() | CallInterrupted(over=True):
            inside[said.process, said.task] = Inside(said.call, time.monotonic())
        case Treated(call=call) if (known := inside.get((said.process, said.task))) and known.call == call:
            known.told, known.first = False, None  # whoever was woken may sleep again
        case CallHeld() | CallInterrupted():
            # A held one is stopped, and asleep in nothing; of an interrupted one the handler's calls are what it is in.
            inside.pop((said.process, said.task), None)
        case ThreadEnded():
            inside.pop((said.process, said.task), None)
        case ProcessEnded():
            for each in [each for each in inside if each[0] == said.process]:
                del inside[each]


def fallen_asleep(
    inside: Mapping[tuple[str, int], Inside], lab: Lab, *, with_handlers: bool
) -> Iterator[CallBlocked]:
    """Those of whom a look now and one before found the same sleep, each told once; `with_handlers` of what signals would wake
    it, too."""
    at, now = time.time(), time.monotonic()
    for (process, task), one in inside.items():
        if one.told:
            continue
        try:
            seen = lab.asleep(process, task)
        except KernelError:
            seen = None
            if now - one.since > PRESUMED:  # nothing can be read of it: inferred
                one.told = True
                yield CallBlocked(at, process, one.call, None, task)
                continue
        if seen is None or one.first is None or not is_same(one.first, seen):
            one.first, one.first_at = seen, time.monotonic()
        elif now - one.first_at >= APART:
            one.told = True
            if with_handlers:
                seen = replace(seen, caught=lab.caught(process))
            yield CallBlocked(at, process, one.call, seen, task)


def until_known(inside: Iterable[Inside], often: float, soon: float) -> float:
    """Seconds to the next look where somebody is inside a call: at most `often`, `soon` after it was entered, and again when its
    sleep may be told."""
    now = time.monotonic()
    pause = often
    for one in inside:
        if one.told:
            continue
        if one.first is not None:
            pause = min(pause, max(one.first_at + APART - now, 0.0))
        if now - one.since < (often if one.first is None else soon):
            pause = min(pause, soon)
    return pause


def awake(
    inside: Mapping[tuple[str, int], Inside],
    in_line: Mapping[str, InLine],
    looks: Iterable[Observation],
    lab: Lab,
) -> Iterator[Inside | InLine]:
    """Those inside a call, or between two of a line's, that are not asleep now, and have not been waited for in vain; nor do they
    stand still, as `looks` say of them."""
    still = {row.process for look in looks for row in look.processes if row.state in _STOPPED}
    tasks: dict[tuple[str, int], Inside | InLine] = {(name, MAIN): one for name, one in in_line.items()}
    for (process, task), one in (tasks | dict(inside)).items():
        if one.is_slow or process in still:
            continue
        try:
            if lab.asleep(process, task) is None:
                yield one
        except KernelError:
            continue  # nothing can be read of it


def is_same(first: Asleep, second: Asleep) -> bool:
    """Whether two looks found one sleep."""
    return (first.syscall, first.arguments, first.wchan) == (second.syscall, second.arguments, second.wchan)
