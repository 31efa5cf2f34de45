"""Composes a screen of what has changed on it: a widget renders those of its lines that are drawn anew and not covered.

Textual's own compositor has every widget near a change render all of its lines, and takes what it needs of them. Of a screen of
panes, on which a timer's figure changes, that is a hundred times as many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from textual._compositor import ChopsUpdate, Compositor, CompositorMap, ReflowResult
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

#: A line of the screen, and the columns of it from the first up to before the second that are drawn anew.
_Span = tuple[int, int, int]


class DirtyLines(Compositor):
    """A screen's compositor (its `_compositor`), which asks each widget for as little as there is to draw."""

    #: Whether what is drawn now is `painted_at_once`.
    at_once = False
    #: Where each widget was when the screen was laid out last.
    _laid_out: CompositorMap | None = None

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lays the screen out. What has moved or has another size since is found by comparing with how it was laid out last.

        Textual compares with the map that it has, and that is a new one already where somebody has asked a widget for its place
        after another was mounted: then nobody would be told of their new sizes, nor what has moved be drawn.
        """
        if self._laid_out is not None:
            self._full_map = self._laid_out
        result = super().reflow(parent, size)
        self._laid_out = self._full_map
        return result

    def render_partial_update(self) -> ChopsUpdate | None:
        """What has changed since the last frame; None where nothing has."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not regions:
            return None
        spans = list(self._regions_to_spans(regions))
        return ChopsUpdate(self._parts(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        spans = [(y, crop.x, crop.right) for y in crop.line_range if is_rendered_line(y)]
        return self._parts(spans)  # type: ignore[return-value]  # all of what is asked for is there, as in Textual's own

    def _parts(self, spans: Iterable[_Span]) -> list[dict[int, Strip | None]]:
        """The parts of each line between two cuts, by where they begin; None of what is in no span."""
        cuts = self.cuts
        parts: list[dict[int, Strip | None]] = [{}] * len(cuts)  # of what is in no span nobody asks for any
        missing: dict[int, set[int]] = {}
        for y, first, last in spans:
            if y not in missing:
                parts[y], missing[y] = dict.fromkeys(cuts[y][:-1]), set()
            missing[y].update(cut for cut, end in pairwise(cuts[y]) if cut < last and end > first)
        rows = sorted(missing)
        for widget, (region, clip) in self.visible_widgets.items():  # from the front to the back
            shown = region.intersection(clip)
            first, last = shown.column_span
            wanted = [
                y
                for y in rows
                if shown.y <= y < shown.bottom and any(first <= cut < last for cut in missing[y])
            ]
            if not wanted:
                continue
            # Where a line is divided, of which line: most have the same cuts as the one above.
            of: list[int] = []
            begins, ends = of, of
            for lines in _runs(wanted):
                own = Region(shown.x - region.x, lines.start - region.y, shown.width, len(lines))
                for y, strip in zip(lines, widget.render_lines(own), strict=False):
                    if of != cuts[y]:
                        of = cuts[y]
                        begins = [cut for cut in of if first <= cut <= last]
                        ends = [cut - shown.x for cut in begins[1:]]
                    whole = len(ends) == 1 and ends[0] == strip.cell_length
                    line, of_it = parts[y], missing[y]
                    for cut, part in zip(begins, (strip,) if whole else strip.divide(ends), strict=False):
                        if cut in of_it:
                            of_it.remove(cut)
                            line[cut] = part
            rows = [y for y in rows if missing[y]]
            if not rows:
                break
        return parts


@contextmanager
def painted_at_once(screen: Screen[Any]) -> Iterator[None]:
    """What is drawn inside is painted at the end of it: nothing but drawings changes, and none of them its size.

    Otherwise each widget tells its screen by messages, and that waits for the tick of a clock. So does what is drawn here where
    something else still waits for that: a layout, or who is to be called after it.
    """
    compositor = screen._compositor
    if not isinstance(compositor, DirtyLines):
        yield
        return
    compositor.at_once = True
    try:
        yield
    finally:
        compositor.at_once = False
    dirty = screen._dirty_widgets
    waits = screen._layout_required or screen._scroll_required or screen._callbacks or screen.app._batch_count
    if waits or not screen.is_current or any(widget._layout_required for widget in dirty):
        screen.check_idle()
    elif dirty:
        screen._on_timer_update()


def is_painted_at_once(widget: Widget, regions: Iterable[Region]) -> bool:
    """Whether `regions` of it are: then whoever has asked for that knows of them now."""
    screen = widget.screen
    compositor = screen._compositor
    if not (
        isinstance(compositor, DirtyLines) and compositor.at_once and widget in compositor.visible_widgets
    ):
        return False
    widget._set_dirty(*regions)
    screen._dirty_widgets.add(widget)
    return True


def _runs(lines: Sequence[int]) -> Iterator[range]:
    """Neighbouring numbers of ascending `lines` as one range each."""
    first = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines[at] != lines[at - 1] + 1:
            yield range(lines[first], lines[at - 1] + 1)
            first = at
