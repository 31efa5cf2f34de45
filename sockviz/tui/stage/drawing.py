"""The widget under every part of the stage: shows a view by drawing it, and repaints only the lines that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.style import Style

from sockviz.language import N_
from sockviz.tui.dirty_lines import is_painted_at_once
from sockviz.tui.messages import Clicked, PointMoved
from sockviz.tui.palette import INKS, Ink, theme_variables
from sockviz.tui.selecting import Selectable
from sockviz.tui.stage.ink import Line, gone_on
from sockviz.tui.view import Focus, View


class Drawing(Selectable):
    """Draws a `View` with `draw`, a pure function of it and a size. Knows no more than the lines it last drew."""

    DEFAULT_CSS = """
    Drawing { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's name
        super().__init__(id=id, classes=classes)
        self._view: View | None = None
        self._lines: list[Line] = []
        self._inked: dict[str, RichStyle] = {}
        self._bare: tuple[int, Color | None] | None = None  # of its styles, what is beneath its lines

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """The lines of this drawing: `height` of them, `width` cells each."""
        raise NotImplementedError

    @property
    def lines(self) -> list[Line]:
        """What is on the screen now."""
        return self._lines

    def show(self, view: View) -> None:
        """Shows `view`: the lines that differ are drawn again."""
        self._view = view
        self._redraw()

    def count_down(self, view: View) -> None:
        """Shows `view`, which differs from the one before in the time alone: what goes on with that in the lines there are."""
        later = gone_on(self._lines, view.now if view.now is not None else view.world.at)
        if later is None:
            self.show(view)
            return
        self._view = view
        old, self._lines = self._lines, later
        self._repaint([y for y, (was, now) in enumerate(zip(old, later, strict=True)) if was is not now])

    def _redraw(self) -> None:
        width, height = self.size
        if self._view is None or not width or not height:
            self._lines = []  # out of sight: when it is shown again, what it was about then is not told again
            return
        old, self._lines = self._lines, self.draw(self._view, width, height)
        if len(old) != len(self._lines):
            self.refresh()
            return
        self._repaint(
            [y for y, (was, now) in enumerate(zip(old, self._lines, strict=True)) if was.runs != now.runs]
        )

    def _repaint(self, changed: list[int]) -> None:
        """Has these lines drawn again."""
        if changed:
            regions = _regions(changed, self.size.width)
            if not is_painted_at_once(self, regions):
                self.refresh(*regions)

    def on_resize(self, _event: events.Resize) -> None:
        """Draws at the new size."""
        self._lines = []
        self._redraw()

    def notify_style_update(self) -> None:
        """The theme or the style sheet changed: inks are mixed anew."""
        self._inked, self._bare = {}, None
        super().notify_style_update()

    def texts(self) -> Sequence[str]:
        """The lines that it last drew."""
        return ["".join(text for text, _role in it.runs) for it in self._lines]

    def render_lines(self, crop: Region) -> list[Strip]:
        """As Textual does, in as many steps as lines take that nothing is drawn around or over."""
        styles = self.styles._cache_key
        if self._bare is None or self._bare[0] != styles:
            self._bare = styles, _beneath(self)
        background = self._bare[1]
        if background is None:
            return super().render_lines(crop)
        first, last = crop.column_span
        strips = [self.render_line(y) for y in crop.line_range]
        for each in self.get_line_filters():
            strips = [strip.apply_filter(each, background) for strip in strips]
        return strips if (first, last) == (0, self.size.width) else [it.crop(first, last) for it in strips]

    def render_line(self, y: int) -> Strip:
        """One line as Textual wants it."""
        return self.as_selected(self._line(y), y)

    def _line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self._ink(""))
        # A segment without a style would not get the widget's background.
        return Strip([Segment(text, self._ink(role)) for text, role in self._lines[y].runs], width)

    def _ink(self, role: str) -> RichStyle:
        ink = self._inked.get(role)
        if ink is None:
            style = self.visual_style
            for name in role.split():
                style += self._mixed(INKS[name])
            ink = self._inked[role] = style.rich_style
        return ink

    def _mixed(self, ink: Ink) -> Style:
        return Style(
            foreground=self._colour(ink.colour), background=self._colour(ink.on), bold=ink.bold,
            italic=ink.italic, underline=ink.underline, reverse=ink.reverse,
        )  # fmt: skip

    def _colour(self, variable: str | None) -> Color | None:
        if variable is None:
            return None
        theme = self.app.current_theme
        own = theme_variables(theme.dark, theme.ansi)
        return Color.parse(self.app.theme_variables.get(variable, own[variable]))


