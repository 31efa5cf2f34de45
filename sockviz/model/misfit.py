"""An event that cannot have come where it came: a fact of the run like any other."""

from __future__ import annotations

from enum import Enum

from sockviz.dataclass import dataclass
from sockviz.model.events import Event


class Unfit(Enum):
    """Why an event does not fit. ``number`` is that of the call, the line, the thread, the text, the page or the frame that is
    meant; ``process`` is the host where a kernel or its wire says it."""

    NO_PROCESS = "no process"  # none of that name has started
    NO_PARENT = "no parent"  # who is said to have forked it was never there
    ALIVE = "alive"  # a process of that name lives already
    ENDED = "ended"  # its process had ended
    NOT_ENTERED = "not entered"  # its process has entered no such call
    ENTERED = "entered"  # its process has entered a call of that number before
    OVER = "over"  # the call had come back
    NOT_HELD = "not held"  # the call is let go, and nobody holds it
    NOT_INTERRUPTED = "not interrupted"  # the call goes on, and no signal has interrupted it
    NO_THREAD = "no thread"  # its process has no such thread: it never began, or has ended
    THREAD_IS_THERE = "thread is there"  # its process has that thread already
    IN_A_CALL = "in a call"  # its task is still in call `number`
    AT_A_LINE = "at a line"  # its task is still at line `number`
    NOT_BEGUN = "not begun"  # nobody has begun the line
    NOT_ON_LINK = "not on the link"  # the link has no frame `number`: it was never sent, or has gone
    ON_LINK = "on the link"  # frame `number` is on the link already
    NOT_CAPTURED = "not captured"  # of that host nothing is captured
    NO_ROW = "no row"  # a row is gone that the host's kernel had not
    NO_TEXT = "no text"  # no text of that number is known
    TEXT_IS_KNOWN = "text is known"  # a text of that number is
    TURNED_BACK = "turned back"  # page `number` was open before, or is past
    AT_ITS_END = "at its end"  # the run of the lesson is over
    NOT_AT = "not at the line"  # its task is at another line, or at none: it was done before


@dataclass(frozen=True, slots=True)
class Misfit:
    """One event that does not fit, and why: with the process, and the call or the line, that is in its way."""

    event: Event
    why: Unfit
    process: str
    number: int | None = None
