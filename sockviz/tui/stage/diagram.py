"""What has crossed the wire, as a sequence diagram: a lane for each party, an arrow for each segment, the newest last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from rich.cells import cell_len

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.hosts import KERNEL
from sockviz.tui.palette import NEXT, hues
from sockviz.tui.stage.arrows import ROOM_FOR_NUMBERS, shaft
from sockviz.tui.stage.beside import ROOM_BESIDE, BesideLanes
from sockviz.tui.stage.crossings import (
    Crossing,
    belongs,
    chosen,
    coming,
    crossings,
    folded,
    lateness,
    parties,
    under_way,
)
from sockviz.tui.stage.ink import Line, Span, crop, fit, line, marked, shorten
from sockviz.tui.view import Focus, Mode, View
from sockviz.words.wording import seconds_text

#: The least distance between lanes at which an arrow can carry its label.
_LEAST_LANE = 13
#: So many crossings are looked at: what repeats itself is told once.
_LOOKED_AT = 200
#: A pause between segments that gets an empty line, and one that is written out before a retransmission (seconds).
_PAUSE = 0.02
_LONG = 0.15
#: Who is at the first lane and who at the shared one.
DiagramSides: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where each party's lane is, in cells; ``others`` is the lane of all that have none of their own."""

    at: dict[str, int]
    titles: tuple[tuple[str, int, str], ...]  # text, middle, role
    others: int | None = None

    def lane(self, party: str) -> int:
        """The cell of a party's lane."""
        return self.at.get(party, self.others if self.others is not None else 0)

    @property
    def cells(self) -> list[int]:
        """All lanes from left to right."""
        return sorted({*self.at.values(), *(() if self.others is None else (self.others,))})


def diagram(view: View, width: int, room: int) -> list[Line]:
    """In `room` lines of `width` cells, the parties' names above."""
    newest = crossings(view, max(room, _LOOKED_AT))
    shown, moving = under_way(view, newest)
    still = len(shown) - (moving is not None)
    shown = [*folded(shown[:still]), *shown[still:]]
    everyone = parties(view, newest)
    colours = hues(view.script)
    beside = BesideLanes(view, shown, everyone[0], width) if width >= ROOM_BESIDE else None
    inner = beside.inner if beside is not None else width
    lanes = _lanes(everyone, inner, colours, any(it.sender == it.receiver for it in shown))
    waits = chosen(view) if view.mode is Mode.LIVE else None
    acted_on = waits if waits is not None and waits.kept else None
    fraction = _fraction(view, coming(view, newest)) if moving is not None else 1.0

    def arrow(it: Crossing) -> Line:
        its_turn = acted_on is not None and it.flight == acted_on.packet
        drawn = _arrow(view, it, lanes, inner, colours, fraction if it is moving else 1.0, its_turn)
        return beside.put(it, drawn) if beside is not None else drawn

    told: list[tuple[Line | Crossing, DiagramSides]] = []
    turns: list[Line] = []
    sides: DiagramSides | None = None
    for index, it in enumerate(shown):
        earlier = shown[index - 1] if index else None
        gap = it.at - (earlier.until or earlier.at) if earlier is not None else 0.0
        before, sides = sides, _sides(it, everyone[0])
        if it.again and gap >= _LONG and before == sides:
            told.append((_pause(lanes, inner, seconds_text(gap)), sides))
        elif earlier is not None and before == sides and (late := lateness(earlier, it)):
            told.append((_pause(lanes, inner, f"{late * 1000:.0f} ms"), sides))
        elif gap >= _PAUSE and len(shown) * 2 < room:
            told.append((_bare(lanes, inner), before or sides))
        if lanes.others is not None and before is not None and before != sides:
            turns.append(_turn(lanes, inner, before, sides, colours))
            told.append((turns[-1], sides))
        told.append((it, sides))
    space = room - 1
    if space <= 0:
        return [_inked(it, arrow) for it, _ in told[-room:]] if room > 0 else []
    if len(told) > space:
        pointed = view.focus.packet if view.focus == Focus(packet=view.focus.packet) else None
        focused = next((n for n, (x, _) in enumerate(told) if _has_number(x, pointed)), None)
        start = len(told) - space if focused is None else min(focused, len(told) - space)
        above, told = told[:start], told[start : start + space]
        if any(told[0][0] is turn for turn in turns):
            told[0] = _bare(lanes, inner), told[0][1]  # the heading says that already
        if acted_on is not None and space > 1:
            # What the wire's keys are for stays in sight, however much has come since.
            kept = [
                each for each in above if isinstance(each[0], Crossing) and each[0].flight == acted_on.packet
            ]
            told[: len(kept)] = kept
    first = told[0][1] if told and lanes.others is not None else None
    # Of so many that are looked at the arrows that are in sight are drawn, and no more.
    lines = [_header(lanes, inner, first, colours), *(_inked(it, arrow) for it, _ in told)]
    lines += [_bare(lanes, inner)] * (space - len(told))
    return [beside.fill(it, at == 0) for at, it in enumerate(lines)] if beside is not None else lines


