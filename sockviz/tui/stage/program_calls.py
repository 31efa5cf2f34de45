"""What a program of the user's own has called, in its panel: its last calls with their results, and those under way."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Call, Stage
from sockviz.model.process import Process
from sockviz.tui.palette import ASLEEP, FAILED, NEXT
from sockviz.tui.stage.ink import Line, ends, fit, line
from sockviz.tui.view import View
from sockviz.words.programs import place_of
from sockviz.words.wording import asleep_in, call_as_made, outcome

#: So many calls a panel would show, where it has the room.
_WANTED = 12


def calls_wanted(process: Process | None) -> tuple[int, int]:
    """The lines that they would take, and those without which what matters now is not in sight."""
    if process is None:
        return 1, 1
    now = len(process.under_way)
    return min(len(process.calls) + now, _WANTED) or 1, max(now, 1)


def calls_drawn(view: View, process: Process | None, width: int, height: int) -> list[Line]:
    """Exactly `height` lines: the last calls, the one entered last at the end."""
    if process is None:
        return [fit(Line(), width)] * height
    now = process.under_way[-height:]
    past = process.calls[max(len(process.calls) - (height - len(now)), 0) :]
    drawn = [_drawn(view, call, width) for call in (*past, *now)]
    if not drawn:
        drawn = [fit(line(" ", (_("no calls yet"), "muted")), width)]
    return drawn + [Line()] * (height - len(drawn))


def _drawn(view: View, call: Call, width: int) -> Line:
    place = place_of(call, view.world)
    left = line((f"{place} ", "muted") if place else "", call_as_made(call))
    match call.stage:
        case Stage.HELD:
            return ends(
                line((f"{NEXT} ", "good strong")) + left.over("strong"),
                line((_("held"), "good strong")),
                width,
            )
        case Stage.ASLEEP:
            return ends(line((f"{ASLEEP} ", "asleep")) + left, line((asleep_in(call), "asleep")), width)
        case Stage.FAILED:
            return ends(
                line((f"{FAILED} ", "bad")) + left, line((outcome(call).removeprefix("✗ "), "bad")), width
            )
        case Stage.ENTERED:
            return ends(line("  ") + left, line(("…", "muted")), width)
    return ends(line("  ") + left, line((outcome(call), "muted")), width)
