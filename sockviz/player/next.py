"""What a run, or a task of it, would do next, for whoever shows it."""

from __future__ import annotations

from enum import Enum

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.model.call import Call


class Do(Enum):
    """What the next `Run.advance` will do."""

    PERFORM = "perform"  # the statement
    WAIT = "wait"  # the statement is for a process that sleeps in `call`: it is performed when that returns
    TURN = "turn"  # the page is done: open the next one
    END = "end"  # nothing is left
    BUSY = "busy"  # an advance is under way


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next. ``statement`` with PERFORM (where a line is known) and WAIT, ``call`` (the one waited for) with WAIT."""

    do: Do
    statement: Statement | None = None
    call: Call | None = None
