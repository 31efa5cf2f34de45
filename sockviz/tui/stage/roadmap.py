"""The roadmap: for each process the calls that its lines of this lesson make, in order of first use, and how far it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from sockviz.model.call import ENDING, Stage
from sockviz.model.process import Process
from sockviz.tui.palette import ASLEEP, DONE, ENTERED, FAILED, NOT_YET, hues
from sockviz.tui.remembered import remembered
from sockviz.tui.stage.at_hand import next_line
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, crop, finish, fit, line
from sockviz.tui.stage.listing import calls_of, planned, statement_at
from sockviz.tui.view import View

_SYMBOLS = {
    "done": (DONE, "good"), "failed": (FAILED, "bad"), "asleep": (ASLEEP, "asleep"), "entered": (ENTERED, "muted"),
    "to do": (NOT_YET, "faint"),
}  # fmt: skip

_BETWEEN = "    "


def standing(process: Process | None, name: str) -> str:
    """How far a process is with its calls of that name: ``to do``, ``entered``, ``asleep``, ``failed`` (last time), ``done``."""
    if process is None:
        return "to do"
    if under_way := [call for call in process.under_way if call.name == name]:
        return "asleep" if any(call.stage is Stage.ASLEEP for call in under_way) else "entered"
    last = process.latest.get(name)
    if last is None:
        return "to do"
    return "done" if last.stage is Stage.RETURNED or name in ENDING else "failed"


def rows_wanted(view: View, width: int, most: int) -> int:
    """How many lines the whole roadmap takes in `width`: processes beside each other while they fit; `most` at most."""
    return max(1, min(most, len(_packed(_whole(view, width), width))))


def draw_roadmap(view: View, width: int, height: int) -> list[Line]:
    """The roadmap in exactly `width` × `height`: whole, where it fits; else the server and the process that is at it."""
    plans, colours = _plans(view), hues(view.script)
    whole = _whole(view, width)
    rows = _packed(whole, width)
    if len(rows) > height:
        rows = _chief(view, plans, whole, width, height, colours)
    # One below the other where that fits, as they are where it does not.
    deep = max((len(row) for row in rows), default=0) if len(rows) > 1 else 0
    columns = [max(row[at].width for row in rows if at < len(row)) for at in range(deep)]
    if sum(columns) + len(_BETWEEN) * max(0, deep - 1) + 1 > width:
        columns = []
    lines = []
    for row in rows:
        it = line(" ")
        for index, road in enumerate(row):
            padded = fit(road, columns[index]) if columns and index < len(row) - 1 else road
            it = it + (line(_BETWEEN) if index else Line()) + padded
        lines.append(it)
    return finish(lines, width, height, view.look)


def _plans(view: View) -> dict[str, list[str]]:
    return {
        name: names for name, names in planned(view.script).items() if name in view.script.processes and names
    }


@remembered(8)
def _whole(view: View, width: int) -> Mapping[str, Line]:
    """Each process's road: whole, unless it alone is longer than a line. It is asked for twice: how high it is, and then it."""
    colours = hues(view.script)
    return {name: _road(view, name, names, width - 1, colours) for name, names in _plans(view).items()}


def _packed(roads: Mapping[str, Line], width: int) -> list[list[Line]]:
    """The roads in rows, each as full as `width` allows."""
    rows: list[list[Line]] = []
    room = 0
    for road in roads.values():
        if rows and road.width + len(_BETWEEN) <= room:
            rows[-1].append(road)
            room -= road.width + len(_BETWEEN)
        else:
            rows.append([road])
            room = width - 1 - road.width
    return rows


