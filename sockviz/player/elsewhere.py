"""What programs do that make no call which is watched: told once each has been at that for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from sockviz.kernel.errors import KernelError
from sockviz.kernel.procfs import read_times
from sockviz.lab.lab import Lab
from sockviz.model.bystanders import is_bystander
from sockviz.model.events import Caveat, Event
from sockviz.model.process import MAIN, Process
from sockviz.model.sockets import Asleep
from sockviz.model.world import World
from sockviz.words.elsewhere import COMPUTES, SLEEPS

#: So far apart it is looked, and who was at one thing at two looks is told to be (seconds).
_LOOK = 1.0
#: Who has run for so long between (seconds), and for such a part of the time in which it had a CPU, computes.
_RUNS, _MOSTLY = 0.1, 0.8
#: Of which the first argument is a descriptor.
_OF_DESCRIPTORS = frozenset({"read", "readv", "write", "writev"})
#: In which a process waits for those that it has made.
_OF_CHILDREN = frozenset(f"{SLEEPS}{call}" for call in ("wait4", "waitid"))


class _Look(NamedTuple):
    """What one look has found of a process."""

    at: float  # seconds, as all of these
    entered: int  # calls
    ran: float
    waited: float  # for a CPU
    asleep: tuple[str, ...] | None  # in which calls its tasks sleep; None where one of them does not


class Elsewhere:
    """Looks at the programs of a run, which are watched in `lab`. `clock` tells seconds."""

    def __init__(
        self, lab: Lab, world: Callable[[], World], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lab, self._world, self._clock = lab, world, clock
        self._before: dict[str, _Look] = {}
        self._told: dict[str, str] = {}  # what was said of each last

    async def look_on(self, append: Callable[[Event], None]) -> None:
        """Again and again, and has what is found appended."""
        while True:
            await asyncio.sleep(_LOOK)
            for process, what in self.found():
                append(Caveat(time.time(), process, what))

    def found(self) -> list[tuple[str, str]]:
        """Of whom there is something to say by now, and what."""
        world = self._world()
        looks = {process.name: self._look(process) for process in _silent(world)}
        before, self._before = self._before, looks
        found = []
        for name, look in looks.items():
            what = _what(before.get(name), look)
            if what in _OF_CHILDREN and _has_children(world.processes[name], world):
                continue  # who is there, and what they do, is told of themselves
            if what is not None and self._told.get(name) != what:
                self._told[name] = what
                found.append((name, what))
        return found

    def _look(self, process: Process) -> _Look:
        ran, waited = read_times(process.outer_pid)
        at = self._clock()
        try:
            asleep = [self._lab.asleep(process.name, task) for task in (MAIN, *process.living)]
        except KernelError:  # no further file can be opened
            asleep = [None]
        names = tuple(_names(asleep)) if all(asleep) else None
        return _Look(at, process.entered, ran, waited, names)


def _silent(world: World) -> Iterator[Process]:
    """Those that are in no call that is watched, and could be: neither stopped, nor nothing but helpers, nor there only for what
    they have forked."""
    for process in world.processes.values():
        if not process.alive or process.stopped is not None or process.under_way or not process.outer_pid:
            continue
        if not is_bystander(process, world) and (process.entered or not _has_children(process, world)):
            yield process


def _has_children(process: Process, world: World) -> bool:
    return any(each.parent == process.name and each.alive for each in world.processes.values())


def _names(asleep: Iterable[Asleep | None]) -> Iterable[str]:
    """In which calls, each once; with the descriptor, where that says what is waited for. "" of who only sleeps, as far as may be
    known."""
    names = []
    for each in asleep:
        assert each is not None
        name = each.syscall or ""
        names.append(f"{name} {each.arguments[0]}" if name in _OF_DESCRIPTORS and each.arguments else name)
    return sorted(set(names))


def _what(before: _Look | None, look: _Look) -> str | None:
    if before is None or before.entered != look.entered:
        return None
    if look.asleep is not None and look.asleep == before.asleep:
        return SLEEPS + ", ".join(look.asleep)
    ran, could = look.ran - before.ran, look.at - before.at - (look.waited - before.waited)
    return COMPUTES if ran >= max(_RUNS, _MOSTLY * could) else None
