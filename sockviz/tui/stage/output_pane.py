"""What programs have printed last: whole lines, of standard output and error, never more than can be seen."""

from __future__ import annotations

from collections import deque

from sockviz.language import _
from sockviz.model.events import OutputWritten
from sockviz.model.long_values import whole_of
from sockviz.tui.palette import hues
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, crop, finish, line
from sockviz.tui.view import View
from sockviz.words.programs import STREAMS

#: Lines that are kept, and how long one can be (characters).
_KEPT, _LONGEST = 200, 400


class OutputPane(Drawing):
    """Draws the last lines. It is told of output as it comes."""

    def __init__(self) -> None:
        super().__init__(id="output")
        self._printed: deque[tuple[str, int, str]] = deque(maxlen=_KEPT)
        self._begun: dict[tuple[str, int], str] = {}

    def printed(self, event: OutputWritten) -> None:
        """A program has printed."""
        data = whole_of(event.data) if isinstance(event.data, bytes) else b""
        key = (event.process, event.stream)
        *whole, rest = (self._begun.get(key, "") + data.decode("utf-8", "backslashreplace")).split("\n")
        self._begun[key] = rest[-_LONGEST:]
        self._printed.extend((event.process, event.stream, text[:_LONGEST]) for text in whole)

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """The last lines, those that are not whole yet at the end."""
        colours = hues(view.script)
        begun = ((process, stream, text) for (process, stream), text in self._begun.items() if text)
        last = [*self._printed, *begun][-height:]
        lines = [
            crop(
                line(
                    (f"{process} ", colours.get(process, "muted")),
                    (f"{STREAMS.get(stream, stream)} ", "faint"),
                    text,
                ),
                width,
            )
            for process, stream, text in last
        ]
        if not lines:
            lines = [line((_("nothing is printed yet"), "muted"))]
        return finish(lines, width, height, view.look)
