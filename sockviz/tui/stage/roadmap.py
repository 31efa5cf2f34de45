"""The roadmap: for each process the calls that its lines of this lesson make, in order of first use, and how far it is."""

from __future__ import annotations

from sockviz.lesson.document import Lesson
from sockviz.model.calls import Stage
from sockviz.model.wording import ENDING
from sockviz.model.world import Process
from sockviz.tui.palette import ASLEEP, DONE, ENTERED, FAILED, NOT_YET, hues
from sockviz.tui.stage.code import next_line
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, crop, finish, line
from sockviz.tui.stage.listing import calls_of
from sockviz.tui.view import View

_SYMBOLS = {
    "done": (DONE, "good"), "failed": (FAILED, "bad"), "asleep": (ASLEEP, "asleep"), "entered": (ENTERED, "muted"),
    "to do": (NOT_YET, "faint"),
}  # fmt: skip


def planned(lesson: Lesson) -> dict[str, list[str]]:
    """For each process the calls that the lesson makes in it, in order of first use."""
    names: dict[str, list[str]] = {}
    for statement in lesson.statements:
        mine = names.setdefault(statement.process, [])
        mine += [name for name in calls_of(statement) if name not in mine]
    return names


def standing(process: Process | None, name: str) -> str:
    """How far a process is with its calls of that name: ``to do``, ``entered``, ``asleep``, ``failed`` (last time), ``done``."""
    if process is None:
        return "to do"
    if process.current is not None and process.current.name == name:
        return "asleep" if process.current.stage is Stage.ASLEEP else "entered"
    last = next((call for call in reversed(process.calls) if call.name == name), None)
    if last is None:
        return "to do"
    return "done" if last.stage is Stage.RETURNED or name in ENDING else "failed"


def draw_roadmap(view: View, width: int, height: int) -> list[Line]:
    """The roadmap in exactly `width` × `height`: in one line all processes beside each other, else a line for each."""
    plans = {
        name: names for name, names in planned(view.lesson).items() if name in view.lesson.processes and names
    }
    colours = hues(view.lesson)
    if height <= 1:
        return finish([_beside(view, plans, width, colours)], width, height, view.look)
    label = max((len(name) for name in plans), default=0)
    lines = [_road(view, name, names, width - 2, colours, label) for name, names in plans.items()]
    if len(lines) > height:
        hidden = len(lines) - height + 1
        lines = [*lines[: height - 1], line((f"and {hidden} more", "muted"))]
    return finish([line(" ") + it for it in lines], width, height, view.look)


def _beside(view: View, plans: dict[str, list[str]], width: int, colours: dict[str, str]) -> Line:
    whole = [_road(view, name, names, 10_000, colours, 0) for name, names in plans.items()]
    room = width - 1
    if sum(it.width for it in whole) + 4 * max(0, len(whole) - 1) <= room:
        drawn = whole
    else:
        # What is short gives its room to what is long.
        left = room - 4 * max(0, len(whole) - 1)
        given: dict[int, int] = {}
        for place, index in enumerate(sorted(range(len(whole)), key=lambda i: whole[i].width)):
            given[index] = min(whole[index].width, left // (len(whole) - place))
            left -= given[index]
        drawn = [
            _road(view, name, names, max(0, given[index]), colours, 0)
            for index, (name, names) in enumerate(plans.items())
        ]
    it = Line(((" ", ""),))
    for index, road in enumerate(drawn):
        it = it + (line("    ") if index else Line()) + road
    return it


def _road(view: View, name: str, names: list[str], width: int, colours: dict[str, str], label: int) -> Line:
    hue = colours.get(name, "muted")
    process = view.world.processes.get(name)
    steps = []
    here = 0
    coming = view.lesson.statement_at(next_line(view) or 0)
    upcoming = (
        calls_of(coming)[0] if coming is not None and coming.process == name and calls_of(coming) else None
    )
    for index, called in enumerate(names):
        how = standing(process, called)
        symbol = _SYMBOLS[how]
        weight = "strong" if called == upcoming else "muted" if how == "to do" else ""
        steps.append(line((called, weight), " ", symbol))
        if called == upcoming or how in ("asleep", "entered") or (how != "to do" and upcoming is None):
            here = index
    title = line((f"{name:<{label}}", f"{hue} strong"))
    return _windowed(title, steps, here, width)


def _windowed(title: Line, steps: list[Line], here: int, width: int) -> Line:
    """As many steps around the present one as fit; an ellipsis stands for what is left out."""
    gap, dots = line("  "), line(("…", "muted"))
    first, last = 0, len(steps) - 1

    def joined() -> Line:
        it = title
        if first > 0:
            it = it + gap + dots
        for step in steps[first : last + 1]:
            it = it + gap + step
        return it + gap + dots if last < len(steps) - 1 else it

    while joined().width > width and last > first:
        if last > here + 1 or (last > here and first >= here):
            last -= 1
        elif first < here:
            first += 1
        else:
            last -= 1
    return crop(joined(), width) if width < 10_000 else joined()


class Roadmap(Drawing):
    """The roadmap of all processes."""

    DEFAULT_CSS = """
    Roadmap { height: 1; }
    """

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_roadmap(view, width, height)
