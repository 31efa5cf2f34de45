"""What a student's program has printed, in whole lines."""

from __future__ import annotations

from collections import deque

from sockviz.dataclass import dataclass
from sockviz.model.events import OutputWritten
from sockviz.practice.attempt import Attempt
from sockviz.words.printed import PrintedText

#: A line is told to so many characters.
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class PrintedEnd:
    """The last ``lines``, each with its stream (1, 2), and how many came ``before`` them. So many bytes are ``unkept``."""

    lines: tuple[tuple[int, str], ...] = ()
    before: int = 0
    unkept: int = 0


def printed(attempt: Attempt | None, most: int) -> PrintedEnd:
    """The last `most` lines of an attempt, standard output and error in the order in which they came."""
    if attempt is None or attempt.timeline is None:
        return PrintedEnd()
    text = PrintedText()
    begun: dict[tuple[str, int], str] = {}
    kept: deque[tuple[int, str]] = deque(maxlen=most)
    count = unkept = 0
    for event in attempt.timeline.events:
        if isinstance(event, OutputWritten):
            key = (event.process, event.stream)
            *whole, rest = (begun.get(key, "") + text.of(event)).split("\n")
            begun[key] = rest
            unkept += event.unkept
            count += len(whole)
            kept.extend((event.stream, line[:_LONGEST]) for line in whole)
    for (_process, stream), rest in begun.items():
        if rest:
            count += 1
            kept.append((stream, rest[:_LONGEST]))
    return PrintedEnd(tuple(kept), count - len(kept), unkept)