def _has_number(it: Line | Crossing, number: int | None) -> bool:
    return number is not None and isinstance(it, Crossing) and it.number == number


def _inked(it: Line | Crossing, arrow: Callable[[Crossing], Line]) -> Line:
    return arrow(it) if isinstance(it, Crossing) else it


def _sides(it: Crossing, first: str) -> DiagramSides:
    """Between whom it is, where all but `first` share a lane."""
    if _is_kernels(it, first):
        left = KERNEL
    elif first in (it.sender, it.receiver):
        left = first
    else:  # as the server is: the lower port is the one that is called
        left = it.sender if it.source[1] < it.destination[1] else it.receiver
    return left, it.receiver if it.sender == left else it.sender


def _is_kernels(it: Crossing, first: str) -> bool:
    """Whether both ends belong at the shared lane and one is the kernel. It answers for ports that no process has: it stands at
    the side of those that are called."""
    return KERNEL in (it.sender, it.receiver) and first not in (it.sender, it.receiver)


def _turn(
    lanes: Lanes, width: int, before: DiagramSides, sides: DiagramSides, colours: dict[str, str]
) -> Line:
    """From here on it is between these: who is at the shared lane, and who at the first where that changes."""
    assert lanes.others is not None
    left = sides[0] if sides[0] != before[0] else ""
    name = shorten(sides[1], max(1, lanes.others - min(lanes.cells) - 1))
    start = min(lanes.others - cell_len(name) // 2, width - cell_len(name))
    left = shorten(left, start - 1)
    at = max(0, min(lanes.cells) - cell_len(left) // 2) if left else start
    before_it = "".join("│" if x in lanes.at.values() else " " for x in range(at))
    return fit(
        line(
            (before_it, "faint"),
            (left, f"{colours.get(left, 'muted')} strong"),
            (" " * (start - at - cell_len(left)), ""),
            (name, f"{colours.get(sides[1], 'muted')} strong"),
        ),
        width,
    )


def _fraction(view: View, new: int) -> float:
    """How far the one under way has come, of so many that are new."""
    steps = view.progress * new
    return steps - int(steps)


def _lanes(names: list[str], width: int, colours: dict[str, str], to_itself: bool = False) -> Lanes:
    """`to_itself`: somebody talks to itself, which between lanes of their own would look as if it were with another."""
    left, right = _outer(width)
    if len(names) == 1:
        name = names[0]
        return Lanes(
            {name: left},
            ((name, left, colours.get(name, "muted")), (name, right, colours.get(name, "muted"))),
            right,
        )
    # Numbers on all arrows or on none.
    least = ROOM_FOR_NUMBERS if right - left > ROOM_FOR_NUMBERS else _LEAST_LANE
    if to_itself or (len(names) > 2 and (right - left) // (len(names) - 1) <= least):
        # Or too narrow for all of them: the first keeps its lane, the others share one and are named where their turn comes.
        return Lanes(
            {names[0]: left},
            ((names[0], left, colours.get(names[0], "muted")), ("", right, "muted")), right,
        )  # fmt: skip
    step = (right - left) / max(1, len(names) - 1)
    at = {name: left + round(index * step) for index, name in enumerate(names)}
    return Lanes(at, tuple((name, at[name], colours.get(name, "muted")) for name in names))


def _outer(width: int) -> tuple[int, int]:
    edge = 4 if width >= 26 else 1
    return edge, max(edge + 2, width - 1 - edge)


def _header(lanes: Lanes, width: int, first: DiagramSides | None, colours: dict[str, str]) -> Line:
    """The parties' names over their lanes; where one is shared, those that the first arrow in sight is between."""
    titles = list(lanes.titles)
    if first is not None:
        titles = [
            (name, at, colours.get(name, "muted")) for name, (_, at, _) in zip(first, titles, strict=True)
        ]
    cells: list[Span] = []
    taken = 0
    for index, (name, middle, role) in enumerate(titles):
        is_last = index + 1 == len(titles)
        limit = width if is_last else (middle + titles[index + 1][1]) // 2
        text = shorten(name, max(1, limit - taken))
        start = max(taken, min(middle - cell_len(text) // 2, width - cell_len(text)))
        cells += [(" " * (start - taken), ""), (text, f"{role} strong"), ("" if is_last else " ", "")]
        taken = start + cell_len(text) + 1
    return fit(line(*cells), width)


def _bare(lanes: Lanes, width: int) -> Line:
    return fit(
        line(("".join("│" if x in lanes.cells else " " for x in range(max(lanes.cells) + 1)), "faint")), width
    )


def _pause(lanes: Lanes, width: int, text: str) -> Line:
    cells = lanes.cells
    said = _("{time} later").format(time=text)
    start = max(cells[0] + 2, (cells[0] + cells[-1] - cell_len(said)) // 2)
    if start + cell_len(said) >= width:
        return _bare(lanes, width)
    before = "".join("┊" if x in cells else " " for x in range(start))
    after = "".join("┊" if x in cells else " " for x in range(start + cell_len(said), width))
    return line((before, "faint"), (said, "muted"), (after, "faint"))


def _arrow(
    view: View,
    it: Crossing,
    lanes: Lanes,
    width: int,
    colours: dict[str, str],
    fraction: float,
    acted_on: bool,
) -> Line:
    start, end = lanes.lane(it.sender), lanes.lane(it.receiver)
    if lanes.others is not None and _is_kernels(it, lanes.titles[0][0]):
        start, end = (lanes.cells[0], lanes.others) if it.sender == KERNEL else (lanes.others, lanes.cells[0])
    elif start == end:
        cells = lanes.cells
        start, end = (
            (cells[0], cells[-1])
            if len(cells) > 1 and it.source[1] < it.destination[1]
            else (cells[-1], cells[0])
        )
    left, right = min(start, end), max(start, end)
    hue = colours.get(it.sender, "muted")
    role = "muted" if it.inferred else hue
    if it.again:
        role += " strong"
    parts = shaft(it, right - left - 1, end > start, fraction, released=view.progress, acted_on=acted_on)
    cells = lanes.cells
    before = "".join("│" if x in cells else " " for x in range(left + 1))
    after = "".join("│" if x in cells else " " for x in range(right, width))
    drawn = line(
        (before, "faint"), (parts[0], role), (parts[1], f"{role} strong"), (parts[2], role), (after, "faint")
    )
    focus = Focus(packet=it.number) if it.number is not None else None
    emphasis = _emphasis(view, it, focus)
    drawn = crop(drawn, width)
    if acted_on and drawn.runs[0][0].startswith(" "):
        # Which one the keys of the wire are for, in the margin.
        drawn = line((NEXT, "asleep strong"), (drawn.runs[0][0][1:], "faint"), Line(drawn.runs[1:]))
    return marked(drawn, emphasis).pointing(focus)


def _emphasis(view: View, it: Crossing, focus: Focus | None) -> str:
    if focus is not None and view.focus == focus:
        return "mark"
    if view.focus.inode is not None:
        row = view.world.row_of(view.focus.inode)
        if row is not None and belongs(it, row):
            return "related"
    return ""
