"""What waits in both queues of a socket, beneath its own line."""

from __future__ import annotations

from sockviz.language import current as current_language
from sockviz.model.sockets import SocketRow
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.ink import Line, fit, line
from sockviz.tui.view import View
from sockviz.words.queues import briefly_sent, received, sent
from sockviz.words.urgent import Urgent, urgent_in


def beneath(view: View, row: SocketRow, width: int) -> tuple[list[Line], ...]:
    """Both queues of bytes: in one line, with what they hold where that has room; else in two, where it is worth them."""
    return _beneath(row, urgent_in(row, view.world), width)


def _decides(row: SocketRow, urgent: Urgent | None, width: int) -> tuple[object, ...]:
    return row, urgent, width, current_language()


@remembered_by(2048, _decides)
def _beneath(row: SocketRow, urgent: Urgent | None, width: int) -> tuple[list[Line], ...]:
    counts = (
        line("recv-q ", (str(row.recv_q), "strong" if row.recv_q else "muted")),
        line("send-q ", (str(row.send_q), "strong" if row.send_q else "muted")),
    )
    read = counts[0] + line((received(row, urgent=urgent), "muted"))
    gone = counts[1] + line((sent(row), "muted"))
    if read.width + 3 >= width:
        read = counts[0] + line((received(row, True, urgent), "muted"))
    indent = line("   ")
    if gone.width + 3 >= width:
        gone = counts[1] + line((briefly_sent(row), "muted"))
    if read.width + gone.width + 5 < width:
        second = max(read.width, min(18, width - gone.width - 6))
        return ([indent + fit(read, second) + line("  ") + gone],)
    return [indent + counts[0] + line("  ") + counts[1]], [indent + read, indent + gone]
