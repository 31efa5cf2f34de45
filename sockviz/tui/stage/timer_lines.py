"""A socket's timer in lines: what it counts down to, how long that is still, how often it has run out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.cells import cell_len

from sockviz.language import N_, _
from sockviz.model.sockets import SocketRow, Timer
from sockviz.tui.palette import TICKING
from sockviz.tui.stage.ink import Line, Ticking, line
from sockviz.tui.view import View
from sockviz.words.wording import seconds_text

#: What a timer counts down to, and what is said once it has run out.
_WORDS = {
    Timer.ON: (N_("retry in {time}"), N_("retry due")),
    Timer.KEEPALIVE: (N_("keepalive in {time}"), N_("keepalive due")),
    Timer.TIMEWAIT: (N_("gone in {time}"), N_("gone any moment")),
    Timer.PERSIST: (N_("window probe in {time}"), N_("window probe due")),
}
_ANY_TIMER = (N_("timer {time}"), N_("timer due"))


def beside(view: View, row: SocketRow, room: int) -> Line:
    """The timer at the end of a socket's own line, as much of it as there is room for."""
    if row.expires is None:
        return Line()
    # Seconds without a word of what ends then say nothing.
    texts = (_whole(view, row, "  "), _countdown(view, row, "  "), _countdown(view, row, " "))
    said = next((text for text in texts if cell_len(text) <= room), "")
    return line((said, _role(row)))


def beneath(view: View, row: SocketRow, width: int) -> tuple[Sequence[Line], ...]:
    """The timer on lines of its own: in one line, else in two where it is worth them."""
    whole = line("   ", (_whole(view, row), _role(row)))
    if whole.width < width or not row.retransmits:
        return ([whole],)
    countdown = line("   ", (_countdown(view, row), _role(row)))
    return [whole], [countdown, line("   ", (_times(row), _ink(row)))]


def _whole(view: View, row: SocketRow, lead: str = "") -> Ticking:
    after = ", " + _times(row) if row.retransmits else ""
    return Ticking.of(partial(_counted, row, lead, after), _now(view))


def _times(row: SocketRow) -> str:
    times = _("probed ×{count}") if row.timer in (Timer.PERSIST, Timer.KEEPALIVE) else _("again ×{count}")
    return times.format(count=row.retransmits)


def _countdown(view: View, row: SocketRow, lead: str = "") -> Ticking:
    return Ticking.of(partial(_counted, row, lead, ""), _now(view))


def _now(view: View) -> float:
    return view.now if view.now is not None else view.world.at


def _counted(row: SocketRow, lead: str, after: str, now: float) -> str:
    counts, over = _WORDS[row.timer] if row.timer is not None else _ANY_TIMER
    left = _left(row, now)
    return lead + (_(counts).format(time=left) if left else _(over)) + after


def _left(row: SocketRow, now: float) -> str:
    assert row.expires is not None
    return seconds_text(row.expires - now) if row.expires > now else ""


def _role(row: SocketRow) -> str:
    return f"{_ink(row)} {TICKING}"


def _ink(row: SocketRow) -> str:
    return "asleep" if row.timer in (Timer.ON, Timer.PERSIST) else "muted"
