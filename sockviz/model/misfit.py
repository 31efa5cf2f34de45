"""An event that cannot have come where it came: a fact of the run like any other."""

from __future__ import annotations

from enum import Enum

from sockviz.dataclass import dataclass
from sockviz.model.events import Event


class Unfit(Enum):
    """Why an event does not fit. ``number`` is that of the call, the line or the frame that is meant."""

    NO_PROCESS = "no process"  # none of that name has started
    NO_PARENT = "no parent"  # who is said to have forked it was never there
    ALIVE = "alive"  # a process of that name lives already
    ENDED = "ended"  # its process had ended
    NOT_ENTERED = "not entered"  # its process has entered no such call
    OVER = "over"  # the call had come back
    IN_A_CALL = "in a call"  # its task is still in call `number`
    AT_A_LINE = "at a line"  # its task is still at line `number`
    NOT_BEGUN = "not begun"  # nobody has begun the line
    NOT_ON_LINK = "not on the link"  # the link has no frame `number`: it was never sent, or has gone
    NOT_AT = "not at the line"  # its task is at another line, or at none: it was done before


@dataclass(frozen=True, slots=True)
class Misfit:
    """One event that does not fit, and why: with the process, and the call or the line, that is in its way."""

    event: Event
    why: Unfit
    process: str
    number: int | None = None
