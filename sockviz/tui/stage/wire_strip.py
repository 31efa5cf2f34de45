"""The wire folded into one line, for a stage too small for a diagram: the newest of what crossed, as steps up and down."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _
from sockviz.model.hosts import KERNEL
from sockviz.tui.cast import is_left
from sockviz.tui.palette import hues
from sockviz.tui.stage.crossings import Crossing, Fate, crossings, lateness, parties, under_way
from sockviz.tui.stage.ink import Line, finish, line
from sockviz.tui.view import Focus, View

#: Segments looked at: more never fit.
_MOST = 40


def draw_strip(view: View, width: int, height: int) -> list[Line]:
    """``wire  ▲ SYN  ▼ SYN+ACK  ▲ ACK``: the newest of what crossed, between a server above and its clients below."""
    captured = view.lab.has_packets
    title = line((f" {_('wire')}", ""), ("  " if captured else f" {_('(inferred)')}  ", "muted"))
    if not view.crossed:
        says = _("nothing has crossed yet") if captured else _("nothing has left a trace yet")
        return finish([title + line((says, "muted"))], width, height, view.look)
    shown, moving = under_way(view, crossings(view, _MOST))
    everyone = parties(view, crossings(view, 200))
    colours = hues(view.script)
    room = width - title.width - 1
    steps: list[Line] = []
    other = ""
    all_named = len(everyone) > 2 or any(it.sender == it.receiver for it in shown)
    for index, it in enumerate(shown):
        down = _goes_down(view, it, everyone)
        upper, lower = (it.sender, it.receiver) if down else (it.receiver, it.sender)
        before, other = other, upper if down and upper != everyone[0] else lower
        hue = colours.get(other, "muted")
        if it.sender == it.receiver:
            down, other = it.source[1] < it.destination[1], _("{name} to itself").format(name=it.sender)
        named = line((f"{other} ", f"{hue} strong")) if all_named else Line()
        arrived = captured and it.fate not in (Fate.HELD, Fate.DROPPED)
        arrow = (
            "✗"
            if it.fate in (Fate.DROPPED, Fate.TURNED_AWAY)
            else ("▼" if down else "▲")
            if arrived
            else ("▽" if down else "△")
        )
        role = colours.get(it.sender, "muted") if it is not moving else "muted"
        after = Line()
        if it.fate in (Fate.HELD, Fate.DROPPED):
            after += line((f" {_(it.fate.value)}", "asleep" if it.fate is Fate.HELD else "bad"))
        if index and (late := lateness(shown[index - 1], it)):
            after += line((f" +{late * 1000:.0f} ms", "muted"))
        told = [
            (named if before != other else Line())
            + line((f"{arrow} ", role), (label, f"{role} strong"))
            + after
            for label in it.labels(with_numbers=False)[2:]
        ]
        # The newest is told, in however few letters.
        steps.append(next((each for each in told if each.width <= room - 4), told[-1]))
    first = len(steps)
    while first and sum(it.width + 2 for it in steps[first - 1 :]) <= room - (2 if first > 1 else 0):
        first -= 1
    drawn = title + (line(("… ", "muted")) if first else Line())
    for step in steps[first:]:
        drawn = drawn + step + line("  ")
    newest = shown[-1].number if shown else None
    return finish(
        [drawn.pointing(Focus(packet=newest) if newest is not None else None)], width, height, view.look
    )


def _goes_down(view: View, it: Crossing, everyone: Sequence[str]) -> bool:
    """Whether it is sent by the side that stands above; of two on one side, by the one that stands above the other. Where no
    socket had a part in it the kernel stands across from whoever had."""
    sent, got = (is_left(view.script, view.world, name) for name in (it.sender, it.receiver))
    if KERNEL in (it.sender, it.receiver):
        return not got if it.sender == KERNEL else sent
    return sent if sent is not got else everyone.index(it.sender) < everyone.index(it.receiver)
