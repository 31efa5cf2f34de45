"""The tasks of programs that are watched: who is held before which call, who sleeps, who is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sockviz.dataclass import dataclass
from sockviz.model.call import Call, Stage
from sockviz.model.process import MAIN
from sockviz.model.world import World

#: What stands between a process and the number of a further thread in the name of a task.
_OF = "/"


@dataclass(frozen=True, slots=True)
class AtWork:
    """A task that lives. ``call`` is the one under way, that it is held before or sleeps in; None: it computes. ``stopped`` is
    the signal by which all of its process stands still."""

    process: str
    number: int
    call: Call | None
    stopped: str | None = None

    @property
    def name(self) -> str:
        """What the task is called."""
        return task_name(self.process, self.number)

    @property
    def is_held(self) -> bool:
        """Whether it waits to be let go."""
        return self.call is not None and self.call.stage is Stage.HELD

    @property
    def is_asleep(self) -> bool:
        """Whether it sleeps in its call."""
        return self.call is not None and self.call.stage is Stage.ASLEEP


def task_name(process: str, task: int) -> str:
    """A process by its name, or one of its further threads: ``server/2``."""
    return process if task == MAIN else f"{process}{_OF}{task + 1}"


def process_of(name: str) -> str:
    """The process of the task that is called so."""
    return name.partition(_OF)[0]


def task_of(name: str) -> tuple[str, int]:
    """The process, and the number of the task there, that is called so."""
    process, _slash, number = name.partition(_OF)
    return process, int(number) - 1 if number else MAIN


def at_work(world: World) -> list[AtWork]:
    """All that live: first who is held, who has waited longest before all; then the others, as they came."""
    tasks = [
        AtWork(process.name, task.number, task.calls[-1] if task.calls else None, process.stopped)
        for process in world.processes.values()
        if process.alive
        for task in process.tasks
    ]
    held = sorted((task for task in tasks if task.is_held), key=_waiting_since)
    return [*held, *(task for task in tasks if not task.is_held)]


def held(world: World) -> list[AtWork]:
    """Those that are held, who has waited longest first."""
    return [task for task in at_work(world) if task.is_held]


def _waiting_since(task: AtWork) -> tuple[float, str]:
    return (task.call.entered if task.call is not None else 0.0, task.name)


def alike(tasks: Iterable[AtWork]) -> Iterator[list[AtWork]]:
    """The tasks, those of one process that do the same together, in the order of the first of each."""
    found: dict[object, list[AtWork]] = {}
    for task in tasks:
        call = task.call
        key: object = task.process
        if call is not None:
            made = (call.name, repr(call.arguments), repr(dict(call.keywords)))
            key = (task.process, call.stage, call.origin, made)
        found.setdefault(key, []).append(task)
    yield from found.values()
