"""The wire folded into one line, for a stage too small for a diagram: the newest of what crossed, as steps up and down."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _
from sockviz.model.hosts import KERNEL
from sockviz.tui.cast import is_left
from sockviz.tui.palette import hues
from sockviz.tui.stage.crossings import Crossing, Fate, chosen, crossings, lateness, parties, under_way
from sockviz.tui.stage.ink import Line, finish, line
from sockviz.tui.view import Focus, Mode, View

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
    first = _first_that_fits(steps, room)
    drawn = title + (line(("… ", "muted")) if first else Line())
    waiting = _waiting(view, shown[:first])
    if waiting is not None and steps[waiting].width + 2 <= room // 2:
        # What the wire's keys are for stays in sight, however much has come since.
        first = _first_that_fits(steps, room - steps[waiting].width - 2, after=waiting)
        drawn = (
            title + steps[waiting] + line("  ") + (line(("… ", "muted")) if first > waiting + 1 else Line())
        )
    for step in steps[first:]:
        drawn = drawn + step + line("  ")
    newest = shown[-1].number if shown else None
    return finish(
        [drawn.pointing(Focus(packet=newest) if newest is not None else None)], width, height, view.look
    )


def _first_that_fits(steps: Sequence[Line], room: int, after: int = -1) -> int:
    """From where on so much room has all of `steps`, and the mark of what it has not; at the earliest the one `after` that."""
    first = len(steps)
    while first > after + 1 and sum(it.width + 2 for it in steps[first - 1 :]) <= room - (
        2 if first > after + 2 else 0
    ):
        first -= 1
    return first


def _waiting(view: View, seen: Sequence[Crossing]) -> int | None:
    """The place of the held packet that the wire's keys are for, where it is among them."""
    flight = chosen(view) if view.mode is Mode.LIVE else None
    return next((n for n, it in enumerate(seen) if flight is not None and it.flight == flight.packet), None)


def _goes_down(view: View, it: Crossing, everyone: Sequence[str]) -> bool:
    """Whether it is sent by the side that stands above; of two on one side, by the one that stands above the other. Where no
    socket had a part in it the kernel stands across from whoever had."""
    sent, got = (is_left(view.script, view.world, name) for name in (it.sender, it.receiver))
    if KERNEL in (it.sender, it.receiver):
        return not got if it.sender == KERNEL else sent
    return sent if sent is not got else everyone.index(it.sender) < everyone.index(it.receiver)
