"""What is told beneath a listener's own line: its queues, and what was turned away."""

from __future__ import annotations

from sockviz.model.sockets import SocketRow
from sockviz.tui.stage.lookup import Lookup
from sockviz.tui.stage.overflow import cookies, turned_away
from sockviz.tui.stage.part_lines import PartLines
from sockviz.tui.stage.queues import (
    accept_boxes,
    accept_queue,
    no_syn_queue,
    syn_queue,
    syn_waits,
)
from sockviz.tui.stage.ranking import Part
from sockviz.tui.view import View


def told_of_listener(
    view: View, lookup: Lookup, row: SocketRow, width: int, hues: dict[str, str]
) -> list[PartLines]:
    """What there is to tell beneath a listener's own line, what matters most first."""
    brief = accept_queue(view, lookup, row, width, hues)
    boxes = accept_boxes(view, lookup, row, width, hues)
    told = [
        PartLines(Part.ACCEPT, (brief, boxes) if boxes else (brief,), holds=bool(row.recv_q)),
        PartLines(
            Part.DROPPED, ([*turned_away(view, lookup, row, width), *cookies(view, lookup, row, width)],)
        ),
    ]
    half_open = syn_queue(view, lookup, row, width, hues)
    if half_open:
        waits = syn_waits(view, lookup, row, width)
        return [*told, PartLines(Part.SYN, (half_open, half_open + waits))]
    if row.protocol == "TCP":  # only TCP shakes hands
        return [*told, PartLines(Part.SYN, ([no_syn_queue(view, row, width)],), holds=False)]
    return told
