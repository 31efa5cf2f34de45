"""RFC 9293's state diagram, drawn from the table of transitions, with the way each end of a connection has taken."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import Stage
from sockviz.model.paths import Path, paths
from sockviz.model.sockets import State
from sockviz.model.tcp_states import TRANSITIONS, Transition
from sockviz.tui.palette import ASLEEP, NEXT, STATE_SYMBOLS, hues, state_role
from sockviz.tui.stage.at_hand import is_program
from sockviz.tui.stage.canvas import Canvas, Point, Weight
from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, Span, finish, fit, line
from sockviz.tui.view import View

WIDTH, HEIGHT = 76, 19


@dataclass(frozen=True, slots=True)
class On:
    """A label written over the middle of the arrow's n-th segment. ``brief``: the trigger without the action."""

    segment: int
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label beside its arrow: its text begins at ``x``, or ends there (``right``)."""

    x: int
    y: int
    right: bool = False
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """How an arrow runs, and where its label stands."""

    points: tuple[Point, ...]
    label: On | Label


#: The middle of each state. CLOSED stands twice, as in the RFC: where all begins, and where a closed connection ends.
PLACES: Mapping[State, Point] = {
    State.CLOSED: (38, 0), State.LISTEN: (38, 3), State.SYN_RECEIVED: (11, 6), State.SYN_SENT: (63, 6),
    State.ESTABLISHED: (38, 9), State.FIN_WAIT_1: (11, 12), State.CLOSE_WAIT: (63, 12), State.FIN_WAIT_2: (11, 15),
    State.CLOSING: (38, 15), State.LAST_ACK: (63, 15), State.TIME_WAIT: (38, 18),
}  # fmt: skip
END: Point = (63, 18)
#: The states from which CLOSED is reached at `END`.
_ENDING = frozenset({State.LAST_ACK, State.TIME_WAIT})

#: Half of CLOSED's chip: as far from its middle the free corner ends.
_CORNER = 5
#: How the two ends of a connection are told apart where they stand.
_MARKS = ("▸", "◂")

S = State
#: Each arrow of the table.
ROUTES: Mapping[tuple[State, State], Route] = {
    (S.CLOSED, S.LISTEN): Route(((34, 1), (34, 2)), Label(32, 1, right=True)),
    (S.LISTEN, S.CLOSED): Route(((38, 2), (38, 1)), Label(40, 2)),
    (S.CLOSED, S.SYN_SENT): Route(((42, 1), (67, 1), (67, 5)), On(0)),
    (S.SYN_SENT, S.CLOSED): Route(((69, 6), (73, 6), (73, 0), (44, 0)), On(2)),
    (S.LISTEN, S.SYN_RECEIVED): Route(((34, 4), (8, 4), (8, 5)), On(0)),
    (S.LISTEN, S.SYN_SENT): Route(((41, 4), (60, 4), (60, 5)), On(0)),
    (S.SYN_RECEIVED, S.LISTEN): Route(((4, 5), (4, 3), (32, 3)), On(1)),
    (S.SYN_SENT, S.SYN_RECEIVED): Route(((56, 6), (20, 6)), On(0)),
    (S.SYN_RECEIVED, S.ESTABLISHED): Route(((13, 7), (34, 7), (34, 8)), On(0)),
    (S.SYN_SENT, S.ESTABLISHED): Route(((60, 7), (42, 7), (42, 8)), On(0, brief=True)),
    (S.SYN_RECEIVED, S.FIN_WAIT_1): Route(((5, 7), (5, 11)), Label(7, 9)),
    (S.ESTABLISHED, S.FIN_WAIT_1): Route(((34, 10), (13, 10), (13, 11)), On(0)),
    (S.ESTABLISHED, S.CLOSE_WAIT): Route(((42, 10), (64, 10), (64, 11)), On(0)),
    (S.FIN_WAIT_1, S.CLOSING): Route(((18, 12), (40, 12), (40, 14)), On(0)),
    (S.FIN_WAIT_1, S.FIN_WAIT_2): Route(((7, 13), (7, 14)), Label(9, 14)),
    (S.FIN_WAIT_1, S.TIME_WAIT): Route(
        ((16, 13), (23, 13), (23, 16), (34, 16), (34, 17)), Label(25, 14, brief=True)
    ),
    (S.CLOSE_WAIT, S.LAST_ACK): Route(((64, 13), (64, 14)), Label(62, 13, right=True)),
    (S.FIN_WAIT_2, S.TIME_WAIT): Route(((11, 16), (11, 18), (31, 18)), On(1, brief=True)),
    (S.CLOSING, S.TIME_WAIT): Route(((40, 16), (40, 17)), Label(42, 16)),
    (S.LAST_ACK, S.CLOSED): Route(((64, 16), (64, 17)), Label(62, 17, right=True)),
    (S.TIME_WAIT, S.CLOSED): Route(((45, 18), (57, 18)), On(0, brief=True)),
}


def draw_states(view: View, width: int, height: int) -> list[Line]:
    """The diagram in exactly `width` × `height`; where it has no room, the ways alone, in words."""
    taken = paths(view.timeline, view.cursor, view.focus.inode)
    colours = hues(view.script)
    legend = [
        _way(path, colours.get(path.process, "muted"), min(width, WIDTH), _doing(view, path))
        for path in taken
    ]
    if width < WIDTH or height < HEIGHT:
        said = legend or [line((_("no connection yet"), "muted"))]
        return finish(said, width, height, view.look)
    left, spare = (width - WIDTH) // 2, height - HEIGHT
    diagram = _diagram(taken, colours)
    if spare < len(legend):
        diagram[0] = _who(view, taken, colours) + Line(diagram[0].runs[1:])
        legend = []
    below = ([Line()] if spare > len(legend) else []) + legend
    shown = [line(" " * left) + it for it in diagram + below]
    above = max(0, (height - len(shown)) // 2)
    return finish([Line()] * above + shown, width, height, view.look)


def _doing(view: View, path: Path) -> Line:
    """Whether a program is held before a call on its end, or sleeps in one. A lesson has that beside its lines."""
    process = view.world.processes.get(path.process)
    if process is None or not is_program(view, path.process):
        return Line()
    calls = (call for call in process.under_way if call.receiver is not None)
    stages = {call.stage for call in calls if call.receiver is not None and call.receiver.inode == path.inode}
    if Stage.HELD in stages:
        return line((f"{NEXT} " + _("held") + "  ", "good strong"))
    if Stage.ASLEEP in stages:
        return line((f"{ASLEEP} " + _("asleep") + "  ", "asleep"))
    return Line()


def _who(view: View, taken: list[Path], colours: Mapping[str, str]) -> Line:
    """The ends with their marks, for the free corner of the diagram."""
    runs: list[Span] = []
    for path, mark in zip(taken, _MARKS, strict=False):
        runs.append((f"{mark} {_end(path)}  ", f"{colours.get(path.process, 'muted')} strong"))
        runs += _doing(view, path).runs
    return fit(line(*runs), PLACES[State.CLOSED][0] - _CORNER)


def _end(path: Path) -> str:
    """Whose end it is: ``server conn``; ``server (not accepted)`` of what only its kernel has."""
    if path.waits:
        return _("{process} (not accepted)").format(process=path.process).strip()
    return f"{path.process} {path.name}".rstrip()


def _diagram(taken: list[Path], colours: Mapping[str, str]) -> list[Line]:
    canvas = Canvas(WIDTH, HEIGHT)
    walked: dict[Transition, str] = {}
    for arrow in TRANSITIONS:
        canvas.path(ROUTES[arrow.source, arrow.target].points, "faint", Weight.LIGHT)
    for path in taken:
        hue = colours.get(path.process, "muted")
        for step in path.steps:
            if step.by is not None:
                points = ROUTES[step.by.source, step.by.target].points
                canvas.path(points, f"{hue} strong", Weight.HEAVY if step.seen else Weight.DASHED)
                walked[step.by] = hue
    for arrow in TRANSITIONS:
        _label(canvas, arrow, walked.get(arrow, "muted"))
    for state, place in PLACES.items():
        _chip(canvas, state, place, taken, colours, ending=False)
    _chip(canvas, State.CLOSED, END, taken, colours, ending=True)
    return canvas.lines()


def _label(canvas: Canvas, arrow: Transition, role: str) -> None:
    way = ROUTES[arrow.source, arrow.target]
    text = label_text(arrow, way.label.brief)
    match way.label:
        case On(segment=segment):
            (x1, y), (x2, _) = way.points[segment], way.points[segment + 1]
            x = (x1 + x2 - len(text) - 1) // 2
            canvas.text(x, y, f" {text} ", role)
        case Label(x=x, y=y, right=right):
            canvas.text(x - len(text) + 1 if right else x, y, text, role)


def label_text(arrow: Transition, brief: bool) -> str:
    """What is written at an arrow."""
    if not brief:
        return arrow.label
    # The figure's longest triggers, where only a few cells are left for them.
    return arrow.trigger.replace("rcv FIN,", "FIN,").replace(" timeout", "")


def _chip(
    canvas: Canvas, state: State, place: Point, taken: list[Path], colours: Mapping[str, str], *, ending: bool
) -> None:
    here = [path for path in taken if _stands(path, state, ending)]
    passed = [path for path in taken if any(step.state is state for step in path.steps)]
    text = f" {STATE_SYMBOLS[state]} {state} "
    x = place[0] - len(text) // 2
    role = state_role(state) + (" strong" if passed else "")
    if here:
        role += " reverse"
    canvas.text(x, place[1], text, role)
    # Who stands here: the first end's mark at the left, the second's at the right.
    for path, mark, at in zip(taken, _MARKS, (x - 1, x + len(text)), strict=False):
        if path in here:
            canvas.text(at, place[1], mark, f"{colours.get(path.process, 'muted')} strong")


def _stands(path: Path, state: State, ending: bool) -> bool:
    if path.now is not state:
        return False
    if state is not State.CLOSED:
        return True
    by = path.steps[-1].by
    return ending == (len(path.steps) > 1 and (by is None or by.source in _ENDING))


def _way(path: Path, hue: str, width: int, doing: Line) -> Line:
    """One end's way in words, unseen states in brackets; where it is too long, its end."""
    title = line((f" {_end(path)}  ", f"{hue} strong")) + doing
    shown, way = title, Line()
    for first in range(
        len(path.steps) - 1, -1, -1
    ):  # of a way that is long only what there is room for is gone through
        step, is_last = path.steps[first], first == len(path.steps) - 1
        text = str(step.state) if step.seen else f"({step.state})"
        role = state_role(step.state) + (" strong" if is_last else "") if step.seen else "muted"
        way = line((text, role)) + way
        before = line(("… → ", "muted")) if first else Line()
        if title.width + way.width > width:
            break
        if (it := title + before + way).width <= width:
            shown = it
        way = line((" → " if step.by is not None else " ⇢ ", "muted")) + way
    return shown


class StateDiagram(Drawing):
    """The diagram."""

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Its lines."""
        return draw_states(view, width, height)
