"""Text selected with the mouse on what the stage draws: which character is under it, and what of it is copied.

Textual finds out by marks in every segment of a frame; ours are drawn many times a second and selected seldom, so that a screen
asks the drawing under the mouse instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.errors import NoWidget
from textual.events import Click, Event
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.screen import Screen

#: What frames are drawn with: it is not copied.
_SIDES, _CORNERS, _EDGES = "│┃|", "╭╮╰╯├┤┌┐└┘┏┓┗┛+", "─━-= "


class Selectable(Widget):
    """A widget of which a `Selecting` screen lets one select what is seen; what it draws of that passes `as_selected`."""

    _selected: Selection | None = None

    def texts(self) -> Sequence[str]:
        """Its lines, as far as they are in sight."""
        raise NotImplementedError

    def character_at(self, x: int, y: int) -> Offset | None:
        """The character at cell `x` of line `y`."""
        return character(self.texts(), x, y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is selected, as it is seen."""
        return selected(self.texts(), selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Something else is selected, or nothing any more."""
        self._selected = selection
        self.refresh()

    def as_selected(self, strip: Strip, y: int) -> Strip:
        """Line `y`, what is selected of it marked."""
        if self._selected is None:
            return strip
        return marked(
            strip, self._selected.get_span(y), self.screen.get_component_rich_style("screen--selection")
        )


class Selecting:
    """Goes before a kind of screen on which drawings can be selected."""

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """The widget there, and which character of which of its lines; while something is selected, of the widget in which that
        began: who goes past the edge of a pane means up to it."""
        x, y = self._where_it_began(x, y)
        widget, offset = super().get_widget_and_offset_at(x, y)  # type: ignore[misc]  # the screen's
        if widget is not None and (inside := self._beside(widget, x, y)) is not None:
            found, nearest = self.get_widget_and_offset_at(*inside)
            if found is not None and widget in found.ancestors_with_self:
                return found, nearest
        character_at = getattr(widget, "character_at", None)
        if widget is not None and character_at is not None:
            try:
                region = cast("Screen[Any]", self).find_widget(widget).region
            except NoWidget:  # it is being taken away
                return widget, None
            gutter = widget.gutter
            offset = character_at(x - region.x - gutter.left, y - region.y - gutter.top)
        return widget, offset

    def _where_it_began(self, x: int, y: int) -> tuple[int, int]:
        """While something is selected: the cell nearest to that one, of those in sight of the widget in which it began."""
        screen = cast("Screen[Any]", self)
        state = screen._select_state if screen._selecting else None
        widget = state.start.content_widget if state is not None else None
        if widget is None:
            return x, y
        try:
            seen = screen.find_widget(widget).visible_region
        except NoWidget:  # it is being taken away
            return x, y
        return (min(max(x, seen.x), seen.right - 1), min(max(y, seen.y), seen.bottom - 1)) if seen else (x, y)

    def _forward_event(self, event: Event) -> None:
        """Whoever has just selected something has not clicked. Only here is it known in time: a widget hears of both later, each
        by its own way."""
        if not (isinstance(event, Click) and cast("Screen[Any]", self).selections):
            super()._forward_event(event)  # type: ignore[misc]  # the screen's

    def _beside(self, widget: Widget, x: int, y: int) -> tuple[int, int] | None:
        """The cell inside of `widget` that is nearest to one of its border: who takes hold of that means what is beside it."""
        try:
            region = cast("Screen[Any]", self).find_widget(widget).region.shrink(widget.gutter)
        except NoWidget:  # it is being taken away
            return None
        if not region or region.contains(x, y):
            return None
        return min(max(x, region.x), region.right - 1), min(max(y, region.y), region.bottom - 1)


def character(lines: Sequence[str], x: int, y: int) -> Offset | None:
    """The character at cell `x` of line `y`; None where there is no line."""
    if not 0 <= y < len(lines):
        return None
    cells = 0
    for place, letter in enumerate(lines[y]):
        cells += cell_len(letter)
        if cells > x:
            return Offset(place, y)
    return Offset(len(lines[y]), y)


def selected(lines: Sequence[str], selection: Selection) -> str:
    """What is selected of `lines`, as it is seen: without a frame that is around all of them, and without trailing blanks."""
    framed = all(line[:1] in _CORNERS or line[:1] in _SIDES for line in lines)
    parts = []
    for y, line in enumerate(lines):
        span = selection.get_span(y)
        if span is not None:
            start, end = span[0], len(line) if span[1] < 0 else span[1]
            first, last = _inside(line) if framed else (0, len(line))
            parts.append(line[max(start, first) : max(min(end, last), 0)].rstrip())
    return "\n".join(parts)


def _inside(line: str) -> tuple[int, int]:
    """From where to where a framed line is neither frame nor the blank beside that."""
    if line[:1] in _SIDES:
        return 1 + line[1:2].isspace(), len(line) - (line[-1] in _SIDES)
    words = line.strip(_CORNERS + _EDGES)
    first = line.index(words)
    return first, first + len(words)


def marked(strip: Strip, span: tuple[int, int] | None, theme: Style) -> Strip:
    """`strip` with the characters of `span` on the `theme`'s ground for what is selected, reversed where it has none of its own;
    an end of -1 is that of the line."""
    if span is None:
        return strip
    ground = theme.bgcolor
    style = Style(reverse=True) if ground is None or ground.is_default else Style(bgcolor=ground)
    start, end = span
    at, segments = 0, []
    for text, own, _control in strip:
        first = max(start - at, 0)
        last = len(text) if end < 0 else min(max(end - at, 0), len(text))
        for part, inside in (
            (text[:first], False),
            (text[first:last], True),
            (text[max(last, first) :], False),
        ):
            if part:
                segments.append(Segment(part, (own or Style()) + style if inside else own))
        at += len(text)
    return Strip(segments, strip.cell_length)
