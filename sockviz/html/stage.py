"""The stage at a page's end: processes and wire drawn as on the screen, below or beside each other as there is room."""

from __future__ import annotations

from sockviz.html.inked import drawing
from sockviz.html.markup import NOTHING, Html, element
from sockviz.tui.cast import cast
from sockviz.tui.stage.process_panel import draw_process, needs
from sockviz.tui.stage.wire import draw_wire
from sockviz.tui.view import View
from sockviz.tui.widgets.stage_area import at_work, left_behind, lines_for

#: Cells: what a phone has in a line of letters that can be read.
WIDTH = 44
#: Lines of code and of descriptors that a panel has at most. The code stands on the page, too.
_MOST_CODE, _MOST_FDS = 12, 24
#: More processes than this share as many lines as so many would have.
_FEW = 6
#: Lines of a wire on which nothing crossed, and at most.
_LEAST_WIRE, _MOST_WIRE = 5, 30


def stage(view: View, opened: float, crossed: int) -> Html:
    """The stage at `view`, whose page was `opened` then; `crossed` segments were on the wire since. Empty before anybody acts."""
    if not view.world.processes:
        return NOTHING
    shown = cast(view.script, view.page, view.world, opened, left_behind(view))
    names = (*shown.left, *shown.right)
    heights = dict(zip(names, _heights(view, names, opened), strict=True))
    panels = [_process(view, name, heights[name]) for name in shown.left]
    panels += [_wire(view, crossed)] if shown.wire else []
    panels += [_process(view, name, heights[name]) for name in shown.right]
    return element("div", *panels, class_="panels") if panels else NOTHING


def _heights(view: View, names: tuple[str, ...], opened: float) -> list[int]:
    if len(names) > _FEW:
        room = _FEW * (_MOST_CODE + _MOST_FDS // 2)
        return [max(1, n) for n in lines_for(view, names, at_work(view, opened), WIDTH, room, unframed=True)]
    its = [needs(view, name, WIDTH - 1, 2 * (_MOST_CODE + _MOST_FDS)) for name in names]
    return [min(it.code, _MOST_CODE) + min(it.fds, _MOST_FDS) + 2 for it in its]  # and two titles


def _process(view: View, name: str, height: int) -> Html:
    lines = draw_process(view, name, WIDTH, height, unframed=True)
    return element("div", drawing(lines), class_="panel", role="group", aria_label=name)


def _wire(view: View, crossed: int) -> Html:
    """The wire. What crossed it stands in words on the page: as a drawing it is for the eye alone."""
    height = max(_LEAST_WIRE, min(2 * crossed + _LEAST_WIRE, _MOST_WIRE))
    drawn = draw_wire(view, WIDTH, height)
    # Empty rows below each other say no more than one does.
    lines = [it for n, it in enumerate(drawn) if not n or it.text != drawn[n - 1].text]
    return element("div", drawing(lines, aloud=False), class_="panel framed", aria_hidden="true")