def _chief(
    view: View, plans: dict[str, list[str]], whole: Mapping[str, Line], width: int, height: int, colours: dict[str, str]
) -> list[list[Line]]:  # fmt: skip
    """The first process and the one that is at it, as whole as they can be; the others are counted."""
    names = list(plans)
    others = sorted(names[1:], key=lambda name: -_last_begun(view, name))
    chosen = [names[0], *others[:1]]
    hidden = len(names) - len(chosen)
    more = line((f"+{hidden}", "muted")) if hidden else Line()
    room = width - 1 - (more.width + len(_BETWEEN) if hidden else 0)
    if height > 1:
        rows = [[_road(view, name, plans[name], width - 1, colours)] for name in chosen[: height - 1]]
        rest = {name: whole[name] for name in names if name not in chosen[: height - 1]}
        last = _packed(rest, room)[0] if rest else []
        left = len(rest) - len(last)
        return [*rows, [*last, *([line((f"+{left}", "muted"))] if left else [])]]
    # What is short, or does not need all of its room, gives it to what is long.
    room -= len(_BETWEEN) * (len(chosen) - 1)
    roads: dict[str, Line] = {}
    for place, name in enumerate(sorted(chosen, key=lambda it: whole[it].width)):
        roads[name] = _road(view, name, plans[name], room // (len(chosen) - place), colours)
        room -= roads[name].width
    return [[*(roads[name] for name in chosen), *([more] if hidden else [])]]


def _last_begun(view: View, name: str) -> float:
    """When the process was at work last; for the one whose line is next, later than all."""
    coming = statement_at(view.script, next_line(view))
    if coming is not None and coming.process == name:
        return math.inf
    latest = view.world.begun.get(name)
    return view.world.lines[latest].begun if latest is not None else 0.0


def _road(view: View, name: str, names: list[str], width: int, colours: dict[str, str]) -> Line:
    hue = colours.get(name, "muted")
    process = view.world.processes.get(name)
    steps: list[tuple[Line, str]] = []
    here = 0
    coming = statement_at(view.script, next_line(view))
    upcoming = (
        calls_of(coming)[0] if coming is not None and coming.process == name and calls_of(coming) else None
    )
    at = _at(process, names) or upcoming or _latest(process, names)
    for index, called in enumerate(names):
        how = standing(process, called)
        symbol = _SYMBOLS[how]
        weight = "strong" if called == upcoming else "muted" if how == "to do" else ""
        steps.append((line((called, weight), " ", symbol), how))
        if called == at:
            here = index
    title = line((name, f"{hue} strong"))
    return _windowed(title, steps, here, width)


def _at(process: Process | None, names: Sequence[str]) -> str | None:
    """The call of `names` that the process is in."""
    return next((name for name in names if standing(process, name) in ("asleep", "entered")), None)


def _latest(process: Process | None, names: Sequence[str]) -> str | None:
    """The call of `names` that the process has made last."""
    made = [process.latest[name] for name in names if name in process.latest] if process is not None else []
    return max(made, key=lambda call: call.number).name if made else None


def _windowed(title: Line, steps: list[tuple[Line, str]], here: int, width: int) -> Line:
    """As many steps around the present one as fit, each with its name; of the others how many are over, and how many to come."""
    first, last = 0, len(steps) - 1

    def joined(gap: str = "  ", passed: bool = True, coming: bool = True) -> Line:
        it = title
        for parts in (
            _counted(steps[:first]) if passed else [],
            [named for named, _ in steps[first : last + 1]],
            _counted(steps[last + 1 :]) if coming else [],
        ):
            for part in parts:
                it = it + line(gap) + part
        return it

    while joined().width > width and last > first:
        # What is done gives way before what is to come; what comes last of all before what is next.
        if first < here:
            first += 1
        else:
            last -= 1
    # Beside one name alone the counts stand closer, and are left out before one of them would be cut.
    closer = (joined(), joined(" "), joined(" ", passed=False), joined(" ", passed=False, coming=False))
    return crop(next((it for it in closer if it.width <= width), closer[-1]), width)


def _counted(steps: Sequence[tuple[Line, str]]) -> list[Line]:
    """``3 ✓  1 ✗  2 ○``, of steps that have no room for their names."""
    often = Counter(how for _, how in steps)
    return [line((f"{often[how]} ", "muted"), symbol) for how, symbol in _SYMBOLS.items() if often[how]]


class Roadmap(Drawing):
    """The roadmap of all processes."""

    DEFAULT_CSS = """
    Roadmap { height: 1; }
    """

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_roadmap(view, width, height)