def _beneath(drawing: Drawing) -> Color | None:
    """The colour beneath its lines; None where there are edges around them, or something changes how they are seen."""
    styles = drawing.styles
    altered = styles.tint.a or styles.text_opacity != 1 or drawing.opacity != 1 or styles.has_rule("hatch")
    edged = styles.gutter.totals != (0, 0) or any(edge for edge, _ in styles.outline)
    return None if altered or edged else drawing.background_colors[1]


def _regions(changed: list[int], width: int) -> list[Region]:
    """Neighbouring lines as one region each."""
    regions: list[Region] = []
    for y in changed:
        if regions and regions[-1].bottom == y:
            last = regions.pop()
            regions.append(Region(0, last.y, width, last.height + 1))
        else:
            regions.append(Region(0, y, width, 1))
    return regions


class FocusableDrawing(Drawing, can_focus=True):
    """A drawing whose lines can be pointed at, by key or mouse. It says what was pointed at; the screen decides."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up", "point(-1)", N_("up"), show=False, id="stage.up", tooltip=N_("Point at the thing above")
        ),
        Binding(
            "down",
            "point(1)",
            N_("down"),
            show=False,
            id="stage.down",
            tooltip=N_("Point at the thing below"),
        ),
    ]

    def _line(self, y: int) -> Strip:
        """As any drawing; the frame's upper edge is heavy while the keys go to this one."""
        if y or not self.has_focus or not self._lines:
            return super()._line(y)
        heavy = {ord("─"): "━", ord("-"): "="}
        runs = [(text.translate(heavy), f"{role} strong") for text, role in self._lines[0].runs]
        return Strip([Segment(text, self._ink(role)) for text, role in runs], self.size.width)

    def points(self) -> list[Focus]:
        """What can be pointed at, from top to bottom."""
        found: list[Focus] = []
        for it in self._lines:
            if it.focus is not None and it.focus not in found:
                found.append(it.focus)
        return found

    def action_point(self, step: int) -> None:
        """Points at the next thing `step` further down."""
        if points := self.points():
            self.post_message(PointMoved(points, step, self.lowest(points)))

    def lowest(self, points: Sequence[Focus]) -> Focus:
        """What of `points` is come to first from below."""
        return points[-1]

    def on_click(self, event: events.Click) -> None:
        """Points at what was clicked; a click on what is pointed at already asks for its evidence."""
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= offset.y < len(self._lines):
            return
        focus = self._lines[offset.y].focus
        if focus is not None:
            event.prevent_default()  # a second one does not select the whole drawing
            self.post_message(Clicked(focus))


class LongDrawing(Drawing):
    """A drawing as high as it needs to be: put it into a container that scrolls."""

    DEFAULT_CSS = """
    LongDrawing { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._drawn: tuple[View | None, int, list[Line]] = (None, 0, [])

    def draw_long(self, view: View, width: int) -> list[Line]:
        """The lines of this drawing, as many as it needs, `width` cells each."""
        raise NotImplementedError

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """The same, once for each view: their number is asked for before they are."""
        del height
        if self._drawn[0] is not view or self._drawn[1] != width:
            self._drawn = (view, width, self.draw_long(view, width))
        return self._drawn[2]

    def show(self, view: View) -> None:
        """Shows `view`, at the height it needs."""
        self._view = view
        if self.is_mounted:
            self.refresh(layout=True)
        self._redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the drawing has at `width`."""
        del container, viewport
        return len(self.draw(self._view, width, 0)) if self._view is not None and width else 1
