"""What calls alone say of a run of programs: they go on while they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sockviz.dataclass import replace
from sockviz.model.changes import changed
from sockviz.model.process import Process
from sockviz.model.world import World


def calls_alone(world: World) -> World:
    """`world` without what the kernel was seen to say. Programs run on while it is looked at: at the time of a call it may have
    been otherwise, and nothing is to be concluded from it about this call."""
    processes = _Unseen(world.processes)
    return changed(world, processes=processes, rows={}, gone={}, counters={}, row_index=None)


class _Unseen(Mapping[str, Process]):
    """Processes of which nobody has seen the descriptors. There may be thousands, and a sentence asks for one or two."""

    def __init__(self, processes: Mapping[str, Process]) -> None:
        self._processes = processes

    def __getitem__(self, name: str) -> Process:
        process = self._processes[name]
        return replace(process, fds=()) if process.fds else process

    def __iter__(self) -> Iterator[str]:
        return iter(self._processes)

    def __len__(self) -> int:
        return len(self._processes)
