"""Events that no process, kernel or wire brings: what the lesson expects and asks was judged, and what its reader did beside it.

Each with the instant it happened, as all events (`sockviz.model.events`).
"""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.model.found import Found


@dataclass(frozen=True, slots=True)
class ActedByHand:
    """The reader has the link do something, beside the script's own lines: ``hold`` or ``release`` everything, or ``deliver``,
    ``drop`` or ``duplicate`` a frame. What comes of it is told by what the link does."""

    at: float
    verb: str
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class LineTyped:
    """The reader typed a line of `process` that is not in the script: from now on it is the script's line ``line``, on ``page``
    (0-based). Where the script has that line, it reads so instead."""

    at: float
    process: str
    line: int
    source: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class ExpectationJudged:
    """An expectation of the lesson was judged. ``found`` is what its parts were, ``actual`` the same in English, for who reads
    recordings; older ones have that alone."""

    at: float
    line: int
    source: str
    ok: bool
    actual: str
    proves_nothing: bool = False  # it held already when the page's first call was made
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class PredictionMade:
    """The reader chose an answer (0-based choice) to the prediction at ``line``; None: passed over."""

    at: float
    line: int
    choice: int | None


@dataclass(frozen=True, slots=True)
class PredictionSettled:
    """The kernel's answer to the prediction at ``line``. ``answer`` is None where the expression had no value: ``found`` is why,
    ``reason`` the same in English, as in `ExpectationJudged`."""

    at: float
    line: int
    answer: str | None
    reason: str = ""
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class VotesCounted:
    """A room was asked the question at ``line``: so many chose each of its choices (`sockviz.model.limits.MOST_VOTES` of each at
    most). What was counted later replaces this. No vote is the reader's prediction, and none is an answer."""

    at: float
    line: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LessonEnded:
    """The last page is done."""

    at: float
