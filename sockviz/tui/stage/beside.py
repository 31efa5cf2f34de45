"""What stands beside a zoomed wire, as in a flow graph: when each segment crossed, and in which state each end was seen then."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _
from sockviz.model.events import Observed, PacketCaptured
from sockviz.model.segments import endpoint
from sockviz.model.sockets import SocketRow, State
from sockviz.model.world import World
from sockviz.tui.palette import STATE_SYMBOLS, state_role
from sockviz.tui.stage.crossings import Crossing
from sockviz.tui.stage.ink import Line, fit, line
from sockviz.tui.view import View

#: The width from which on there is room for it: such a wire is zoomed.
ROOM_BESIDE = 76
#: The columns: the time, and the longest state with its symbol.
_TIME, _STATE = 10, 14
#: Events looked back through for the observations between segments.
_FURTHEST = 3000


class BesideLanes:
    """The columns left and right of the lanes, for the crossings that are `shown`."""

    def __init__(self, view: View, shown: Sequence[Crossing], left: str, width: int) -> None:
        self.width = width
        self.inner = width - _TIME - 2 * _STATE
        self._left = left
        self._began = _first(view)
        self._seen = _observed_after(view, {it.number for it in shown if it.number is not None})

    def put(self, it: Crossing, arrow: Line) -> Line:
        """The arrow of `it` with its time, and the states of both ends as they were observed before the next segment crossed."""
        time = f"{it.at - self._began:{_TIME - 1}.4f} "
        world = self._seen.get(it.number) if it.number is not None else None
        near, far = _ends(world, it, self._left) if world is not None else (Line(), Line())
        return _row(line((time, "muted")), near, arrow, far, self.width)

    def fill(self, it: Line, is_header: bool) -> Line:
        """Any other line of the picture, in its place; the columns' titles on the first."""
        if it.width > self.inner:
            return it  # an arrow, which has them already
        if not is_header:
            return _row(Line(), Line(), it, Line(), self.width)
        title = line((_("seconds").rjust(_TIME - 1) + " ", "muted"))
        observed = line((_("observed"), "muted"))
        return _row(title, observed, it, observed, self.width)


def _row(time: Line, near: Line, middle: Line, far: Line, width: int) -> Line:
    inner = width - _TIME - 2 * _STATE
    return (
        fit(time, _TIME) + fit(near, _STATE) + fit(middle, inner) + fit(line(" ") + far, _STATE)
    ).pointing(middle.focus)


def _first(view: View) -> float:
    """When the first segment of the run crossed."""
    packets, inferred = view.world.packets, view.world.inferred
    return packets[0].event.packet.at if packets else inferred[0].at if inferred else 0.0


def _observed_after(view: View, numbers: set[int]) -> dict[int, World]:
    """For each of the packets the world after the last observation before the next one crossed, where there was any."""
    events = view.timeline.events
    number = len(view.timeline.world_at(view.cursor).packets)
    observed: int | None = None
    found: dict[int, World] = {}
    for index in range(view.cursor - 1, max(-1, view.cursor - _FURTHEST), -1):
        event = events[index]
        if isinstance(event, Observed) and observed is None:
            observed = index
        elif isinstance(event, PacketCaptured):
            number -= 1
            if observed is not None and number in numbers:
                found[number] = view.timeline.world_at(observed + 1)
            observed = None
            if len(found) == len(numbers):
                break
    return found


def _ends(world: World, it: Crossing, left: str) -> tuple[Line, Line]:
    """The states of the end at the left and of the other."""
    one, other = _state(world, it, of_sender=True), _state(world, it, of_sender=False)
    return (one, other) if it.sender == left else (other, one)


def _state(world: World, it: Crossing, of_sender: bool) -> Line:
    here, there = (it.source, it.destination) if of_sender else (it.destination, it.source)
    rows = world.rows_indexed()
    for host in rows.hosts:
        for row in rows.between((host, "TCP", here, there)):
            return _told(row.state)
    listening = (row for row in world.listeners() if _is_at(row, here))
    return _told(State.LISTEN) if next(listening, None) is not None else Line()


def _is_at(listener: SocketRow, here: tuple[str, int]) -> bool:
    local = endpoint(listener.local)
    return local is not None and local[1] == here[1] and local[0] in (here[0], "0.0.0.0", "::")


def _told(state: State) -> Line:
    return line((f"{STATE_SYMBOLS[state]} {state}", state_role(state)))
