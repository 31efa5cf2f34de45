"""What programs have printed last: whole lines, of standard output and error, never more than can be seen."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.events import OutputWritten
from sockviz.model.timeline import Timeline
from sockviz.tui.palette import hue_of
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, crop, finish, line
from sockviz.tui.view import View
from sockviz.words.printed import PrintedText
from sockviz.words.programs import STREAMS

#: Lines that are kept, and how long one can be (characters).
_KEPT, _LONGEST = 200, 400
#: Outputs between two moments that are kept to go back to.
_APART = 512


@dataclass(frozen=True, slots=True)
class _Printed:
    """What was printed by a moment: whole lines, the beginnings of others, and of characters."""

    whole: tuple[tuple[str, int, str], ...] = ()
    begun: Mapping[tuple[str, int], str] = field(default_factory=dict)
    characters: Mapping[tuple[str, int], tuple[bytes, int]] = field(default_factory=dict)


class PrintedLines:
    """The lines that were printed in the first events of a timeline: read on as the reader goes on; where they go back, from the
    moment before that was kept."""

    def __init__(self) -> None:
        self._places: list[int] = []  # of the events that are output
        self._seen = self._read = 0
        self._moments = [_Printed()]  # before the first, and after each so many of them
        self._back_to(0)

    def up_to(self, timeline: Timeline, cursor: int, most: int) -> list[tuple[str, int, str]]:
        """The last lines, `most` at most, each with its process and stream: those that are not whole yet at the end."""
        events = timeline.events
        self._places += [n for n in range(self._seen, len(events)) if isinstance(events[n], OutputWritten)]
        self._seen = len(events)
        wanted = bisect_left(self._places, cursor)
        if wanted < self._read:
            self._back_to(wanted // _APART)
        for place in self._places[self._read : wanted]:
            event = events[place]
            self._read += 1
            if isinstance(event, OutputWritten):
                self._hear(event)
            if self._read == len(self._moments) * _APART:
                self._moments.append(_Printed(tuple(self._whole), dict(self._begun), self._text.state))
        begun = [(process, stream, text) for (process, stream), text in self._begun.items() if text]
        return [*self._whole, *begun][-most:] if most > 0 else []

    def _back_to(self, number: int) -> None:
        """To one of the moments that were kept."""
        moment = self._moments[number]
        self._read = number * _APART
        self._whole = deque(moment.whole, maxlen=_KEPT)
        self._text, self._begun = PrintedText(moment.characters), dict(moment.begun)

    def _hear(self, event: OutputWritten) -> None:
        key = (event.process, event.stream)
        *whole, rest = (self._begun.get(key, "") + self._text.of(event)).split("\n")
        self._begun[key] = rest[:_LONGEST]
        self._whole.extend((event.process, event.stream, text[:_LONGEST]) for text in whole)


class OutputPane(Drawing):
    """Draws the last lines."""

    def __init__(self) -> None:
        super().__init__(id="output")
        self._printed = PrintedLines()

    def rows_wanted(self, view: View) -> int:
        """The lines that were printed before the cursor; one says that there are none."""
        return max(len(self._printed.up_to(view.timeline, view.cursor, _KEPT)), 1)

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Those that were printed before the cursor."""
        lines = [
            crop(
                line(
                    (f"{process} ", hue_of(view.script, view.world, process)),
                    (f"{STREAMS.get(stream, stream)} ", "muted"),
                    text,
                ),
                width,
            )
            for process, stream, text in self._printed.up_to(view.timeline, view.cursor, height)
        ]
        if not lines:
            lines = [line((_("nothing is printed yet"), "muted"))]
        return finish(lines, width, height, view.look)
