"""What a program of the user's own has called, in its panel: its last calls with their results, and those under way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rich.cells import cell_len

from sockviz.language import _
from sockviz.model.call import Call, Stage
from sockviz.model.process import Process
from sockviz.model.tasks import AtWork, alike, task_name
from sockviz.tui.palette import ASLEEP, ENTERED, FAILED, NEXT
from sockviz.tui.remembered import remembered
from sockviz.tui.stage.ink import Line, crop, ends, fit, line, marked, wrap
from sockviz.tui.stage.written import broken
from sockviz.tui.view import Focus, View
from sockviz.words.programs import place_of
from sockviz.words.wording import asleep_in, call_as_made, outcome
from sockviz.words.worst_kernel import in_short

#: So many calls a panel would show, where it has the room.
_WANTED = 12
#: So many of the last are looked at for some that came again.
_LOOKED_AT = 200


def calls_wanted(view: View, process: Process | None, width: int) -> tuple[int, int]:
    """The lines that they would take, and those without which what matters now is not in sight."""
    if process is None:
        return 1, 1
    now = [_drawn(view, calls, width) for calls in _under_way(process)]
    past = [_drawn(view, calls, width) for calls in islice(_past(process), _WANTED)]
    lines = sum(map(len, now))
    return max(min(sum(map(len, past)) + lines, max(_WANTED, lines)), 1), max(lines, 1)


def calls_drawn(view: View, process: Process | None, width: int, height: int) -> list[Line]:
    """Exactly `height` lines: the last calls, the one entered last at the end. Threads that do the same share a line. The one at
    the end is whole, if it is under way; the others are as far as room is left, what is under way first, then the newest."""
    if process is None:
        return [fit(Line(), width)] * height
    told = [*reversed(_under_way(process))]  # the last first
    under_way = len(told)
    drawn = [_drawn(view, calls, width, whole=place == 0) for place, calls in enumerate(told)]
    room = height - sum(map(len, drawn))
    for calls in _past(process) if room > 0 else ():
        told.append(calls)
        drawn.append(_drawn(view, calls, width))
        room -= len(drawn[-1])
        if room <= 0:
            break
    for place in range(1 if under_way else 0, len(told) if room > 0 else 0):
        whole = _drawn(view, told[place], width, whole=True)
        if len(whole) - len(drawn[place]) <= room:
            room -= len(whole) - len(drawn[place])
            drawn[place] = whole
    lines = [each for calls in reversed(drawn) for each in calls]
    if not lines:
        lines = [fit(line(" ", (_("no calls yet"), "muted")), width)]
    lines = lines[max(len(lines) - height, 0) :]
    return lines + [Line()] * (height - len(lines))


def _past(process: Process) -> Iterator[list[Call]]:
    """Its calls that have come back, the last first; those that came again, and to the same, together."""
    again: list[Call] = []
    for index in range(len(process.calls) - 1, max(len(process.calls) - _LOOKED_AT, 0) - 1, -1):
        call = process.calls[index]
        if again and not _is_again(call, again[-1]):
            yield again
            again = []
        again.append(call)
    if again:
        yield again


def _is_again(call: Call, later: Call) -> bool:
    return (
        (call.name, call.task, call.origin, call.error) == (later.name, later.task, later.origin, later.error)
        and call.arguments == later.arguments
        and call.value == later.value
    )


@remembered(64)
def _under_way(process: Process) -> list[list[Call]]:
    """The calls under way, those that differ in their thread alone together; who is held comes last."""
    tasks = [AtWork(process.name, call.task, call) for call in process.under_way]
    groups = [[each.call for each in group if each.call is not None] for group in alike(tasks)]
    return sorted(groups, key=lambda calls: calls[0].stage is Stage.HELD)


def times(count: int) -> str:
    """``×41``; nothing of what was once."""
    return f" ×{count}" if count > 1 else ""


def state_of(call: Call | None) -> Line:
    """In which state a call under way is: held, asleep, or on its way; of none that its task is in none."""
    if call is None:
        return line((f"{ENTERED} ", "muted"), (_("in no socket call"), "muted"))
    match call.stage:
        case Stage.HELD:
            return line((f"{NEXT} ", "good strong"), (_("held"), "good strong"))
        case Stage.ASLEEP:
            return line((f"{ASLEEP} ", "asleep"), (asleep_in(call), "asleep"))
    return line((f"{ENTERED} ", "muted"), (_("on its way"), "muted"))


def _drawn(view: View, calls: list[Call], width: int, *, whole: bool = False) -> list[Line]:
    call = calls[0]
    focus = Focus(call=(call.process, call.number))
    role = "mark" if view.focus == focus else ""
    return [marked(fit(each, width), role).pointing(focus) for each in _told(view, calls, width, whole)]


def _told(view: View, calls: list[Call], width: int, whole: bool) -> list[Line]:
    """In one line, cut; `whole`, in as many as it takes, and so where it is held or has failed. What sockviz did to it stands
    beneath."""
    ours = in_short(calls[0])
    return [*_made(view, calls, width, whole), *([line(f"    {ours}").over("italic")] if ours else [])]


def _made(view: View, calls: list[Call], width: int, whole: bool) -> list[Line]:
    call, count = calls[0], len(calls)
    place = place_of(call, view.world)
    thread = task_name("", call.task) if call.task else ""
    who = line((f"{thread}{times(count)} ".lstrip(), "strong") if thread or count > 1 else "")
    where = line((f"{place} ", "muted") if place else "")
    made = call_as_made(call)
    start, end, role = _ends_of(call)
    room = width - start.width - end.width - 1
    if who.width + where.width + cell_len(made) > room:
        # The source beside it has the place; of a library that it is one.
        where = line((_("library") + " ", "muted")) if call.library else Line()
    if who.width + where.width + cell_len(made) > room:
        where = Line()
    if call.stage is Stage.ASLEEP and who.width + cell_len(made) > room:
        end = line((_("asleep"), "asleep"))
    fits = who.width + where.width + cell_len(made) <= room
    if fits or not (whole or call.stage in (Stage.HELD, Stage.FAILED)):
        return [ends(start + who + where + line((made, role)), crop(end, max(width // 2, 8)), width)]
    parts = broken(made, max(width - start.width - who.width, 8))
    indent = line(" " * start.width)
    lines = [(start + who if place == 0 else indent) + line((part, role)) for place, part in enumerate(parts)]
    if end.width >= width:
        return [*lines, *(indent + each for each in wrap(end.text, width - start.width, "muted"))]
    if lines[-1].width + end.width + 1 > width:
        lines.append(Line())
    return [*lines[:-1], ends(lines[-1], end, width)]


def _ends_of(call: Call) -> tuple[Line, Line, str]:
    """What stands before a call and after it, and how the call itself is inked."""
    match call.stage:
        case Stage.HELD:
            return line((f"{NEXT} ", "good strong")), line((_("held"), "good strong")), "strong"
        case Stage.ASLEEP:
            return line((f"{ASLEEP} ", "asleep")), line((asleep_in(call), "asleep")), ""
        case Stage.FAILED:
            return line((f"{FAILED} ", "bad")), line((outcome(call).removeprefix("✗ "), "bad")), ""
        case Stage.ENTERED:
            return line("  "), line(("…", "muted")), ""
    return line("  "), line((outcome(call), "muted")), ""
