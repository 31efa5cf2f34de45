"""Which tasks wait at the entry of their calls until they are let go."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.lab.tracer.tasks import TracedTask

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any


class Holding:
    """``all``: whether whoever enters a call waits, but for those that were let go until a call of some name."""

    def __init__(self) -> None:
        self.all = False
        self.has_held = False  # anybody, since this was last set back
        self._free: dict[tuple[str, int], str] = {}  # of a task the name of the call that holds it again

    @property
    def is_for_anybody(self) -> bool:
        """Whether anybody has to wait at a call, whichever."""
        return self.all or bool(self._free)

    def holds(self, task: TracedTask) -> bool:
        """Whether the task has to wait where it is. What a library tries as it is imported is nobody's step."""
        if task.call is not None and task.call.made.is_at_import:
            return False
        until = self._free.get((task.process.name, task.number))
        if until is not None:
            if task.call is None or task.call.made.name != until:
                return False
            del self._free[task.process.name, task.number]
        elif not self.all:
            return False
        self.has_held = True
        return True

    def free(self, whose: Mapping[str, Any]) -> None:
        """Notes that a task is not to be held before it calls ``until``."""
        match whose:
            case {"process": str(process), "task": int(number), "until": str(until)}:
                self._free[process, number] = until

    @staticmethod
    def is_meant(task: TracedTask, whose: Mapping[str, Any]) -> bool:
        """Whether an order is for the task: no process named means all, no task every one of the process."""
        process, number = whose.get("process"), whose.get("task")
        return process in (None, task.process.name) and number in (None, task.number)
