"""The wire: what has crossed it, and beneath that what the link is told to do."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _
from sockviz.model.hosts import LINK
from sockviz.tui.stage.code import Extent
from sockviz.tui.stage.code_rows import Listing
from sockviz.tui.stage.drawing import FocusableDrawing
from sockviz.tui.stage.ink import Line, finish, fit, frame, line, spelled, wrap
from sockviz.tui.view import Focus, View

#: Less than this is no diagram any more.
_LEAST_HEIGHT = 3
#: From this width on the title says what it is and how it is known.
_ROOM_FOR_BOTH = 20
#: The link's lines that are in sight, with a frame and without.
_LINK_LINES = {False: 7, True: 2}
#: Lines that the picture above them keeps.
_ARROWS = 4


def draw_wire(view: View, width: int, height: int, unframed: bool = False) -> list[Line]:
    """The wire in exactly `width` × `height`, and beneath it what the link is told to do on this page; in less than three lines,
    folded into a strip. ``unframed``: between two panels, where each line is needed."""
    if height < _LEAST_HEIGHT:
        from sockviz.tui.stage.wire_strip import draw_strip  # where a stage has no more room

        return draw_strip(view, width, height)
    framed = not unframed and width >= 4 and height >= 3
    inner, room = (width - 2, height - 2) if framed else (width, height)
    told = link_lines(view, inner, min(_LINK_LINES[unframed], max(1, room - _ARROWS)))
    room -= len(told) + bool(told and framed)
    title = _title(view, width)
    body = _body(view, inner, room)
    if told and (spare := room - _used(body)) > 0:
        # What the picture has no use for has the link's lines whole.
        whole = Listing(view, LINK, inner, "asleep").fitted(len(told) + spare, Extent.WHOLE)
        room, told = room + len(told) - len(whole), whole
    body = body[:room] + [Line()] * (room - len(body))
    if not framed:
        lines = body if view.crossed else [_over(title, width), *body[1:]]
        return finish([*lines, *told], width, height, view.look)
    rules = [(room, line(("link", "muted")))] if told else []
    lines = frame(title, [*body, *([Line()] if told else []), *told], width, height, "faint", rules)
    return spelled(lines, view.look)


def _used(body: list[Line]) -> int:
    """How many lines of a picture there are to the last one that says something."""
    said = (number for number, it in enumerate(body, 1) if it.text.strip("│┊ "))
    return max(said, default=0)


def _title(view: View, width: int) -> Line:
    title = line(_("wire"))
    if not view.lab.has_packets:
        title = (
            title + line((f" · {_('inferred')}", "muted"))
            if width >= _ROOM_FOR_BOTH
            else line((_("inferred"), "muted"))
        )
    if view.world.capture_lost:
        title += line((" · " + _("{count} lost").format(count=view.world.capture_lost), "bad"))
    return title


def _over(title: Line, width: int) -> Line:
    """A title that stands for a frame."""
    return fit(line(" ") + title, width)


def link_lines(view: View, width: int, most: int) -> list[Line]:
    """What this page tells the link to do, as code, around the line that it is at; nothing where it tells nothing."""
    if most <= 0 or not any(statement.process == LINK for statement in view.page.statements):
        return []
    return Listing(view, LINK, width, "asleep").fitted(most, Extent.SHORT)


def _body(view: View, width: int, room: int) -> list[Line]:
    if not view.crossed:
        return _empty(view, width, room)
    from sockviz.tui.stage.diagram import diagram  # on demand: nothing has crossed on a first page

    return diagram(view, width, room)


def _empty(view: View, width: int, room: int) -> list[Line]:
    says = _("nothing has crossed yet") if view.lab.has_packets else _("nothing has left a trace yet")
    words = wrap(says, max(1, width - 4), "muted")
    return [Line()] * max(0, (room - len(words)) // 2) + [
        line(" " * max(0, (width - it.width) // 2)) + it for it in words
    ]


class WirePanel(FocusableDrawing):
    """The sequence diagram."""

    unframed = False

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_wire(view, width, height, self.unframed)

    def lowest(self, points: Sequence[Focus]) -> Focus:
        """The newest packet, not a line of the link's below it."""
        return next((it for it in reversed(points) if it.packet is not None), points[-1])
